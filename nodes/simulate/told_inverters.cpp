#include "nodes/simulate/told_inverters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "messages/inverter/codec.hpp"

namespace voltaic::nodes::simulate {
namespace {

told_frame describe(const site::inverter& inverter, const messages::can::frame& frame) {
  namespace wires = messages::inverter;
  told_frame made;
  made.inverter = inverter.name;
  made.id = frame.extended ? fmt::format("0x{:08X}", frame.id) : fmt::format("0x{:03X}", frame.id);
  for (std::size_t i = 0; i < frame.length; ++i) made.data += fmt::format("{:02X}", frame.data[i]);
  wires::payload values;
  static_cast<void>(
      wires::decode(inverter.profile->frames, site::wire_options_of(inverter), frame, values));
  constexpr double digits = 1e6; // what a scale of a tenth leaves behind is no value
  for (std::size_t i = 0; i < wires::items.size(); ++i) {
    const auto which = static_cast<wires::item>(i);
    const std::string name(wires::items[i].name);
    if (const auto number = values.number(which))
      made.numbers.emplace_back(name, std::round(*number * digits) / digits);
    if (values.flag(which) == true) made.flags.push_back(name);
  }
  return made;
}

} // namespace

void told_inverters::write(const simulated_site& site, event_writer& writer) {
  for (const auto& inverter : plan_.inverters) {
    const auto* played = site.inverter(inverter.name);
    if (played == nullptr) continue;
    for (const auto& [id, frame] : played->frames()) {
      std::array<std::uint8_t, 8> data{};
      std::copy_n(frame.data.begin(), data.size(), data.begin());
      const auto [known, is_first] = known_.try_emplace({inverter.name, id}, data);
      if (!is_first && known->second == data) continue;
      known->second = data;
      writer.add(describe(inverter, frame), site.now().monotonic_us);
    }
  }
}

} // namespace voltaic::nodes::simulate
