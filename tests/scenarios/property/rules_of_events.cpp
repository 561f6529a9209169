#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "messages/time.hpp"
#include "scenarios/property/rules.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

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

} // namespace

std::unique_ptr<rule> make_event_rule() {
  return std::make_unique<event_rule>();
}

} // namespace voltaic::tests::property
