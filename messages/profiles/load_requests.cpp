#include <fmt/format.h>

#include <unordered_set>

#include "messages/can/logs/text.hpp"
#include "messages/profiles/load_parts.hpp"

/// What of a profile is asked for: reads by ISO-TP, and frames that are sent again and again.
namespace voltaic::messages::profiles {
namespace {

constexpr std::size_t requests_max = 64;
/// Requests go out with the device's time, ten milliseconds a step.
constexpr std::uint32_t period_ms_min = 10;
constexpr std::uint32_t period_ms_max = 3'600'000;
constexpr std::uint32_t timeout_ms_max = 60'000;
constexpr std::uint8_t separation_ms_max = 127;
constexpr unsigned identifier_bits = 16;
constexpr unsigned byte_bits = 8;

/// "0201010000000000": two digits a byte.
std::vector<std::uint8_t> read_data(const object_reader& reader) {
  const auto text = reader.text("data");
  std::vector<std::uint8_t> result;
  if (!text) return result;
  bool good = text->size() % 2 == 0 && text->size() / 2 <= can::fd_bytes_max;
  for (std::size_t i = 0; good && i < text->size(); i += 2) {
    const auto byte = can::text::to_byte(std::string_view(*text).substr(i, 2));
    good = byte.has_value();
    result.push_back(byte.value_or(0));
  }
  if (good) return result;
  reader.add("data", "expected up to 64 bytes of two hexadecimal digits each");
  return {};
}

void read_request(const object_reader& reader, device_profile& profile,
                  std::unordered_set<std::string>& names) {
  cyclic_request result;
  result.name = reader.text("name").value_or("");
  if (reader.has("name") && !is_name(result.name)) reader.add("name", "expected a name like ask");
  if (!result.name.empty() && !names.insert(result.name).second)
    reader.add("name", fmt::format("\"{}\" is used twice", result.name));
  const bool is_group = check_group(reader, profile);
  if (is_group) {
    read_request_group(reader, profile, result);
  } else if (const auto id = read_id(reader)) {
    result.id = id->id;
    result.extended = id->extended;
    for (const auto& message : profile.messages)
      if (message.id == id->id && message.extended == id->extended)
        reader.add("id", fmt::format("is sent by the device as \"{}\"", message.name));
  }
  if (!is_group) {
    if (!reader.has("data")) reader.add("missing key \"data\"");
    result.data = read_data(reader);
    result.format = read_format(reader, static_cast<std::uint16_t>(result.data.size()));
  }
  result.period_ms = reader.whole<std::uint32_t>("period_ms", period_ms_min, period_ms_max)
                         .value_or(period_ms_max);
  result.phase_ms = reader.whole<std::uint32_t>("phase_ms", 0, period_ms_max).value_or(0);
  static_cast<void>(reader.text("description")); // for people; only its type is checked
  profile.requests.push_back(std::move(result));
}

} // namespace

std::optional<read_rule> read_reading(const object_reader& parent) {
  const auto* node = parent.object("read");
  if (node == nullptr) return std::nullopt;
  const object_reader reader(parent.found(), *node, "read", parent.path_of("read"),
                             parent.offset("read"));
  constexpr std::uint8_t block_max = 255;
  read_rule result;
  const auto id = read_id(reader, "request_id");
  const auto data = read_hex(reader, "data_identifier", identifier_bits);
  result.timeout_ms =
      reader.whole<std::uint32_t>("timeout_ms", 1, timeout_ms_max).value_or(result.timeout_ms);
  result.pending_ms =
      reader.whole<std::uint32_t>("pending_ms", 1, timeout_ms_max).value_or(result.pending_ms);
  if (const auto padding = read_hex(reader, "padding", byte_bits))
    result.padding = static_cast<std::uint8_t>(*padding);
  result.block_size = reader.whole<std::uint8_t>("block_size", 0, block_max).value_or(0);
  result.separation_ms =
      reader.whole<std::uint8_t>("separation_ms", 0, separation_ms_max).value_or(0);
  if (!id || !data) return std::nullopt;
  result.request_id = id->id;
  result.request_extended = id->extended;
  result.data_identifier = *data;
  return result;
}

void check_reading(const object_reader& reader) {
  for (const auto* key :
       {"format", "repeat", "multiplexer", "checksum", "counter", "early_ms", "frozen_ms"})
    if (reader.has(key)) reader.add(key, "does not belong to what is asked for by \"read\"");
}

void read_requests(const object_reader& root, device_profile& profile) {
  const auto* list = root.array("requests", requests_max);
  if (list == nullptr) return;
  if (profile.protocol != protocol::can) root.add("requests", "does not belong to this protocol");
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    const auto& element = list->elements[i];
    const object_reader reader(root.found(), element, "request", fmt::format("requests[{}]", i),
                               element.offset);
    if (reader.is_object()) read_request(reader, profile, names);
  }
}

} // namespace voltaic::messages::profiles
