#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

constexpr std::uint8_t open = 0;
/// What others say counts for 3 s; a question is answered within 1 s, a second one within another;
/// two ways over the message bus, and margin.
constexpr std::int64_t known_us = (3'000 + 2 * 1'000 + 2 * 300 + 400) * us_per_ms;
/// The same of a lock, which is told each second.
constexpr std::int64_t lock_us = known_us;
constexpr double gate_v = 3;
/// Two values of 0.1 V each.
constexpr double resolution_v = 0.21;

/// Racks that share a DC bus: nothing is joined to one whose voltage is further away than the gate
/// allows, or not known, and nothing closes against a welded one.
class joining_rule final : public rule {
 public:
  joining_rule() : rule(joining_rule_number) {}

  void take(const fact& next) override {
    if (const auto* site = std::get_if<site_is>(&next.what)) {
      shares_bus_ = site->has.shares_bus;
      racks_.resize(static_cast<std::size_t>(site->racks));
    } else if (!shares_bus_ || next.rack < 0) {
      return;
    } else if (const auto* values = std::get_if<values_heard>(&next.what)) {
      if (values->voltage_v) of(next.rack).voltages.push_back({next.time_us, *values->voltage_v});
    } else if (const auto* word = std::get_if<rack_word>(&next.what)) {
      if (word->at == listening_node::site && word->lock) lock(of(next.rack), *word, next.time_us);
    } else if (const auto* is = std::get_if<contactors>(&next.what)) {
      auto& rack = of(next.rack);
      if (is->conducting && !rack.conducts) rack.conducts_us = next.time_us;
      rack.conducts = is->conducting;
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      if (std::exchange(of(next.rack).ordered, sent->contactor) == open && sent->lease) judge(next);
    }
  }

 private:
  struct state {
    std::deque<std::pair<std::int64_t, double>> voltages;
    bool conducts = false;
    std::int64_t conducts_us = 0;          ///< since
    std::optional<std::int64_t> welded_us; ///< it says so since then
    std::uint8_t ordered = open;
  };

  state& of(int rack) { return racks_.at(static_cast<std::size_t>(rack)); }

  static void lock(state& rack, const rack_word& word, std::int64_t now_us) {
    if (word.lock->find("contactor_weld") == std::string::npos)
      rack.welded_us.reset();
    else if (!rack.welded_us)
      rack.welded_us = now_us;
  }

  /// Of what was heard of it lately, the lowest and the highest.
  static std::optional<std::pair<double, double>> range(state& rack, std::int64_t now_us) {
    auto& all = rack.voltages;
    while (!all.empty() && all.front().first < now_us - known_us) all.pop_front();
    if (all.empty()) return std::nullopt;
    const auto [low, high] =
        std::ranges::minmax_element(all, {}, [](const auto& each) { return each.second; });
    return std::pair{low->second, high->second};
  }

  void judge(const fact& now) {
    const auto own = range(of(now.rack), now.time_us);
    for (int number = 0; number < static_cast<int>(racks_.size()); ++number) {
      auto& other = of(number);
      if (number == now.rack) continue;
      if (other.welded_us && now.time_us - *other.welded_us > lock_us)
        broken(now,
               fmt::format("rack_{} begins to close although rack_{} is welded", now.rack, number));
      if (!other.conducts || now.time_us - other.conducts_us <= known_us) continue;
      const auto theirs = range(other, now.time_us);
      const bool is_near = own && theirs && own->first - theirs->second <= gate_v + resolution_v &&
                           theirs->first - own->second <= gate_v + resolution_v;
      if (!is_near)
        broken(now,
               fmt::format("rack_{} begins to join rack_{} although their voltages are {}",
                           now.rack, number,
                           own && theirs ? fmt::format("{} and {} V", own->first, theirs->first)
                                         : std::string("not known")));
    }
  }

  bool shares_bus_ = false;
  std::vector<state> racks_;
};

} // namespace

std::unique_ptr<rule> make_joining_rule() {
  return std::make_unique<joining_rule>();
}

} // namespace voltaic::tests::property
