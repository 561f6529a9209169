#include "messages/dbc/to_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "messages/can/frame.hpp"
#include "messages/dbc/known_unit.hpp"
#include "messages/dbc/places.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/packet.hpp"
#include "messages/j1939/transport_limits.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::messages::dbc {
namespace {

using json = nlohmann::ordered_json;
using profiles::raw_type;
using profiles::signal_type;

constexpr std::uint32_t selector_bits_max = 32;
/// Where the database says nothing.
constexpr std::uint32_t period_ms_default = 1'000;
constexpr double period_ms_max = 3'600'000;
/// Of the words that a profile's point may have.
constexpr std::size_t words_max = 256;
constexpr std::size_t word_bytes_max = 64;
/// Suspect parameters have 19 bits (J1939-73 5.7.1.7).
constexpr double spn_max = 0x7'FFFF;

/// The profile's narrowest type that holds all of the signal's raw values.
raw_type type_of(const signal& one) {
  constexpr std::uint32_t short_bits = 16;
  constexpr std::uint32_t long_bits = 32;
  if (one.type == signal_type::ieee_float) return raw_type::f64;
  const bool is_signed = one.type == signal_type::signed_integer;
  if (one.length <= short_bits) return is_signed ? raw_type::i16 : raw_type::u16;
  if (one.length <= long_bits) return is_signed ? raw_type::i32 : raw_type::u32;
  return raw_type::i64;
}

/// Names of the raw values from 0 on, if the table has just those.
std::optional<json> words_of(const signal& one) {
  const bool is_plain = one.type == signal_type::unsigned_integer && one.factor == 1 &&
                        one.offset == 0 && one.length <= 16;
  if (!is_plain || one.texts.empty() || one.texts.size() > words_max) return std::nullopt;
  auto sorted = one.texts;
  std::ranges::sort(sorted, {}, &value_text::value);
  std::set<std::string> known;
  json words = json::array();
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [value, text] = sorted[i];
    const bool fits = value == static_cast<std::int64_t>(i) && !text.empty() &&
                      text.size() <= word_bytes_max && known.insert(text).second;
    if (!fits) return std::nullopt;
    words.push_back(text);
  }
  return words;
}

/// Rounded where a unit's factor made 0.001 * 0.1 into what nobody wrote.
double scaled(double value, double factor) {
  constexpr double digits = 1e12;
  if (factor == 1) return value;
  const double product = value * factor;
  const double rounded = std::round(product * digits) / digits;
  return std::abs(rounded - product) <= std::abs(product) * 1e-12 ? rounded : product;
}

/// Factor and offset in a profile's unit.
std::pair<double, double> scale_of(const signal& one) {
  const auto unit = unit_of(one.unit);
  return {scaled(one.factor, unit.factor), scaled(one.offset, unit.factor)};
}

/// Why a profile could not be loaded that has these numbers of the signal.
std::optional<std::string> unsayable_numbers(const signal& one) {
  const auto unit = unit_of(one.unit);
  const auto [factor, offset] = scale_of(one);
  if (!std::isfinite(factor) || !std::isfinite(offset) || factor == 0)
    return fmt::format("factor {} and offset {} are none of a profile", one.factor, one.offset);
  if (words_of(one) || !(one.minimum < one.maximum)) return std::nullopt;
  const double minimum = scaled(one.minimum, unit.factor);
  const double maximum = scaled(one.maximum, unit.factor);
  const auto type = type_of(one);
  const double first = static_cast<double>(raw_minimum(type)) * factor + offset;
  const double last = static_cast<double>(raw_maximum(type)) * factor + offset;
  const bool is_reached = type == raw_type::f64 ||
                          (maximum >= std::min(first, last) && minimum <= std::max(first, last));
  if (is_reached && std::isfinite(minimum) && std::isfinite(maximum) && minimum < maximum)
    return std::nullopt;
  return fmt::format("no value of its bits is within {} and {}", one.minimum, one.maximum);
}

/// Who sends the first of its groups; nothing: it has none. A database that names no address
/// leaves 0, for a person to say.
std::optional<std::uint8_t> address_of(const database& from) {
  std::optional<std::uint8_t> found;
  for (const auto& one : from.messages) {
    if (!one.is_j1939 || !one.extended) continue;
    const auto source = j1939::split(one.id).source;
    if (source <= j1939::device_address_max) return source;
    found = std::uint8_t{0};
  }
  return found;
}

class importer {
 public:
  importer(const database& from, std::string_view name) {
    made_["$schema"] = "device_profile.schema.json";
    made_["name"] = std::string(name);
    made_["version"] = 1;
    made_["description"] = "Imported; name the points that are to be protected and shown.";
    made_["protocol"] = "can";
    made_["commissioned"] = false;
    address_ = address_of(from);
    if (address_) made_["j1939"] = {{"address", *address_}};
    made_["points"] = json::object();
    made_["messages"] = json::array();
    for (const auto& one : from.messages) add(one);
  }

  profiles::imported_profile take() {
    return {made_.dump(2) + "\n", made_["points"].size(), std::move(left_out_)};
  }

 private:
  void leave_out(const message& in, std::string_view why) {
    left_out_.push_back(fmt::format("{}: {}", in.name, why));
  }
  void leave_out(const message& in, const signal& one, std::string_view why) {
    left_out_.push_back(fmt::format("{}.{}: {}", in.name, one.name, why));
  }

  /// Why no message of the profile can be made of it.
  std::optional<std::string> obstacle(const message& one) {
    if (address_) return group_obstacle(one);
    const bool is_frame =
        one.is_fd ? one.length <= can::fd_bytes_max : one.length <= can::classic_bytes_max;
    if (is_frame && one.length != 0) return std::nullopt;
    return fmt::format("has {} bytes, a profile's frames 1 to 8, those of CAN FD 64", one.length);
  }

  std::optional<std::string> group_obstacle(const message& one) {
    if (!one.is_j1939) return "is no group of J1939, as the others are";
    const auto id = j1939::split(one.id);
    if (id.source <= j1939::device_address_max && id.source != *address_)
      return fmt::format("is sent from address {}, and the profile is of the device at {}",
                         id.source, *address_);
    if (one.length == 0 || one.length > j1939::transfer_bytes_max)
      return fmt::format("has {} bytes, a message of J1939 1 to {}", one.length,
                         j1939::transfer_bytes_max);
    const bool has_parts =
        std::ranges::any_of(one.signals, [](const signal& each) { return each.when.has_value(); });
    if (has_parts && one.length > j1939::packet_bytes_max)
      return "is multiplexed and takes several frames";
    if (!groups_.insert(id.pgn).second)
      return fmt::format("is group 0x{:04X}, as another one before it", id.pgn);
    return std::nullopt;
  }

  void add(const message& one) {
    if (const auto why = obstacle(one)) {
      leave_out(one, *why);
      return;
    }
    const auto period_ms = static_cast<std::uint32_t>(
        std::clamp(one.cycle_ms.value_or(period_ms_default), 1.0, period_ms_max));
    json message = {{"name", message_names_.take(profiles::to_snake(one.name))}};
    if (address_)
      message["pgn"] = fmt::format("0x{:04X}", j1939::split(one.id).pgn);
    else
      message["id"] = fmt::format("0x{:0{}X}", one.id, one.extended ? 8 : 3);
    message["length"] = address_ ? one.length : can::frame_length(one.length);
    message["period_ms"] = period_ms;
    if (one.is_fd) message["format"] = "fd";
    const auto selector = only_selector(one);
    if (selector) {
      const auto& bits = one.signals[*selector];
      message["multiplexer"] = {{"start", bits.start}, {"length", bits.length}};
      if (bits.order == profiles::bit_order::motorola) message["multiplexer"]["order"] = "motorola";
    }
    message["signals"] = json::array();
    std::vector<const signal*> taken;
    for (std::uint32_t i = 0; i < one.signals.size(); ++i) {
      if (i == selector) continue;
      if (const auto why = obstacle(one, one.signals[i], selector, taken)) {
        leave_out(one, one.signals[i], *why);
        continue;
      }
      taken.push_back(&one.signals[i]);
      message["signals"].push_back(signal_of(one.signals[i], period_ms));
    }
    const bool is_selected =
        std::ranges::any_of(taken, [](const signal* each) { return each->when.has_value(); });
    if (selector && !is_selected) {
      message.erase("multiplexer");
      leave_out(one, one.signals[*selector], "selects none of the signals that are left");
    }
    if (message["signals"].empty()) {
      leave_out(one, "has no signal that a profile can hold");
      return;
    }
    made_["messages"].push_back(std::move(message));
  }

  /// The one that selects signals, if there is one and it can be a profile's multiplexer.
  static std::optional<std::uint32_t> only_selector(const message& in) {
    std::optional<std::uint32_t> found;
    for (const auto& one : in.signals) {
      if (!one.when) continue;
      const auto& selector = in.signals[one.when->selector];
      if (selector.when) continue;
      if (found && *found != one.when->selector) return std::nullopt;
      found = one.when->selector;
    }
    if (!found) return std::nullopt;
    const auto& selector = in.signals[*found];
    const bool fits = selector.type == signal_type::unsigned_integer &&
                      selector.length <= selector_bits_max && bytes_needed(selector) <= in.length &&
                      bytes_spanned(selector) <= sizeof(std::uint64_t);
    return fits ? found : std::nullopt;
  }

  std::optional<std::string> obstacle(const message& in, const signal& one,
                                      std::optional<std::uint32_t> selector,
                                      const std::vector<const signal*>& taken) const {
    if (made_["points"].size() >= profiles::points_max)
      return fmt::format("a profile holds at most {} points", profiles::points_max);
    if (bytes_needed(one) > in.length) return "ends behind the message";
    if (auto why = unsayable_numbers(one)) return why;
    if (bytes_spanned(one) > sizeof(std::uint64_t)) return "lies in more than 8 bytes";
    if (one.when && one.when->selector != selector) return "is selected by more than one signal";
    if (one.when && one.when->values.front().first < 0) return "is selected by a negative value";
    if (one.when && one.when->values.front().first >> in.signals[*selector].length != 0)
      return "is selected by a value that its selector cannot have";
    auto bits = bits_of(one);
    std::ranges::sort(bits);
    const auto overlaps = [&](const signal& other) {
      return can_meet(in, one, other) && std::ranges::any_of(bits_of(other), [&](auto bit) {
               return std::ranges::binary_search(bits, bit);
             });
    };
    if (selector && overlaps(in.signals[*selector])) return "lies in bits of the selector";
    for (const auto* other : taken)
      if (overlaps(*other)) return fmt::format("lies in bits of {}", other->name);
    return std::nullopt;
  }

  json signal_of(const signal& one, std::uint32_t period_ms) {
    const auto point = point_names_.take(profiles::imported_point_name(one.name));
    const auto unit = unit_of(one.unit);
    made_["points"][point] =
        point_of(one, channel_names_.take(profiles::to_camel(point)), unit, period_ms);
    json signal = {{"point", point}, {"start", one.start}, {"length", one.length}};
    if (one.order == profiles::bit_order::motorola) signal["order"] = "motorola";
    // The narrowest type of the point tells most of it.
    if (one.type == signal_type::unsigned_integer && one.length > 32) signal["type"] = "unsigned";
    if (one.type == signal_type::ieee_float) {
      const auto [factor, offset] = scale_of(one);
      signal["type"] = "float";
      if (factor != 1) signal["scale"] = factor;
      if (offset != 0) signal["offset"] = offset;
    }
    if (const auto said = one.said.find("SPN"); address_ && said != one.said.end())
      if (const auto* number = std::get_if<double>(&said->second);
          number != nullptr && *number >= 1 && *number <= spn_max)
        signal["spn"] = static_cast<std::uint32_t>(*number);
    if (one.when) {
      signal["mux"] = one.when->values.front().first;
      const auto& values = one.when->values;
      if (values.size() > 1 || values.front().first != values.front().last)
        left_out_.push_back(fmt::format("{}: is read for the selector's value {} alone", one.name,
                                        values.front().first));
    }
    return signal;
  }

  static json point_of(const signal& one, std::string channel, const known_unit& unit,
                       std::uint32_t period_ms) {
    json point = {{"channel", std::move(channel)}, {"type", to_string(type_of(one))}};
    const auto words = words_of(one);
    if (one.type != signal_type::ieee_float && !words) {
      const auto [factor, offset] = scale_of(one);
      if (factor != 1) point["scale"] = factor;
      if (offset != 0) point["offset"] = offset;
    }
    point["unit"] = words ? "" : std::string(unit.unit);
    point["period_ms"] = period_ms;
    if (words) {
      point["texts"] = *words;
    } else if (one.minimum < one.maximum) {
      point["valid"] = {scaled(one.minimum, unit.factor), scaled(one.maximum, unit.factor)};
    }
    const bool has_other_unit = unit.unit.empty() && !one.unit.empty();
    if (!one.comment.empty() || has_other_unit)
      point["description"] =
          has_other_unit ? fmt::format("In {}. {}", one.unit, one.comment) : one.comment;
    return point;
  }

  json made_;
  std::optional<std::uint8_t> address_; ///< of the device, where its database is one of J1939
  std::set<std::uint32_t> groups_;
  std::vector<std::string> left_out_;
  profiles::unique_names message_names_{"_"};
  profiles::unique_names point_names_{"_"};
  profiles::unique_names channel_names_{"X"};
};

} // namespace

profiles::imported_profile to_profile(const database& from, std::string_view name) {
  return importer(from, name).take();
}

} // namespace voltaic::messages::dbc
