#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "actors/inverter_link/inverter_link_model.hpp"
#include "messages/current_agreement.hpp"
#include "messages/points/catalogue.hpp"

/// What a link says of itself as points.
namespace voltaic::actors::inverter_link {
namespace {

using messages::quality;
using messages::inverter::item_of;
using messages::points::computed_point;

// In the order in which `say` says them.
constexpr std::array described_points = {
    computed_point{"bms_communication", "BmsCommunication", "", 0, "text"},
    computed_point{"bms_communication_since", "BmsCommunicationSince", "s", 3},
    computed_point{"heartbeat_age", "HeartbeatAge", "s", 1},
    computed_point{"compatibility", "Compatibility", "", 0, "text"},
    computed_point{"told_charge_current_limit", "ToldChargeCurrentLimit", "A", 1},
    computed_point{"told_discharge_current_limit", "ToldDischargeCurrentLimit", "A", 1},
    computed_point{"told_charge_voltage_limit", "ToldChargeVoltageLimit", "V", 1},
    computed_point{"told_discharge_voltage_limit", "ToldDischargeVoltageLimit", "V", 1},
    computed_point{"told_charge_power_limit", "ToldChargePowerLimit", "W", 0},
    computed_point{"told_discharge_power_limit", "ToldDischargePowerLimit", "W", 0},
    computed_point{"charge_bounds", "ChargeBounds", "", 0, "text"},
    computed_point{"discharge_bounds", "DischargeBounds", "", 0, "text"},
    computed_point{"identity", "Identity", "", 0, "text"},
};

/// After them, where the inverter tells the voltage that it charges to.
constexpr computed_point absorption_voltage{"absorption_voltage", "AbsorptionVoltage", "V", 1};

/// And after that, where the racks' current is compared with what is measured on their DC bus.
constexpr std::array compared_points = {
    computed_point{"compared_current", "ComparedCurrent", "A", 1},
    computed_point{"racks_current", "RacksCurrent", "A", 1},
    computed_point{messages::current_check_point.data(), "CurrentCheck", "", 0, "text"},
};

messages::catalogue describe(const model_options& options) {
  const auto& name = options.name;
  std::vector<messages::point_description> points;
  const auto add = [&](const computed_point& each) {
    points.push_back(messages::points::describe(name, each, points_period_us));
  };
  for (const auto& each : described_points) add(each);
  if (options.profile->reads_charge_voltage) add(absorption_voltage);
  if (options.measured.is_known()) {
    for (const auto& each : compared_points) add(each);
    // A rack finds its word by its name.
    for (const auto& each : options.racks) {
      const auto point = messages::current_check_of(each.name);
      const auto channel = "CurrentCheck_" + each.name;
      add({point.c_str(), channel.c_str(), "", 0, "u16"});
    }
  }
  return messages::points::make_catalogue(name + "/link", std::move(points));
}

// "bms 210.0 A rack_1 cell_overvoltage/alarm; inverter 250.0 A its rating", the one that
// binds first: `voltaic why` takes it apart again.
std::string text_of(const std::vector<bound>& all) {
  std::string text;
  for (const auto& each : all) {
    if (!text.empty()) text += "; ";
    text += fmt::format("{} {:.1f} A {}", to_string(each.cause), each.current_a, each.detail);
  }
  return text;
}

class block_writer {
 public:
  explicit block_writer(std::int64_t now_us) : now_us_(now_us) {}
  void number(std::optional<double> value) {
    put(messages::block::reals{value.value_or(0)}, value ? quality::good : quality::never);
  }
  void text(std::string value) { put(std::move(value), quality::good); }
  void word(messages::current_agreement value) {
    put(messages::block::words{static_cast<std::uint16_t>(value)}, quality::good);
  }
  [[nodiscard]] std::vector<messages::block> take() { return std::move(blocks_); }

 private:
  template <class Values>
  void put(Values values, quality of) {
    messages::block block;
    block.point = static_cast<std::uint16_t>(blocks_.size());
    block.source_time_us = now_us_;
    block.quality = of;
    block.values = std::move(values);
    blocks_.push_back(std::move(block));
  }
  std::int64_t now_us_;
  std::vector<messages::block> blocks_;
};

std::optional<double> seconds(std::optional<std::int64_t> of_us) {
  if (!of_us) return std::nullopt;
  return static_cast<double>(*of_us) / static_cast<double>(messages::us_per_s);
}

// Which current a register leaves; nothing: it binds none at the battery's voltage.
std::optional<double> current_of(const tighter_register& of, std::optional<double> voltage_v) {
  if (of.item == item_of("charge_current_limit") || of.item == item_of("discharge_current_limit"))
    return of.held;
  if (of.item == item_of("charge_power_limit") || of.item == item_of("discharge_power_limit"))
    return voltage_v.value_or(0) > 0 ? of.held / *voltage_v : 0;
  const bool is_upper = of.item == item_of("charge_voltage_limit");
  const bool is_beyond = !voltage_v || (is_upper ? *voltage_v >= of.held : *voltage_v <= of.held);
  return is_beyond ? std::optional(0.0) : std::nullopt;
}

bool expects_heartbeat(const messages::inverter::inverter_profile& profile) {
  if (profile.wire == messages::inverter::wire::can) return profile.keep_alive.has_value();
  return !profile.heartbeat.read.empty() || !profile.reads.empty();
}

} // namespace

model::model(model_options options)
    : options_(std::move(options)),
      battery_(options_),
      currents_(options_),
      partner_(options_),
      heartbeat_(expects_heartbeat(*options_.profile)),
      schedule_(options_.profile->frames),
      falling_(options_.profile->frames),
      ranges_(options_.profile, options_.wire),
      registers_(options_.profile, options_.settable),
      readback_(cap_points_of(options_)),
      standing_(options_.racks.size()),
      catalogue_(describe(options_)) {
  assert(options_.validate().empty());
  const auto& profile = *options_.profile;
  const auto watch = [&](const std::string& point) {
    return device_points_.watch(options_.device + "/" + point);
  };
  for (const auto& each : profile.reads) device_items_.push_back({each.item, watch(each.point)});
  for (const auto& each : cap_points_of(options_)) written_places_[each.point] = watch(each.point);
  if (!profile.heartbeat.read.empty()) heartbeat_place_ = watch(profile.heartbeat.read);
}

std::string model::told_text(messages::inverter::item which) const {
  constexpr std::uint8_t decimals = 1;
  const auto* held = readback_.find(which);
  const auto value = held != nullptr ? std::optional(held->held) : payload_.number(which);
  return value ? messages::points::number_text(*value, decimals) : std::string();
}

// It moves no limit: what is told goes on as before, so that it is there as soon as it is taken.
void model::read_back(const std::vector<written_value>& wanted, const battery_state& battery,
                      std::int64_t now_us) {
  const auto read = [this](const std::string& point) {
    const auto& value = device_points_.at(written_places_.at(point));
    const bool is_good = value.quality <= quality::uncertain;
    return is_good ? std::optional(value.number) : std::nullopt;
  };
  readback_.step(wanted, read, now_us);
  if (readback_.tighter().empty()) return;
  for (const auto& each : readback_.tighter()) {
    const auto current_a = current_of(each, battery.voltage_v);
    if (!current_a) continue;
    const bool is_charge = messages::inverter::items[each.item].name.starts_with("charge");
    auto& all = is_charge ? told_.charge : told_.discharge;
    all.push_back({cause::inverter, *current_a, words_of(each)});
  }
  std::ranges::stable_sort(told_.charge, {}, &bound::current_a);
  std::ranges::stable_sort(told_.discharge, {}, &bound::current_a);
}

// Whoever asks what binds is told what binds now.
void model::judge_causes(std::int64_t now_us) {
  std::string fresh;
  for (const auto* all : {&told_.charge, &told_.discharge}) {
    for (const auto& each : *all) {
      fresh += to_string(each.cause);
      // Its words move with the voltage.
      if (each.cause != cause::fold_back) fresh += " " + each.detail;
      fresh += ";";
    }
  }
  if (fresh == causes_said_) return;
  if (causes_said_us_ && now_us - *causes_said_us_ < causes_spacing_us) return;
  causes_said_ = std::move(fresh);
  causes_said_us_ = now_us;
  points_said_us_.reset();
}

messages::telemetry model::say(std::int64_t now_us) const {
  block_writer out(now_us);
  out.text(std::string(inverter_link::to_string(communication_)));
  out.number(seconds(communication_since_utc_us_));
  out.number(seconds(heartbeat_.age_us(now_us)));
  out.text(std::string(to_string(partner_.compatibility())));
  out.number(told_.charge_current_a);
  out.number(told_.discharge_current_a);
  out.number(told_.charge_voltage_v);
  out.number(told_.discharge_voltage_v);
  out.number(told_.charge_power_w);
  out.number(told_.discharge_power_w);
  out.text(text_of(told_.charge));
  out.text(text_of(told_.discharge));
  out.text(partner_.inverter());
  if (options_.profile->reads_charge_voltage)
    out.number(inverter_number(item_of("inverter_charge_voltage"), now_us));
  if (!currents_.is_idle()) {
    out.number(currents_.measured_a());
    out.number(currents_.sum_a());
    out.text(currents_.words());
    for (std::size_t rack = 0; rack < options_.racks.size(); ++rack) out.word(currents_.of(rack));
  }
  auto blocks = out.take();
  assert(blocks.size() == catalogue_.points.size());
  return {catalogue_.owner, catalogue_.fingerprint, std::move(blocks)};
}

} // namespace voltaic::actors::inverter_link
