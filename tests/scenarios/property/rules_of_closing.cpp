#include <fmt/format.h>

#include <algorithm>
#include <optional>

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
    if (!rack.is.energised && rack.is.conducting &&
        (!rack.released_us || now.time_us - *rack.released_us > feedback_us + grid_us)) {
      broken(now, fmt::format("rack_{} still conducts after it was released", number));
    }
  }

  std::map<int, state> racks_;
};

/// A restart never closes a contactor and never clears a latch.
class restart_rule final : public rule {
 public:
  restart_rule() : rule(5) {}

  void take(const fact& next) override {
    if (const auto* gone = std::get_if<journal_gone>(&next.what)) {
      int number = 0;
      if (std::sscanf(gone->node.c_str(), "rack_%d", &number) != 1) return;
      // Nobody knows any more what was latched: it counts as if something were.
      racks_[number].latches = {store_lost};
      return;
    }
    if (const auto* disk = std::get_if<disk_state>(&next.what)) {
      int number = 0;
      if (std::sscanf(disk->node.c_str(), "rack_%d", &number) == 1) {
        turn(racks_[number], disk->refuses, next.time_us);
      }
      return;
    }
    if (const auto* said = std::get_if<event_said>(&next.what)) {
      remember(said->event);
      return;
    }
    if (next.rack < 0) return;
    auto& rack = racks_[next.rack];
    if (const auto* ended = std::get_if<chain_ended>(&next.what)) {
      if (!ended->restarts) return;
      forget_unstored(rack, next.time_us);
      rack.ended_us = next.time_us;
      rack.ended = ended->what;
    } else if (const auto* came = std::get_if<command_arrived>(&next.what)) {
      if (came->what.operation == "close") rack.close_asked_us = next.time_us;
    } else if (const auto* is = std::get_if<contactors>(&next.what)) {
      if (is->energised && !rack.energised) judge(rack, next);
      rack.energised = is->energised;
    }
  }

 private:
  static constexpr const char* store_lost = "latch_store_lost/fault";
  struct state {
    std::int64_t ended_us = INT64_MIN / 2;
    std::string ended;
    std::int64_t close_asked_us = INT64_MIN / 2 - 1;
    bool energised = false;
    std::set<std::string> latches;
    std::set<std::string> unstored; ///< latched while the disk refused
    bool refuses = false;
    std::int64_t accepts_us = INT64_MIN / 2;
  };

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

  void remember(const messages::event& event) {
    int number = 0;
    if (std::sscanf(event.subject.c_str(), "rack_%d", &number) != 1) return;
    auto& rack = racks_[number];
    auto& latches = rack.latches;
    const auto latch = [&](const std::string& name) {
      latches.insert(name);
      if (rack.refuses) rack.unstored.insert(name);
    };
    if (event.kind == "protection") {
      const auto name = event.candidate + "/" + event.level;
      // Faults latch; silence ends by itself, three good scans and a command close again.
      const bool latching = (event.level == "fault" || event.level == "hard") &&
                            event.candidate != "communication_loss";
      if (event.edge == "set" && latching) latch(name);
      if (event.edge == "reset") latches.erase(name);
    } else if (event.kind == "contactor") {
      if (event.state == "fault") latch("contactor");
      if (event.reason == "reset") latches.erase("contactor");
    }
  }

  void judge(state& rack, const fact& next) {
    // An order that was on the wire already arrives all the same.
    if (next.time_us - rack.ended_us <= grid_us) return;
    if (rack.close_asked_us < rack.ended_us) {
      broken(next,
             fmt::format("rack_{} closes after {} without a new command", next.rack, rack.ended));
    }
    for (const auto& name : rack.latches) {
      broken(next,
             fmt::format("rack_{} closes although {} was latched and not reset", next.rack, name));
    }
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
