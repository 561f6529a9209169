#include <fmt/format.h>

#include "messages/can/frame.hpp"
#include "messages/dbc/draft.hpp"

namespace voltaic::messages::dbc {
namespace {

const std::string* text_of(const attributes& said, std::string_view name) {
  const auto known = said.find(name);
  return known == said.end() ? nullptr : std::get_if<std::string>(&known->second);
}

const double* number_of(const attributes& said, std::string_view name) {
  const auto known = said.find(name);
  return known == said.end() ? nullptr : std::get_if<double>(&known->second);
}

/// VFrameFormat: 0 StandardCAN, 1 ExtendedCAN, 3 J1939PG, 14 StandardCAN_FD, 15 ExtendedCAN_FD.
void apply_frame_format(message& to, const attributes& of_all) {
  constexpr double j1939 = 3;
  constexpr double standard_fd = 14;
  constexpr double extended_fd = 15;
  constexpr std::string_view key = "VFrameFormat";
  const bool own = to.said.find(key) != to.said.end();
  const auto& said = own ? to.said : of_all;
  const auto name = own ? std::string(key) : "default " + std::string(key);
  if (const auto* word = text_of(said, name)) {
    to.is_fd = word->ends_with("_FD");
    to.is_j1939 = *word == "J1939PG";
  } else if (const auto* number = number_of(said, name)) {
    to.is_fd = *number == standard_fd || *number == extended_fd;
    to.is_j1939 = *number == j1939;
  } else {
    const auto* protocol = text_of(of_all, "ProtocolType");
    to.is_j1939 = protocol != nullptr && *protocol == "J1939" && to.extended;
  }
  to.is_fd = to.is_fd ||
             (!to.is_j1939 && to.length > can::classic_bytes_max && to.length <= can::fd_bytes_max);
}

} // namespace

void apply_attributes(database& all) {
  for (auto& message : all.messages) {
    if (const auto* name = text_of(message.said, "SystemMessageLongSymbol"); name && !name->empty())
      message.name = *name;
    for (auto& signal : message.signals) {
      const auto* name = text_of(signal.said, "SystemSignalLongSymbol");
      if (name != nullptr && !name->empty()) signal.name = *name;
    }
    apply_frame_format(message, all.said);
    const auto* cycle = number_of(message.said, "GenMsgCycleTime");
    if (cycle == nullptr) cycle = number_of(all.said, "default GenMsgCycleTime");
    if (cycle != nullptr && *cycle > 0) message.cycle_ms = *cycle;
  }
}

} // namespace voltaic::messages::dbc
