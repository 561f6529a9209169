#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "actors/can_device/can_device_model.hpp"
#include "actors/simulator/j1939_battery_model.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"
#include "messages/profiles/load.hpp"
#include "messages/support/profiles.hpp"

/// A battery of J1939, and the device that follows it by configs/profiles/j1939_hvess_battery.json.
namespace j1939_bench {

using namespace voltaic;
using namespace voltaic::actors::can_device;
namespace j1939 = voltaic::messages::j1939;
namespace groups = voltaic::messages::j1939::groups;
using actors::simulator::equipment_effect;
using actors::simulator::j1939_battery_model;
using messages::quality;
using messages::profiles::device_profile;

inline constexpr std::int64_t ms = 1'000;
inline constexpr std::int64_t start_us = 3'600'000'000;
inline constexpr std::uint8_t battery_address = 243;
inline constexpr std::uint8_t own_address_on_bus = 39;
inline constexpr std::uint64_t own_name = 0x0000'FF00'0000'0001;

inline j1939_role role_of(bool sends = true) {
  return {sends, true, own_address_on_bus, own_name, true, std::nullopt};
}

/// One device and its battery; ten milliseconds a step.
class bench {
 public:
  explicit bench(const j1939_role& role = role_of(),
                 device_profile profile = tests::load_file("j1939_hvess_battery.json")) {
    begin_anew(role, std::move(profile));
  }

  /// The device's actor is started again; the battery goes on.
  void begin_anew(const j1939_role& role = role_of(),
                  device_profile profile = tests::load_file("j1939_hvess_battery.json")) {
    profile_ = std::make_shared<const device_profile>(std::move(profile));
    auto made = model::create({"bms_0", "rack_0", 0, profile_, {}, role});
    REQUIRE(made);
    texts_.clear();
    device_ = std::make_unique<model>(*std::move(made));
  }

  void run(std::int64_t duration_us) {
    for (const auto end_us = now_us + duration_us; now_us < end_us; now_us += grid_us) step();
  }
  bool await(const std::function<bool()>& holds, std::int64_t most_us = 5'000 * ms) {
    for (const auto end_us = now_us + most_us; now_us < end_us && !holds(); now_us += grid_us)
      step();
    return holds();
  }
  bool await_state(const std::string& state, std::int64_t most_us = 5'000 * ms) {
    return await([&] { return text("j1939_state").starts_with(state); }, most_us);
  }

  void set(std::string_view point, double value = 1, std::optional<std::uint32_t> index = {}) {
    REQUIRE(battery.set(point, index, equipment_effect::value, value));
  }
  void release(std::string_view point, std::optional<std::uint32_t> index = {}) {
    REQUIRE(battery.set(point, index, equipment_effect::release, 0));
  }
  void be_silent(bool is_so) {
    REQUIRE(battery.set("", {}, is_so ? equipment_effect::silent : equipment_effect::release, 0));
  }
  /// Somebody else says something, at the next step.
  void hear(const j1939::packet& said) { others_.push_back(j1939::frame_of(said)); }
  void hear_claim(std::uint8_t address, std::uint64_t name) {
    j1939::packet said;
    said.id = {6, groups::address_claimed, j1939::global_address, address};
    said.bytes = j1939::bytes_of_name(name);
    hear(said);
  }

  element known(const char* point, std::uint32_t index = 0) const {
    const auto read = device_->read(profile_->find_point(point).value(), index);
    REQUIRE(read);
    return *read;
  }
  bool is_good(const char* point) const { return known(point).quality == quality::good; }
  std::string text(const std::string& name) const {
    const auto found = texts_.find("bms_0/" + name);
    return found == texts_.end() ? "" : found->second;
  }
  std::int64_t count_of(const std::string& name) const { return counts_.at("bms_0/" + name); }
  int count(const std::string& code) const {
    return static_cast<int>(std::ranges::count_if(
        told, [&](const notice& one) { return one.code + "/" + one.state == code; }));
  }
  std::string reason_of(const std::string& code) const {
    const auto found = std::ranges::find(told, code, &notice::code);
    return found == told.end() ? "" : found->reason;
  }
  std::vector<j1939::packet> sent_of(std::uint32_t pgn) const {
    std::vector<j1939::packet> all;
    for (const auto& one : sent)
      if (const auto said = j1939::packet_of(one); said && said->id.pgn == pgn)
        all.push_back(*said);
    return all;
  }
  model& device() { return *device_; }

  j1939_battery_model battery{0};
  std::int64_t now_us = start_us;
  std::vector<messages::can::frame> sent;
  std::vector<notice> told;
  /// Frames of the battery pass it, and may be changed or lost: false.
  std::function<bool(messages::can::frame&)> pass;

 private:
  void step() {
    auto said = battery.step(now_us, std::exchange(to_battery_, {}));
    std::vector<messages::can::frame> heard;
    for (auto& one : said)
      if (!pass || pass(one)) heard.push_back(one);
    for (const auto& one : std::exchange(others_, {})) {
      heard.push_back(one);
      to_battery_.push_back(one);
    }
    for (auto& one : heard) one.time_us = now_us;
    for (const auto& one : device_->step(heard, now_us, 0)) take(one);
  }
  void take(const said& one) {
    if (const auto* frame = std::get_if<messages::can::frame>(&one.content)) {
      sent.push_back(*frame);
      to_battery_.push_back(*frame);
    } else if (const auto* notice_told = std::get_if<notice>(&one.content)) {
      told.push_back(*notice_told);
    } else if (const auto* telemetry = std::get_if<messages::telemetry>(&one.content)) {
      for (const auto& block : telemetry->blocks) keep(block);
    }
  }
  void keep(const messages::block& block) {
    const auto& name = device_->catalogue().points.at(block.point).name;
    if (const auto* words = std::get_if<std::string>(&block.values)) texts_[name] = *words;
    if (const auto* numbers = std::get_if<messages::block::integers>(&block.values))
      if (!numbers->empty()) counts_[name] = numbers->front();
  }

  std::shared_ptr<const device_profile> profile_;
  std::unique_ptr<model> device_;
  std::vector<messages::can::frame> to_battery_;
  std::vector<messages::can::frame> others_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::int64_t> counts_;
};

/// The battery's order of its profile, as the plan makes it.
inline messages::can::frame order_frame() {
  messages::can::frame order;
  order.id = messages::profiles::ordered_id(0x1B00, battery_address);
  order.extended = true;
  order.length = 8;
  return order;
}

} // namespace j1939_bench
