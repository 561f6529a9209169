#include "messages/canopen/lss.hpp"

#include <algorithm>
#include <array>

#include "messages/canopen/identifiers.hpp"
#include "messages/little_endian.hpp"

namespace voltaic::messages::canopen::lss {
namespace {

constexpr std::size_t lss_bytes = 8;
constexpr std::size_t number_bytes = 4;
// By index; 5 is reserved.
constexpr std::array<std::uint32_t, 9> bit_rates = {1'000'000, 800'000, 500'000, 250'000, 125'000,
                                                    0,         50'000,  20'000,  10'000};

can::frame make(command what) {
  can::frame made;
  made.id = cob_id({service::lss_request});
  made.length = lss_bytes;
  made.data[0] = static_cast<std::uint8_t>(what);
  return made;
}

can::frame make_with_number(command what, std::uint32_t number) {
  auto made = make(what);
  put_number({made.data.data() + 1, number_bytes}, number);
  return made;
}

} // namespace

can::frame switch_global(bool to_configuration) {
  auto made = make(command::switch_global);
  made.data[1] = to_configuration ? 1 : 0;
  return made;
}

std::vector<can::frame> switch_selective(const identity& of) {
  return {make_with_number(command::select_vendor, of.vendor),
          make_with_number(command::select_product, of.product),
          make_with_number(command::select_revision, of.revision),
          make_with_number(command::select_serial, of.serial)};
}

can::frame set_node_id(std::uint8_t node) {
  auto made = make(command::set_node_id);
  made.data[1] = node;
  return made;
}

can::frame set_bit_timing(std::uint8_t rate) {
  auto made = make(command::set_bit_timing);
  made.data[2] = rate;
  return made;
}

std::optional<std::uint8_t> bit_timing_index(std::uint32_t bits_a_second) {
  const auto found = std::ranges::find(bit_rates, bits_a_second);
  if (bits_a_second == 0 || found == bit_rates.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - bit_rates.begin());
}

can::frame activate_bit_timing(std::uint16_t delay_ms) {
  auto made = make(command::activate_bit_timing);
  put_number({made.data.data() + 1, 2}, delay_ms);
  return made;
}

can::frame store() {
  return make(command::store);
}

can::frame inquire(command what) {
  return make(what);
}

can::frame fastscan(std::uint32_t number, std::uint8_t bit_checked, std::uint8_t part,
                    std::uint8_t next_part) {
  constexpr std::size_t behind_number = 5;
  auto made = make_with_number(command::fastscan, number);
  made.data[behind_number] = bit_checked;
  made.data[behind_number + 1] = part;
  made.data[behind_number + 2] = next_part;
  return made;
}

std::optional<answer> read_answer(std::span<const std::uint8_t> payload) {
  if (payload.size() != lss_bytes) return std::nullopt;
  answer said;
  said.to = static_cast<command>(payload[0]);
  switch (said.to) {
    case command::set_node_id:
    case command::set_bit_timing:
    case command::store:
      said.error = payload[1];
      said.specific = payload[2];
      return said;
    case command::inquire_vendor:
    case command::inquire_product:
    case command::inquire_revision:
    case command::inquire_serial:
      said.value = static_cast<std::uint32_t>(get_number(payload.subspan(1, number_bytes)));
      return said;
    case command::inquire_node_id:
      said.value = payload[1];
      return said;
    case command::selected:
    case command::identified:
      return said;
    default:
      break;
  }
  return std::nullopt;
}

} // namespace voltaic::messages::canopen::lss
