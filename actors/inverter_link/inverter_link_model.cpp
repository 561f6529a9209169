#include "actors/inverter_link/inverter_link_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <utility>

#include "messages/event_codes.hpp"
#include "messages/inverter/codec.hpp"

namespace voltaic::actors::inverter_link {

namespace codes = messages::event_codes;
namespace wire = messages::inverter;
using wire::item_of;

namespace {

// What the inverter said counts as long as its heartbeat would.
constexpr std::int64_t inverter_age_us_max = zero_after_us;
// On the wire a state of health is a number; nobody measures one yet.
constexpr double soh_unknown_percent = 100;
/// What an inverter says of itself: manufacturer, model, firmware.
constexpr std::array identity_items = {item_of("inverter_manufacturer"), item_of("inverter_model"),
                                       item_of("inverter_version")};
constexpr double idle_current_a = 0.5;
// Of Pylontech's high-voltage status.
constexpr double status_charge = 1;
constexpr double status_discharge = 2;
constexpr double status_idle = 3;
} // namespace

std::vector<std::string> model_options::validate() const {
  std::vector<std::string> findings;
  if (name.empty()) findings.emplace_back("name: is missing");
  if (profile == nullptr) findings.emplace_back("profile: is missing");
  if (racks.empty()) findings.emplace_back("racks: there is none");
  if (fold_back && !(fold_back->begin_v > 0)) findings.emplace_back("fold_back: is not above 0 V");
  if (discharge_fold_back && !(discharge_fold_back->begin_v > 0))
    findings.emplace_back("discharge_fold_back: is not above 0 V");
  if (fallback && !(fallback->lowest_v < fallback->highest_v))
    findings.emplace_back("fallback: its voltages are no range");
  const bool is_modbus = profile != nullptr && profile->wire == wire::wire::modbus;
  if (is_modbus == device.empty()) findings.emplace_back("device: goes with a Modbus profile");
  return findings;
}

std::vector<cap_point> cap_points_of(const model_options& options) {
  std::vector<cap_point> points;
  if (options.profile == nullptr) return points;
  for (const auto& each : options.profile->writes) {
    const auto range = options.settable.find(each.point);
    const auto side = messages::known_tighter(wire::items[each.item].name);
    if (range == options.settable.end() || !side) continue;
    points.push_back({each.item, each.point, range->second, *side});
  }
  return points;
}

std::string_view to_string(communication of) {
  switch (of) {
    case communication::disconnected:
      return "Disconnected";
    case communication::connecting:
      return "Connecting";
    case communication::normal:
      return "Normal";
    case communication::degraded:
      return "Degraded";
  }
  return "Disconnected";
}

void model::learn(const messages::catalogue& described) {
  battery_.learn(described);
  currents_.learn(described);
  device_points_.learn(described);
}

void model::take(const messages::telemetry& said, std::int64_t now_us) {
  battery_.take(said, now_us);
  currents_.take(said, now_us);
  if (!options_.device.empty()) take_device(device_points_.apply(said), now_us);
}

// The life of a Modbus inverter is a counter that grows, or that it answers at all.
void model::take_device(const std::vector<std::size_t>& changed, std::int64_t now_us) {
  bool is_alive = false;
  for (const auto place : changed) {
    const auto& value = device_points_.at(place);
    const bool is_usable = value.quality <= messages::quality::uncertain;
    // It comes again after a silence: nothing to go by yet, but it lives.
    const bool is_back =
        value.quality == messages::quality::stale && value.source_time_us > device_heard_us_[place];
    device_heard_us_[place] = value.source_time_us;
    if (!is_usable && !is_back) continue;
    if (heartbeat_place_ == place) heartbeat_.beat(now_us, value.number);
    for (const auto& each : device_items_) {
      if (each.place != place) continue;
      is_alive = true;
      if (!is_usable) continue;
      inverter_.set(each.item, wire::items[each.item].kind == wire::item_kind::text
                                   ? wire::item_value(value.text)
                                   : wire::item_value(value.number));
      inverter_heard_us_ = std::max(inverter_heard_us_, now_us);
    }
  }
  if (is_alive && !heartbeat_place_) heartbeat_.beat(now_us);
}

void model::take(std::span<const messages::can::frame> frames, std::int64_t now_us) {
  for (const auto& each : frames) take_frame(each, now_us);
}

void model::take_frame(const messages::can::frame& frame, std::int64_t now_us) {
  const auto& profile = *options_.profile;
  if (frame.error || frame.remote) return;
  const wire::identifier id{frame.id, frame.extended};
  if (const auto& alive = profile.keep_alive; alive && alive->id == id) {
    const bool counts = alive->counter_byte && *alive->counter_byte < frame.length;
    heartbeat_.beat(
        now_us, counts ? std::optional<double>(frame.data[*alive->counter_byte]) : std::nullopt);
  }
  for (const auto& each : profile.requests)
    if (wire::is_request(each, frame)) schedule_.ask(each.name);
  if (wire::decode(profile.received, options_.wire, frame, inverter_)) {
    inverter_heard_us_ = std::max(inverter_heard_us_, now_us);
    if (wire::tells(profile.received, options_.wire, frame, item_of("inverter_current")))
      currents_.take_measured(inverter_.number(item_of("inverter_current")), now_us);
  }
  const bool is_ours = std::ranges::any_of(profile.frames, [&](const auto& layout) {
    return wire::sent_id(layout, options_.wire) == id;
  });
  if (is_ours) rival_us_ = std::max(rival_us_.value_or(now_us), now_us);
}

std::optional<double> model::inverter_number(wire::item which, std::int64_t now_us) const {
  if (inverter_heard_us_ == 0 || now_us - inverter_heard_us_ > inverter_age_us_max)
    return std::nullopt;
  return inverter_.number(which);
}

// The inverter charges to a voltage of its own: told once, after a while.
void model::judge_absorption(std::int64_t now_us, outputs& out) {
  const auto told_v = inverter_number(item_of("inverter_charge_voltage"), now_us);
  const bool is_wrong = told_v && told_.charge_voltage_v &&
                        *told_v > *told_.charge_voltage_v + absorption_tolerance_v;
  if (!is_wrong) {
    if (std::exchange(is_absorption_told_, false))
      out.reports.push_back({codes::inverter_absorption, "absorption_agrees", ""});
    absorption_wrong_us_.reset();
    return;
  }
  if (!absorption_wrong_us_) absorption_wrong_us_ = now_us;
  if (now_us - *absorption_wrong_us_ < absorption_patience_us || is_absorption_told_) return;
  is_absorption_told_ = true;
  out.reports.push_back({codes::inverter_absorption, "absorption_differs",
                         fmt::format("the inverter charges to {:.1f} V, the limit is {:.1f} V",
                                     *told_v, *told_.charge_voltage_v)});
}

void model::judge_rival(std::int64_t now_us, outputs& out) {
  const bool is_there = rival_us_ && now_us - *rival_us_ <= rival_memory_us;
  if (is_there == std::exchange(is_rival_told_, is_there)) return;
  if (is_there)
    out.reports.push_back({codes::inverter_rival, "two_batteries",
                           "somebody else sends the battery's frames on this bus"});
  else
    out.reports.push_back({codes::inverter_rival, "one_battery", ""});
}

communication model::communication_of(presence inverter, std::int64_t now_us) const {
  const bool is_refused = refused_us_ && now_us - *refused_us_ <= refused_memory_us;
  if (is_refused || inverter == presence::lost || inverter == presence::standby)
    return communication::disconnected;
  if (inverter == presence::awaited) return communication::connecting;
  const bool is_whole = !has_missing_ && ranges_.reason().empty() && !is_rival_told_ &&
                        !is_absorption_told_ && readback_.tighter().empty() &&
                        partner_.compatibility() != compatibility::incompatible &&
                        told_.charge.front().cause != cause::no_data &&
                        told_.discharge.front().cause != cause::no_data;
  return is_whole ? communication::normal : communication::degraded;
}

std::string model::reason_of(communication of, presence inverter) const {
  if (of == communication::disconnected) {
    if (inverter == presence::standby) return "no heartbeat for a minute: standby";
    if (inverter == presence::lost) return "no heartbeat for 5 s: nothing may flow";
    return "the bus does not take what it is told";
  }
  if (of == communication::connecting) return "its heartbeat is not steady yet";
  if (of == communication::normal) return "";
  if (partner_.compatibility() == compatibility::incompatible)
    return "battery and inverter do not work together";
  if (is_rival_told_) return "two batteries on its bus";
  if (is_absorption_told_) return "it charges to another voltage";
  if (!readback_.tighter().empty())
    return words_of(readback_.tighter().front()) + ", tighter than told";
  if (told_.charge.front().cause == cause::no_data) return "nobody says the battery's limits now";
  if (!ranges_.reason().empty()) return "its frames cannot say the " + ranges_.reason();
  return "values that it needs are missing";
}

void model::judge_communication(presence inverter, messages::instant now, outputs& out) {
  const auto fresh = communication_of(inverter, now.monotonic_us);
  if (std::exchange(is_started_, true) && fresh == communication_) return;
  communication_ = fresh;
  communication_since_utc_us_ = now.utc_us;
  points_said_us_.reset(); // told at once
  out.reports.push_back(
      {codes::inverter_communication, std::string(to_string(fresh)), reason_of(fresh, inverter)});
}

// A frame that needs a voltage would not go out where nobody says one, and with it the zeros
// that an inverter has to hear. At zero current the last one lets nothing flow.
void model::hold_voltages() {
  const bool is_zero = told_.charge_current_a <= 0 && told_.discharge_current_a <= 0;
  const auto hold = [&](std::optional<double>& now_v, std::optional<double>& last_v) {
    if (now_v) last_v = now_v;
    if (!now_v && is_zero) now_v = last_v;
  };
  hold(told_.charge_voltage_v, last_charge_v_);
  hold(told_.discharge_voltage_v, last_discharge_v_);
}

// Until it is done: whoever carries it out may be gone for a while, too.
void model::drop_relay(std::int64_t now_us, outputs& out) {
  if (options_.safety_relay.empty() || is_relay_dropped_) return;
  if (relay_asked_us_ && now_us - *relay_asked_us_ < ask_again_us) return;
  relay_asked_us_ = now_us;
  out.wishes.push_back({options_.safety_relay, 0.0, "the inverter was lost"});
}

void model::was_granted(const std::string& point) {
  if (point == options_.safety_relay) is_relay_dropped_ = true;
}

// An inverter that is gone takes and gives nothing; where current flows all the same, the
// racks are opened, for nothing else can stop it.
void model::keep_apart(presence inverter, const battery_state& battery, std::int64_t now_us,
                       outputs& out) {
  if (inverter != presence::standby) {
    standby_us_.reset();
    opened_us_.reset();
    relay_asked_us_.reset();
    is_relay_dropped_ = false;
    return;
  }
  if (!standby_us_) {
    standby_us_ = now_us;
    out.reports.push_back({codes::inverter_lost, "standby", "no heartbeat for a minute"});
  }
  drop_relay(now_us, out);
  // What nobody measures may flow wherever a rack may be joined to its bus.
  const bool flows =
      battery.current_a ? std::abs(*battery.current_a) > standby_current_a : battery.may_carry;
  if (!flows || now_us - *standby_us_ < standby_rest_us) return;
  if (opened_us_ && now_us - *opened_us_ < ask_again_us) return;
  opened_us_ = now_us;
  const bool can_any = std::ranges::any_of(options_.racks, &rack_facts::can_open);
  out.reports.push_back(
      {codes::inverter_lost, can_any ? "opening" : "cannot_open",
       battery.current_a
           ? fmt::format("{:.1f} A flow without the inverter's heartbeat", *battery.current_a)
           : "nobody says whether current flows without the inverter's heartbeat"});
  for (const auto& rack : options_.racks)
    if (rack.can_open)
      out.wishes.push_back({rack.name + "/contactor", std::string("open"),
                            "current flows, or may, although the inverter was lost"});
}

void model::add_identity() {
  const auto number = [&](wire::item which, double value) {
    if (value > 0) payload_.set(which, value);
  };
  const auto& of = options_.identity;
  payload_.set(item_of("manufacturer"), of.manufacturer);
  payload_.set(item_of("name"), of.name);
  payload_.set(item_of("product_family"), of.manufacturer);
  number(item_of("firmware_version"), of.version);
  number(item_of("cells_in_series"), of.cells_in_series);
  number(item_of("cells_per_module"), of.cells_per_module);
}

void model::fill(const battery_state& battery) {
  payload_ = battery.values;
  add_identity();
  const auto set = [&](wire::item which, std::optional<double> value) {
    payload_.set(which, value ? wire::item_value(*value) : wire::item_value());
  };
  set(item_of("charge_current_limit"), told_.charge_current_a);
  set(item_of("discharge_current_limit"), told_.discharge_current_a);
  set(item_of("charge_voltage_limit"), told_.charge_voltage_v);
  set(item_of("discharge_voltage_limit"), told_.discharge_voltage_v);
  set(item_of("charge_power_limit"), told_.charge_power_w);
  set(item_of("discharge_power_limit"), told_.discharge_power_w);
  payload_.set(item_of("charge_enable"), told_.charge_current_a > 0);
  payload_.set(item_of("discharge_enable"), told_.discharge_current_a > 0);
  if (!payload_.number(item_of("soh"))) payload_.set(item_of("soh"), soh_unknown_percent);
  for (const auto never : {item_of("force_charge"), item_of("force_charge_slow"),
                           item_of("full_charge_request"), item_of("balance_charge_request")})
    payload_.set(never, false); // a battery that demands power is a decision of people
  const double current_a = battery.current_a.value_or(0);
  payload_.set(item_of("status"), current_a > idle_current_a    ? status_discharge
                                  : current_a < -idle_current_a ? status_charge
                                                                : status_idle);
}

// An inverter that cannot be told the voltage of its battery is told to leave it alone, and
// everybody else that this pair does not work.
void model::stop_unsayable(const battery_state& battery, std::int64_t now_us, outputs& out) {
  ranges_.look(payload_, now_us);
  if (ranges_.stops()) {
    stop_flow(told_, {cause::cannot_say, 0, ranges_.reason()}, battery);
    fill(battery);
  }
  if (const auto news = ranges_.take_news())
    out.reports.push_back(
        {codes::inverter_range, news->empty() ? "says_all" : "cannot_say", *news});
}

void model::encode_frames(std::int64_t now_us, outputs& out) {
  bool is_missing = false;
  for (const auto& layout : options_.profile->frames) {
    if (!wire::encode(layout, options_.wire, payload_)) is_missing = true;
  }
  has_missing_ = is_missing;
  for (std::size_t position = 0; position < options_.profile->frames.size(); ++position)
    if (falling_.fell(position, payload_)) schedule_.hurry(position);
  for (const auto position : schedule_.due(now_us)) {
    const auto made = wire::encode(options_.profile->frames[position], options_.wire, payload_);
    if (!made) continue;
    out.frames.push_back(*made);
    falling_.went_out(position, payload_);
  }
}

// Told when it is judged for the first time, and whenever that, or who is judged, changes.
void model::judge_compatibility(presence inverter, std::int64_t now_us, outputs& out) {
  if (inverter == presence::lost || inverter == presence::standby)
    for (const auto which : identity_items) inverter_.set(which, {});
  const auto text = [&](wire::item which) {
    const auto* told = std::get_if<std::string>(&inverter_.at(which));
    return told != nullptr ? *told : std::string();
  };
  partner_.tell_inverter(
      {text(identity_items[0]), text(identity_items[1]), text(identity_items[2])});
  for (std::size_t rack = 0; rack < options_.racks.size(); ++rack)
    partner_.tell_battery(rack, battery_.identity_of(rack));
  if (!partner_.step(inverter, now_us)) return;
  points_said_us_.reset(); // told at once
  const auto now = partner_.compatibility();
  const bool is_fine = now == compatibility::compatible;
  // The same is not told again after each silence, and what is not known yet not at all.
  if (now == compatibility::awaited || (is_fine && mismatch_told_.empty())) return;
  const auto told = is_fine ? std::string() : std::string(to_string(now)) + partner_.reason();
  if (std::exchange(mismatch_told_, told) == told) return;
  out.reports.push_back(
      {codes::inverter_compatibility, std::string(to_string(now)), partner_.reason()});
}

std::vector<named_cap> model::caps_of_people() const {
  std::vector<named_cap> named;
  for (const auto& each : caps_) {
    const auto* set = battery_.find_setpoint(options_.device + "/" + each.point, each.value);
    named.push_back({each.item, each.value, set != nullptr ? set_by(*set) : std::string()});
  }
  return named;
}

void model::compare_currents(std::int64_t now_us) {
  if (currents_.is_idle()) return;
  for (std::size_t rack = 0; rack < standing_.size(); ++rack)
    standing_[rack] = battery_.standing_of(rack, now_us);
  if (currents_.step(standing_, now_us)) points_said_us_.reset(); // told at once
}

outputs model::step(messages::instant now) {
  outputs out;
  const auto now_us = now.monotonic_us;
  const auto inverter = heartbeat_.step(now_us);
  judge_compatibility(inverter, now_us, out);
  const auto battery = battery_.step(now_us);
  told_ = tell_limits(options_, battery, inverter, partner_.compatibility(),
                      inverter_number(item_of("inverter_voltage"), now_us), caps_of_people());
  hold_voltages();
  fill(battery);
  if (options_.profile->wire == wire::wire::can) {
    stop_unsayable(battery, now_us, out);
    encode_frames(now_us, out);
  } else {
    out.values = registers_.values(payload_);
    out.beat = registers_.beat(now_us);
    read_back(out.values, battery, now_us);
  }
  judge_rival(now_us, out);
  judge_absorption(now_us, out);
  keep_apart(inverter, battery, now_us, out);
  judge_communication(inverter, now, out);
  judge_causes(now_us);
  compare_currents(now_us);
  if (!points_said_us_ || now_us - *points_said_us_ >= points_period_us) {
    points_said_us_ = now_us;
    out.said = say(now_us);
  }
  return out;
}

} // namespace voltaic::actors::inverter_link
