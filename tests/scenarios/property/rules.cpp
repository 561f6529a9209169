#include "scenarios/property/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "messages/time.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

/// More of one rule say nothing new.
constexpr std::size_t violations_max = 3;

constexpr std::uint8_t precharge = 1;
/// Between two attempts of one closing.
constexpr std::int64_t pause_min_us = 2'900 * us_per_ms;
constexpr std::int64_t pause_max_us = 3'500 * us_per_ms;
/// A report this near to a value is that value.
constexpr double same_a = 0.1;
/// A chain that ends so shortly after a report may not have taken note of it.
constexpr std::int64_t noted_us = 1'000 * us_per_ms;
/// What a device does not hold may be written again: it reports a looser value for so long,
constexpr std::int64_t patience_us = 2'000 * us_per_ms;
/// two such writes lie so far apart,
constexpr std::int64_t spacing_us = 5'000 * us_per_ms;
/// from the fourth on of one life so far,
constexpr int again_max = 3;
constexpr std::int64_t seldom_us = 60'000 * us_per_ms;
/// and a chain may be so far behind its wire.
constexpr std::int64_t lag_us = 200 * us_per_ms;
/// A gap is told as soon as the disk takes anything again.
constexpr std::int64_t gap_told_us = 1'000 * us_per_ms;

bool same_event(const messages::event& a, const messages::event& b) {
  return a.id == b.id && a.kind == b.kind && a.subject == b.subject && a.edge == b.edge &&
         a.state == b.state && a.candidate == b.candidate;
}

/// Events that were acknowledged are never lost; a gap is itself an event.
class event_rule final : public rule {
 public:
  event_rule() : rule(6) {}

  void take(const fact& next) override {
    if (const auto* disk = std::get_if<disk_state>(&next.what)) {
      nodes_[disk->node].refuses = disk->refuses;
    } else if (const auto* gone = std::get_if<journal_gone>(&next.what)) {
      auto& node = nodes_[gone->node];
      node.stored.clear();
      node.newest = 0;
      node.gap_us = next.time_us;
    } else if (const auto* stored = std::get_if<event_stored>(&next.what)) {
      store(nodes_[stored->node], stored->event, next);
    } else if (const auto* said = std::get_if<event_said>(&next.what)) {
      say(nodes_[said->node], said->event, next);
    } else if (std::holds_alternative<moment>(next.what)) {
      for (auto& [name, node] : nodes_) {
        // As long as the disk refuses nothing can be told durably.
        if (!node.gap_us || node.refuses || next.time_us - *node.gap_us < gap_told_us) continue;
        if (node.newest == 0) continue; // not started yet, or it has nothing to say
        broken(next, fmt::format("{} lost events and does not tell it", name));
        node.gap_us.reset();
      }
    }
  }

 private:
  struct state {
    std::uint64_t newest = 0;
    std::map<std::uint64_t, messages::event> stored;
    bool refuses = false;
    std::optional<std::int64_t> gap_us;
  };

  void store(state& node, const messages::event& event, const fact& next) {
    if (event.sequence <= node.newest) {
      broken(next,
             fmt::format("{} stores event {} after {}", event.node, event.sequence, node.newest));
    } else if (event.sequence != node.newest + 1) {
      node.gap_us = next.time_us;
    }
    if (event.state == "events_lost" || event.state == "journal_lost") node.gap_us.reset();
    node.newest = std::max(node.newest, event.sequence);
    node.stored[event.sequence] = event;
  }

  void say(state& node, const messages::event& event, const fact& next) {
    if (node.refuses) return;
    const auto found = node.stored.find(event.sequence);
    if (found != node.stored.end() && same_event(found->second, event)) return;
    broken(next, fmt::format("{} says event {} ({} {}) that is not in its journal", event.node,
                             event.sequence, event.kind, event.state));
  }

  std::map<std::string, state> nodes_;
};

/// A command acts at most once for its key, and never after its deadline. The
/// newest value that was set may be written again, in bounds, while the device
/// reports a looser one, or the last one that it reported, where it never
/// reported the newest in time; no other.
class command_rule final : public rule {
 public:
  command_rule() : rule(7) {}

  void take(const fact& next) override {
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
      rack.keys.try_emplace(came->what.key, known{came->what, next.time_us, 0});
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      order(rack, *sent, next);
    } else if (const auto* value = std::get_if<value_sent>(&next.what)) {
      set(rack, *value, next);
    } else if (const auto* heard = std::get_if<limits_heard>(&next.what)) {
      hear(rack.charge, heard->charge_a, next.time_us);
      hear(rack.discharge, heard->discharge_a, next.time_us);
    } else if (const auto* ended = std::get_if<chain_ended>(&next.what); ended && ended->restarts) {
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
  };
  struct state {
    std::map<std::string, known> keys;
    standing charge;
    standing discharge;
    std::uint8_t ordered = 0;
    std::int64_t attempt_ended_us = INT64_MIN / 2;
    std::int64_t closing_until_us = 0; ///< deadline of the command that closes
  };

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
    if (sent.contactor != precharge || before == precharge) return;
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
    newest = std::move(next);
  }

  static bool may_write_again(const standing& newest, const std::string& key, std::int64_t now_us) {
    const bool is_before = !newest.reported_us && newest.key_before == key;
    if ((newest.key != key && !is_before) || !newest.looser_since_us) return false;
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
    if (found == nullptr) {
      // Nobody sets anything for a time: not even the default comes by itself.
      broken(next, fmt::format("rack_{} is set to {} A by nobody", next.rack, sent.value_a));
      return;
    }
    auto& key = *found;
    if (key.acted_us != 0) {
      if (!may_write_again(newest, key.what.key, next.time_us)) {
        broken(next, fmt::format("key {} acts a second time", key.what.key));
      }
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

std::unique_ptr<rule> make_event_rule() {
  return std::make_unique<event_rule>();
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
  all.push_back(make_event_rule());
  all.push_back(make_command_rule());
  return all;
}

} // namespace voltaic::tests::property
