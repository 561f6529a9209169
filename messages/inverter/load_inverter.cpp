#include "messages/inverter/load_inverter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/inverter/codec.hpp"
#include "messages/inverter/load_parts.hpp"
#include "messages/profiles/load_parts.hpp"

namespace voltaic::messages::inverter {
namespace {

using profiles::object_reader;

constexpr std::uint32_t bitrate_min = 10'000;
constexpr std::uint32_t bitrate_max = 1'000'000;
constexpr std::int64_t raw_offset_max = 65'535;
constexpr std::uint8_t address_max = 15;
constexpr std::uint8_t byte_max = 7;
constexpr std::uint32_t heartbeat_ms_min = 100;
constexpr std::uint32_t heartbeat_ms_max = 60'000;

constexpr profiles::spelling<wire> wires[] = {{"can", wire::can}, {"modbus", wire::modbus}};
constexpr profiles::spelling<byte_order> orders[] = {{"little", byte_order::little},
                                                     {"big", byte_order::big}};

void read_head(const object_reader& root, inverter_profile& profile) {
  auto head = profiles::read_profile_head(root);
  profile.name = std::move(head.name);
  profile.version = head.version.value_or(1);
  profile.wire = root.choice<wire>("protocol", wires).value_or(wire::can);
  profile.bitrate = root.whole<std::uint32_t>("bitrate", bitrate_min, bitrate_max).value_or(0);
  const auto* node = root.object("options");
  if (node == nullptr) return;
  const auto reader = reader_of(root, *node, "options", "options", root.offset("options"));
  profile.options.order =
      reader.choice<byte_order>("byte_order", orders).value_or(byte_order::little);
  profile.options.current_raw_offset =
      reader.integer("current_raw_offset", 0, raw_offset_max).value_or(0);
  profile.options.address = reader.whole<std::uint8_t>("address", 0, address_max).value_or(0);
}

void read_keep_alive(const object_reader& root, inverter_profile& profile) {
  const auto* node = root.object("keep_alive");
  if (node == nullptr) return;
  const auto reader = reader_of(root, *node, "keep_alive", "keep_alive", root.offset("keep_alive"));
  keep_alive made;
  if (const auto id = read_identifier(reader)) made.id = *id;
  made.counter_byte = reader.whole<std::uint8_t>("counter_byte", 0, byte_max);
  profile.keep_alive = made;
}

void read_requests(const object_reader& root, inverter_profile& profile) {
  const auto* nodes = root.array("requests", requests_max);
  if (nodes == nullptr) return;
  for (std::size_t i = 0; i < nodes->elements.size(); ++i) {
    const auto& node = nodes->elements[i];
    const auto reader =
        reader_of(root, node, "request", fmt::format("requests[{}]", i), node.offset);
    if (!reader.is_object()) continue;
    request made;
    made.name = reader.text("name").value_or("");
    if (const auto id = read_identifier(reader)) made.id = *id;
    made.byte = reader.whole<std::uint8_t>("byte", 0, byte_max).value_or(0);
    made.value = reader.whole<std::uint8_t>("value", 0, UINT8_MAX).value_or(0);
    profile.requests.push_back(std::move(made));
  }
}

void check_requests(const object_reader& root, const inverter_profile& profile) {
  for (std::size_t i = 0; i < profile.frames.size(); ++i) {
    const auto& asked = profile.frames[i].on_request;
    const bool is_there =
        asked.empty() || std::ranges::any_of(profile.requests, [&](const request& each) {
          return each.name == asked;
        });
    if (!is_there)
      root.add("frames", fmt::format("[{}].on_request: there is no request \"{}\"", i, asked));
  }
}

std::vector<device_point> read_device_points(const object_reader& root, std::string_view key) {
  std::vector<device_point> result;
  const auto* nodes = root.array(key, points_max);
  if (nodes == nullptr) return result;
  for (std::size_t i = 0; i < nodes->elements.size(); ++i) {
    const auto& node = nodes->elements[i];
    const auto reader = reader_of(root, node, "point", fmt::format("{}[{}]", key, i), node.offset);
    if (!reader.is_object()) continue;
    device_point made;
    if (const auto found = read_item(reader)) made.item = *found;
    made.point = reader.text("point").value_or("");
    if (reader.has("point") && !profiles::is_name(made.point))
      reader.add("point", "is no name of a point");
    result.push_back(std::move(made));
  }
  return result;
}

void read_heartbeat(const object_reader& root, inverter_profile& profile) {
  const auto* node = root.object("heartbeat");
  if (node == nullptr) return;
  const auto reader = reader_of(root, *node, "heartbeat", "heartbeat", root.offset("heartbeat"));
  profile.heartbeat.write = reader.text("write").value_or("");
  profile.heartbeat.read = reader.text("read").value_or("");
  profile.heartbeat.period_ms =
      reader.whole<std::uint32_t>("period_ms", heartbeat_ms_min, heartbeat_ms_max).value_or(0);
  if (reader.has("write") != reader.has("period_ms"))
    reader.add("\"write\" and \"period_ms\" go together");
}

// Modbus knows no frames and CAN no points of a device.
void check_protocol(const object_reader& root, const inverter_profile& profile) {
  const bool is_can = profile.wire == wire::can;
  for (const auto* key : {"frames", "received", "requests", "keep_alive", "bitrate", "options"})
    if (!is_can && root.has(key)) root.add(key, "does not belong to this protocol");
  for (const auto* key : {"writes", "reads", "heartbeat"})
    if (is_can && root.has(key)) root.add(key, "does not belong to this protocol");
  const auto* needed = is_can ? "frames" : "writes";
  if (!root.has(needed)) root.add(fmt::format("missing key \"{}\"", needed));
}

bool tells_charge_voltage(const inverter_profile& profile) {
  constexpr auto told = item_of("inverter_charge_voltage");
  return std::ranges::any_of(profile.reads,
                             [](const device_point& each) { return each.item == told; }) ||
         tells(profile.received, told);
}

void read_profile(const profiles::json_node& node, profiles::finding_collector& found,
                  inverter_profile& profile) {
  const object_reader root(found, node, "inverter", "", node.offset, key_rules());
  if (!root.is_object()) return;
  read_head(root, profile);
  check_protocol(root, profile);
  read_keep_alive(root, profile);
  read_requests(root, profile);
  profile.frames = read_frames(root, "frames", true);
  profile.received = read_frames(root, "received", false);
  check_requests(root, profile);
  profile.writes = read_device_points(root, "writes");
  profile.reads = read_device_points(root, "reads");
  read_heartbeat(root, profile);
  profile.reads_charge_voltage = tells_charge_voltage(profile);
}

} // namespace

object_reader reader_of(const object_reader& parent, const profiles::json_node& node,
                        std::string_view kind, std::string path, std::size_t offset) {
  return {parent.found(), node, kind, std::move(path), offset, key_rules()};
}

std::optional<identifier> read_identifier(const object_reader& reader) {
  const auto read = profiles::read_id(reader);
  if (!read) return std::nullopt;
  return identifier{read->id, read->extended};
}

std::optional<item> read_item(const object_reader& reader) {
  const auto name = reader.text("item");
  if (!name) return std::nullopt;
  const auto found = find_item(*name);
  if (!found) reader.add("item", fmt::format("there is no item \"{}\"", *name));
  return found;
}

load_result load_inverter_profile(std::string_view text, std::string_view file_name) {
  profiles::finding_collector found(text.substr(0, profiles::profile_bytes_max), file_name,
                                    profiles::findings_max);
  const auto root = profiles::parse_profile_file(text, found);
  if (!root) return found.take();
  inverter_profile profile;
  read_profile(*root, found, profile);
  if (!found.empty()) return found.take();
  return profile;
}

} // namespace voltaic::messages::inverter
