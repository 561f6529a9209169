#pragma once

#include <array>
#include <optional>

#include "messages/canopen/lss.hpp"

namespace voltaic::tests {

/// A device that node ids are given to (CiA 305): what it answers to LSS.
class lss_device {
 public:
  using frame = messages::can::frame;
  explicit lss_device(const messages::canopen::lss::identity& who)
      : parts_{who.vendor, who.product, who.revision, who.serial} {}

  std::optional<frame> take(const frame& asked) {
    using messages::canopen::lss::command;
    const auto number = number_of(asked);
    const auto what = static_cast<command>(asked.data[0]);
    switch (what) {
      case command::switch_global:
        is_configured_ = asked.data[1] == 1;
        return std::nullopt;
      case command::select_vendor:
      case command::select_product:
      case command::select_revision:
      case command::select_serial:
        return select(static_cast<unsigned>(what) - 0x40, number);
      case command::fastscan:
        return scan(number, asked.data[5], asked.data[6], asked.data[7]);
      case command::set_node_id:
        if (!is_configured_) return std::nullopt;
        node = asked.data[1];
        return answer(what, 0);
      case command::store:
        if (!is_configured_) return std::nullopt;
        stored = node;
        return answer(what, 0);
      case command::inquire_vendor:
      case command::inquire_product:
      case command::inquire_revision:
      case command::inquire_serial:
        if (!is_configured_) return std::nullopt;
        return answer(what, parts_[static_cast<unsigned>(what) - 0x5A]);
      case command::inquire_node_id:
        if (!is_configured_) return std::nullopt;
        return answer(what, node);
      default:
        return std::nullopt;
    }
  }

  std::uint8_t node = messages::canopen::lss::unconfigured_node;
  std::uint8_t stored = messages::canopen::lss::unconfigured_node;

 private:
  static std::uint32_t number_of(const frame& from) {
    std::uint32_t number = 0;
    for (unsigned i = 0; i < 4; ++i) number |= std::uint32_t{from.data[1 + i]} << (8 * i);
    return number;
  }
  static frame answer(messages::canopen::lss::command to, std::uint32_t number) {
    frame said;
    said.id = 0x7E4;
    said.length = 8;
    said.data[0] = static_cast<std::uint8_t>(to);
    for (unsigned i = 0; i < 4; ++i)
      said.data[1 + i] = static_cast<std::uint8_t>(number >> (8 * i));
    return said;
  }
  std::optional<frame> select(unsigned part, std::uint32_t number) {
    selected_ = part == 0 ? 0 : selected_;
    if (selected_ == part && parts_[part] == number) ++selected_;
    if (selected_ != parts_.size()) return std::nullopt;
    selected_ = 0;
    is_configured_ = true;
    return answer(messages::canopen::lss::command::selected, 0);
  }
  std::optional<frame> scan(std::uint32_t number, unsigned bit, unsigned part, unsigned next) {
    if (is_configured_ || node != messages::canopen::lss::unconfigured_node) return std::nullopt;
    if (bit == 128) {
      position_ = 0;
      return answer(messages::canopen::lss::command::identified, 0);
    }
    if (bit > 31 || part != position_ || part > 3) return std::nullopt;
    const std::uint32_t mask = ~std::uint32_t{0} << bit;
    if ((parts_[part] & mask) != (number & mask)) return std::nullopt;
    position_ = next;
    if (bit == 0 && next < part) is_configured_ = true;
    return answer(messages::canopen::lss::command::identified, 0);
  }

  std::array<std::uint32_t, 4> parts_;
  unsigned selected_ = 0;
  unsigned position_ = 0;
  bool is_configured_ = false;
};

} // namespace voltaic::tests
