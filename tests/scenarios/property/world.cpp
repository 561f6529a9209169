#include "scenarios/property/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "actors/runtime/progress_page.hpp"
#include "bus/message/memory/hub.hpp"
#include "nodes/process/actor_kinds.hpp"
#include "nodes/process/subscriptions.hpp"
#include "scenarios/property/ears.hpp"
#include "scenarios/property/lagging_port.hpp"
#include "scenarios/property/mail_reader.hpp"
#include "scenarios/property/parts.hpp"
#include "scenarios/property/person.hpp"
#include "scenarios/property/plant.hpp"
#include "scenarios/property/site_plan.hpp"
#include "scenarios/property/store.hpp"
#include "scenarios/property/trap_set.hpp"

namespace voltaic::tests::property {
namespace {

using bus::message::plane;
using messages::us_per_ms;
namespace runtime = actors::runtime;
namespace site = nodes::site;

constexpr messages::instant start_time{3'600'000'000, 1'767'225'600'000'000};
constexpr std::int64_t step_us = 10 * us_per_ms;
constexpr std::int64_t moment_us = 50 * us_per_ms;
/// A node that gave up is restarted by its supervisor after this.
constexpr std::int64_t failed_down_us = 500 * us_per_ms;
constexpr int rounds_max = 10'000;

} // namespace

struct world::state {
  /// One life of a node.
  struct life {
    runtime::manual_clock clock;
    runtime::node_inbox inbox;
    std::unique_ptr<watched_listener> door;
    std::unique_ptr<runtime::progress_page> progress = runtime::progress_page::anonymous();
    std::unique_ptr<disk_journal> journal;
    std::unique_ptr<watched_endpoint> outside;
    std::unique_ptr<runtime::engine> engine;
    bool dead = false;
    explicit life(messages::instant now) : clock(now) {}
  };
  struct place {
    const site::node* node = nullptr;
    std::shared_ptr<disk> store = std::make_shared<disk>();
    std::unique_ptr<life> now;
    std::uint32_t lives = 0;
    std::int64_t back_us = 0; ///< when it starts again
    std::int64_t stalled_until_us = 0;
    std::int64_t lived_until_us = 0; ///< its timers stand here
    std::int64_t disk_refuses_until_us = 0;
    std::int64_t cut_until_us = 0;
    std::unique_ptr<lagging_port> port; ///< null: nothing of it is on a CAN
    bool has_link = false;
    std::vector<int> inputs;     ///< racks whose digital inputs it reads
    std::unique_ptr<ears> hears; ///< null: nothing is decided by what it hears
  };
  state(const schedule& from, options with, observer to)
      : what(from),
        given(with),
        tell(std::move(to)),
        plan(plan_of(from)),
        hub({.seed = from.seed,
             .delay_min_us = 0,
             .delay_max_us = from.hub_delay_max_us,
             .loss = from.hub_loss,
             .duplication = from.hub_duplication,
             .reordering = from.hub_reordering}),
        wires(from, plan, tell, hits),
        mail(start_time, from.racks, tell, hits),
        traps(now_us, tell, hits),
        somebody(hub, hits) {
    tell({0, -1, site_is{what.racks, what.watched, what.has}});
    traps.watch_permits(what.racks, start_time);
    for (const auto& node : plan.nodes) {
      if (node.kind == site::node_kind::relay) continue;
      auto& one = places[node.name];
      one.node = &node;
      furnish(one);
      one.store->latency_us = what.disk_latency_us;
      one.store->on_durable = [this, name = node.name](const bus::storage::record& record) {
        mail.stored(name, record, now_us);
      };
      one.store->on_given = [this](const bus::storage::record& record) {
        mail.given(record, now_us);
      };
      start(one);
    }
  }

  ~state() {
    for (auto& [name, one] : places) end(one, 0);
  }

  /// What it reaches, and what reaches it.
  void furnish(place& one) {
    const auto& name = one.node->name;
    one.has_link = name == link_node;
    const bool has_device = std::ranges::any_of(
        plan.devices, [&](const site::device& each) { return each.node == name; });
    if (one.has_link || has_device)
      one.port = std::make_unique<lagging_port>(what.seed,
                                                start_time.utc_us - start_time.monotonic_us, hits);
    for (const auto& digital : plan.digitals)
      if (digital.node == name) one.inputs.push_back(rack_of_digital(digital.name));
    if (one.has_link || name == site::site_node)
      one.hears = std::make_unique<ears>(
          one.has_link ? listening_node::inverter : listening_node::site, what.racks, tell);
  }

  [[nodiscard]] static std::int64_t since_start_us(messages::instant when) {
    return when.monotonic_us - start_time.monotonic_us;
  }

  [[nodiscard]] messages::instant clock() const {
    return {start_time.monotonic_us + now_us, start_time.utc_us + now_us};
  }

  void start(place& one) {
    const auto& name = one.node->name;
    ++one.lives;
    one.lived_until_us = now_us;
    one.now = std::make_unique<life>(clock());
    auto& body = *one.now;
    body.journal = std::make_unique<disk_journal>(one.store);
    body.journal->step(now_us);
    body.door = std::make_unique<watched_listener>(
        &body.inbox, [this, &one](plane, const messages::frame& frame) {
          mail.came(one.hears.get(), frame, now_us);
        });
    bus::message::endpoint_options door;
    door.identity = name;
    nodes::process::take_subscriptions(plan, *one.node, door);
    body.outside = std::make_unique<watched_endpoint>(
        hub.make_endpoint(door, *body.door),
        [this, name](plane to, const messages::frame& frame) {
          mail.said(name, to, frame, now_us);
        },
        body.dead);
    if (now_us < one.cut_until_us) hub.partition(name, true);
    runtime::engine_options engine;
    engine.node = name;
    engine.boot = fmt::format("life{}", one.lives);
    nodes::process::field_access field;
    field.sender = [this, &body](const std::string& bus) {
      return [this, &body, bus](const messages::can::frame& frame) {
        return transmit(body, bus, frame);
      };
    };
    field.driver = [this, &body](const std::string& digital) {
      return [this, &body, rack = rack_of_digital(digital)](const std::vector<bool>& levels) {
        return drive(body, rack, levels);
      };
    };
    // As the port does when it opens the chip.
    for (const auto rack : one.inputs) tell({now_us, rack, output_is{false}});
    engine.groups = nodes::process::make_groups(plan, *one.node, field);
    set_traps(engine.groups, [this](const std::string& actor) { return traps.of(actor); });
    engine.first_incarnation = one.lives * 1'000;
    engine.utc_quality = messages::utc_quality::simulated;
    engine.deterministic = true;
    engine.time = &body.clock;
    engine.inbox = &body.inbox;
    engine.outside = body.outside.get();
    engine.journal = body.journal.get();
    engine.progress = body.progress.get();
    body.engine = std::make_unique<runtime::engine>(std::move(engine));
    body.engine->run_until_quiet();
  }

  /// As the kernel ends a process: nothing leaves it any more.
  void end(place& one, std::size_t kept) {
    if (!one.now) return;
    one.now->dead = true;
    one.now->journal->cut(kept);
    one.now->engine->stop();
    one.now.reset();
    if (one.port) one.port->forget();
  }

  bus::can::send_result transmit(const life& from, const std::string& bus,
                                 const messages::can::frame& frame) {
    if (from.dead) return bus::can::send_result::down;
    wires.send(bus, frame, now_us);
    return bus::can::send_result::sent;
  }

  bool drive(const life& from, int rack, const std::vector<bool>& levels) {
    if (from.dead) return false;
    if (levels.at(0)) ++hits["output on"];
    tell({now_us, rack, output_is{levels.at(0)}});
    return true;
  }

  void happen(const deed& one) {
    const auto until_us = now_us + one.duration_ms * us_per_ms;
    switch (one.kind) {
      case deed_kind::crash:
        return traps.arm(one);
      case deed_kind::kill:
        return kill(places.at(one.text), until_us, one.index, one.journal);
      case deed_kind::stall:
        ++hits["node stalled"];
        if (one.text == link_node) ++hits["link disturbed"];
        places.at(one.text).stalled_until_us = until_us;
        tell({now_us, rack_of(one.text), chain_ended{"a standstill", false}});
        return;
      case deed_kind::partition:
        ++hits[one.text.empty() ? "relay cut off" : "node cut off"];
        for (auto& [name, each] : places) {
          if (one.text.empty() || one.text == name) cut(each, until_us);
        }
        return;
      case deed_kind::disk_refuses:
        ++hits["disk refused"];
        refuse(places.at(one.text), until_us);
        return;
      case deed_kind::command:
      case deed_kind::switch_on:
        return somebody.ask(one, clock());
      case deed_kind::lag:
        return traps.hold_back(one, until_us);
      default:
        return wires.happen(one, now_us);
    }
  }

  void cut(place& one, std::int64_t until_us) {
    one.cut_until_us = std::max(one.cut_until_us, until_us);
    hub.partition(one.node->name, true);
  }

  void refuse(place& one, std::int64_t until_us) {
    one.disk_refuses_until_us = until_us;
    one.store->refuses = true;
    tell({now_us, -1, disk_state{one.node->name, true}});
  }

  void kill(place& one, std::int64_t back_us, std::size_t kept, journal_fate fate) {
    if (!one.now) return;
    ++hits["node killed"];
    const auto& name = one.node->name;
    tell({now_us, rack_of(name), chain_ended{"the end of node " + name, true}});
    if (name == link_node) {
      ++hits["link disturbed"];
      tell({now_us, -1, link_ended{}});
    }
    end(one, kept);
    one.back_us = back_us;
    if (fate == journal_fate::kept) return;
    ++hits[fate == journal_fate::lost ? "journal lost" : "journal corrupt"];
    one.store->forget();
    one.store->boot.created = true;
    if (fate == journal_fate::lost) one.store->boot.lost = true;
    if (fate == journal_fate::corrupt) one.store->boot.corrupt_set_aside = "corrupt-1";
    tell({now_us, -1, journal_gone{name}});
  }

  void step() {
    now_us += step_us;
    while (next_deed < what.deeds.size() && what.deeds[next_deed].t_ms * us_per_ms <= now_us) {
      happen(what.deeds[next_deed++]);
    }
    if (given.bus_ends_ms && now_us == *given.bus_ends_ms * us_per_ms) {
      for (auto& [name, one] : places) cut(one, INT64_MAX);
    }
    traps.let_go();
    wires.step(now_us, clock().monotonic_us);
    for (auto& [name, one] : places) live(one);
    somebody.send_due(clock());
    deliver();
    if (now_us % moment_us == 0) tell({now_us, -1, moment{}});
  }

  void live(place& one) {
    if (one.disk_refuses_until_us > 0 && now_us >= one.disk_refuses_until_us) {
      one.disk_refuses_until_us = 0;
      one.store->refuses = false;
      tell({now_us, -1, disk_state{one.node->name, false}});
    }
    if (one.cut_until_us > 0 && now_us >= one.cut_until_us) {
      one.cut_until_us = 0;
      hub.partition(one.node->name, false);
    }
    if (!one.now) {
      if (now_us < one.back_us) return;
      start(one);
    }
    if (one.port)
      one.port->wait(one.has_link ? wires.from_inverter() : wires.from_racks(),
                     clock().monotonic_us);
    if (now_us < one.stalled_until_us) return;
    // What the disk did in the meantime is told when the node lives again.
    auto& body = *one.now;
    body.clock.set(clock().monotonic_us);
    for (const auto rack : one.inputs) sample(one, rack);
    if (one.port) hand_over(one);
    body.engine->advance(now_us - std::exchange(one.lived_until_us, now_us));
    body.engine->run_until_quiet();
    body.journal->step(now_us);
    body.engine->run_until_quiet();
    if (body.engine->failed()) {
      ++hits["node gave up"];
      tell({now_us, rack_of(one.node->name), chain_ended{"the failure of its node", true}});
      end(one, 0);
      one.back_us = now_us + failed_down_us;
    }
  }

  void sample(place& one, int rack) {
    const auto mailbox = one.now->engine->find(fmt::format("dio_{}", rack));
    if (mailbox)
      mailbox->post(std::make_shared<const bus::digital::sample>(
          wires.sample(rack, clock().monotonic_us, start_time.utc_us - start_time.monotonic_us)));
  }

  void hand_over(place& one) {
    for (auto& batch : one.port->take()) {
      const auto shared = std::make_shared<const bus::can::batch>(std::move(batch));
      if (one.has_link) {
        wires.heard_by_link(shared->frames, now_us);
        if (const auto mailbox = one.now->engine->find(link_actor)) mailbox->post(shared);
      }
      for (const auto& device : plan.devices) {
        if (device.node != one.node->name) continue;
        wires.heard_by(rack_of(device.name), shared->frames, now_us);
        if (const auto mailbox = one.now->engine->find(device.name)) mailbox->post(shared);
      }
      if (one.port->is_one_by_one()) one.now->engine->run_until_quiet();
    }
  }

  void deliver() {
    for (int round = 0; hub.deliver_due(clock().monotonic_us) > 0; ++round) {
      if (round == rounds_max) throw std::logic_error("the site does not come to rest");
      for (auto& [name, one] : places) {
        if (one.now && now_us >= one.stalled_until_us) one.now->engine->run_until_quiet();
      }
    }
  }

  const schedule& what;
  options given;
  observer tell;
  const site::plan plan;
  std::int64_t now_us = 0;
  hit_counters hits;
  bus::message::memory_hub hub;
  plant wires;
  mail_reader mail;
  trap_set traps;
  person somebody;
  std::size_t next_deed = 0;
  std::map<std::string, place> places;
};

world::world(const schedule& what, options with, observer tell)
    : state_(std::make_unique<state>(what, with, std::move(tell))) {}

world::~world() = default;

void world::run() {
  while (state_->now_us < state_->what.duration_ms * us_per_ms) state_->step();
  state_->hits["message lost by the hub"] += state_->hub.lost();
}

const hit_counters& world::hits() const {
  return state_->hits;
}

} // namespace voltaic::tests::property
