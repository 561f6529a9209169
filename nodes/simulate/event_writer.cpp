#include "nodes/simulate/event_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "messages/points/output.hpp"

namespace voltaic::nodes::simulate {
void event_writer::add(const messages::event& event, std::int64_t time_us) {
  if (time_us < zero_us_) return;
  waiting_.push_back({(time_us - zero_us_) / messages::us_per_ms, time_us, event});
}

void event_writer::add(const told_frame& told, std::int64_t time_us) {
  if (time_us < zero_us_) return;
  const auto t_ms = (time_us - zero_us_) / messages::us_per_ms;
  entry made{t_ms, time_us, {}, {}};
  if (json_) {
    nlohmann::ordered_json line = {{"t_ms", t_ms},  {"kind", "told"},    {"subject", told.inverter},
                                   {"id", told.id}, {"data", told.data}, {"flags", told.flags}};
    for (const auto& [name, value] : told.numbers) line[name] = value;
    made.line = line.dump();
  } else {
    std::string values;
    for (const auto& [name, value] : told.numbers) values += fmt::format(" {} {:g}", name, value);
    for (const auto& name : told.flags) values += " " + name;
    made.line = fmt::format("{:>6}.{:03} s  {:<10} {:<10} {}{}", t_ms / 1000, t_ms % 1000,
                            told.inverter, "told", told.id, values);
  }
  waiting_.push_back(std::move(made));
}

std::vector<std::string> event_writer::take(std::int64_t until_us) {
  const auto early =
      std::stable_partition(waiting_.begin(), waiting_.end(),
                            [&](const entry& waiting) { return waiting.time_us < until_us; });
  std::stable_sort(waiting_.begin(), early, [](const entry& a, const entry& b) {
    return std::tie(a.t_ms, a.event.sequence, a.event.subject) <
           std::tie(b.t_ms, b.event.sequence, b.event.subject);
  });
  std::vector<std::string> lines;
  for (auto one = waiting_.begin(); one != early; ++one) lines.push_back(line_of(*one));
  waiting_.erase(waiting_.begin(), early);
  return lines;
}

std::string event_writer::line_of(const entry& from) const {
  if (!from.line.empty()) return from.line;
  if (json_) return messages::points::simulated_event_line(from.event, from.t_ms);
  return fmt::format("{:>6}.{:03} s  {:<10} {:<10} {}", from.t_ms / 1000, from.t_ms % 1000,
                     from.event.subject, from.event.kind,
                     messages::points::event_sentence(from.event));
}

} // namespace voltaic::nodes::simulate
