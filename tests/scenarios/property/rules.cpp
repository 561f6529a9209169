#include "scenarios/property/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "messages/time.hpp"
#include "scenarios/property/standing_sets.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

/// More of one rule say nothing new.
constexpr std::size_t violations_max = 3;

/// Contactor orders as they stand in frames.
constexpr std::uint8_t open = 0;
constexpr std::uint8_t precharge = 1;
constexpr std::uint8_t minus = 3;
/// Between two attempts of one closing.
constexpr std::int64_t pause_min_us = 2'900 * us_per_ms;
constexpr std::int64_t pause_max_us = 3'500 * us_per_ms;
/// What a device does not hold may be written again: it reports a looser value for so long,
constexpr std::int64_t patience_us = 2'000 * us_per_ms;
/// two such writes lie so far apart,
constexpr std::int64_t spacing_us = 5'000 * us_per_ms;
/// from the fourth on of one life so far,
constexpr int again_max = 3;
constexpr std::int64_t seldom_us = 60'000 * us_per_ms;
/// and a chain may be so far behind its wire.
constexpr std::int64_t lag_us = 200 * us_per_ms;
/// What was set for a time is taken back so soon after its end, where nothing disturbs the chain,
constexpr std::int64_t taken_back_us = 3'000 * us_per_ms;
/// and this long after it was disturbed: it may stand still for 9 s, and catch up for some more.
constexpr std::int64_t disturbed_us = 15'000 * us_per_ms;

/// A command acts at most once for its key, and never after its deadline. The
/// newest value that was set may be written again, in bounds, while the device
/// reports a looser one, or the last one that it reported, where it never
/// reported the newest in time; no other. What was set for a time goes back to what
/// stands beside it when its time is over, or its chain was restarted: once, in time, and
/// never to anything looser.
class command_rule final : public rule {
 public:
  command_rule() : rule(7) {}

  void take(const fact& next) override {
    if (std::holds_alternative<moment>(next.what)) return judge_returns(next);
    if (const auto* disk = std::get_if<disk_state>(&next.what)) {
      if (auto* rack = rack_of(disk->node)) refuse(*rack, disk->refuses, next.time_us);
      return;
    }
    if (const auto* gone = std::get_if<journal_gone>(&next.what)) {
      if (auto* rack = rack_of(gone->node)) forget(*rack);
      return;
    }
    if (const auto* said = std::get_if<event_said>(&next.what)) {
      int number = 0;
      if (said->event.edge == "reset" &&
          std::sscanf(said->event.subject.c_str(), "rack_%d", &number) == 1) {
        reset(number, happened_us(*said, next.time_us), next);
      }
      return;
    }
    if (next.rack < 0) return;
    auto& rack = racks_[next.rack];
    if (const auto* came = std::get_if<command_arrived>(&next.what)) {
      const auto is_new =
          rack.keys.try_emplace(came->what.key, known{came->what, next.time_us, 0}).second;
      if (is_new && came->what.length_us > 0) {
        const bool charge = came->what.point.find("/charge") != std::string::npos;
        (charge ? rack.charge : rack.discharge).sets.ask(came->what.key);
      }
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      order(rack, *sent, next);
    } else if (const auto* value = std::get_if<value_sent>(&next.what)) {
      set(rack, *value, next);
    } else if (const auto* heard = std::get_if<limits_heard>(&next.what)) {
      hear(rack.charge, heard->charge_a, next.time_us);
      hear(rack.discharge, heard->discharge_a, next.time_us);
    } else if (const auto* ended = std::get_if<chain_ended>(&next.what)) {
      rack.disturbed_us = next.time_us;
      if (!ended->restarts) return;
      restart(rack.charge, next.time_us);
      restart(rack.discharge, next.time_us);
    }
  }

 private:
  struct known {
    request what;
    std::int64_t arrived_us = 0;
    std::int64_t acted_us = 0; ///< 0: it did not
  };
  /// The newest value that a command set.
  struct standing {
    std::string key;
    double value_a = 0;
    std::int64_t deadline_us = 0;
    std::int64_t sent_us = 0;
    int again = 0;        ///< written, in this life of the chain
    bool resumes = false; ///< a new life writes once without patience
    bool is_of_this_life = true;
    std::optional<std::int64_t> reported_us; ///< first, in time
    std::optional<std::int64_t> looser_since_us;
    /// Until the newest is reported: the last one that was, and the loosest since.
    std::string key_before;
    double loosest_a = 0;
    standing_sets sets; ///< all that acted
  };
  struct state {
    std::map<std::string, known> keys;
    standing charge;
    standing discharge;
    std::uint8_t ordered = 0;
    std::int64_t attempt_ended_us = INT64_MIN / 2;
    std::int64_t closing_until_us = 0; ///< deadline of the command that closes
    std::int64_t disturbed_us = INT64_MIN / 2;
  };

  state* rack_of(const std::string& node) {
    int number = 0;
    return std::sscanf(node.c_str(), "rack_%d", &number) == 1 ? &racks_[number] : nullptr;
  }

  static void refuse(state& rack, bool refuses, std::int64_t now_us) {
    for (auto* side : {&rack.charge, &rack.discharge}) side->sets.refuse(refuses, now_us);
  }

  // Which keys acted nobody knows any more; a value that comes again is set again. What was latched
  // counts as such, so that nothing is closed.
  static void forget(state& rack) {
    for (auto& [key, one] : rack.keys)
      if (one.what.operation == "set") one.acted_us = 0;
    for (auto* side : {&rack.charge, &rack.discharge}) {
      auto sets = std::move(side->sets);
      sets.forget();
      *side = standing();
      side->sets = std::move(sets);
    }
  }

  void judge_returns(const fact& now) {
    for (auto& [number, rack] : racks_) {
      for (auto* side : {&rack.charge, &rack.discharge}) {
        const auto over_us = side->sets.over_us();
        if (!over_us || now.time_us - *over_us <= taken_back_us) continue;
        if (now.time_us - rack.disturbed_us <= disturbed_us) continue;
        broken(now,
               fmt::format("key {} is not taken back from rack_{}, its time is over since {} ms",
                           side->key, number, *over_us / us_per_ms));
        side->sets.went_back();
      }
    }
  }

  /// A key that may act now and did not; the one that must act soonest.
  static known* free_key(state& rack, const std::string& operation, std::int64_t now_us) {
    known* best = nullptr;
    for (auto& [key, one] : rack.keys) {
      if (one.what.operation != operation || one.arrived_us > now_us) continue;
      if (one.what.deadline_us <= now_us) continue;
      if (one.acted_us != 0 && one.acted_us != now_us) continue;
      if (best == nullptr || one.what.deadline_us < best->what.deadline_us) best = &one;
    }
    return best;
  }

  void order(state& rack, const order_sent& sent, const fact& next) {
    const auto before = std::exchange(rack.ordered, sent.contactor);
    if (before != 0 && sent.contactor == 0) rack.attempt_ended_us = next.time_us;
    // Minus alone, where it comes first, or precharge.
    const bool begins = before == open
                            ? sent.contactor != open
                            : sent.contactor == precharge && before != precharge && before != minus;
    if (!begins) return;
    if (auto* key = free_key(rack, "close", next.time_us)) {
      key->acted_us = next.time_us;
      rack.closing_until_us = key->what.deadline_us;
      return;
    }
    const auto paused_us = next.time_us - rack.attempt_ended_us;
    if (paused_us >= pause_min_us && paused_us <= pause_max_us &&
        rack.closing_until_us > next.time_us) {
      return;
    }
    broken(next, fmt::format("rack_{} is ordered to close without a command that may", next.rack));
  }

  static void hear(standing& newest, double reported_a, std::int64_t now_us) {
    newest.sets.hear(reported_a, now_us);
    const bool is_it = std::abs(reported_a - newest.value_a) <= same_a;
    // A report that comes late confirms nothing but what is tighter than all before.
    const bool is_tightest = newest.key_before.empty() || newest.value_a < newest.loosest_a;
    const bool confirms = now_us <= newest.deadline_us || is_tightest;
    if (is_it && newest.is_of_this_life && confirms && !newest.reported_us) {
      newest.reported_us = now_us;
    }
    const auto bound_a = newest.reported_us ? newest.value_a : newest.loosest_a;
    if (newest.key.empty() || reported_a <= bound_a) {
      newest.looser_since_us.reset();
    } else if (!newest.looser_since_us) {
      newest.looser_since_us = now_us;
    }
  }

  static void restart(standing& newest, std::int64_t now_us) {
    newest.sets.restart(now_us);
    newest.again = 0;
    newest.resumes = true;
    newest.is_of_this_life = false;
    if (newest.reported_us && now_us - *newest.reported_us < noted_us) newest.reported_us.reset();
  }

  static void take_newest(standing& newest, const request& what, std::int64_t now_us) {
    standing next;
    next.key = what.key;
    next.value_a = what.value;
    next.deadline_us = what.deadline_us;
    next.sent_us = now_us;
    next.key_before = newest.reported_us ? newest.key : newest.key_before;
    next.loosest_a = std::max(newest.reported_us ? newest.value_a : newest.loosest_a, what.value);
    next.sets = std::move(newest.sets);
    next.sets.act(what, now_us);
    newest = std::move(next);
  }

  /// The device was given what follows on a set for a time: it is known what it holds.
  static void take_return(standing& newest, std::string key, double value_a, std::int64_t now_us) {
    standing next;
    next.key = std::move(key);
    next.value_a = value_a;
    next.deadline_us = next.sent_us = now_us;
    next.reported_us = now_us;
    next.sets = std::move(newest.sets);
    next.sets.went_back();
    newest = std::move(next);
  }

  static bool may_write_again(const standing& newest, const std::string& key, std::int64_t now_us) {
    const bool is_before = !newest.reported_us && newest.key_before == key;
    if ((newest.key != key && !is_before) || !newest.looser_since_us) return false;
    if (now_us > newest.sets.ends_us(key)) return false;
    if (newest.resumes) return true;
    const auto apart_us = newest.again == 0          ? patience_us
                          : newest.again < again_max ? spacing_us
                                                     : seldom_us;
    return now_us - *newest.looser_since_us >= patience_us - lag_us &&
           now_us - newest.sent_us >= apart_us - lag_us;
  }

  /// The key that this value acts for: one that did not act and may, else one that may act again.
  static known* key_of(state& rack, const standing& newest, const value_sent& sent,
                       std::int64_t now_us) {
    const auto rank = [&](const known& one) {
      if (one.acted_us == 0 && one.arrived_us <= now_us && one.what.deadline_us >= now_us) return 3;
      if (one.acted_us != 0 && may_write_again(newest, one.what.key, now_us)) return 2;
      return one.acted_us == 0 ? 1 : 0;
    };
    known* best = nullptr;
    for (auto& [key, one] : rack.keys) {
      if (one.what.operation != "set" || one.what.value != sent.value_a) continue;
      const auto* side = sent.charge ? "/charge" : "/discharge";
      if (one.what.point.find(side) == std::string::npos) continue;
      if (best == nullptr || rank(one) > rank(*best)) best = &one;
    }
    return best;
  }

  void set(state& rack, const value_sent& sent, const fact& next) {
    auto& newest = sent.charge ? rack.charge : rack.discharge;
    auto* found = key_of(rack, newest, sent, next.time_us);
    const bool is_first = found != nullptr && found->acted_us == 0;
    const bool is_again =
        found != nullptr && !is_first && may_write_again(newest, found->what.key, next.time_us);
    if (!is_first && !is_again) {
      if (auto key = newest.sets.goes_back_to(sent.value_a, next.time_us)) {
        return take_return(newest, *std::move(key), sent.value_a, next.time_us);
      }
    }
    if (found == nullptr) {
      // Nobody sets anything for a time: not even the default comes by itself.
      broken(next, fmt::format("rack_{} is set to {} A by nobody", next.rack, sent.value_a));
      return;
    }
    auto& key = *found;
    if (key.acted_us != 0) {
      if (!is_again) broken(next, fmt::format("key {} acts a second time", key.what.key));
      ++newest.again;
      newest.resumes = false;
      newest.sent_us = next.time_us;
      return;
    }
    take_newest(newest, key.what, next.time_us);
    if (key.what.deadline_us < next.time_us) {
      broken(next, fmt::format("key {} acts {} ms after its deadline", key.what.key,
                               (next.time_us - key.what.deadline_us) / us_per_ms));
    }
    key.acted_us = next.time_us;
  }

  void reset(int number, std::int64_t acted_us, const fact& next) {
    auto* key = free_key(racks_[number], "reset", acted_us);
    if (key == nullptr) {
      broken(next, fmt::format("rack_{} is reset without a command that may", number));
      return;
    }
    key->acted_us = acted_us;
  }

  std::map<int, state> racks_;
};

} // namespace

void rule::broken(const fact& at, std::string text) {
  if (violations_.size() < violations_max) {
    violations_.push_back({number_, at.time_us, std::move(text)});
  }
}

std::string name_of_rule(int number) {
  switch (number) {
    case telling_rule_number:
      return "told limits";
    case word_rule_number:
      return "old words";
    case evaluator_rule_number:
      return "two evaluators";
    case input_rule_number:
      return "inputs";
    case joining_rule_number:
      return "joining";
    case output_rule_number:
      return "outputs";
    case doubt_rule_number:
      return "doubts";
    default:
      return fmt::format("safety rule {}", number);
  }
}

std::vector<violation> judge_rule_1(std::span<const fact> with_bus,
                                    std::span<const fact> without_bus) {
  const auto orders_of = [](std::span<const fact> history) {
    std::vector<fact> orders;
    std::ranges::copy_if(history, std::back_inserter(orders), [](const fact& one) {
      return std::holds_alternative<order_sent>(one.what);
    });
    return orders;
  };
  const auto a = orders_of(with_bus);
  const auto b = orders_of(without_bus);
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const bool same = i < a.size() && i < b.size() && a[i].time_us == b[i].time_us &&
                      a[i].rack == b[i].rack &&
                      std::get<order_sent>(a[i].what) == std::get<order_sent>(b[i].what);
    if (same) continue;
    const auto& at = i < a.size() ? a[i] : b[i];
    return {{1, at.time_us,
             fmt::format("the order {} to rack_{} depends on the message bus", i, at.rack)}};
  }
  return {};
}

std::unique_ptr<rule> make_command_rule() {
  return std::make_unique<command_rule>();
}

std::vector<std::unique_ptr<rule>> make_rules() {
  std::vector<std::unique_ptr<rule>> all;
  all.push_back(make_limit_rule());
  all.push_back(make_lease_rule());
  all.push_back(make_missing_rule());
  all.push_back(make_restart_rule());
  all.push_back(make_reset_rule());
  all.push_back(make_event_rule());
  all.push_back(make_command_rule());
  all.push_back(make_telling_rule());
  all.push_back(make_word_rule());
  all.push_back(make_evaluator_rule());
  all.push_back(make_input_rule());
  all.push_back(make_joining_rule());
  all.push_back(make_output_rule());
  all.push_back(make_doubt_rule());
  return all;
}

} // namespace voltaic::tests::property
