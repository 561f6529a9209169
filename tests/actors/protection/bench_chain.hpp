#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "actors/contactor/contactor_actor.hpp"
#include "actors/protection/bench_rack.hpp"
#include "actors/protection/protection_actor.hpp"
#include "actors/protection/second_evaluator_actor.hpp"
#include "messages/command_priority.hpp"
#include "messages/configuration/identity.hpp"
#include "messages/points/catalogue.hpp"
#include "support/memory_journal.hpp"

namespace voltaic::actors::protection::testing {

using messages::instant;

inline constexpr std::uint32_t cells = 32;

class stage;

/// What an actor may do, kept in lists.
class stage_context final : public runtime::context {
 public:
  stage_context(stage& owner, std::string name) : owner_(owner), name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  const std::string& node() const override { return node_; }
  std::uint32_t incarnation() const override { return 1; }
  instant now() const override;
  bool lives_on_recording() const override;
  void hand_on(const std::string& what) override;
  std::string handed_on() const override;
  void listen(std::string_view source, runtime::kind what) override {
    ears_.emplace_back(source, what);
  }
  void say(runtime::plane to, messages::payload payload, instant time) override;
  void send(messages::payload payload, instant time) override;
  void repeat(const messages::payload& payload, instant time) override;
  std::uint64_t record(messages::event event, instant time) override;
  void store(bus::storage::record record, std::uint64_t token) override;
  bus::storage::journal& journal() override;
  bool hears(const std::string& source, std::size_t kind_index) const {
    return std::ranges::any_of(ears_, [&](const auto& ear) {
      return ear.first == source && static_cast<std::size_t>(ear.second) + 1 == kind_index;
    });
  }

 private:
  stage& owner_;
  std::string name_;
  std::string node_ = "rack_0";
  std::vector<std::pair<std::string, runtime::kind>> ears_;
};

/// One chain without a node: a device played by the test, protection and contactor.
class stage {
 public:
  /// Not every device tells which epoch it accepted.
  explicit stage(bool tells_epoch = true) {
    const char* names[] = {"cell_voltage",    "minus_closed",  "plus_closed", "precharge_closed",
                           "opened_by_lease", "current",       "voltage",     "bus_voltage",
                           "serial_number",   "accepted_epoch"};
    std::vector<messages::point_description> points(std::size(names) - (tells_epoch ? 0 : 1));
    if (tells_epoch) accepted_epoch = 0;
    for (std::size_t each = 0; each < points.size(); ++each) {
      points[each].name = std::string("rack_0/") + names[each];
      points[each].raw_type = names[each] == std::string_view("current") ? "i16" : "u16";
    }
    points[0].count = cells;
    points[0].scale = 0.001;
    described_ = messages::points::make_catalogue("bms_0", points);
    start();
  }

  /// A new incarnation of both actors on the same journal.
  void start() {
    journal.reboot();
    if (!is_same_node) heirlooms.clear();
    mails_.clear();
    protection.reset();
    second.reset();
    contactor.reset();
    protection_context = std::make_unique<stage_context>(*this, "rack_0/protection");
    contactor_context = std::make_unique<stage_context>(*this, "rack_0/contactor");
    read_identity();
    actor_options rules{testing::options_for("lfp", cells), "bms_0", {}, configuration};
    rules.identity = identity;
    rules.rules.can_open = !watched_only;
    if (watched_only) rules.rules.points[position_of(measured::current)] = {1, 1, 50};
    if (adjust) adjust(rules.rules);
    rules.equipment = equipment;
    rules.witness = witness;
    if (has_second) {
      second_rules_ = rules;
      start_second(rules);
      rules.second_evaluator = second_name;
    }
    protection = std::make_unique<protection_actor>(*protection_context, rules);
    start_contactor();
    deliver("bms_0", described_);
  }

  /// The second evaluator is made anew, and who is started after it; the first lives on.
  void restart_second() {
    second.reset();
    contactor.reset();
    contactor_context = std::make_unique<stage_context>(*this, "rack_0/contactor");
    start_second(second_rules_);
    start_contactor();
    deliver("bms_0", described_);
  }
  void start_contactor() {
    contactor::actor_options sequence;
    sequence.rules.rack = "rack_0";
    sequence.rules.break_current_a = 20;
    sequence.device = "bms_0";
    sequence.inputs = inputs;
    sequence.machine_boot = machine_boot;
    if (has_second) sequence.second_evaluator = second_name;
    contactor = std::make_unique<contactor::contactor_actor>(*contactor_context, sequence);
  }

  void deliver(const std::string& source, messages::payload payload) {
    mails_.push_back({source, std::move(payload), {now_us, utc(now_us)}});
    if (busy_) return;
    busy_ = true;
    while (!mails_.empty()) {
      const auto next = std::move(mails_.front());
      mails_.pop_front();
      messages::message message;
      message.header.source = next.source;
      message.header.time = next.time;
      message.payload = next.payload;
      const auto* command = std::get_if<messages::command>(&message.payload);
      for (auto* context :
           {protection_context.get(), second_context.get(), contactor_context.get()}) {
        if (context == nullptr) continue;
        const bool mine = command ? command->target == context->name()
                                  : context->hears(next.source, message.payload.index());
        if (!mine) continue;
        if (context == protection_context.get() && protection_alive) protection->receive(message);
        if (context == second_context.get() && second_alive) second->receive(message);
        if (context == contactor_context.get()) contactor->receive(message);
      }
      while (!stored_.empty()) {
        const auto [who, token, result] = stored_.front();
        stored_.pop_front();
        if (who == "rack_0/protection") protection->stored(token, result);
        if (who == second_name) second->stored(token, result);
        if (who == "rack_0/contactor") contactor->stored(token, result);
      }
    }
    busy_ = false;
  }

  static constexpr const char* second_name = "rack_0/evaluator";

  /// The device obeys the last order and tells what it sees; then 50 ms pass.
  void beat() {
    now_us += 50'000;
    const bool lease = order.lease && lease_works;
    const bool precharge = lease && order.contactor == messages::contactor_order::precharge;
    const bool close = lease && order.contactor == messages::contactor_order::close;
    if (device_alive) {
      messages::telemetry said;
      said.owner = "bms_0";
      said.fingerprint = described_.fingerprint;
      const auto add = [&](std::uint16_t point, std::vector<std::uint16_t> values) {
        messages::block block;
        block.point = point;
        block.source_time_us = now_us;
        block.quality = messages::quality::good;
        block.values = std::move(values);
        said.blocks.push_back(std::move(block));
      };
      if (now_us % 200'000 == 0) add(0, cell_mv);
      add(1, {static_cast<std::uint16_t>(precharge || close || welded)});
      add(2, {static_cast<std::uint16_t>(close || welded)});
      add(3, {static_cast<std::uint16_t>(precharge)});
      add(4, {0});
      if (tells_current) add(5, {static_cast<std::uint16_t>(current_a)});
      add(6, {105});
      add(7, {static_cast<std::uint16_t>(precharge || close ? 105 : 0)});
      if (serial) {
        add(8, {*serial});
        said.blocks.back().quality = serial_quality;
      }
      if (accepted_epoch) add(9, {*accepted_epoch});
      deliver("bms_0", said);
      deliver("bms_0", messages::tick{now_us, 0});
    }
  }
  void run(int duration_ms) {
    for (int passed = 0; passed < duration_ms; passed += 50) beat();
  }

  void command(const std::string& target, const std::string& operation,
               const std::string& role = "operator", const std::string& point = {}) {
    messages::command said;
    said.id = said.key = operation + std::to_string(++keys_);
    said.target = target;
    said.operation = operation;
    said.role = role;
    said.user = "ada";
    said.point = point;
    said.priority = priority;
    said.deadline_utc_us = utc(now_us) + 20'000'000;
    last_command = said;
    deliver("cli", said);
    // It acts at the chain's next instant, and that is now.
    deliver("bms_0", messages::tick{now_us, 0});
    beat(); // accepted there, it acts with the one after it
  }
  static std::int64_t utc(std::int64_t monotonic_us) {
    return monotonic_us + 1'700'000'000'000'000;
  }

  std::vector<std::string> texts(const std::string& kind) const {
    std::vector<std::string> all;
    for (const auto& one : events) {
      if (one.kind != kind) continue;
      all.push_back(kind == "contactor"
                        ? one.state + " " + one.reason
                        : one.edge + " " + one.candidate + "/" + one.level + " " + one.scope);
    }
    return all;
  }

  tests::memory_journal journal;
  messages::configuration::standing configuration; ///< of lives that start from now on
  std::string machine_boot;                        ///< from the next start on
  std::function<void(protection_options&)> adjust; ///< the rules of those lives
  std::vector<std::string> equipment;
  std::string witness; ///< the link that compares the rack's current, from the next start on
  std::vector<contactor::input_options> inputs; ///< from the next start on
  std::unique_ptr<stage_context> protection_context;
  std::unique_ptr<stage_context> contactor_context;
  std::unique_ptr<protection_actor> protection;
  std::unique_ptr<stage_context> second_context;
  std::unique_ptr<second_evaluator> second;
  std::unique_ptr<contactor::contactor_actor> contactor;
  bool has_second = false;  ///< from the next start on
  bool second_alive = true; ///< it hears
  bool protection_alive = true;
  std::function<void(protection_options&)> adjust_second; ///< its rules alone
  std::vector<std::uint16_t> cell_mv = std::vector<std::uint16_t>(cells, 3'300);
  bool watched_only = false; ///< from the next start on: it takes no orders
  bool tells_current = true;
  bool device_alive = true;
  bool lease_works = true;
  bool welded = false;        ///< both main contactors stay closed, whatever is ordered
  std::int16_t current_a = 0; ///< positive: discharge
  std::optional<std::uint16_t> accepted_epoch; ///< as the device reports it
  std::vector<std::string> identity; ///< points that say which device it is, from the next start on
  std::optional<std::uint16_t> serial; ///< as the device reports it; nothing: it is silent on it
  messages::quality serial_quality = messages::quality::good;
  std::int64_t now_us = 1'000'000;
  messages::order order;
  messages::permit permit;
  messages::limits limits;
  std::vector<messages::payload> repeated;
  std::vector<messages::event> events;
  std::vector<messages::result> results;
  messages::command last_command;
  std::uint8_t priority = messages::command_priority::person; ///< of commands from now on
  bool on_recording = false;                                  ///< from the next start on
  bool is_same_node = false; ///< from the next start on: that is no other process
  std::map<std::string, std::string> heirlooms; ///< by actor, of lives in this node
  std::optional<std::int64_t> node_us; ///< the node's clock, where the chain's is behind it

 private:
  friend class stage_context;
  struct mail {
    std::string source;
    messages::payload payload;
    instant time;
  };
  // As whoever makes a chain's actors finds it in the journal.
  void read_identity() {
    for (const auto& record : journal.newest(messages::configuration::stream))
      if (record.key == messages::configuration::identity_key("rack_0"))
        configuration.identity = record.body;
  }
  void start_second(const actor_options& as) {
    second_context = std::make_unique<stage_context>(*this, second_name);
    second_evaluator_options options{{as.rules, as.device, as.equipment, as.witness},
                                     "rack_0/protection"};
    if (adjust_second) adjust_second(options.own.rules);
    second = std::make_unique<second_evaluator>(*second_context, options);
  }

  actor_options second_rules_;
  messages::catalogue described_;
  std::deque<mail> mails_;
  std::deque<std::tuple<std::string, std::uint64_t, bus::storage::append_result>> stored_;
  bool busy_ = false;
  int keys_ = 0;
};

inline instant stage_context::now() const {
  const auto node_us = owner_.node_us.value_or(owner_.now_us);
  return {node_us, stage::utc(node_us)};
}
inline bool stage_context::lives_on_recording() const {
  return owner_.on_recording;
}
inline void stage_context::hand_on(const std::string& what) {
  owner_.heirlooms[name_] = what;
}
inline std::string stage_context::handed_on() const {
  const auto found = owner_.heirlooms.find(name_);
  return found == owner_.heirlooms.end() ? std::string() : found->second;
}
inline void stage_context::say(runtime::plane to, messages::payload payload, instant) {
  if (const auto* said = std::get_if<messages::order>(&payload)) owner_.order = *said;
  const bool is_second = name_ == stage::second_name;
  const auto* word = std::get_if<messages::permit>(&payload);
  if (word != nullptr && !is_second) owner_.permit = *word;
  const auto* told = std::get_if<messages::limits>(&payload);
  if (told != nullptr && !is_second) owner_.limits = *told;
  // Of a second evaluator nobody outside its chain hears anything.
  if (is_second) CHECK(to == runtime::plane::local);
  owner_.deliver(name_, std::move(payload));
}
inline void stage_context::repeat(const messages::payload& payload, instant) {
  owner_.repeated.push_back(payload);
}
inline void stage_context::send(messages::payload payload, instant) {
  owner_.results.push_back(std::get<messages::result>(payload));
}
inline std::uint64_t stage_context::record(messages::event event, instant) {
  CHECK(name_ != stage::second_name);
  event.sequence = owner_.events.size() + 1;
  // The latch is in the journal before its event is told.
  if (!owner_.journal.refuse && event.edge == "set" &&
      (event.level == "fault" || event.level == "hard")) {
    CHECK(std::ranges::any_of(owner_.journal.records, [&](const auto& one) {
      return one.stream == "latches" &&
             one.key == name_ + "/" + event.candidate + "/" + event.level;
    }));
  }
  owner_.events.push_back(event);
  return event.sequence;
}
inline void stage_context::store(bus::storage::record record, std::uint64_t token) {
  owner_.journal.append(std::move(record),
                        [this, token](const bus::storage::append_result& result) {
                          owner_.stored_.emplace_back(name_, token, result);
                        });
}
inline bus::storage::journal& stage_context::journal() {
  return owner_.journal;
}

} // namespace voltaic::actors::protection::testing
