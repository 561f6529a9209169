#include "scenarios/property/inverter_wire.hpp"

#include <utility>

namespace voltaic::tests::property {
namespace {

using messages::can::frame;

// Written down a second time, as the makers have it, so that a mistake of a profile shows.
constexpr std::uint32_t limits_id = 0x351;
constexpr std::uint32_t pylontech_limits_id = 0x4220;
constexpr double amperes_per_bit = 0.1;
constexpr int pylontech_zero = 30'000;
constexpr std::uint32_t alive_id = 0x305;
constexpr std::uint32_t pylontech_alive_id = 0x4200;

int u16(const frame& from, std::size_t at) {
  return from.data[at] | from.data[at + 1] << 8;
}
int i16(const frame& from, std::size_t at) {
  return static_cast<std::int16_t>(u16(from, at));
}

} // namespace

std::optional<limits_told> read_told(inverter_family family, const frame& from) {
  if (from.length != 8) return std::nullopt;
  if (family == inverter_family::pylontech_hv) {
    if (!from.extended || from.id != pylontech_limits_id) return std::nullopt;
    return limits_told{(u16(from, 4) - pylontech_zero) * amperes_per_bit,
                       (u16(from, 6) - pylontech_zero) * amperes_per_bit};
  }
  if (from.extended || from.id != limits_id) return std::nullopt;
  return limits_told{i16(from, 2) * amperes_per_bit, i16(from, 4) * amperes_per_bit};
}

inverter_wire::inverter_wire(const nodes::site::inverter& described, inverter_family family,
                             std::function<void(const fact&)> tell, hit_counters& hits)
    : family_(family),
      alive_(family == inverter_family::pylontech_hv
                 ? messages::inverter::identifier{pylontech_alive_id, true}
                 : messages::inverter::identifier{alive_id, false}),
      tell_(std::move(tell)),
      hits_(hits),
      inverter_(described.profile, nodes::site::wire_options_of(described)) {}

void inverter_wire::send(const frame& sent, std::int64_t now_us) {
  if (const auto told = read_told(family_, sent)) {
    ++hits_[told->charge_a > 0 || told->discharge_a > 0 ? "inverter told that current may flow"
                                                        : "inverter told zero"];
    tell_({now_us, -1, *told});
  }
  arriving_.push_back(sent);
}

std::vector<frame> inverter_wire::step(std::int64_t now_us, std::int64_t clock_us) {
  auto said = inverter_.step(clock_us, std::exchange(arriving_, {}));
  for (auto& each : said) each.time_us = clock_us;
  if (now_us >= silent_until_us_) return said;
  if (!said.empty()) ++hits_["inverter silent"];
  return {};
}

void inverter_wire::heard(const frame& from, std::int64_t now_us) const {
  if (messages::inverter::identifier{from.id, from.extended} == alive_)
    tell_({now_us, -1, inverter_alive{}});
}

} // namespace voltaic::tests::property
