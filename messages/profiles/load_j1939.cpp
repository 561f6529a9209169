#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/transport_limits.hpp"
#include "messages/profiles/load_parts.hpp"

/// The section "j1939" of a profile, and what its messages, requests and commands say of groups.
namespace voltaic::messages::profiles {
namespace {

constexpr std::uint32_t group_max = 0x3'FFFF;
constexpr std::size_t group_digits_max = 5;
constexpr std::uint32_t timeout_ms_min = 100;
constexpr std::uint32_t timeout_ms_max = 60'000;
constexpr std::uint32_t identity_number_max = (1u << 21) - 1;
constexpr std::uint16_t manufacturer_code_max = (1u << 11) - 1;
constexpr std::uint8_t priority_max = 7;
constexpr std::uint8_t choice_bits_max = 6;

/// Groups of the protocol itself: what they say is told by it, and by no point.
constexpr std::uint32_t own_groups[] = {
    j1939::groups::request,         j1939::groups::transfer_data, j1939::groups::transfer_control,
    j1939::groups::address_claimed, j1939::groups::active_faults, j1939::groups::previous_faults,
    j1939::groups::acknowledgement};

/// A set of raw values, one bit each.
std::uint64_t read_values(const object_reader& reader, std::string_view key, unsigned bits) {
  const auto most = 1u << std::min<unsigned>(bits, choice_bits_max);
  const auto* list = reader.array(key, most);
  if (list == nullptr) return 0;
  std::uint64_t set = 0;
  for (const auto& each : list->elements) {
    const bool is_one = each.type == json_node::kind::integer && each.integer >= 0 &&
                        static_cast<std::uint64_t>(each.integer) < most;
    if (!is_one) {
      reader.add(key, fmt::format("expected numbers from 0 to {}", most - 1));
      return 0;
    }
    set |= std::uint64_t{1} << each.integer;
  }
  if (set == 0) reader.add(key, "expected at least one number");
  return set;
}

} // namespace

void read_j1939(const object_reader& root, device_profile& profile) {
  const auto* node = root.object("j1939");
  if (node == nullptr) return;
  if (profile.protocol != protocol::can)
    return root.add("j1939", "does not belong to this protocol");
  if (root.has("canopen")) root.add("j1939", "a node of CANopen speaks no J1939");
  const object_reader reader(root.found(), *node, "j1939", "j1939", root.offset("j1939"));
  if (!reader.is_object()) return;
  j1939_rule rule;
  rule.address = reader.whole<std::uint8_t>("address", 0, j1939::device_address_max).value_or(0);
  auto& who = rule.identity;
  who.identity_number = reader.whole<std::uint32_t>("identity_number", 0, identity_number_max);
  who.manufacturer_code =
      reader.whole<std::uint16_t>("manufacturer_code", 0, manufacturer_code_max);
  const auto field = [&](std::string_view key, unsigned bits) {
    return reader.whole<std::uint8_t>(key, 0, static_cast<std::uint8_t>((1u << bits) - 1));
  };
  who.ecu_instance = field("ecu_instance", 3);
  who.function_instance = field("function_instance", 5);
  who.function = field("function", 8);
  who.vehicle_system = field("vehicle_system", 7);
  who.vehicle_system_instance = field("vehicle_system_instance", 4);
  who.industry_group = field("industry_group", 3);
  const auto time = [&](std::string_view key, std::uint32_t usual) {
    return reader.whole<std::uint32_t>(key, timeout_ms_min, timeout_ms_max).value_or(usual);
  };
  rule.boot_timeout_ms = time("boot_timeout_ms", rule.boot_timeout_ms);
  rule.silence_timeout_ms = time("silence_timeout_ms", rule.silence_timeout_ms);
  rule.request_timeout_ms = time("request_timeout_ms", rule.request_timeout_ms);
  profile.j1939 = rule;
}

bool check_group(const object_reader& reader, const device_profile& profile) {
  if (reader.has("pgn") == reader.has("id")) {
    reader.add(reader.has("id") ? "expected either \"id\" or \"pgn\"" : "missing key \"id\"");
    return reader.has("pgn") && profile.j1939;
  }
  if (reader.has("pgn") && !profile.j1939)
    reader.add("pgn", "needs the section \"j1939\"");
  else if (reader.has("id") && profile.j1939)
    reader.add("id", "a device of J1939 is known by groups: \"pgn\"");
  return reader.has("pgn") && profile.j1939;
}

std::optional<std::uint32_t> read_group(const object_reader& reader, bool may_be_own) {
  const auto text = reader.text("pgn");
  if (!text) return std::nullopt;
  std::uint32_t pgn = 0;
  const auto digits = std::string_view(*text).substr(std::min<std::size_t>(2, text->size()));
  const auto* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, pgn, 16);
  if (!text->starts_with("0x") || digits.size() > group_digits_max || error != std::errc{} ||
      at != end || pgn > group_max) {
    reader.add("pgn", "expected 0x and up to 5 hexadecimal digits, up to 3FFFF");
    return std::nullopt;
  }
  if (j1939::is_addressed(pgn) && (pgn & 0xFF) != 0) {
    reader.add("pgn", fmt::format("{:04X} is sent to an address (PDU1): its last byte is 00", pgn));
    return std::nullopt;
  }
  if (!may_be_own && std::ranges::find(own_groups, pgn) != std::end(own_groups)) {
    reader.add("pgn", fmt::format("{:04X} is the protocol's own, and no point's", pgn));
    return std::nullopt;
  }
  return pgn;
}

void read_message_group(const object_reader& reader, load_context& context, message& result) {
  const auto& rule = context.profile.j1939;
  if (reader.has("read")) reader.add("read", "does not belong to J1939: \"requests\" asks");
  if (reader.has("repeat")) reader.add("repeat", "does not belong to a group");
  if (reader.has("format")) reader.add("format", "J1939 has classic frames");
  result.group = read_group(reader, false);
  if (!result.group || !rule) return;
  result.id = known_id(*result.group, rule->address);
  result.extended = true;
  for (const auto& other : context.profile.messages)
    if (other.group == result.group)
      return reader.add("pgn", fmt::format("\"{}\" is this group already", other.name));
  if (result.is_transported())
    check_reading(reader);
  else
    check_message_ids(reader, context, result);
}

void read_choice(const object_reader& reader, const point* target, signal& result) {
  if (!reader.has("on") && !reader.has("off")) return;
  if (!reader.has("on") || !reader.has("off"))
    return reader.add("expected both \"on\" and \"off\"");
  result.on = read_values(reader, "on", result.bits.length);
  result.off = read_values(reader, "off", result.bits.length);
  if ((result.on & result.off) != 0) reader.add("off", "a value is either on or off");
  if (result.bits.length > choice_bits_max || result.bits.type != signal_type::unsigned_integer)
    reader.add("on", fmt::format("needs an unsigned field of at most {} bits", choice_bits_max));
  if (target != nullptr && (target->type == raw_type::f64 || target->type == raw_type::text))
    reader.add("on", "needs a point of whole numbers");
  for (const auto* key : {"scale", "offset"})
    if (reader.has(key)) reader.add(key, "what is on or off has none");
}

void read_request_group(const object_reader& reader, const device_profile& profile,
                        cyclic_request& result) {
  for (const auto* key : {"data", "format"})
    if (reader.has(key)) reader.add(key, "does not belong to the request of a group");
  result.group = read_group(reader, true);
  if (!result.group || !profile.j1939) return;
  result.id = ordered_id(j1939::groups::request, profile.j1939->address);
  result.extended = true;
  for (unsigned i = 0; i < 3; ++i)
    result.data.push_back(static_cast<std::uint8_t>(*result.group >> (8 * i)));
  for (const auto& other : profile.requests)
    if (other.group == result.group)
      reader.add("pgn", fmt::format("\"{}\" asks for it already", other.name));
}

void read_command_group(const object_reader& reader, const load_context& context, command& result) {
  if (reader.has("format")) reader.add("format", "J1939 has classic frames");
  result.group = read_group(reader, false);
  result.priority =
      reader.whole<std::uint8_t>("priority", 0, priority_max).value_or(result.priority);
  // Longer than a frame: a container until it is transported.
  if (result.length > can::classic_bytes_max) result.format = frame_format::fd;
  if (!result.group || !context.profile.j1939) return;
  result.id = ordered_id(*result.group, context.profile.j1939->address);
  result.extended = true;
}

} // namespace voltaic::messages::profiles
