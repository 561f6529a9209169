#pragma once

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/simulator/checksum.hpp"
#include "actors/simulator/j1939_battery_model.hpp"
#include "messages/j1939/group_field.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/requests.hpp"
#include "messages/j1939/transport.hpp"

namespace voltaic::actors::simulator::j1939_bench {

namespace j1939 = messages::j1939;

inline constexpr std::uint8_t battery_address = 243;
inline constexpr std::uint8_t tool_address = 0x20;
inline constexpr std::int64_t step_us = 10'000;

inline std::uint64_t number(std::span<const std::uint8_t> bytes, std::size_t at,
                            std::size_t count = 2) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8 | bytes[at + i - 1];
  return value;
}

/// A battery and a tool on one bus, on a time of their own.
class bench {
 public:
  explicit bench(std::uint32_t id_offset = 0) : battery(id_offset) {}

  /// Everything that the battery says for so long; `packets` and `messages` grow.
  void live(std::int64_t length_us) {
    for (const auto end_us = now_us + length_us; now_us < end_us; now_us += step_us) {
      const auto received = std::exchange(to_battery, {});
      for (const auto& frame : battery.step(now_us, received)) hear(frame);
      j1939::transport_output out;
      tool.step(now_us, out);
      keep(out);
    }
  }
  void live_s(std::int64_t seconds) { live(seconds * 1'000'000); }
  void claim_address() { live(300'000); }
  void forget() {
    packets.clear();
    messages.clear();
    ends.clear();
  }
  void send(const j1939::packet& said) { to_battery.push_back(j1939::frame_of(said)); }
  void request(std::uint32_t pgn, std::uint8_t to = battery_address) {
    send(j1939::request_for(pgn, tool_address, to));
  }
  void transport(j1939::message what) {
    j1939::transport_output out;
    const auto sent = tool.send(std::move(what), now_us, out);
    REQUIRE(sent);
    keep(out);
  }
  /// Somebody claims an address.
  void claim(std::uint8_t address, std::uint64_t name) {
    j1939::packet said;
    said.id = {j1939::default_priority, j1939::groups::address_claimed, j1939::global_address,
               address};
    said.bytes = j1939::bytes_of_name(name);
    send(said);
  }
  /// HVESSC1: 0 open, 1 close, 2 precharge.
  static j1939::packet order(std::uint8_t what, unsigned counter,
                             std::uint8_t to = battery_address) {
    j1939::packet said;
    said.id = {3, 0x1B00, to, tool_address};
    said.bytes.fill(0xFF);
    said.bytes[0] = static_cast<std::uint8_t>(0xFC | what);
    said.bytes[6] = static_cast<std::uint8_t>(0xF0 | (counter & 0x0F));
    said.bytes[7] = crc8(std::span(said.bytes).first(7));
    return said;
  }
  /// Orders every 100 ms for so long.
  void order_for(std::uint8_t what, std::int64_t length_us) {
    for (const auto end_us = now_us + length_us; now_us < end_us; live(100'000))
      send(order(what, ++counter));
  }
  void close() {
    order_for(0, 200'000);
    order_for(2, 1'000'000);
    order_for(1, 300'000);
    REQUIRE(battery.controller().conducting());
  }

  [[nodiscard]] std::vector<j1939::packet> all(std::uint32_t pgn) const {
    std::vector<j1939::packet> found;
    std::ranges::copy_if(packets, std::back_inserter(found),
                         [=](const auto& one) { return one.id.pgn == pgn; });
    return found;
  }
  /// The newest of a group; there has to be one.
  [[nodiscard]] j1939::packet last(std::uint32_t pgn) const {
    const auto found = all(pgn);
    REQUIRE_FALSE(found.empty());
    return found.back();
  }
  [[nodiscard]] std::vector<j1939::message> received(std::uint32_t pgn) const {
    std::vector<j1939::message> found;
    std::ranges::copy_if(messages, std::back_inserter(found),
                         [=](const auto& one) { return one.pgn == pgn; });
    return found;
  }
  [[nodiscard]] bool set(std::string_view point, double value,
                         std::optional<std::uint32_t> index = {}) {
    return battery.set(point, index, equipment_effect::value, value);
  }
  [[nodiscard]] bool release(std::string_view point, std::optional<std::uint32_t> index = {}) {
    return battery.set(point, index, equipment_effect::release, 0);
  }

 private:
  void hear(const messages::can::frame& frame) {
    const auto said = j1939::packet_of(frame);
    REQUIRE(said);
    packets.push_back(*said);
    j1939::transport_output out;
    tool.take(*said, now_us, out);
    keep(out);
  }
  void keep(const j1939::transport_output& out) {
    for (const auto& one : out.packets) send(one);
    messages.insert(messages.end(), out.messages.begin(), out.messages.end());
    ends.insert(ends.end(), out.ends.begin(), out.ends.end());
  }
  static j1939::transport_settings tool_settings() {
    j1939::transport_settings settings;
    settings.own_address = tool_address;
    return settings;
  }

 public:
  j1939_battery_model battery;
  j1939::transport tool{tool_settings()};
  std::int64_t now_us = 1'000'000;
  unsigned counter = 0;
  std::vector<messages::can::frame> to_battery;
  std::vector<j1939::packet> packets;
  std::vector<j1939::message> messages;
  std::vector<j1939::transfer_end> ends;
};

} // namespace voltaic::actors::simulator::j1939_bench
