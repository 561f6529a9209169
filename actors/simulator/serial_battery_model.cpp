#include "actors/simulator/serial_battery_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "messages/can/frame.hpp"
#include "messages/profiles/bits.hpp"
#include "messages/serial/dialect.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::simulator {
namespace {

namespace profiles = messages::profiles;
namespace wire = messages::serial;

constexpr unsigned byte_bits = 8;
constexpr double s_per_h = 3'600;
constexpr double cell_v = 3.3;
// So that no cell is like its neighbour, and a mistaken order is seen.
constexpr double cell_step_v = 0.001;
constexpr double warm_c = 25;
constexpr double half = 0.5;
// What a battery without a lease was told holds until it is told something else.
constexpr std::int64_t forever_us = std::numeric_limits<std::int64_t>::max() / 4;

struct usual {
  std::string_view point;
  double value;
};
// What a sound battery that rests says; what is not here is 0.
constexpr usual usuals[] = {{"cell_temperature", warm_c},
                            {"board_temperature", warm_c},
                            {"charge_enabled", 1},
                            {"discharge_enabled", 1},
                            {"soc", 60},
                            {"cycles", 12},
                            {"charge_voltage_limit_reported", 53.25},
                            {"discharge_voltage_limit_reported", 45}};

std::int64_t lowest_bits(const profiles::number_form& form) {
  return form.bit_count != 0 ? form.bit_count : std::int64_t{byte_bits} * form.bytes;
}

/// What stands in a field of an order.
std::int64_t raw_of_field(const profiles::command_field& field,
                          std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, messages::can::fd_bytes_max> room{};
  std::ranges::copy(bytes, room.begin());
  const auto [window, lies] = profiles::place(field.bits, static_cast<unsigned>(bytes.size()));
  const auto word = profiles::load_word(room.data() + window);
  const auto turned = lies.order == profiles::bit_order::intel ? word : profiles::swap_bytes(word);
  return static_cast<std::int64_t>(turned >> profiles::word_shift(lies) &
                                   profiles::low_mask(lies.length));
}

/// The largest number that the bytes hold: what devices say where they know nothing.
std::int64_t all_ones(const profiles::number_form& form) {
  const auto type = form.is_signed ? profiles::signal_type::signed_integer
                                   : profiles::signal_type::unsigned_integer;
  return profiles::integer_range(type, static_cast<unsigned>(lowest_bits(form))).second;
}

} // namespace

serial_battery_model::serial_battery_model(std::shared_ptr<const profiles::device_profile> profile,
                                           std::uint8_t address)
    : profile_(std::move(profile)), address_(address) {
  if (profile_->order_command() == nullptr) return;
  rack_controller_model::options options;
  options.lease_us = profile_->lease.mode == profiles::lease_mode::device
                         ? profile_->lease.timeout_ms * messages::us_per_ms
                         : forever_us;
  controller_.emplace(options);
}

double serial_battery_model::flowing_a() const {
  return !controller_ || controller_->conducting() ? current_a_ : 0;
}

double serial_battery_model::cells_v() const {
  const auto cells = profile_->find_point("cell_voltage");
  double sum = 0;
  for (std::uint32_t i = 0; cells && i < profile_->points[*cells].count; ++i)
    sum += value_of(*cells, i);
  return sum;
}

void serial_battery_model::step(std::int64_t now_us) {
  if (started_)
    taken_ah_ +=
        flowing_a() * static_cast<double>(now_us - last_us_) / messages::us_per_s / s_per_h;
  if (controller_) controller_->step(now_us, cells_v());
  last_us_ = now_us;
  started_ = true;
}

bool serial_battery_model::set(std::string_view point, std::optional<std::uint32_t> index,
                               equipment_effect effect, double value) {
  if (point.empty()) {
    const bool is_of_unit = effect != equipment_effect::value &&
                            effect != equipment_effect::invalid &&
                            effect != equipment_effect::freeze;
    if (is_of_unit) unit_ = {effect, value};
    return is_of_unit;
  }
  const auto position = profile_->find_point(point);
  const bool is_of_point =
      effect == equipment_effect::value || effect == equipment_effect::invalid ||
      effect == equipment_effect::freeze || effect == equipment_effect::release;
  if (!position || !is_of_point) return false;
  const auto& shape = profile_->points[*position];
  if (shape.type == profiles::raw_type::text || (index && *index >= shape.count)) return false;
  for (std::uint32_t i = index.value_or(0); i <= index.value_or(shape.count - 1); ++i) {
    const point_element which{*position, i};
    if (effect == equipment_effect::freeze)
      overlays_[which] = {equipment_effect::value, value_of(*position, i)};
    else if (effect == equipment_effect::release)
      overlays_.erase(which);
    else
      overlays_[which] = {effect, value};
  }
  return true;
}

double serial_battery_model::value_of(std::uint16_t point, std::uint32_t index) const {
  const auto laid = overlays_.find({point, index});
  if (laid != overlays_.end()) return laid->second.value;
  if (const auto held = held_.find(point); held != held_.end()) return held->second;
  const auto& name = profile_->points[point].name;
  const auto capacity_ah = profile_->ratings ? profile_->ratings->capacity_ah : 0;
  if (name == "cell_voltage") return cell_v + cell_step_v * index;
  if (const auto known = contactor_value(name)) return *known;
  if (name == "current") return flowing_a();
  if (name == "voltage") return cells_v();
  if (name.ends_with("remaining_capacity")) return half * capacity_ah - taken_ah_;
  if (name.ends_with("total_capacity")) return capacity_ah;
  if (profile_->ratings && name == "reported_charge_current_limit")
    return profile_->ratings->charge_current_a;
  if (profile_->ratings && name == "reported_discharge_current_limit")
    return profile_->ratings->discharge_current_a;
  const auto* known = std::ranges::find(usuals, name, &usual::point);
  return known == std::end(usuals) ? 0 : known->value;
}

std::optional<double> serial_battery_model::contactor_value(std::string_view point) const {
  using contactor = rack_controller_model::contactor;
  if (!controller_) return std::nullopt;
  if (point == "minus_closed") return controller_->feedback(contactor::minus);
  if (point == "plus_closed") return controller_->feedback(contactor::plus);
  if (point == "precharge_closed") return controller_->feedback(contactor::precharge);
  if (point == "single_orders") return 1;
  if (point == "opened_by_lease") return controller_->opened_by_lease();
  if (point == "accepted_epoch") return controller_->epoch();
  if (point == "bus_voltage") return controller_->bus_v();
  return std::nullopt;
}

std::int64_t serial_battery_model::raw_of(const profiles::answer_item& item,
                                          std::uint32_t element) const {
  const auto index = item.index + element;
  const auto laid = overlays_.find({item.point, index});
  const auto& shape = profile_->points[item.point];
  if (laid != overlays_.end() && laid->second.effect == equipment_effect::invalid)
    return shape.sentinels.empty() ? all_ones(item.form) : shape.sentinels.front();
  const double wanted = (value_of(item.point, index) - item.offset) / item.scale;
  const auto type = item.form.is_signed ? profiles::signal_type::signed_integer
                                        : profiles::signal_type::unsigned_integer;
  const auto range = profiles::integer_range(type, static_cast<unsigned>(lowest_bits(item.form)));
  const auto least = static_cast<double>(range.first);
  const auto most = static_cast<double>(range.second);
  return static_cast<std::int64_t>(std::round(std::clamp(wanted, least, most)));
}

void serial_battery_model::put_number(std::vector<std::uint8_t>& to,
                                      const profiles::answer_item& item,
                                      std::uint32_t element) const {
  const auto bits = static_cast<std::uint64_t>(raw_of(item, element)) &
                    profiles::low_mask(static_cast<unsigned>(lowest_bits(item.form)));
  const auto placed = bits << item.form.first_bit;
  const std::size_t at = item.is_overlaid ? to.size() - item.form.bytes : to.size();
  if (!item.is_overlaid) to.resize(to.size() + item.form.bytes);
  for (unsigned i = 0; i < item.form.bytes; ++i) {
    const unsigned place = item.form.low_byte_first ? i : item.form.bytes - 1u - i;
    to[at + i] |= static_cast<std::uint8_t>(placed >> byte_bits * place);
  }
}

void serial_battery_model::put_text(std::vector<std::uint8_t>& to,
                                    const profiles::answer_item& item) const {
  const auto text = fmt::format("SIM-BAT-{:03}", address_);
  for (std::size_t i = 0; i < item.form.bytes; ++i)
    to.push_back(i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0});
}

void serial_battery_model::append(std::vector<std::uint8_t>& to,
                                  const profiles::answer_item& item) const {
  for (std::uint32_t i = 0; i < item.times; ++i) put_number(to, item, i);
}

std::vector<std::uint8_t> serial_battery_model::data_of(std::size_t question) const {
  const auto& answer = profile_->questions[question].answer;
  std::vector<std::uint8_t> data;
  std::uint8_t counts = 0;
  for (const auto& item : answer) {
    if (item.kind == profiles::answer_kind::skipped) {
      data.resize(data.size() + item.form.bytes);
    } else if (item.kind == profiles::answer_kind::count) {
      const auto number = counts++;
      const auto counted = std::ranges::find_if(
          answer, [&](const profiles::answer_item& each) { return each.counted_by == number; });
      std::uint64_t value = 0;
      if (counted != answer.end()) value = counted->times + counted->less;
      for (unsigned i = 0; i < item.form.bytes; ++i) {
        const unsigned place = item.form.low_byte_first ? i : item.form.bytes - 1u - i;
        data.push_back(static_cast<std::uint8_t>(value >> byte_bits * place));
      }
    } else if (profile_->points[item.point].type == profiles::raw_type::text) {
      put_text(data, item);
    } else {
      append(data, item);
    }
  }
  return data;
}

std::optional<std::size_t> serial_battery_model::setting_of(const wire::frame& asked) const {
  for (std::size_t i = 0; i < profile_->commands.size(); ++i) {
    const auto& set = *profile_->commands[i].setting;
    const auto like = wire::fill(set.order, address_, std::vector<std::uint8_t>(set.form.bytes));
    if (asked.code == like.code && asked.data.size() == like.data.size()) return i;
  }
  return std::nullopt;
}

void serial_battery_model::take(std::size_t command, const wire::frame& asked) {
  const auto& rule = profile_->commands[command];
  const auto& set = *rule.setting;
  std::size_t at = 0;
  for (const auto& part : set.order.data) {
    if (part.what == wire::data_part::kind::value) break;
    ++at;
  }
  if (rule.purpose == profiles::command_purpose::order)
    return take_order(rule, std::span(asked.data).subspan(at, set.form.bytes));
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < set.form.bytes; ++i) {
    const unsigned place = set.form.low_byte_first ? set.form.bytes - 1u - i : i;
    bits = bits << byte_bits | asked.data[at + place];
  }
  const auto raw = set.form.is_signed ? profiles::sign_extend(bits, byte_bits * set.form.bytes)
                                      : static_cast<std::int64_t>(bits);
  held_[rule.read_back] = static_cast<double>(raw) * set.scale + set.offset;
}

void serial_battery_model::take_order(const profiles::command& rule,
                                      std::span<const std::uint8_t> bytes) {
  using command = rack_controller_model::command;
  std::int64_t epoch = 0;
  std::int64_t counter = 0;
  std::int64_t contactor = 0;
  std::int64_t lease = 0;
  for (const auto& field : rule.fields) {
    const auto raw = raw_of_field(field, bytes);
    if (field.field == "epoch") epoch = raw;
    if (field.field == "counter") counter = raw;
    if (field.field == "lease") lease = raw;
    if (field.field != "contactor") continue;
    const auto code = std::ranges::find(field.codes, raw);
    contactor = field.codes.empty() ? raw : code - field.codes.begin();
  }
  if (contactor < 0 || contactor > static_cast<std::int64_t>(command::plus)) return;
  const auto what = static_cast<command>(contactor);
  if (profile_->lease.mode != profiles::lease_mode::device)
    return controller_->take(what, what != command::open, last_us_);
  controller_->take(static_cast<std::uint16_t>(epoch), static_cast<std::uint16_t>(counter), what,
                    lease == 1, last_us_);
}

serial_battery_model::reply serial_battery_model::answer(const wire::frame& asked) {
  const bool is_for_others = asked.address && *asked.address != address_;
  if (is_for_others || unit_.effect == equipment_effect::silent) return {};
  const bool refuses = unit_.effect == equipment_effect::exception;
  wire::frame said;
  said.address = address_;
  said.code = asked.code;
  said.result = profile_->framing->good_result;
  const auto question =
      std::ranges::find_if(profile_->questions, [&](const profiles::serial_question& each) {
        return each.ask.code == asked.code && wire::fill(each.ask, address_).data == asked.data;
      });
  if (question != profile_->questions.end()) {
    said.data = data_of(static_cast<std::size_t>(question - profile_->questions.begin()));
  } else if (const auto command = setting_of(asked)) {
    if (!refuses) take(*command, asked);
  } else {
    return {};
  }
  if (refuses) {
    said.result = static_cast<std::uint8_t>(unit_.value);
    said.data.clear();
  }
  return disturbed(wire::encode(*profile_->framing, wire::direction::answer, said));
}

serial_battery_model::reply serial_battery_model::disturbed(std::vector<std::uint8_t> bytes) const {
  // A foreign rhythm of bits and a begin of a frame: what a collision leaves.
  constexpr std::uint8_t babble[] = {0x00, 0xFF, 0x55, 0x7E, 0x32, 0x30, 0xAA, 0x0D};
  reply made;
  const std::size_t middle = bytes.size() / 2;
  switch (unit_.effect) {
    case equipment_effect::late:
      made.delay_us = static_cast<std::int64_t>(unit_.value * messages::us_per_ms);
      break;
    case equipment_effect::checksum:
      // Another digit, or another bit: never the same number in lower case.
      bytes[middle] = static_cast<std::uint8_t>(bytes[middle] ^ 0x01);
      break;
    case equipment_effect::half_frame:
      bytes.resize(middle);
      break;
    case equipment_effect::noise:
      bytes.insert(bytes.begin(), std::begin(babble), std::end(babble));
      bytes.insert(bytes.end(), std::begin(babble), std::end(babble));
      break;
    default:
      break;
  }
  made.bytes = std::move(bytes);
  return made;
}

} // namespace voltaic::actors::simulator
