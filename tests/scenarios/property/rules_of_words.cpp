#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

constexpr std::uint8_t open = 0;
constexpr std::uint8_t close_all = 2;
/// A permit counts for so long; a chain that lags by more than 250 ms renews nothing.
constexpr std::int64_t permit_us = (500 + 250) * us_per_ms;
/// An ordered opening waits for the current for so long.
constexpr std::int64_t reducing_us = 3'000 * us_per_ms;
constexpr std::int64_t grid_us = 20 * us_per_ms;
/// From what came last to the last moment at which it counts: three periods of 100 ms, and a lag.
constexpr std::int64_t feedback_us = (300 + 250) * us_per_ms + grid_us;
/// An alarm is on its way from the node to its contactor, and its event to the disk.
constexpr std::int64_t told_us = 100 * us_per_ms;

/// The words of both evaluators of a rack, as its contactor got them. Of one that the rack does not
/// have nothing is asked.
struct permits {
  struct voice {
    std::optional<permit_heard> word;
    std::optional<permit_heard> before;
    std::int64_t heard_us = 0;
  };
  std::array<voice, 2> voices; ///< of protection and of the second evaluator

  void take(const permit_heard& word, std::int64_t now_us) {
    auto& of = voices.at(word.from.ends_with("/evaluator") ? 1 : 0);
    if (of.heard_us != now_us) of.before = of.word;
    of.word = word;
    of.heard_us = now_us;
  }

  /// Why that one does not permit that a contactor stays closed (or, `closing`, is closed). An
  /// order of the same instant may have been on its way when the word came.
  [[nodiscard]] std::string refusal(std::size_t which, bool closing, std::int64_t now_us) const {
    const auto& of = voices.at(which);
    if (of.heard_us == now_us && refusal_by(of.before, closing, now_us).empty()) return {};
    return refusal_by(of.word, closing, now_us);
  }

  /// A lease may go on for so long after both permitted it last.
  [[nodiscard]] std::int64_t wait_us() const {
    const bool at_once = std::ranges::any_of(
        voices, [](const voice& of) { return of.word && !of.word->granted && of.word->at_once; });
    return permit_us + (at_once ? 0 : reducing_us);
  }

 private:
  static std::string refusal_by(const std::optional<permit_heard>& word, bool closing,
                                std::int64_t now_us) {
    if (!word) return "never permitted anything";
    if (now_us - word->said_us > permit_us + grid_us)
      return fmt::format("spoke {} ms ago", (now_us - word->said_us) / us_per_ms);
    if (!word->granted) return "withholds it";
    return closing && !word->close_allowed ? "does not allow to close" : "";
  }
};

/// Nothing is closed, or kept closed, on an old word: neither on a permit, nor on feedback, nor on
/// voltages.
class word_rule final : public rule {
 public:
  word_rule() : rule(word_rule_number) {}

  void take(const fact& next) override {
    if (next.rack < 0) return;
    auto& rack = racks_[next.rack];
    if (const auto* word = std::get_if<permit_heard>(&next.what)) {
      rack.heard.take(*word, next.time_us);
      if (rack.heard.refusal(0, false, next.time_us).empty()) rack.permitted_us = next.time_us;
    } else if (const auto* status = std::get_if<status_heard>(&next.what)) {
      rack.status_us = status->measured_us;
    } else if (const auto* values = std::get_if<values_heard>(&next.what)) {
      if (values->voltage_v && values->bus_v) rack.voltage_us = values->measured_us;
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      judge(rack, *sent, next);
    }
  }

 private:
  struct state {
    permits heard;
    std::int64_t permitted_us = INT64_MIN / 2; ///< last
    std::int64_t status_us = INT64_MIN / 2;
    std::int64_t voltage_us = INT64_MIN / 2;
    std::uint8_t ordered = open;
  };

  void judge(state& rack, const order_sent& sent, const fact& now) {
    const auto before = std::exchange(rack.ordered, sent.contactor);
    if (!sent.lease) return;
    const auto refused = rack.heard.refusal(0, before == open, now.time_us);
    const bool is_late = now.time_us - rack.permitted_us > rack.heard.wait_us() + grid_us;
    if (!refused.empty() && (before == open || is_late))
      broken(now,
             fmt::format("rack_{} is given a lease although protection {}", now.rack, refused));
    if (before == open && now.time_us - rack.status_us > feedback_us)
      broken(now, fmt::format("rack_{} begins to close on feedback of {} ms ago", now.rack,
                              (now.time_us - rack.status_us) / us_per_ms));
    if (sent.contactor == close_all && before != close_all && before != open &&
        now.time_us - rack.voltage_us > feedback_us)
      broken(now, fmt::format("rack_{} is closed on voltages of {} ms ago", now.rack,
                              (now.time_us - rack.voltage_us) / us_per_ms));
  }

  std::map<int, state> racks_;
};

/// Two evaluators of a rack that do not agree give no lease: what either withholds is withheld, and
/// while their difference is an alarm nothing is closed.
class evaluator_rule final : public rule {
 public:
  evaluator_rule() : rule(evaluator_rule_number) {}

  void take(const fact& next) override {
    if (const auto* is = std::get_if<site_is>(&next.what)) {
      doubled_ = is->has.doubled;
    } else if (const auto* said = std::get_if<event_said>(&next.what)) {
      int number = 0;
      if (said->event.candidate == "evaluator_difference" &&
          std::sscanf(said->event.subject.c_str(), "rack_%d", &number) == 1)
        racks_[number].difference_us =
            said->event.edge == "set" ? std::optional(next.time_us) : std::nullopt;
    } else if (const auto* ended = std::get_if<chain_ended>(&next.what)) {
      // Whoever starts anew finds out anew.
      if (ended->restarts && next.rack >= 0) racks_[next.rack].difference_us.reset();
    } else if (!has(doubled_, next.rack)) {
      return;
    } else if (const auto* word = std::get_if<permit_heard>(&next.what)) {
      auto& rack = racks_[next.rack];
      rack.heard.take(*word, next.time_us);
      const bool both = rack.heard.refusal(0, false, next.time_us).empty() &&
                        rack.heard.refusal(1, false, next.time_us).empty();
      if (both) rack.permitted_us = next.time_us;
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      judge(racks_[next.rack], *sent, next);
    }
  }

 private:
  struct state {
    permits heard;
    std::int64_t permitted_us = INT64_MIN / 2; ///< by both, last
    std::optional<std::int64_t> difference_us;
    std::uint8_t ordered = open;
  };

  void judge(state& rack, const order_sent& sent, const fact& now) {
    const auto before = std::exchange(rack.ordered, sent.contactor);
    if (!sent.lease) return;
    const bool closing = before == open;
    for (const std::size_t which : {0u, 1u}) {
      const auto refused = rack.heard.refusal(which, closing, now.time_us);
      const bool is_late = now.time_us - rack.permitted_us > rack.heard.wait_us() + grid_us;
      if (refused.empty() || !(closing || is_late)) continue;
      broken(now, fmt::format("rack_{} is given a lease although its {} evaluator {}", now.rack,
                              which == 0 ? "first" : "second", refused));
    }
    if (closing && rack.difference_us && now.time_us - *rack.difference_us > told_us)
      broken(now, fmt::format("rack_{} begins to close while its evaluators differ", now.rack));
  }

  std::uint32_t doubled_ = 0;
  std::map<int, state> racks_;
};

} // namespace

std::unique_ptr<rule> make_word_rule() {
  return std::make_unique<word_rule>();
}
std::unique_ptr<rule> make_evaluator_rule() {
  return std::make_unique<evaluator_rule>();
}

} // namespace voltaic::tests::property
