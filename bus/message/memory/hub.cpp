#include "bus/message/memory/hub.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <utility>
#include <vector>

namespace voltaic::bus::message {
namespace {

/// A frame that lost its place comes within this time after it.
constexpr std::int64_t overtake_max_us = 10'000;
/// A plane is a letter.
constexpr std::size_t planes_end = 128;
constexpr double chance_scale = 1.0 / 4294967296.0;

} // namespace

struct memory_hub::state {
  /// Who has been here once: frames on their way know him, whether he is here or not.
  struct member {
    std::string identity;
    bool is_here = true;
    std::array<bool, planes_end> planes{};
    [[nodiscard]] bool hears(plane on) const { return planes[static_cast<std::size_t>(on)]; }
    bool is_beside_chains = false;
    bool only_beside_chains = false;
    listener* to = nullptr;
    endpoint_statistics statistics;
    bool cut = false;
    std::int64_t in_order_us = 0;  ///< towards the relay
    std::int64_t out_order_us = 0; ///< towards the endpoint
  };
  struct transit {
    member* by = nullptr;
    plane on = plane::telemetry;
    frame_ptr frame;
    bool inbound = true;
    bool sent = false; ///< by `send`, not by `publish`
    // Without a frame: the link came or went.
  };
  struct waiter {
    std::int64_t due_us = 0;
    transit what;
  };

  explicit state(memory_hub_options from) : options(from), random(from.seed) {}

  /// The same on every machine, unlike the library's distributions.
  double chance() { return static_cast<double>(random() & 0xffffffff) * chance_scale; }

  std::int64_t delay() {
    const std::int64_t range = options.delay_max_us - options.delay_min_us;
    if (range <= 0) return options.delay_min_us;
    return options.delay_min_us + static_cast<std::int64_t>(chance() * static_cast<double>(range));
  }

  void travel(member& by, const transit& what) {
    if (by.cut || (options.loss > 0 && chance() < options.loss)) {
      ++lost;
      return;
    }
    // A full state is one stream: parts of it get lost, but never mix.
    const bool faults = what.on != plane::snapshot;
    const bool twice = faults && options.duplication > 0 && chance() < options.duplication;
    for (int copy = twice ? 2 : 1; copy > 0; --copy) {
      if (waiting.size() >= memory_hub_frames_max) {
        ++lost;
        return;
      }
      std::int64_t& order = what.inbound ? by.in_order_us : by.out_order_us;
      std::int64_t due = now_us + delay();
      if (faults && options.reordering > 0 && chance() < options.reordering) {
        due += static_cast<std::int64_t>(chance() * static_cast<double>(overtake_max_us));
      } else {
        due = std::max(due, order);
        order = due;
      }
      wait(due, what);
    }
  }

  /// Behind all that are due then or before: most are due after all others.
  void wait(std::int64_t due_us, transit what) {
    const auto place = waiting.empty() || waiting.back().due_us <= due_us
                           ? waiting.end()
                           : std::ranges::upper_bound(waiting, due_us, {}, &waiter::due_us);
    waiting.insert(place, {due_us, std::move(what)});
  }

  publish_result take(member& by, plane on, frame_ptr frame, bool sent) {
    ++by.statistics.published;
    travel(by, {&by, on, std::move(frame), true, sent});
    return publish_result::queued;
  }

  /// Whoever is here under this name, or nullptr.
  member* find(const std::string& identity) {
    const auto found = members.find(identity);
    return found != members.end() && found->second.is_here ? &found->second : nullptr;
  }

  void pass_out(member& to, plane on, const frame_ptr& frame) {
    travel(to, {&to, on, frame, false, false});
  }

  void deliver(const delivery& what) {
    auto* const to = find(what.to);
    if (to != nullptr && !to->cut) return pass_out(*to, plane::commands, what.frame);
    const auto answer = relay.undeliverable(what, now_us);
    auto* const asker = answer ? find(answer->to) : nullptr;
    if (asker != nullptr) pass_out(*asker, plane::commands, answer->frame);
  }

  void send_snapshot(member& to, const std::string& id) {
    if (!to.hears(plane::snapshot)) return;
    for (const auto& frame : relay.snapshot(id, now_us, now_us)) {
      pass_out(to, plane::snapshot, frame);
    }
  }

  void tell_link(member& to) { wait(now_us, {&to, {}, nullptr, false, false}); }

  void arrive(const transit& what) {
    auto& by = *what.by;
    if (!what.inbound) {
      if (!by.is_here) return;
      listener* const to = by.to;
      if (!what.frame) {
        to->on_link(!by.cut);
        return;
      }
      if (by.cut) {
        ++lost;
        return;
      }
      ++by.statistics.received;
      to->on_frame(what.on, what.frame);
      to->on_batch_end();
      return;
    }
    if (what.sent) {
      const auto routing = relay.received(by.identity, what.frame, now_us);
      if (routing.snapshot_id && by.is_here) send_snapshot(by, *routing.snapshot_id);
      for (const auto& delivery : routing.deliveries) deliver(delivery);
      return;
    }
    if (!relay.heard(what.on, *what.frame, now_us)) return;
    const bool is_beside = by.is_here && by.is_beside_chains;
    for (auto& [identity, one] : members) {
      const bool is_wanted = what.on != plane::telemetry || !one.only_beside_chains || is_beside;
      if (one.is_here && one.hears(what.on) && is_wanted) pass_out(one, what.on, what.frame);
    }
  }

  memory_hub_options options;
  std::mt19937_64 random;
  relay_state relay;
  std::map<std::string, member> members; ///< by identity; none is ever taken out
  std::deque<waiter> waiting;            ///< in the order in which they arrive
  std::uint64_t lost = 0;
  std::int64_t now_us = 0;
};

namespace {

/// A door to the hub, gone with the endpoint.
class memory_endpoint final : public endpoint {
 public:
  using take = std::function<publish_result(plane, frame_ptr, bool)>;
  using read = std::function<endpoint_statistics()>;
  memory_endpoint(take put, read statistics, std::function<void()> leave)
      : put_(std::move(put)), statistics_(std::move(statistics)), leave_(std::move(leave)) {}
  ~memory_endpoint() override { leave_(); }
  publish_result publish(plane to, frame_ptr frame) override {
    if (to == plane::local) return publish_result::queued;
    return put_(to, std::move(frame), false);
  }
  publish_result send(frame_ptr frame) override {
    return put_(plane::commands, std::move(frame), true);
  }
  [[nodiscard]] endpoint_statistics statistics() const override { return statistics_(); }

 private:
  take put_;
  read statistics_;
  std::function<void()> leave_;
};

} // namespace

memory_hub::memory_hub(memory_hub_options options) : state_(std::make_unique<state>(options)) {}
memory_hub::~memory_hub() = default;

std::unique_ptr<endpoint> memory_hub::make_endpoint(const endpoint_options& options, listener& to) {
  state& hub = *state_;
  state::member& member = hub.members[options.identity];
  member = {};
  member.identity = options.identity;
  for (const auto each : options.subscriptions)
    member.planes[static_cast<std::size_t>(each)] = true;
  member.is_beside_chains = options.is_beside_chains;
  member.only_beside_chains = options.only_beside_chains;
  member.to = &to;
  member.statistics.linked = true;
  hub.tell_link(member);
  hub.send_snapshot(member, {});
  return std::make_unique<memory_endpoint>(
      [&hub, &member](plane on, frame_ptr frame, bool sent) {
        return member.is_here ? hub.take(member, on, std::move(frame), sent)
                              : publish_result::stopped;
      },
      [&member] { return member.is_here ? member.statistics : endpoint_statistics{}; },
      [&member] { member.is_here = false; });
}

bool memory_hub::step(std::int64_t now_us) {
  state& hub = *state_;
  if (hub.waiting.empty() || hub.waiting.front().due_us > now_us) {
    hub.now_us = std::max(hub.now_us, now_us);
    return false;
  }
  // What a delivery causes begins at its own time.
  hub.now_us = std::max(hub.now_us, hub.waiting.front().due_us);
  const auto first = std::move(hub.waiting.front());
  hub.waiting.pop_front();
  hub.arrive(first.what);
  return true;
}

std::size_t memory_hub::deliver_due(std::int64_t now_us) {
  std::size_t count = 0;
  while (step(now_us)) ++count;
  return count;
}

std::int64_t memory_hub::next_due_us() const {
  return state_->waiting.empty() ? -1 : state_->waiting.front().due_us;
}

void memory_hub::partition(const std::string& identity, bool cut) {
  auto* const found = state_->find(identity);
  if (found == nullptr || found->cut == cut) return;
  found->cut = cut;
  found->statistics.linked = !cut;
  state_->tell_link(*found);
  if (!cut) state_->send_snapshot(*found, {});
}

std::size_t memory_hub::waiting() const {
  return state_->waiting.size();
}

std::uint64_t memory_hub::lost() const {
  return state_->lost;
}

} // namespace voltaic::bus::message
