#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

/// From what a rack says to a frame that tells of it: 1.5 periods in which a rack's word counts,
/// one of the battery's, 1 s in which its word counts, two ways over a message bus that takes
/// 300 ms, a frame's period of a second, and margin.
constexpr std::int64_t way_us = 5'000 * us_per_ms;
/// Without its heartbeat for this long nothing may flow.
constexpr std::int64_t alive_us = 5'000 * us_per_ms;
constexpr int beats_min = 3;
/// What nobody says for a second is zero; and the way of one word.
constexpr std::int64_t battery_silence_us = 1'000 * us_per_ms;
constexpr std::int64_t margin_us = 200 * us_per_ms;
/// A rack says its limits and its contactor each second.
constexpr std::int64_t usual_us = 1'100 * us_per_ms;
constexpr double resolution_a = 0.11;
/// The end of a frame's field for the battery's voltage, where it is said that it has no room for
/// it: 16 bits with a sign, in 0.01 V.
constexpr double said_v_max = 327.67;

/// What an inverter is told on its wire: never more than the racks that it may draw from allow, by
/// the rules of the site file, and nothing where nothing may flow.
class telling_rule final : public rule {
 public:
  telling_rule() : rule(telling_rule_number) {}

  void take(const fact& next) override {
    if (const auto* site = std::get_if<site_is>(&next.what)) {
      site_ = *site;
      racks_.resize(static_cast<std::size_t>(site->racks));
    } else if (const auto* told = std::get_if<limits_told>(&next.what)) {
      judge(*told, next);
    } else if (std::holds_alternative<inverter_alive>(next.what)) {
      if (next.time_us - alive_us_ > alive_us) beats_ = 0;
      ++beats_;
      alive_us_ = next.time_us;
    } else if (std::holds_alternative<link_ended>(next.what)) {
      beats_ = 0;
    } else if (const auto* word = std::get_if<battery_word>(&next.what)) {
      if (word->at == listening_node::inverter) battery_us_ = next.time_us;
    } else if (next.rack >= 0 && next.rack < static_cast<int>(racks_.size())) {
      learn(racks_[static_cast<std::size_t>(next.rack)], next);
    }
  }

 private:
  struct said_limits {
    std::int64_t time_us = 0;
    double charge_a = 0;
    double discharge_a = 0;
  };
  struct state {
    std::int64_t gap_us = INT64_MIN / 2; ///< nobody heard of it for longer than usual, last
    std::int64_t lock_us = 0;            ///< its contactor was heard last
    std::deque<said_limits> words;       ///< that the node which decides heard, and one before
    bool is_low = false; ///< what its port heard last is a voltage that fits into such a field
    std::int64_t low_us = INT64_MIN / 2; ///< that was so last
    bool conducts = false;
    std::int64_t conducts_us = INT64_MIN / 2; ///< since when, or until when last
    std::optional<std::int64_t> open_us = 0;  ///< ordered to open since then
    /// Somebody heard of it after it should have been open, and it was not since.
    bool is_known_welded = false;
  };
  struct bound {
    double charge_a = 0;
    double discharge_a = 0;
  };

  [[nodiscard]] bool is_whole() const { return site_.has.behind == (1U << racks_.size()) - 1; }
  [[nodiscard]] listening_node decides() const {
    return is_whole() ? listening_node::site : listening_node::inverter;
  }

  /// The battery's voltage may be one that its frames can tell: some rack has so little.
  [[nodiscard]] bool may_say_voltage(std::int64_t now_us) const {
    if (site_.has.can_say) return true;
    for (std::size_t i = 0; i < racks_.size(); ++i)
      if (has(site_.has.behind, static_cast<int>(i)) &&
          (racks_[i].is_low || now_us - racks_[i].low_us <= way_us))
        return true;
    return false;
  }

  static void learn_voltage(state& rack, const values_heard& heard, std::int64_t now_us) {
    if (rack.is_low) rack.low_us = now_us;
    if (heard.voltage_v) rack.is_low = *heard.voltage_v <= said_v_max;
  }

  void learn(state& rack, const fact& next) const {
    if (const auto* heard = std::get_if<rack_word>(&next.what)) {
      if (heard->at != decides()) return;
      if (heard->lock) rack.lock_us = next.time_us;
      note_gap(rack, next.time_us);
      if (!heard->charge_a && !heard->discharge_a) return;
      auto fresh = rack.words.empty() ? said_limits{} : rack.words.back();
      fresh.time_us = next.time_us;
      fresh.charge_a = heard->charge_a.value_or(fresh.charge_a);
      fresh.discharge_a = heard->discharge_a.value_or(fresh.discharge_a);
      rack.words.push_back(fresh);
      rack.is_known_welded = rack.is_known_welded || is_welded(rack, next.time_us);
    } else if (const auto* is = std::get_if<contactors>(&next.what)) {
      if (is->conducting != rack.conducts) rack.conducts_us = next.time_us;
      rack.conducts = is->conducting;
      if (!is->conducting) rack.is_known_welded = false;
    } else if (const auto* values = std::get_if<values_heard>(&next.what)) {
      learn_voltage(rack, *values, next.time_us);
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      if (sent->contactor != 0)
        rack.open_us.reset();
      else if (!rack.open_us)
        rack.open_us = next.time_us;
      if (sent->contactor != 0) rack.is_known_welded = false;
    }
  }

  static void note_gap(state& rack, std::int64_t now_us) {
    const auto limits_us = rack.words.empty() ? 0 : rack.words.back().time_us;
    if (now_us - std::min(limits_us, rack.lock_us) > usual_us) rack.gap_us = now_us;
  }

  static bool is_welded(const state& rack, std::int64_t now_us) {
    return rack.conducts && rack.open_us && now_us - *rack.open_us > way_us &&
           now_us - rack.conducts_us > way_us;
  }

  [[nodiscard]] bool may_share(int number, const state& rack, std::int64_t now_us) const {
    return has(site_.watched, number) || rack.conducts || now_us - rack.conducts_us <= way_us;
  }

  /// What its words allow at most that count now; nothing: none ever came.
  [[nodiscard]] static std::optional<bound> allowed(state& rack, std::int64_t now_us) {
    auto& all = rack.words;
    while (all.size() > 1 && all[1].time_us <= now_us - way_us) all.pop_front();
    if (all.empty()) return std::nullopt;
    bound most;
    for (const auto& each : all) {
      most.charge_a = std::max(most.charge_a, each.charge_a);
      most.discharge_a = std::max(most.discharge_a, each.discharge_a);
    }
    return most;
  }

  /// Why nothing may flow at all; empty: something may.
  [[nodiscard]] std::string stopped(std::int64_t now_us) const {
    if (!site_.has.fits) return "battery and inverter do not work together";
    if (!may_say_voltage(now_us)) return "it cannot be told the battery's voltage";
    if (now_us - alive_us_ > alive_us + margin_us) return "its heartbeat is lost";
    if (beats_ < beats_min) return "its heartbeat is not steady yet";
    if (is_whole() && now_us - battery_us_ > battery_silence_us + margin_us)
      return "nobody says the battery's limits";
    for (std::size_t i = 0; i < racks_.size(); ++i)
      if (auto why = stopped_by(static_cast<int>(i), now_us); !why.empty()) return why;
    return {};
  }

  [[nodiscard]] std::string stopped_by(int number, std::int64_t now_us) const {
    if (!has(site_.has.behind, number)) return {};
    const auto& rack = racks_[static_cast<std::size_t>(number)];
    const auto heard_us = rack.words.empty() ? 0 : rack.words.back().time_us;
    // One that is lost is left out, whatever it was; one that is heard is not.
    const bool is_left_out = site_.has.lost == lost_rack::exclude && now_us - heard_us > usual_us;
    if (is_left_out) return {};
    // Where each has a converter of its own, that one stops it.
    if (rack.is_known_welded && !site_.has.adds_up) return fmt::format("rack_{} is welded", number);
    if (site_.has.lost == lost_rack::exclude) return {};
    const auto hold_us = site_.has.lost == lost_rack::stop ? 0 : site_.has.hold_ms * us_per_ms;
    if (now_us - heard_us > hold_us + way_us) return fmt::format("rack_{} is lost", number);
    return {};
  }

  void judge(const limits_told& told, const fact& now) {
    // Written so that no not-a-number passes.
    const auto sane = [](double value_a) {
      return value_a >= 0 && value_a <= inverter_max_a + resolution_a;
    };
    if (!sane(told.charge_a) || !sane(told.discharge_a))
      return broken(now, fmt::format("the inverter is told {} A and {} A, it can do {} A",
                                     told.charge_a, told.discharge_a, inverter_max_a));
    if (told.charge_a <= 0 && told.discharge_a <= 0) return;
    if (const auto why = stopped(now.time_us); !why.empty())
      return broken(now, fmt::format("the inverter is told {} A and {} A although {}",
                                     told.charge_a, told.discharge_a, why));
    judge_sum(told, now);
  }

  void judge_sum(const limits_told& told, const fact& now) {
    bound sum;
    bound least{rated_a, rated_a};
    int sharing = 0;
    for (std::size_t i = 0; i < racks_.size(); ++i) {
      const auto number = static_cast<int>(i);
      auto& rack = racks_[i];
      if (!has(site_.has.behind, number)) continue;
      const auto most = allowed(rack, now.time_us).value_or(bound{rated_a, rated_a});
      if (may_share(number, rack, now.time_us)) {
        ++sharing;
        sum.charge_a += most.charge_a;
        sum.discharge_a += most.discharge_a;
      }
      // One that is not heard binds no more where it is left out.
      note_gap(rack, now.time_us);
      const bool is_left_out =
          site_.has.lost == lost_rack::exclude && now.time_us - rack.gap_us <= way_us;
      if (!is_left_out && rack.conducts && now.time_us - rack.conducts_us > way_us) {
        least.charge_a = std::min(least.charge_a, most.charge_a);
        least.discharge_a = std::min(least.discharge_a, most.discharge_a);
      }
    }
    const bound may =
        site_.has.adds_up ? sum : bound{least.charge_a * sharing, least.discharge_a * sharing};
    if (told.charge_a <= may.charge_a + resolution_a &&
        told.discharge_a <= may.discharge_a + resolution_a)
      return;
    broken(now, fmt::format("the inverter is told {} A and {} A, its racks allow {} A and {} A",
                            told.charge_a, told.discharge_a, may.charge_a, may.discharge_a));
  }

  site_is site_;
  std::vector<state> racks_;
  std::int64_t alive_us_ = INT64_MIN / 2;
  std::int64_t battery_us_ = INT64_MIN / 2;
  int beats_ = 0;
};

} // namespace

std::unique_ptr<rule> make_telling_rule() {
  return std::make_unique<telling_rule>();
}

} // namespace voltaic::tests::property
