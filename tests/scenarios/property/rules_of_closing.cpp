#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

constexpr std::int64_t lease_us = 500 * us_per_ms;
/// The rack acts and is looked at on a grid of 10 ms.
constexpr std::int64_t grid_us = 20 * us_per_ms;
/// A latch that the disk refused is on it this long after it takes anything again.
constexpr std::int64_t stored_again_us = 2'500 * us_per_ms;
/// From what happened to its event: the disk takes its time.
constexpr std::int64_t told_us = 100 * us_per_ms;
/// From the controller's decision until the contacts are apart.
constexpr std::int64_t feedback_us = 60 * us_per_ms;

/// Epoch and counter as one number that only grows, as long as epochs do.
constexpr std::int64_t number_of(const order_sent& order) {
  return std::int64_t{order.epoch} * 65'536 + order.counter;
}

/// Closed is a lease that ends at the device.
class lease_rule final : public rule {
 public:
  lease_rule() : rule(3) {}

  void take(const fact& next) override {
    if (std::holds_alternative<moment>(next.what)) {
      for (auto& [number, one] : racks_) judge(number, one, next);
      return;
    }
    if (const auto* gone = std::get_if<journal_gone>(&next.what)) {
      // With the journal the epochs are gone, and so is any right to close.
      for (auto& [number, one] : racks_) {
        if (gone->node == fmt::format("rack_{}", number)) one.newest_lease = -1;
      }
      return;
    }
    if (next.rack >= 0) take(racks_[next.rack], next);
  }

 private:
  struct state {
    std::int64_t newest_lease = -1;       ///< the largest number with a lease on the wire
    std::optional<std::int64_t> lease_us; ///< when the newest arrived
    std::int64_t ordered_open_us = INT64_MIN / 2;
    bool close_asked = false; ///< since it last closed
    std::optional<std::int64_t> lapsed_us;
    std::optional<std::int64_t> released_us; ///< when it ceased to be energised
    contactors is;
  };

  void take(state& rack, const fact& next) {
    if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      if (!sent->lease) return;
      if (number_of(*sent) <= rack.newest_lease) {
        broken(next, fmt::format("rack_{} is given a lease with epoch {} and counter {} twice",
                                 next.rack, sent->epoch, sent->counter));
      }
      rack.newest_lease = std::max(rack.newest_lease, number_of(*sent));
    } else if (const auto* arrived = std::get_if<order_arrived>(&next.what)) {
      if (arrived->replayed) return;
      if (arrived->order.lease) rack.lease_us = next.time_us;
      if (arrived->order.contactor == 0) rack.ordered_open_us = next.time_us;
    } else if (const auto* came = std::get_if<command_arrived>(&next.what)) {
      if (came->what.operation == "close") rack.close_asked = true;
    } else if (const auto* is = std::get_if<contactors>(&next.what)) {
      switched(rack, *is, next);
    }
  }

  void switched(state& rack, const contactors& is, const fact& next) {
    // Mended: from now on it has to part.
    if (rack.is.welded && !is.welded && !is.energised) rack.released_us = next.time_us;
    if (rack.is.energised && !is.energised) {
      rack.released_us = next.time_us;
      // An attempt that lapses before it conducts may be followed by the next one.
      if (rack.is.conducting && next.time_us - rack.ordered_open_us > grid_us) {
        rack.lapsed_us = next.time_us;
      }
    }
    if (!rack.is.energised && is.energised) {
      if (rack.lapsed_us && !rack.close_asked) {
        broken(next, fmt::format("rack_{} closes again without a command after its lease ended at "
                                 "{} ms",
                                 next.rack, *rack.lapsed_us / us_per_ms));
      }
      rack.close_asked = false;
      rack.lapsed_us.reset();
    }
    rack.is = is;
  }

  void judge(int number, state& rack, const fact& now) {
    if (rack.is.energised &&
        (!rack.lease_us || now.time_us - *rack.lease_us > lease_us + grid_us)) {
      broken(now, fmt::format("rack_{} is closed without a lease in the last 500 ms", number));
    }
    if (!rack.is.energised && rack.is.conducting && !rack.is.welded &&
        (!rack.released_us || now.time_us - *rack.released_us > feedback_us + grid_us)) {
      broken(now, fmt::format("rack_{} still conducts after it was released", number));
    }
  }

  std::map<int, state> racks_;
};

/// A restart never closes a contactor and never clears a latch; nothing closes it
/// that was asked for before somebody asked to open it.
class restart_rule final : public rule {
 public:
  restart_rule() : rule(5) {}

  void take(const fact& next) override {
    if (std::holds_alternative<moment>(next.what)) {
      for (auto& [number, one] : racks_) judge_doubts(one, next);
    } else if (const auto* gone = std::get_if<journal_gone>(&next.what)) {
      // Nobody knows any more what was latched: it counts as if something were.
      if (auto* rack = rack_of(gone->node)) rack->latches = {store_lost};
    } else if (const auto* disk = std::get_if<disk_state>(&next.what)) {
      if (auto* rack = rack_of(disk->node)) turn(*rack, disk->refuses, next.time_us);
    } else if (const auto* said = std::get_if<event_said>(&next.what)) {
      if (auto* rack = rack_of(said->event.subject)) {
        remember(*rack, said->event, happened_us(*said, next.time_us), next);
      }
    } else if (next.rack >= 0) {
      take(numbered(next.rack), next);
    }
  }

 private:
  static constexpr const char* store_lost = "latch_store_lost/fault";
  struct state {
    int number = 0;
    std::int64_t ended_us = INT64_MIN / 2;
    std::string ended;
    std::int64_t close_asked_us = INT64_MIN / 2 - 1;
    bool reset_asked = false; ///< since the newest latch
    bool energised = false;
    std::int64_t energised_us = INT64_MIN / 2; ///< since when, or last
    std::set<std::string> latches;
    std::set<std::string> unstored; ///< latched while the disk refused
    /// It closed although these are latched, unless the event of a reset that
    /// happened before is still on its way.
    std::set<std::string> doubts;
    bool refuses = false;
    std::int64_t accepts_us = INT64_MIN / 2;
    std::uint8_t ordered = 0;
    // In the order of their coming.
    int arrivals = 0;
    int newest_close = 0;
    int newest_open = 0;              ///< of those that were accepted
    std::map<std::string, int> opens; ///< by key
    std::int64_t open_accepted_us = INT64_MIN / 2;
  };

  state& numbered(int number) {
    auto& rack = racks_[number];
    rack.number = number;
    return rack;
  }

  state* rack_of(const std::string& name) {
    int number = 0;
    return std::sscanf(name.c_str(), "rack_%d", &number) == 1 ? &numbered(number) : nullptr;
  }

  void take(state& rack, const fact& next) {
    if (const auto* ended = std::get_if<chain_ended>(&next.what)) {
      if (!ended->restarts) return;
      // The event of that reset may be gone with its node, but somebody asked for it.
      if (rack.reset_asked) rack.doubts.clear();
      forget_unstored(rack, next.time_us);
      rack.ended_us = next.time_us;
      rack.ended = ended->what;
    } else if (const auto* came = std::get_if<command_arrived>(&next.what)) {
      if (came->what.operation == "reset") rack.reset_asked = true;
      if (came->what.operation == "open") rack.opens.try_emplace(came->what.key, ++rack.arrivals);
      if (came->what.operation == "close") {
        rack.close_asked_us = next.time_us;
        rack.newest_close = ++rack.arrivals;
      }
    } else if (const auto* taken = std::get_if<command_accepted>(&next.what)) {
      if (taken->operation != "open") return;
      rack.newest_open = std::max(rack.newest_open, rack.opens[taken->key]);
      rack.open_accepted_us = next.time_us;
    } else if (const auto* sent = std::get_if<order_sent>(&next.what)) {
      order(rack, *sent, next);
    } else if (const auto* is = std::get_if<contactors>(&next.what)) {
      if (is->energised && !rack.energised) {
        rack.energised_us = next.time_us;
        judge(rack, next);
      }
      rack.energised = is->energised;
    }
  }

  void order(state& rack, const order_sent& sent, const fact& next) {
    const bool begins = std::exchange(rack.ordered, sent.contactor) == 0 && sent.contactor != 0;
    // At the same instant it may have been on its way.
    if (!begins || next.time_us == rack.open_accepted_us) return;
    if (rack.newest_open <= rack.newest_close) return;
    broken(next, fmt::format("rack_{} begins to close although a newer command to open was "
                             "accepted at {} ms",
                             next.rack, rack.open_accepted_us / us_per_ms));
  }

  /// The disk of the rack's node refuses or takes again.
  static void turn(state& rack, bool refuses, std::int64_t now_us) {
    if (rack.refuses && !refuses) rack.accepts_us = now_us;
    rack.refuses = refuses;
  }

  /// What no disk took nobody can know after a restart.
  static void forget_unstored(state& rack, std::int64_t now_us) {
    if (rack.refuses || now_us - rack.accepts_us < stored_again_us) {
      for (const auto& name : rack.unstored) rack.latches.erase(name);
    }
    rack.unstored.clear();
  }

  void latch(state& rack, const std::string& name, std::int64_t since_us, const fact& next) {
    rack.latches.insert(name);
    rack.reset_asked = false;
    if (rack.refuses) rack.unstored.insert(name);
    // Its event comes late, but it was there when the rack closed.
    if (rack.energised && rack.energised_us - since_us > grid_us) closes_latched(rack, name, next);
  }

  static void let_go(state& rack, const std::string& name, std::int64_t reset_us) {
    rack.latches.erase(name);
    if (reset_us <= rack.energised_us) rack.doubts.erase(name);
  }

  void remember(state& rack, const messages::event& event, std::int64_t when_us, const fact& next) {
    if (event.kind == "protection") {
      const auto name = event.candidate + "/" + event.level;
      // Faults latch; silence ends by itself, three good scans and a command close again.
      const bool latching = (event.level == "fault" || event.level == "hard") &&
                            event.candidate != "communication_loss";
      if (event.edge == "set" && latching) latch(rack, name, when_us, next);
      if (event.edge == "reset") let_go(rack, name, when_us);
    } else if (event.kind == "contactor") {
      if (event.state == "fault") latch(rack, "contactor", when_us, next);
      if (event.reason == "reset") let_go(rack, "contactor", when_us);
    }
  }

  void judge(state& rack, const fact& next) {
    // An order that was on the wire already arrives all the same.
    if (next.time_us - rack.ended_us <= grid_us) return;
    if (rack.close_asked_us < rack.ended_us) {
      broken(next,
             fmt::format("rack_{} closes after {} without a new command", next.rack, rack.ended));
    }
    rack.doubts = rack.latches;
  }

  void judge_doubts(state& rack, const fact& now) {
    if (rack.doubts.empty() || now.time_us - rack.energised_us <= told_us) return;
    for (const auto& name : rack.doubts) closes_latched(rack, name, now);
    rack.doubts.clear();
  }

  void closes_latched(const state& rack, const std::string& name, const fact& now) {
    broken(now, fmt::format("rack_{} closed at {} ms although {} was latched and not reset",
                            rack.number, rack.energised_us / us_per_ms, name));
  }

  std::map<int, state> racks_;
};

} // namespace

std::unique_ptr<rule> make_lease_rule() {
  return std::make_unique<lease_rule>();
}
std::unique_ptr<rule> make_restart_rule() {
  return std::make_unique<restart_rule>();
}

} // namespace voltaic::tests::property
