#include "messages/canopen/abort_code.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace voltaic::messages::canopen {
namespace {

using row = std::pair<abort_code, std::string_view>;
constexpr std::array texts = {
    row{abort_code::toggle, "toggle bit not alternated"},
    row{abort_code::timeout, "SDO protocol timed out"},
    row{abort_code::specifier, "command specifier not valid or unknown"},
    row{abort_code::block_size, "invalid block size"},
    row{abort_code::sequence, "invalid sequence number"},
    row{abort_code::crc, "CRC error"},
    row{abort_code::memory, "out of memory"},
    row{abort_code::access, "unsupported access to an object"},
    row{abort_code::write_only, "attempt to read a write-only object"},
    row{abort_code::read_only, "attempt to write a read-only object"},
    row{abort_code::no_object, "object does not exist"},
    row{abort_code::not_mappable, "object cannot be mapped to the PDO"},
    row{abort_code::pdo_length, "mapped objects exceed the length of a PDO"},
    row{abort_code::incompatible_parameter, "general parameter incompatibility"},
    row{abort_code::incompatible_inside, "general internal incompatibility in the device"},
    row{abort_code::hardware, "access failed due to a hardware error"},
    row{abort_code::length, "data type or length of parameter does not match"},
    row{abort_code::too_long, "length of parameter too high"},
    row{abort_code::too_short, "length of parameter too low"},
    row{abort_code::no_subindex, "subindex does not exist"},
    row{abort_code::invalid_value, "invalid value for parameter"},
    row{abort_code::too_high, "value of parameter too high"},
    row{abort_code::too_low, "value of parameter too low"},
    row{abort_code::maximum_below_minimum, "maximum value is less than minimum value"},
    row{abort_code::no_resource, "resource not available"},
    row{abort_code::general, "general error"},
    row{abort_code::not_stored, "data cannot be transferred or stored"},
    row{abort_code::local_control, "data cannot be transferred because of local control"},
    row{abort_code::device_state, "data cannot be transferred in this state of the device"},
    row{abort_code::no_dictionary, "no object dictionary is present"},
    row{abort_code::no_data, "no data available"},
};

} // namespace

std::string_view to_string(abort_code code) {
  const auto found = std::ranges::find(texts, code, &row::first);
  return found == texts.end() ? std::string_view("unknown abort code") : found->second;
}

} // namespace voltaic::messages::canopen
