#include "bench/model_rack.hpp"

#include <stdexcept>

#include "actors/protection/full_rack.hpp"
#include "actors/simulator/rack_shape.hpp"
#include "actors/simulator/simulated_rack_model.hpp"
#include "messages/protection/derating.hpp"

namespace voltaic::bench {
namespace {

namespace protection = actors::protection;
namespace contactor = actors::contactor;
namespace simulator = actors::simulator;
using protection::measured;

constexpr std::int64_t tick_us = 50'000;
constexpr std::int64_t closing_max_us = 30 * messages::us_per_s;
constexpr double sound_insulation_ohm = 5e6;
/// Of what is left of the difference, in one tick of precharge.
constexpr double precharge_share = 0.5;

protection::protection_options rules(std::uint32_t cell_period_ms) {
  auto options = protection::testing::full_options("lfp", simulator::cells);
  options.points[protection::position_of(measured::cell_voltage)].period_ms = cell_period_ms;
  options.derating = messages::protection::derating_of({}, options.table);
  return options;
}

contactor::contactor_options contactors() {
  contactor::contactor_options options;
  options.rack = "rack_0";
  options.break_current_a = 20;
  return options;
}

} // namespace

model_rack::model_rack(std::uint32_t cell_period_ms, double current_a)
    : current_a_(current_a),
      now_us_(messages::us_per_s),
      pack_({}),
      protection_(rules(cell_period_ms)),
      contactor_(contactors()) {
  protection_.load_latches({}, false);
  contactor_.load_latches({}, false);
  device_.opened_by_lease = false;
  device_.bus_v = 0;
  permit_.rack = "rack_0";
  permit_.epoch = 1;
  for (std::size_t each = 0; each < protection::known_count; ++each)
    values_[each].resize(protection_.options().points[each].count);
}

void model_rack::close() {
  const auto until_us = now_us_ + closing_max_us;
  bool asked = false;
  while (contactor_.state() != contactor::state::closed) {
    if (now_us_ >= until_us) throw std::runtime_error("the rack does not close");
    if (!asked && now_us_ % messages::us_per_s == 0) asked = contactor_.request_close().empty();
    step();
  }
}

void model_rack::run(std::int64_t duration_us) {
  const auto end_us = now_us_ + duration_us;
  while (now_us_ < end_us) step();
}

void model_rack::step() {
  now_us_ += simulator::slot_us;
  const bool conducts = device_.minus_closed.value_or(false) && device_.plus_closed.value_or(false);
  const double flowing_a = conducts ? current_a_ : 0;
  device_.current_a = flowing_a;
  pack_.step(simulator::slot_us, flowing_a);
  news_.clear();
  for (std::size_t each = 0; each < protection::known_count; ++each) {
    const auto& of = protection_.options().points[each];
    if (of.count > 0 && now_us_ % (of.period_ms * messages::us_per_ms) == 0)
      read(static_cast<measured>(each));
  }
  if (!news_.empty() || now_us_ % tick_us == 0) judge();
}

void model_rack::read(measured what) {
  auto& values = values_[protection::position_of(what)];
  const auto value_of = [&](std::uint32_t index) -> double {
    switch (what) {
      case measured::cell_voltage:
        return pack_.cell_voltage_v(index);
      case measured::cell_temperature:
        return pack_.temperature_c(index / simulator::temperatures_per_module);
      case measured::terminal_temperature:
        return pack_.temperature_c(index == 0 ? 0 : simulator::modules - 1);
      case measured::voltage:
        return pack_.voltage_v();
      case measured::current:
        return *device_.current_a;
      case measured::soc:
        return pack_.soc_percent();
      case measured::insulation_resistance:
        return sound_insulation_ohm;
      case measured::fan_tacho:
      case measured::coolant_flow:
        break; // the demo's rack has neither
    }
    return 0;
  };
  for (std::uint32_t index = 0; index < values.size(); ++index)
    values[index] = protection::fixed(value_of(index), protection::describe(what).parts).value();
  news_.push_back({0, now_us_, values, messages::quality::good, {}, what});
}

void model_rack::judge() {
  protection::inputs news;
  news.blocks = news_;
  const auto& word = protection_.step(news, {now_us_, now_us_}).verdict;
  permit_.granted = word.granted;
  permit_.close_allowed = word.close_allowed;
  permit_.opening = word.opening;
  permit_.locked = word.locked;
  permit_.reasons = word.reasons;
  ++permit_.counter;
  obey();
}

void model_rack::obey() {
  using messages::contactor_order;
  device_.rack_v = pack_.voltage_v();
  contactor_.take_permit(permit_, now_us_);
  const auto order = contactor_.step(device_, now_us_).order;
  const bool precharges = order == contactor_order::precharge;
  const bool closes = order == contactor_order::close;
  device_.minus_closed = precharges || closes;
  device_.precharge_closed = precharges;
  device_.plus_closed = closes;
  const double missing_v = *device_.rack_v - *device_.bus_v;
  if (precharges) device_.bus_v = *device_.bus_v + missing_v * precharge_share;
  if (closes) device_.bus_v = *device_.rack_v;
}

} // namespace voltaic::bench
