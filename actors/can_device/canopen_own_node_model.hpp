#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "actors/can_device/conversation.hpp"
#include "messages/canopen/sdo_server.hpp"

namespace voltaic::actors::can_device {

/// Our heartbeat, by which devices notice that nobody leads them any more (their object 1016).
inline constexpr std::int64_t own_heartbeat_us = 1'000'000;
/// Somebody else with our number is told again after this at the earliest.
inline constexpr std::int64_t own_double_told_us = 60'000'000;

/// What we are as a node: objects 1000, 1001, 1008, 1017 and 1018, which can only be read.
class own_objects final : public messages::canopen::object_dictionary {
 public:
  [[nodiscard]] std::variant<messages::canopen::object_bytes, messages::canopen::abort_code> read(
      const messages::canopen::object_address& of) const override;
  [[nodiscard]] std::optional<messages::canopen::abort_code> refusal_to_write(
      const messages::canopen::object_address& to, std::optional<std::size_t> size) const override;
  [[nodiscard]] std::optional<messages::canopen::abort_code> write(
      const messages::canopen::object_address& to, std::span<const std::uint8_t> value) override;
};

/// We as a node of a CANopen bus: a heartbeat, and an SDO server for who asks what we are (CiA 301,
/// 7.2.4 and 7.2.8.3.2). One device's actor of a bus is it for all. Pure.
class own_node final : public conversation {
 public:
  explicit own_node(std::uint8_t number) : number_(number) {}
  own_node(const own_node&) = delete;
  own_node& operator=(const own_node&) = delete;

  [[nodiscard]] bool take(const messages::can::frame& frame) override;
  void step(std::int64_t now_us, std::int64_t utc_offset_us) override;
  [[nodiscard]] std::vector<messages::can::frame> take_frames() override;
  [[nodiscard]] std::vector<answer> take_answers() override { return {}; }
  [[nodiscard]] std::vector<notice> take_notices() override;

 private:
  void answer_now(std::int64_t now_us);

  std::uint8_t number_;
  own_objects objects_;
  messages::canopen::sdo_server server_{objects_};
  std::optional<std::int64_t> beat_us_; ///< the last heartbeat
  std::optional<std::int64_t> told_us_; ///< the last double
  std::vector<messages::can::frame> frames_;
  std::vector<notice> notices_;
};

} // namespace voltaic::actors::can_device
