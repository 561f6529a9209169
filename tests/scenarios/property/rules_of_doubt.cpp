#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <optional>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

/// From the alarm to the limits that follow from it.
constexpr std::int64_t reaction_us = 800 * messages::us_per_ms;
/// What a doubted current leaves, and by how much limits may have risen until everybody has heard
/// that the doubt is over: a disk may refuse its event for 9 s, and they rise by 1 % a second.
constexpr double left = 0.5 + 0.15;

/// While the alarm stands that a rack's current is not what its sensor says, half of it is left.
class doubt_rule final : public rule {
 public:
  doubt_rule() : rule(doubt_rule_number) {}

  void take(const fact& next) override {
    if (const auto* said = std::get_if<event_said>(&next.what)) {
      hear(said->event, happened_us(*said, next.time_us));
    } else if (std::holds_alternative<chain_ended>(next.what)) {
      // A new life has to find it anew; one that stood still speaks of the past for a while.
      if (next.rack >= 0) racks_[next.rack].since_us.reset();
    } else if (const auto* limits = std::get_if<limits_said>(&next.what)) {
      judge(next.rack, *limits, next);
    }
  }

 private:
  struct state {
    std::optional<std::int64_t> since_us;
  };

  void hear(const messages::event& told, std::int64_t when_us) {
    int number = 0;
    const bool is_it = told.kind == "protection" && told.candidate == "current_implausible" &&
                       std::sscanf(told.subject.c_str(), "rack_%d", &number) == 1;
    if (!is_it) return;
    if (told.edge == "set") racks_[number].since_us = when_us;
    if (told.edge == "clear" || told.edge == "reset") racks_[number].since_us.reset();
  }

  void judge(int number, const limits_said& limits, const fact& now) {
    const auto& since_us = racks_[number].since_us;
    const auto spoken_us = limits.source_us.value_or(now.time_us);
    if (!since_us || spoken_us - *since_us <= reaction_us) return;
    if (limits.charge_a <= left * rated_a && limits.discharge_a <= left * rated_a) return;
    broken(now, fmt::format("rack_{} says {} A and {} A although its current is doubted", number,
                            limits.charge_a, limits.discharge_a));
  }

  std::map<int, state> racks_;
};

} // namespace

std::unique_ptr<rule> make_doubt_rule() {
  return std::make_unique<doubt_rule>();
}

} // namespace voltaic::tests::property
