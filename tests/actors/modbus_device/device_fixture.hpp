#pragma once

#include <catch2/catch.hpp>
#include <stdexcept>
#include <utility>

#include "actors/modbus_device/modbus_device_actor.hpp"
#include "actors/modbus_device/unit_plans.hpp"
#include "support/modbus_test_profile.hpp"
#include "support/test_node.hpp"

// The actor in a node on virtual time, with a line made of plain values.
namespace voltaic::actors::modbus_device {

using bus::modbus::outcome;
using bus::modbus::poll;
using bus::modbus::write_answer;
using bus::modbus::write_request;
using messages::quality;
using tests::test_node;

enum point_id : std::uint16_t {
  voltage,
  energy,
  swapped,
  frequency,
  string_current,
  limit,
  run,
  absent,
  beats
};

inline constexpr std::int64_t ms = messages::us_per_ms;
inline constexpr std::uint16_t limit_address = 50;
inline constexpr std::uint16_t run_address = 51;

struct device_fixture {
  using profile_ptr = std::shared_ptr<const messages::profiles::device_profile>;
  explicit device_fixture(profile_ptr of = tests::modbus_test_profile())
      : profile(std::move(of)), node({group()}) {
    node.advance(100 * ms);
  }

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back({"meter_0", "modbus_device", [this](runtime::context& context) {
                               actor_options options;
                               options.model = {"meter_0", profile};
                               options.write = [this](write_request request) {
                                 if (line_throws) throw std::runtime_error("told to throw");
                                 if (line_full) return false;
                                 writes.push_back(std::move(request));
                                 return true;
                               };
                               return std::make_unique<modbus_device_actor>(context,
                                                                            std::move(options));
                             }});
    return made;
  }

  /// A round in which each read gives its own addresses plus 1000.
  poll good_round() {
    poll made;
    const auto plan = make_unit_plans({"meter_0", profile}, 1);
    REQUIRE(plan);
    made.now_us = node.clock.now().monotonic_us;
    made.utc_offset_us = node.clock.now().utc_us - made.now_us;
    for (const auto& read : plan->front().reads) {
      bus::modbus::read_answer answer;
      answer.request = read;
      answer.outcome = outcome::done;
      answer.time_us = made.now_us;
      for (std::uint16_t offset = 0; offset < read.count; ++offset)
        answer.registers.push_back(static_cast<std::uint16_t>(1000 + read.address + offset));
      made.answers.push_back(std::move(answer));
    }
    return made;
  }
  poll round_of(outcome what, std::uint8_t code = 0) {
    poll made = good_round();
    for (auto& answer : made.answers) {
      answer.outcome = what;
      answer.exception_code = code;
      answer.reason = "as told";
      answer.registers.clear();
    }
    return made;
  }
  void deliver(poll round) { node.post("meter_0", std::make_shared<const poll>(std::move(round))); }
  void deliver(write_answer answer) {
    node.post("meter_0", std::make_shared<const write_answer>(std::move(answer)));
  }

  /// The newest block that was said of a point.
  messages::block newest(std::uint16_t point) {
    messages::block found;
    for (const auto& message : node.outside.all<messages::telemetry>())
      for (const auto& block : std::get<messages::telemetry>(message.payload).blocks)
        if (block.point == point) found = block;
    return found;
  }
  std::vector<std::string> states() {
    std::vector<std::string> found;
    for (const auto& message : node.outside.all<messages::event>())
      found.push_back(std::get<messages::event>(message.payload).state);
    return found;
  }

  /// The newest event; the code stands behind the state.
  std::string newest_event() {
    const auto all = node.outside.all<messages::event>();
    if (all.empty()) return {};
    const auto& event = std::get<messages::event>(all.back().payload);
    return event.state + " " + event.code;
  }

  messages::command make_set(const std::string& key, double value) {
    messages::command made;
    made.id = "id-" + key;
    made.key = key;
    made.target = "meter_0";
    made.operation = "set";
    made.point = "meter_0/current_limit";
    made.value = value;
    made.role = "engineer";
    made.deadline_utc_us = node.clock.now().utc_us + 5'000 * ms;
    made.reply_to = "client";
    return made;
  }
  void order(const messages::command& command) {
    node.hear(bus::message::plane::commands, {"client", 1, 0, node.clock.now(), {}}, command);
  }
  /// What was answered since the last call.
  std::vector<messages::result> answers() {
    std::vector<messages::result> found;
    for (const auto& frame : std::exchange(node.outside.sent, {})) {
      const auto opened = messages::decode(*frame);
      if (const auto* each = std::get_if<messages::result>(&opened->payload))
        found.push_back(*each);
    }
    return found;
  }
  messages::result only_answer() {
    const auto found = answers();
    REQUIRE(found.size() == 1);
    return found[0];
  }
  /// The device's answer to the last write, holding `held` afterwards.
  void answer_write(outcome what, std::vector<std::uint16_t> held, bool sent = true,
                    std::uint8_t code = 0) {
    REQUIRE_FALSE(writes.empty());
    deliver(write_answer{writes.back().token, 1, what, sent, code, std::move(held),
                         node.clock.now().monotonic_us, ""});
  }

  messages::command make_timed(const std::string& key, double value, std::uint64_t length_ms) {
    auto made = make_set(key, value);
    made.lease_ms = length_ms;
    return made;
  }
  /// The device takes it and holds it.
  messages::outcome carry_out(const messages::command& command) {
    order(command);
    REQUIRE_FALSE(writes.empty());
    answer_write(outcome::done, writes.back().registers);
    return only_answer().outcome;
  }

  /// Good rounds every 100 ms, in which this register holds this.
  void pass(int seconds, std::uint16_t address, std::uint16_t holds) {
    for (int passed_ms = 0; passed_ms < seconds * 1'000; passed_ms += 100) {
      node.advance(100 * ms);
      auto round = good_round();
      for (auto& answer : round.answers) {
        const auto first = answer.request.address;
        if (answer.request.table != bus::modbus::table::holding || address < first) continue;
        const auto place = static_cast<std::size_t>(address - first);
        if (place < answer.registers.size()) answer.registers[place] = holds;
      }
      deliver(std::move(round));
    }
  }

  profile_ptr profile;
  std::vector<write_request> writes;
  bool line_full = false;
  bool line_throws = false;
  test_node node;
};

} // namespace voltaic::actors::modbus_device
