#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "messages/modbus/served_unit.hpp"

namespace voltaic::tests {

/// A unit of 200 registers in both tables, each worth its address at first.
class registers_unit final : public messages::modbus::served_unit {
 public:
  registers_unit() : holding(200), input(200) {
    std::iota(holding.begin(), holding.end(), std::uint16_t{0});
    std::iota(input.begin(), input.end(), std::uint16_t{0});
  }
  std::optional<messages::modbus::exception> read(messages::modbus::table from,
                                                  std::uint16_t address,
                                                  std::span<std::uint16_t> values) override {
    const auto& image = from == messages::modbus::table::input ? input : holding;
    if (address + values.size() > image.size()) return messages::modbus::exception::address;
    std::copy_n(image.begin() + address, values.size(), values.begin());
    return std::nullopt;
  }
  std::optional<messages::modbus::exception> write(messages::modbus::table, std::uint16_t address,
                                                   std::span<const std::uint16_t> values) override {
    if (address + values.size() > holding.size()) return messages::modbus::exception::address;
    std::copy(values.begin(), values.end(), holding.begin() + address);
    return std::nullopt;
  }
  std::vector<std::uint16_t> holding;
  std::vector<std::uint16_t> input;
};

} // namespace voltaic::tests
