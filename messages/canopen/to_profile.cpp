#include "messages/canopen/to_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "messages/canopen/described_pdos.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::messages::canopen {
namespace {

using json = nlohmann::ordered_json;
using profiles::raw_type;

/// Where the device says nothing.
constexpr std::uint32_t period_ms_default = 1'000;
constexpr std::uint32_t us_per_ms = 1'000;
constexpr object_address sync_period{0x1006, 0};
/// More bits are not held exactly by the numbers of a profile.
constexpr std::uint32_t exact_bits_max = 53;
constexpr std::uint8_t variable = 7;
/// Of a read-back's name in that of its setpoint, which has 64 bytes at most.
constexpr std::size_t stem_bytes_max = 48;

/// A profile's narrowest type that holds so many bits of the type.
raw_type raw_type_of(data_type type, std::uint32_t bits) {
  constexpr std::uint32_t short_bits = 16;
  constexpr std::uint32_t long_bits = 32;
  if (is_real(type)) return raw_type::f64;
  if (bits <= short_bits) return is_signed(type) ? raw_type::i16 : raw_type::u16;
  if (bits <= long_bits) return is_signed(type) ? raw_type::i32 : raw_type::u32;
  return raw_type::i64;
}

/// All that the bits can say.
profiles::value_range wire_range(data_type type, std::uint32_t bits) {
  if (is_signed(type)) return {-std::exp2(bits - 1.0), std::exp2(bits - 1.0) - 1};
  return {0, std::exp2(bits) - 1};
}

std::optional<double> number_of(const std::optional<eds_value>& value, std::uint8_t node) {
  if (!value) return std::nullopt;
  const auto said = value->at(node);
  if (const auto* whole = std::get_if<std::int64_t>(&said)) return static_cast<double>(*whole);
  if (const auto* natural = std::get_if<std::uint64_t>(&said)) return static_cast<double>(*natural);
  if (const auto* real = std::get_if<double>(&said)) return *real;
  return std::nullopt;
}

/// Whole where it is: 5 and not 5.0.
json number_json(double value) {
  constexpr double whole_max = 9e15;
  if (std::abs(value) < whole_max && value == std::trunc(value))
    return static_cast<std::int64_t>(value);
  return value;
}

class importer {
 public:
  importer(const device_description& from, std::string_view name, std::uint8_t node)
      : device_(from), node_(node) {
    made_["$schema"] = "device_profile.schema.json";
    made_["name"] = std::string(name);
    made_["version"] = 1;
    made_["description"] = describe();
    made_["protocol"] = "can";
    made_["commissioned"] = false;
    made_["points"] = json::object();
    made_["messages"] = json::array();
    const auto pdos = described_pdos(from, node, left_out_);
    for (const auto& each : pdos)
      if (each.which.is_transmit) add_transmit(each);
    for (const auto& each : pdos)
      if (!each.which.is_transmit) add_receive(each);
  }

  profiles::imported_profile take() {
    return {made_.dump(2, ' ', false, json::error_handler_t::replace) + "\n",
            made_["points"].size(), std::move(left_out_)};
  }

 private:
  [[nodiscard]] std::string describe() const {
    const bool has_both = !device_.vendor_name.empty() && !device_.product_name.empty();
    const auto product =
        fmt::format("{}{}{}", device_.vendor_name, has_both ? " " : "", device_.product_name);
    return fmt::format(
        "Imported{}{}, node {}; give scales and units, and name the points that are to be "
        "protected and shown.",
        product.empty() ? "" : " for ", product, node_);
  }

  void leave_out(const described_pdo& in, std::string_view why) {
    left_out_.push_back(fmt::format("{}: {}", in.name(), why));
  }
  void leave_out(const described_pdo& in, const mapped_object& of, std::string_view why) {
    left_out_.push_back(fmt::format("{}, {}: {}", in.name(), to_string(of.of), why));
  }

  /// Milliseconds from one to the next.
  [[nodiscard]] std::uint32_t period_ms(const described_pdo& of) const {
    if (of.is_synchronous()) {
      const auto sync_us = device_.number(sync_period, node_).value_or(0);
      const auto ms = std::max<std::uint64_t>(*of.transmission, 1) * sync_us / us_per_ms;
      constexpr std::uint64_t longest = 3'600'000;
      return ms == 0 ? period_ms_default
                     : static_cast<std::uint32_t>(std::min<std::uint64_t>(ms, longest));
    }
    return of.event_ms.value_or(0) == 0 ? period_ms_default : *of.event_ms;
  }

  void add_transmit(const described_pdo& pdo) {
    const auto period = period_ms(pdo);
    const auto layout = *pdo_layout::make(pdo.mapping);
    json message = {{"name", fmt::format("tpdo{}", pdo.which.number + 1)},
                    {"id", fmt::format("0x{:03X}", pdo.cob_id)},
                    {"length", layout.bytes()},
                    {"period_ms", period},
                    {"signals", json::array()}};
    for (const auto& place : layout.places()) {
      if (is_dummy(place.object)) continue;
      if (const auto why = obstacle(place.object)) {
        leave_out(pdo, place.object, *why);
        continue;
      }
      message["signals"].push_back(signal_of(place, add_point(pdo, place.object, period)));
    }
    if (message["signals"].empty())
      return leave_out(pdo, "holds no number that a profile can hold");
    made_["messages"].push_back(std::move(message));
  }

  /// Why no point can be made of it.
  [[nodiscard]] std::optional<std::string> obstacle(const mapped_object& of) const {
    if (made_["points"].size() >= profiles::points_max)
      return fmt::format("a profile holds at most {} points", profiles::points_max);
    const auto carried = points_.find(of.of);
    if (carried != points_.end()) return fmt::format("is {} already", carried->second);
    return unfit(of);
  }

  /// Why it is no number of a profile.
  [[nodiscard]] std::optional<std::string> unfit(const mapped_object& of) const {
    const auto type = type_of(of.of);
    const bool is_number = is_integer(type) || is_real(type) || type == data_type::boolean;
    if (!is_number) {
      const auto name = to_string(type);
      return fmt::format("{} is no number", name.empty() ? "a type of the device's own" : name);
    }
    if (is_real(type) ? of.bits != bits_of(type) : of.bits > bits_of(type))
      return fmt::format("{} bits are no {}", of.bits, to_string(type));
    return std::nullopt;
  }

  /// Bits of an object that the file does not describe may be an unsigned number.
  [[nodiscard]] data_type type_of(const object_address& at) const {
    const auto* object = device_.find(at);
    return object == nullptr ? data_type::unsigned64 : object->type;
  }

  /// Of an element the array's or record's name stands before its own.
  [[nodiscard]] std::string name_of(const object_address& at) const {
    const auto* object = device_.find(at);
    if (object == nullptr) return fmt::format("object_{:04x}_{:02x}", at.index, at.subindex);
    const auto& own = object->name;
    const auto group = device_.groups.find(at.index);
    const bool is_part = group != device_.groups.end() && group->second.object_type != variable;
    if (!is_part || own.starts_with(group->second.name)) return own;
    return group->second.name + "_" + own;
  }

  std::string add_point(const described_pdo& pdo, const mapped_object& of, std::uint32_t period) {
    const auto* object = device_.find(of.of);
    auto name = point_names_.take(profiles::imported_point_name(name_of(of.of)));
    json point = {{"channel", channel_names_.take(profiles::to_camel(name))},
                  {"type", profiles::to_string(raw_type_of(type_of(of.of), of.bits))},
                  {"unit", ""},
                  {"period_ms", period}};
    if (object != nullptr) {
      if (const auto valid = limits_of(*object, of.bits))
        point["valid"] = {number_json(valid->minimum), number_json(valid->maximum)};
      point["description"] = fmt::format("Object {}, {}.", to_string(of.of), object->name);
    } else {
      leave_out(pdo, of, "its type, which the file does not describe: taken as unsigned");
    }
    made_["points"][name] = std::move(point);
    points_.emplace(of.of, name);
    return name;
  }

  [[nodiscard]] json signal_of(const pdo_layout::place& place, const std::string& point) const {
    const auto type = type_of(place.object.of);
    json signal = {{"point", point}, {"start", place.start}, {"length", place.object.bits}};
    constexpr std::uint8_t long_bits = 32;
    if (is_real(type)) signal["type"] = "float";
    // The narrowest type of the point tells all others.
    if (!is_real(type) && !is_signed(type) && place.object.bits > long_bits)
      signal["type"] = "unsigned";
    return signal;
  }

  /// What the file allows, as far as the bits can say it; nothing where it allows everything.
  [[nodiscard]] std::optional<profiles::value_range> limits_of(const eds_object& object,
                                                               std::uint32_t bits) const {
    const auto low = number_of(object.low_limit, node_);
    const auto high = number_of(object.high_limit, node_);
    const bool is_bounded = low && high;
    if (is_real(object.type))
      return is_bounded && *low < *high ? std::optional(profiles::value_range{*low, *high})
                                        : std::nullopt;
    if ((!low && !high) || bits > exact_bits_max) return std::nullopt;
    const auto wire = wire_range(object.type, bits);
    const profiles::value_range stated{std::max(low.value_or(wire.minimum), wire.minimum),
                                       std::min(high.value_or(wire.maximum), wire.maximum)};
    return stated.minimum < stated.maximum && stated != wire ? std::optional(stated) : std::nullopt;
  }

  void add_receive(const described_pdo& pdo) {
    const auto layout = *pdo_layout::make(pdo.mapping);
    const auto& places = layout.places();
    const auto is_real_object = [](const pdo_layout::place& each) {
      return !is_dummy(each.object);
    };
    if (std::ranges::count_if(places, is_real_object) != 1)
      return leave_out(pdo, "carries several values: no command sets one of them alone");
    const auto& place = *std::ranges::find_if(places, is_real_object);
    const auto& of = place.object;
    if (device_.find(of.of) == nullptr) return leave_out(pdo, of, "the file does not describe it");
    if (const auto why = unfit(of)) return leave_out(pdo, of, *why);
    const auto shown = points_.find(of.of);
    if (shown == points_.end())
      return leave_out(pdo, of, "no transmit PDO shows whether it was set");
    add_command(pdo, place, shown->second, layout.bytes());
  }

  void add_command(const described_pdo& pdo, const pdo_layout::place& place,
                   const std::string& read_back, std::size_t bytes) {
    const auto& of = place.object;
    const auto& object = *device_.find(of.of);
    const auto limits = limits_of(object, of.bits);
    if (!limits && (is_real(object.type) || of.bits > exact_bits_max))
      return leave_out(pdo, of, "has no limits, which a command needs");
    const auto allowed = limits.value_or(wire_range(object.type, of.bits));
    json field = {{"field", "value"}, {"start", place.start}, {"length", of.bits}};
    if (is_real(object.type)) field["type"] = "float";
    if (is_signed(object.type)) field["type"] = "signed";
    json command = {
        {"name", "set_" + read_back},
        {"channel", channel_names_.take(profiles::to_camel("set_" + read_back))},
        {"point", setpoint_names_.take(read_back.substr(0, stem_bytes_max) + "_setpoint")},
        {"read_back", read_back},
        {"id", fmt::format("0x{:03X}", pdo.cob_id)},
        {"length", bytes},
        {"signals", json::array({std::move(field)})},
        {"minimum", number_json(allowed.minimum)},
        {"maximum", number_json(allowed.maximum)}};
    const auto start = object.parameter_value ? object.parameter_value : object.default_value;
    const auto value = number_of(start, node_);
    if (value && *value >= allowed.minimum && *value <= allowed.maximum)
      command["default"] = number_json(*value);
    made_["commands"].push_back(std::move(command));
  }

  const device_description& device_;
  const std::uint8_t node_;
  json made_;
  std::vector<std::string> left_out_;
  std::map<object_address, std::string> points_; ///< by the object that each shows
  profiles::unique_names point_names_{"_"};
  profiles::unique_names setpoint_names_{"_"};
  profiles::unique_names channel_names_{"X"};
};

} // namespace

profiles::imported_profile to_profile(const device_description& from, std::string_view name,
                                      std::uint8_t node) {
  return importer(from, name, node).take();
}

} // namespace voltaic::messages::canopen
