#include "bus/modbus/connection.hpp"

namespace voltaic::bus::modbus {

messages::modbus::request request_of(const read_request& asked) {
  using messages::modbus::function;
  constexpr function functions[] = {function::read_coils, function::read_discrete,
                                    function::read_holding, function::read_input};
  return {functions[static_cast<std::size_t>(asked.table)], asked.address, asked.count, 0, {}};
}

} // namespace voltaic::bus::modbus
