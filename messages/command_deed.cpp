#include "messages/command_deed.hpp"

namespace voltaic::messages {

bool is_contactor_point(std::string_view point) {
  return point.ends_with("/contactor") || point.ends_with("/Contactor");
}

std::optional<deed> deed_of(const command& asked) {
  if (asked.operation == "acknowledge") return deed::acknowledge;
  if (asked.operation == "shelve" || asked.operation == "unshelve") return deed::shelve;
  if (asked.operation == "open") return deed::open;
  if (asked.operation == "close") return deed::close;
  if (asked.operation == "reset") return deed::reset_latch;
  if (asked.operation == "approve") return deed::loosen_protection;
  if (asked.operation == "accept") return deed::accept_device;
  // A device takes it for a sign that its limits are kept up, and goes on.
  if (asked.operation == "beat") return deed::loosen;
  if (asked.operation != "set") return std::nullopt;
  if (!is_contactor_point(asked.point)) return deed::tighten;
  const auto* word = std::get_if<std::string>(&asked.value);
  return word != nullptr && *word == "open" ? deed::open : deed::close;
}

std::optional<std::string> refusal_of_role(const command& asked) {
  const auto what = deed_of(asked);
  if (!what || may(asked.role, *what)) return std::nullopt;
  return refusal_of(asked.role, *what);
}

} // namespace voltaic::messages
