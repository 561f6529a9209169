#include "actors/can_device/canopen_own_node_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/event_codes.hpp"
#include "messages/little_endian.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace canopen = messages::canopen;
using canopen::abort_code;
using canopen::object_bytes;

constexpr std::uint16_t device_type = 0x1000;
constexpr std::uint16_t error_register = 0x1001;
constexpr std::uint16_t device_name = 0x1008;
constexpr std::uint16_t heartbeat_time = 0x1017;
constexpr std::uint16_t identity = 0x1018;
constexpr std::string_view own_name = "Voltaic";
/// Vendor, product, revision and serial number: none was given to us (CiA 301, 7.5.2.19).
constexpr std::uint8_t identity_entries = 4;

object_bytes number(std::uint64_t value, std::size_t bytes) {
  object_bytes made(bytes);
  messages::put_number(made, value);
  return made;
}

} // namespace

std::variant<object_bytes, abort_code> own_objects::read(const canopen::object_address& of) const {
  if (of.index == identity) {
    if (of.subindex == 0) return number(identity_entries, 1);
    if (of.subindex <= identity_entries) return number(0, 4);
    return abort_code::no_subindex;
  }
  if (of.index != device_type && of.index != error_register && of.index != device_name &&
      of.index != heartbeat_time)
    return abort_code::no_object;
  if (of.subindex != 0) return abort_code::no_subindex;
  if (of.index == device_type) return number(0, 4); // of no device profile
  if (of.index == error_register) return number(0, 1);
  if (of.index == heartbeat_time) return number(own_heartbeat_us / messages::us_per_ms, 2);
  return object_bytes(own_name.begin(), own_name.end());
}

std::optional<abort_code> own_objects::refusal_to_write(const canopen::object_address& to,
                                                        std::optional<std::size_t> /*size*/) const {
  const auto there = read(to);
  const auto* why = std::get_if<abort_code>(&there);
  return why == nullptr ? abort_code::read_only : *why;
}

std::optional<abort_code> own_objects::write(const canopen::object_address& to,
                                             std::span<const std::uint8_t> /*value*/) {
  return refusal_to_write(to, std::nullopt);
}

bool own_node::take(const messages::can::frame& frame) {
  if (frame.extended || frame.remote || frame.error || frame.fd) return false;
  const auto is = [&](canopen::service what) {
    return frame.id == canopen::cob_id({what, number_});
  };
  if (is(canopen::service::error_control)) {
    if (told_us_ && frame.time_us - *told_us_ < own_double_told_us) return true;
    told_us_ = frame.time_us;
    notices_.push_back({messages::event_codes::double_node, "doubled", "alarm",
                        fmt::format("somebody else is node {}, which is ours", number_)});
    return true;
  }
  if (!is(canopen::service::sdo_request)) return false;
  server_.receive(std::span(frame.data).first(std::min<std::size_t>(frame.length, 8)),
                  frame.time_us);
  answer_now(frame.time_us);
  return true;
}

void own_node::step(std::int64_t now_us, std::int64_t /*utc_offset_us*/) {
  server_.tick(now_us);
  answer_now(now_us);
  if (beat_us_ && now_us - *beat_us_ < own_heartbeat_us) return;
  const auto state = beat_us_ ? canopen::nmt_state::operational : canopen::nmt_state::boot_up;
  beat_us_ = now_us;
  frames_.push_back(canopen::make_error_control(number_, {state}));
}

void own_node::answer_now(std::int64_t now_us) {
  while (const auto said = server_.next_frame(now_us)) {
    messages::can::frame frame;
    frame.id = canopen::cob_id({canopen::service::sdo_response, number_});
    frame.length = canopen::sdo_bytes;
    std::ranges::copy(*said, frame.data.begin());
    frames_.push_back(frame);
  }
}

std::vector<messages::can::frame> own_node::take_frames() {
  return std::exchange(frames_, {});
}

std::vector<notice> own_node::take_notices() {
  return std::exchange(notices_, {});
}

} // namespace voltaic::actors::can_device
