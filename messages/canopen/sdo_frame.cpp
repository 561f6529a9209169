#include "messages/canopen/sdo_frame.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/little_endian.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr unsigned expedited_bit = 0x02;
constexpr unsigned size_bit = 0x01;
constexpr unsigned expedited_unused_shift = 2;
constexpr unsigned expedited_unused_mask = 0x03;
constexpr unsigned unused_shift = 1;
constexpr unsigned unused_mask = 0x07;
constexpr unsigned last_bit = 0x01;
constexpr std::size_t number_at = 4;

} // namespace

std::string to_string(const object_address& of) {
  return fmt::format("{:04X}:{:02X}", of.index, of.subindex);
}

object_address address_of(const sdo_frame& of) {
  return {static_cast<std::uint16_t>(of[1] | of[2] << 8), of[3]};
}

std::uint32_t number_of(const sdo_frame& of) {
  return static_cast<std::uint32_t>(get_number(std::span(of).subspan(number_at)));
}

sdo_frame make_sdo(unsigned byte0, const object_address& of, std::uint32_t number) {
  sdo_frame made{};
  made[0] = static_cast<std::uint8_t>(byte0);
  put_number(std::span(made).subspan(1, 2), of.index);
  made[3] = of.subindex;
  put_number(std::span(made).subspan(number_at), number);
  return made;
}

sdo_frame make_plain(std::uint8_t specifier, unsigned low) {
  sdo_frame made{};
  made[0] = command_byte(specifier, low);
  return made;
}

sdo_frame make_abort(const object_address& of, abort_code why) {
  return make_sdo(abort_specifier, of, static_cast<std::uint32_t>(why));
}

initiate initiate::read(const sdo_frame& from) {
  initiate said;
  said.is_expedited = (from[0] & expedited_bit) != 0;
  if ((from[0] & size_bit) == 0) return said;
  const auto unused = from[0] >> expedited_unused_shift & expedited_unused_mask;
  said.size = said.is_expedited ? static_cast<std::uint32_t>(expedited_bytes_max - unused)
                                : number_of(from);
  return said;
}

object_bytes initiate::data(const sdo_frame& from) const {
  const auto count = size.value_or(expedited_bytes_max);
  return {from.begin() + number_at, from.begin() + number_at + count};
}

sdo_frame make_initiate(std::uint8_t specifier, const object_address& of,
                        std::span<const std::uint8_t> data, bool tells_size) {
  const unsigned high = command_byte(specifier);
  const auto size = static_cast<std::uint32_t>(data.size());
  if (data.empty() || data.size() > expedited_bytes_max)
    return make_sdo(high | (tells_size ? size_bit : 0), of, tells_size ? size : 0);
  const auto unused = static_cast<unsigned>(expedited_bytes_max - data.size());
  return make_sdo(high | unused << expedited_unused_shift | expedited_bit | size_bit, of,
                  static_cast<std::uint32_t>(get_number(data)));
}

segment segment::read(const sdo_frame& from) {
  const auto unused = from[0] >> unused_shift & unused_mask;
  return {(from[0] & toggle_bit) != 0, (from[0] & last_bit) != 0,
          std::span(from).subspan(1, segment_bytes - unused)};
}

sdo_frame make_segment(std::span<const std::uint8_t> data, std::size_t offset, bool toggle) {
  const auto part = data.subspan(offset, std::min(segment_bytes, data.size() - offset));
  const bool is_last = offset + part.size() == data.size();
  sdo_frame made{};
  made[0] = static_cast<std::uint8_t>((toggle ? toggle_bit : 0) |
                                      (segment_bytes - part.size()) << unused_shift |
                                      (is_last ? last_bit : 0));
  std::ranges::copy(part, made.begin() + 1);
  return made;
}

} // namespace voltaic::messages::canopen
