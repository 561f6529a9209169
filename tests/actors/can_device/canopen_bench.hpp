#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/can_device/can_device_model.hpp"
#include "actors/simulator/canopen_battery_model.hpp"
#include "messages/support/profiles.hpp"

// A CANopen battery, and the device that commissions it by
// configs/profiles/canopen_418_battery.json.
namespace canopen_bench {

using namespace voltaic;
using namespace voltaic::actors::can_device;
using actors::simulator::canopen_battery_model;
using actors::simulator::equipment_effect;
using messages::quality;
using messages::profiles::device_profile;

inline constexpr std::int64_t ms = 1'000;
inline constexpr std::int64_t start_us = 3'600'000'000;
inline constexpr std::int64_t utc_offset_us = 1'700'000'000'000'000;

/// One device and its battery, node 1 or another by an offset; ten milliseconds a step.
class bench {
 public:
  explicit bench(std::uint32_t id_offset = 0,
                 device_profile profile = tests::load_file("canopen_418_battery.json"))
      : battery(static_cast<std::uint8_t>(1 + id_offset)), id_offset_(id_offset) {
    begin_anew(std::move(profile));
  }

  /// The device's actor is started again; the battery goes on.
  void begin_anew(device_profile profile = tests::load_file("canopen_418_battery.json"),
                  const master_role& role = {}) {
    profile_ = std::make_shared<const device_profile>(std::move(profile));
    auto made = model::create({"bms_0", "rack_0", id_offset_, profile_, role});
    REQUIRE(made);
    texts_.clear();
    device_ = std::make_unique<model>(*std::move(made));
  }

  void run(std::int64_t duration_us) {
    const auto end_us = now_us + duration_us;
    for (; now_us < end_us; now_us += grid_us) step();
  }
  /// Runs until it holds, at most so long.
  bool await(const std::function<bool()>& holds, std::int64_t most_us = 5'000 * ms) {
    const auto end_us = now_us + most_us;
    for (; now_us < end_us && !holds(); now_us += grid_us) step();
    return holds();
  }
  bool await_state(const std::string& state, std::int64_t most_us = 5'000 * ms) {
    return await([&] { return text("canopen_state") == state; }, most_us);
  }

  void set(std::string_view point, double value = 1) {
    REQUIRE(battery.set(point, {}, equipment_effect::value, value));
  }
  void be_silent(bool is_so) {
    REQUIRE(battery.set("", {}, is_so ? equipment_effect::silent : equipment_effect::release, 0));
  }

  element known(const char* point, std::uint32_t index = 0) const {
    const auto read = device_->read(profile_->find_point(point).value(), index);
    REQUIRE(read);
    return *read;
  }
  bool is_good(const char* point) const { return known(point).quality == quality::good; }
  /// What a text point of the node says, by what was published of it.
  std::string text(const std::string& name) const {
    const auto found = texts_.find("bms_0/" + name);
    return found == texts_.end() ? "" : found->second;
  }
  /// "CODE/state", in the order in which they were told.
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const auto& one : told) all.push_back(one.code + "/" + one.state);
    return all;
  }
  int count(const std::string& code) const {
    const auto all = codes();
    return static_cast<int>(std::ranges::count(all, code));
  }
  std::string reason_of(const std::string& code) const {
    const auto found = std::ranges::find(told, code, &notice::code);
    return found == told.end() ? "" : found->reason;
  }
  /// Whether an order or a limit would go out.
  bool takes_orders() { return device_->frames_for(messages::can::frame{}, now_us).has_value(); }
  bool has_sent(const messages::can::frame& frame) const {
    return std::ranges::any_of(sent, [&](const auto& one) {
      return one.id == frame.id && one.length == frame.length && one.data == frame.data;
    });
  }
  /// SDO requests that write.
  std::size_t writes() const {
    return static_cast<std::size_t>(std::ranges::count_if(sent, [&](const auto& one) {
      return one.id == 0x601 + id_offset_ && (one.data[0] & 0xE0) == 0x20;
    }));
  }

  canopen_battery_model battery;
  std::int64_t now_us = start_us;
  std::vector<messages::can::frame> sent;
  std::vector<notice> told;
  /// Frames of the battery pass it, and may be changed or lost: false.
  std::function<bool(messages::can::frame&)> pass;
  /// Somebody else's frames of the next step.
  std::vector<messages::can::frame> others;

 private:
  void step() {
    auto heard = std::exchange(others, {});
    for (auto frame : battery.step(now_us, to_battery_))
      if (!pass || pass(frame)) heard.push_back(frame);
    for (auto& each : heard) each.time_us = now_us;
    to_battery_.clear();
    for (const auto& one : device_->step(heard, now_us, utc_offset_us)) {
      if (const auto* frame = std::get_if<messages::can::frame>(&one.content)) {
        sent.push_back(*frame);
        to_battery_.push_back(*frame);
      }
      if (const auto* what = std::get_if<notice>(&one.content)) told.push_back(*what);
      if (const auto* said = std::get_if<messages::telemetry>(&one.content)) note(*said);
    }
  }
  void note(const messages::telemetry& said) {
    for (const auto& block : said.blocks)
      if (const auto* words = std::get_if<std::string>(&block.values))
        texts_[device_->catalogue().points[block.point].name] = *words;
  }

  std::shared_ptr<const device_profile> profile_;
  std::uint32_t id_offset_;
  std::unique_ptr<model> device_;
  std::vector<messages::can::frame> to_battery_;
  std::map<std::string, std::string> texts_;
};

} // namespace canopen_bench
