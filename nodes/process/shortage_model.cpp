#include "nodes/process/shortage_model.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "messages/event_codes.hpp"
#include "nodes/process/site_events.hpp"

namespace voltaic::nodes::process {
namespace {

namespace codes = messages::event_codes;

struct remedy_of {
  const char* code;
  const char* remedy;
};
// In the order of `shortage`, without none.
constexpr std::array<remedy_of, 2> shortages{{
    {codes::descriptors_low,
     "raise the limit of open files (ulimit -n, LimitNOFILE=), or find who holds them in "
     "/proc/PID/fd"},
    {codes::processes_low,
     "raise the limit of processes (ulimit -u, TasksMax=, pids.max), or end what is needless"},
}};

} // namespace

std::optional<messages::event> shortage_model::refused(shortage lacks, std::string_view process,
                                                       std::string_view reason) {
  if (lacks == shortage::none) return std::nullopt;
  const auto which = static_cast<std::size_t>(lacks) - 1;
  if (std::exchange(known_[which], true)) return std::nullopt;
  auto event = system_event(shortages[which].code, std::string(process),
                            fmt::format("it cannot be started and is tried again: {}; {}", reason,
                                        shortages[which].remedy));
  event.edge = "set";
  return event;
}

std::vector<messages::event> shortage_model::started(std::string_view process) {
  std::vector<messages::event> over;
  for (std::size_t which = 0; which < known_.size(); ++which) {
    if (!std::exchange(known_[which], false)) continue;
    over.push_back(system_event(shortages[which].code, std::string(process), "it was started"));
    over.back().edge = "clear";
  }
  return over;
}

} // namespace voltaic::nodes::process
