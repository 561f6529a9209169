#include "bus/message/memory/hub.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace voltaic::bus::message {
namespace {

/// A frame that lost its place comes within this time after it.
constexpr std::int64_t overtake_max_us = 10'000;
constexpr double chance_scale = 1.0 / 4294967296.0;

} // namespace

struct memory_hub::state {
  struct member {
    std::set<plane> planes;
    bool is_beside_chains = false;
    bool only_beside_chains = false;
    listener* to = nullptr;
    endpoint_statistics statistics;
    bool cut = false;
    std::int64_t in_order_us = 0;  ///< towards the relay
    std::int64_t out_order_us = 0; ///< towards the endpoint
  };
  struct transit {
    std::string identity;
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

  publish_result take(const std::string& identity, plane on, frame_ptr frame, bool sent) {
    const auto found = members.find(identity);
    if (found == members.end()) return publish_result::stopped;
    ++found->second.statistics.published;
    travel(found->second, {identity, on, std::move(frame), true, sent});
    return publish_result::queued;
  }

  void pass_out(const std::string& identity, plane on, const frame_ptr& frame) {
    const auto found = members.find(identity);
    if (found != members.end()) travel(found->second, {identity, on, frame, false, false});
  }

  void deliver(const delivery& what) {
    if (!members.contains(what.to) || members.at(what.to).cut) {
      const auto answer = relay.undeliverable(what, now_us);
      if (answer) pass_out(answer->to, plane::commands, answer->frame);
      return;
    }
    pass_out(what.to, plane::commands, what.frame);
  }

  void send_snapshot(const std::string& identity, const std::string& id) {
    const auto found = members.find(identity);
    if (found == members.end() || !found->second.planes.contains(plane::snapshot)) return;
    for (const auto& frame : relay.snapshot(id, now_us, now_us)) {
      pass_out(identity, plane::snapshot, frame);
    }
  }

  void tell_link(const std::string& identity) {
    wait(now_us, {identity, {}, nullptr, false, false});
  }

  void arrive(const transit& what) {
    if (!what.inbound) {
      const auto found = members.find(what.identity);
      if (found == members.end()) return;
      listener* const to = found->second.to;
      if (!what.frame) {
        to->on_link(!found->second.cut);
        return;
      }
      if (found->second.cut) {
        ++lost;
        return;
      }
      ++found->second.statistics.received;
      to->on_frame(what.on, what.frame);
      to->on_batch_end();
      return;
    }
    if (what.sent) {
      const auto routing = relay.received(what.identity, what.frame, now_us);
      if (routing.snapshot_id) send_snapshot(what.identity, *routing.snapshot_id);
      for (const auto& delivery : routing.deliveries) deliver(delivery);
      return;
    }
    if (!relay.heard(what.on, *what.frame, now_us)) return;
    const auto sender = members.find(what.identity);
    const bool is_beside = sender != members.end() && sender->second.is_beside_chains;
    for (auto& [identity, one] : members) {
      const bool is_wanted = what.on != plane::telemetry || !one.only_beside_chains || is_beside;
      if (one.planes.contains(what.on) && is_wanted) pass_out(identity, what.on, what.frame);
    }
  }

  memory_hub_options options;
  std::mt19937_64 random;
  relay_state relay;
  std::map<std::string, member> members;
  std::deque<waiter> waiting; ///< in the order in which they arrive
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
  member.planes.insert(options.subscriptions.begin(), options.subscriptions.end());
  member.is_beside_chains = options.is_beside_chains;
  member.only_beside_chains = options.only_beside_chains;
  member.to = &to;
  member.statistics.linked = true;
  hub.tell_link(options.identity);
  hub.send_snapshot(options.identity, {});
  return std::make_unique<memory_endpoint>(
      [&hub, identity = options.identity](plane on, frame_ptr frame, bool sent) {
        return hub.take(identity, on, std::move(frame), sent);
      },
      [&hub, identity = options.identity] {
        const auto found = hub.members.find(identity);
        return found == hub.members.end() ? endpoint_statistics{} : found->second.statistics;
      },
      [&hub, identity = options.identity] { hub.members.erase(identity); });
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
  const auto found = state_->members.find(identity);
  if (found == state_->members.end() || found->second.cut == cut) return;
  found->second.cut = cut;
  found->second.statistics.linked = !cut;
  state_->tell_link(identity);
  if (!cut) state_->send_snapshot(identity, {});
}

std::size_t memory_hub::waiting() const {
  return state_->waiting.size();
}

std::uint64_t memory_hub::lost() const {
  return state_->lost;
}

} // namespace voltaic::bus::message
