#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

/// One sample, debouncing and the chain's own step: an order within 40 ms, and some of the grid.
constexpr std::int64_t near_us = 80 * us_per_ms;
/// Over a message bus that takes 300 ms or loses what it was given: nobody speaks of it for 300 ms.
constexpr std::int64_t far_us = near_us + (300 + 300) * us_per_ms;
/// An order is lost at the most, and the lease ends; then contacts part.
constexpr std::int64_t lease_us = 500 * us_per_ms;
constexpr std::int64_t grid_us = 20 * us_per_ms;
/// A chain that was disturbed orders nothing, or something of the past, for a while: it may stand
/// still for 9 s, and catch up for some more.
constexpr std::int64_t disturbed_us = 15'000 * us_per_ms;

/// While an emergency stop, interlock or fire input is active there is no lease and no closing, and
/// what was closed is opened in time.
class input_rule final : public rule {
 public:
  input_rule() : rule(input_rule_number) {}

  void take(const fact& next) override {
    if (const auto* site = std::get_if<site_is>(&next.what)) {
      far_ = site->has.far_away;
      guarded_ = site->has.guarded;
    } else if (std::holds_alternative<moment>(next.what)) {
      for (auto& [number, rack] : racks_) judge(number, rack, next);
    } else if (!has(guarded_, next.rack)) {
      return;
    } else if (const auto* line = std::get_if<input_is>(&next.what)) {
      auto& rack = racks_[next.rack];
      if (!line->active)
        rack.active.erase(line->role);
      else
        rack.active.try_emplace(line->role, next.time_us);
    } else if (std::holds_alternative<chain_ended>(next.what)) {
      racks_[next.rack].disturbed_us = next.time_us;
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      auto& rack = racks_[next.rack];
      rack.ordered = sent->contactor;
      const auto* why = since(rack, patience_us(next.rack), next.time_us);
      if (sent->lease && why != nullptr)
        broken(next, fmt::format("rack_{} is given a lease although its input {} is active",
                                 next.rack, *why));
    } else if (const auto* is = std::get_if<contactors>(&next.what)) {
      racks_[next.rack].energised = is->energised;
    }
  }

 private:
  struct state {
    std::map<std::string, std::int64_t> active; ///< since when
    bool energised = false;
    std::uint8_t ordered = 0;
    std::int64_t disturbed_us = INT64_MIN / 2;
  };

  [[nodiscard]] std::int64_t patience_us(int rack) const {
    return has(far_, rack) ? far_us : near_us;
  }

  /// The input that is active for longer than that.
  static const std::string* since(const state& rack, std::int64_t longer_us, std::int64_t now_us) {
    for (const auto& [role, since_us] : rack.active)
      if (now_us - since_us > longer_us) return &role;
    return nullptr;
  }

  void judge(int number, state& rack, const fact& now) {
    const auto patience = patience_us(number);
    const auto* long_ago = since(rack, patience + lease_us + grid_us, now.time_us);
    if (rack.energised && long_ago != nullptr)
      broken(now, fmt::format("rack_{} stays closed although its input {} is active", number,
                              *long_ago));
    const auto* why = since(rack, patience + grid_us, now.time_us);
    if (rack.ordered != 0 && why != nullptr && now.time_us - rack.disturbed_us > disturbed_us)
      broken(now, fmt::format("rack_{} is not ordered to open although its input {} is active",
                              number, *why));
  }

  std::uint32_t far_ = 0;
  std::uint32_t guarded_ = 0;
  std::map<int, state> racks_;
};

/// An output that was set for a time is at its safe level when nobody renews it.
class output_rule final : public rule {
 public:
  output_rule() : rule(output_rule_number) {}

  void take(const fact& next) override {
    if (std::holds_alternative<chain_ended>(next.what)) {
      // Its node may stand still, or be gone, and the line with it stays as it is.
      disturbed_us_ = next.time_us;
    } else if (const auto* asked = std::get_if<output_asked>(&next.what)) {
      auto& until_us = racks_[next.rack].until_us;
      until_us = std::max(until_us, asked->until_us);
    } else if (const auto* is = std::get_if<output_is>(&next.what)) {
      racks_[next.rack].on = is->on;
    } else if (std::holds_alternative<moment>(next.what)) {
      for (const auto& [number, one] : racks_) judge(number, one, next);
    }
  }

 private:
  struct state {
    bool on = false;
    std::int64_t until_us = INT64_MIN / 2; ///< it was asked for, at the latest
  };

  void judge(int number, const state& of, const fact& now) {
    if (!of.on || now.time_us <= of.until_us + near_us) return;
    if (now.time_us - disturbed_us_ <= disturbed_us) return;
    broken(now, fmt::format("the output of rack_{} is on although nobody wants it", number));
  }

  std::map<int, state> racks_;
  std::int64_t disturbed_us_ = INT64_MIN / 2;
};

} // namespace

std::unique_ptr<rule> make_output_rule() {
  return std::make_unique<output_rule>();
}
std::unique_ptr<rule> make_input_rule() {
  return std::make_unique<input_rule>();
}

} // namespace voltaic::tests::property
