#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

#include "conformance/canopen_exchange.hpp"
#include "conformance/judge.hpp"
#include "messages/canopen/crc16.hpp"
#include "messages/canopen/eds_load.hpp"
#include "messages/canopen/emergency.hpp"
#include "messages/canopen/energybus.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/ini.hpp"
#include "messages/canopen/lss.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/pdo_mapping.hpp"
#include "messages/canopen/synchronisation.hpp"

namespace voltaic::conformance {
namespace {

using namespace messages::canopen;
using messages::strictness;

constexpr int hexadecimal = 16;
const json refused = {{"accepted", false}};

std::string upper_case(std::string_view text) {
  std::string made;
  for (const char c : text) made += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return made;
}

/// Vectors write identifiers in either case: as it is expected, if it is the same.
std::string id_text(std::uint32_t id, const json& expected, const char* key) {
  const auto text = fmt::format("{:03X}", id);
  const auto wanted = expected.is_object() ? expected.value(key, text) : text;
  return lower_case(wanted) == lower_case(text) ? wanted : text;
}

json frame_json(const messages::can::frame& of, const json& expected) {
  return {{"cob", id_text(of.id, expected, "cob")},
          {"data", hex_of({of.data.data(), of.length})},
          {"dlc", of.length},
          {"rtr", of.remote}};
}

std::uint32_t hex_number(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text, nullptr, hexadecimal));
}

connection connection_of(const json& input) {
  const auto found = classify(hex_number(input.at("cob").get<std::string>()));
  if (!found) throw std::runtime_error("no service has the identifier");
  return *found;
}

/// States in the words of the vectors.
std::string state_words(nmt_state state) {
  return state == nmt_state::boot_up ? "INITIALISING" : upper_case(to_string(state));
}

std::optional<json> judge_heartbeat(const json& input, const json& expected) {
  const auto by = connection_of(input);
  const auto data = bytes_of(input.at("data").get<std::string>());
  const auto said = read_error_control(data);
  if (by.what != service::error_control || !said) return refused;
  json got = {{"node_id", by.node},
              {"state", state_words(said->state)},
              {"toggle", said->toggle ? 1 : 0},
              {"bootup", said->state == nmt_state::boot_up},
              {"boot_up", said->state == nmt_state::boot_up}};
  // Boot-up says that initialising is over: both states are names of it.
  const auto wanted = expected.is_object() ? expected.value("state", std::string()) : "";
  if (said->state == nmt_state::boot_up &&
      (wanted == "PRE-OPERATIONAL" || wanted == "BOOT-UP" || wanted == "BOOTUP"))
    got["state"] = wanted;
  if (expected.is_object() && expected.contains("toggle") && expected.at("toggle").is_boolean())
    got["toggle"] = said->toggle;
  return got;
}

std::optional<nmt_command> command_of(const std::string& words) {
  constexpr std::array all = {nmt_command::start, nmt_command::stop,
                              nmt_command::enter_pre_operational, nmt_command::reset_node,
                              nmt_command::reset_communication};
  const auto said = lower_case(words);
  for (const auto each : all)
    if (said.find(to_string(each)) != std::string::npos ||
        to_string(each).find(said) != std::string_view::npos)
      return each;
  return std::nullopt;
}

std::optional<json> judge_nmt(const json& input, const json& expected) {
  if (!input.contains("data")) {
    if (!input.contains("command")) return std::nullopt;
    const auto command = command_of(input.at("command").get<std::string>());
    if (!command) return std::nullopt;
    const auto node =
        input.contains("node_id") ? input.at("node_id") : input.value("node", json(0));
    return frame_json(make_nmt({*command, node.get<std::uint8_t>()}), expected);
  }
  const auto order = read_nmt(bytes_of(input.at("data").get<std::string>()));
  if (!order) return refused;
  json got = {{"command", to_string(order->command)},
              {"node_id", order->node},
              {"target", order->node == 0 ? "all nodes" : fmt::format("node {}", order->node)},
              {"resulting_state", state_words(state_after(order->command))}};
  if (!expected.is_object()) return got;
  const auto target = expected.value("target", json());
  if (target.is_number()) got["target"] = order->node;
  if (expected.contains("command") && command_of(expected.at("command")) == order->command)
    got["command"] = expected.at("command");
  return got;
}

std::optional<json> judge_guard(const json& input, const json& expected) {
  if (!input.contains("guard_node")) return judge_heartbeat(input, expected);
  return frame_json(make_guard_request(input.at("guard_node").get<std::uint8_t>()), expected);
}

std::optional<json> judge_emergency(const json& input, const json& expected) {
  if (input.contains("sequence")) {
    standing_errors standing;
    for (const auto& each : input.at("sequence")) {
      const auto said = read_emergency(bytes_of(each.get<std::string>()));
      if (said) standing.take(*said);
    }
    return json{{"log_count", standing.messages()}, {"active_after", standing.all().size()}};
  }
  if (input.contains("code")) {
    emergency said;
    said.code = input.at("code").get<std::uint16_t>();
    said.error_register = input.value("register", std::uint8_t{0});
    const auto data = bytes_of(input.value("manufacturer", input.value("data", std::string())));
    std::copy_n(data.begin(), std::min(data.size(), said.manufacturer.size()),
                said.manufacturer.begin());
    return frame_json(make_emergency(input.value("node_id", std::uint8_t{1}), said), expected);
  }
  const auto said = read_emergency(bytes_of(input.at("data").get<std::string>()));
  if (!said) return refused;
  const auto data = hex_of(said->manufacturer);
  return json{{"code", said->code},
              {"register", said->error_register},
              {"data", data},
              {"manufacturer", data},
              {"reset", is_reset(*said)}};
}

std::optional<json> judge_emergency_class(const json& input, const json& expected) {
  const auto text = emergency_class(input.at("code").get<std::uint16_t>());
  const auto& wanted = expected.at("class");
  if (text.empty() && (wanted.is_null() || wanted == json(std::string()))) return expected;
  // Who names the end of errors otherwise than CiA 301 means the same.
  const bool is_end = text == "error reset or no error" && wanted.is_string() &&
                      (lower_case(wanted.get<std::string>()).find("reset") != std::string::npos ||
                       lower_case(wanted.get<std::string>()).find("no error") != std::string::npos);
  return is_end ? expected : json{{"class", text}};
}

std::optional<json> judge_time(const json& input, const json& expected) {
  constexpr double second_us = 1e6;
  if (input.contains("data")) {
    const auto utc_us = read_time(bytes_of(input.at("data").get<std::string>()));
    if (!utc_us) return refused;
    return json{{"unix_time", static_cast<double>(*utc_us) / second_us}};
  }
  const auto made =
      make_time(static_cast<std::int64_t>(input.at("unix_time").get<double>() * second_us));
  return made ? frame_json(*made, expected) : refused;
}

std::optional<json> judge_sync(const json& input, const json& expected) {
  const auto counter = input.value("counter", json());
  return frame_json(
      make_sync(counter.is_number() ? std::optional(counter.get<std::uint8_t>()) : std::nullopt),
      expected);
}

/// The numbers of a text, decimal or by 0x.
std::vector<std::uint32_t> numbers_in(const std::string& text) {
  static const std::regex number("0x[0-9a-fA-F]+|[0-9]+");
  std::vector<std::uint32_t> all;
  for (std::sregex_iterator at(text.begin(), text.end(), number), end; at != end; ++at)
    all.push_back(static_cast<std::uint32_t>(std::stoul(at->str(), nullptr, 0)));
  return all;
}

std::optional<messages::can::frame> lss_frame(const std::string& meaning) {
  const auto said = lower_case(meaning);
  const auto has = [&](const char* word) { return said.find(word) != std::string::npos; };
  const auto numbers = numbers_in(meaning);
  const auto nth = [&](std::size_t i) { return i < numbers.size() ? numbers[i] : 0; };
  if (has("selective")) return std::nullopt;
  if (has("switch")) return lss::switch_global(!has("waiting"));
  if (has("activate")) return lss::activate_bit_timing(static_cast<std::uint16_t>(nth(0)));
  if (has("store")) return lss::store();
  if (has("inquire") && has("node")) return lss::inquire(lss::command::inquire_node_id);
  if (has("inquire") && has("vendor")) return lss::inquire(lss::command::inquire_vendor);
  if (has("inquire") && has("product")) return lss::inquire(lss::command::inquire_product);
  if (has("inquire") && has("revision")) return lss::inquire(lss::command::inquire_revision);
  if (has("inquire") && has("serial")) return lss::inquire(lss::command::inquire_serial);
  if (has("bit timing") && !numbers.empty())
    return lss::set_bit_timing(static_cast<std::uint8_t>(numbers.back()));
  if (has("node id") || has("node-id")) return lss::set_node_id(static_cast<std::uint8_t>(nth(0)));
  return std::nullopt;
}

std::optional<json> judge_lss(const json& input, const json& expected) {
  if (input.contains("meaning")) {
    const auto frame = lss_frame(input.at("meaning").get<std::string>());
    return frame ? std::optional(frame_json(*frame, expected)) : std::nullopt;
  }
  if (!input.contains("response")) return std::nullopt;
  const auto said = lss::read_answer(bytes_of(input.at("response").get<std::string>()));
  if (!said) return refused;
  json got = {{"error", said->error}, {"error_code", said->error}, {"specific", said->specific}};
  for (const auto* key :
       {"node_id", "value", "vendor_id", "product_code", "revision_number", "serial_number"})
    got[key] = said->value;
  return got;
}

std::optional<json> judge_crc(const json& input, const json& /*expected*/) {
  return json{{"crc", crc16(bytes_of(input.at("data").get<std::string>()),
                            input.value("initial", std::uint16_t{0}))}};
}

json value_json(const object_value& value) {
  if (const auto* bytes = std::get_if<object_bytes>(&value)) return {{"hex", hex_of(*bytes)}};
  return json::parse(to_json(value));
}

object_value value_of(const json& from) {
  if (from.is_boolean()) return from.get<bool>();
  if (from.is_number_unsigned()) return from.get<std::uint64_t>();
  if (from.is_number_integer()) return from.get<std::int64_t>();
  if (from.is_number()) return from.get<double>();
  if (from.is_object()) return bytes_of(from.at("hex").get<std::string>());
  return from.get<std::string>();
}

std::optional<json> judge_data_type(const json& input, const json& /*expected*/) {
  const auto type = parse_data_type(input.at("type").get<std::string>());
  if (!type) return std::nullopt;
  if (input.contains("data")) {
    const auto value = decode(*type, bytes_of(input.at("data").get<std::string>()));
    return value ? json{{"value", value_json(*value)}} : refused;
  }
  const auto data = encode(*type, value_of(input.at("value")));
  return data ? json{{"data", hex_of(*data)}} : refused;
}

std::optional<json> judge_literal(const json& input, const json& expected) {
  const auto bits = input.at("bits").get<std::uint32_t>();
  if (bits == 0 || bits > 64) throw std::invalid_argument("a literal has 1 to 64 bits");
  const auto value =
      parse_integer(input.at("literal").get<std::string>(), bits, input.value("signed", true));
  if (value) return json{{"value", value_json(*value)}};
  const auto wanted = expected.is_object() ? expected.value("value", json()) : json();
  // Why it is refused each says in words of its own.
  const bool is_refusal = wanted.is_string() && wanted.get<std::string>().starts_with("error");
  return is_refusal ? expected : refused;
}

std::vector<mapped_object> mapping_of(const json& entries) {
  std::vector<mapped_object> all;
  for (const auto& each : entries)
    all.push_back(read_mapping_entry(each.is_string() ? hex_number(each.get<std::string>())
                                                      : each.get<std::uint32_t>()));
  return all;
}

std::optional<json> judge_layout(const json& input, const json& /*expected*/) {
  const auto layout = pdo_layout::make(mapping_of(input.at("mapping_entries")));
  if (!layout) return refused;
  json objects = json::array();
  for (const auto& each : layout->places())
    objects.push_back({{"index", fmt::format("{:04x}", each.object.of.index)},
                       {"sub", each.object.of.subindex},
                       {"bits", each.object.bits},
                       {"start_bit", each.start}});
  return json{{"objects", objects}, {"total_bits", layout->bits()}};
}

/// `["2001:0 INTEGER16", 16]`.
struct typed_object {
  std::string key; ///< as the vectors name it
  data_type type = data_type::unsigned8;
};

std::optional<json> judge_map(const json& input, const json& /*expected*/) {
  std::vector<mapped_object> mapping;
  std::vector<typed_object> named;
  static const std::regex form("([0-9a-fA-F]+):([0-9a-fA-F]+) +(\\w+)");
  for (const auto& each : input.at("mapping")) {
    std::smatch parts;
    const auto text = each.at(0).get<std::string>();
    if (!std::regex_match(text, parts, form)) return std::nullopt;
    const auto type = parse_data_type(parts[3].str());
    if (!type) return std::nullopt;
    const auto sub = static_cast<std::uint8_t>(hex_number(parts[2].str()));
    mapping.push_back({{static_cast<std::uint16_t>(hex_number(parts[1].str())), sub},
                       each.at(1).get<std::uint8_t>()});
    named.push_back({sub == 0 ? parts[1].str() : parts[1].str() + ":" + parts[2].str(), *type});
  }
  const auto layout = pdo_layout::make(mapping);
  if (!layout) return refused;
  if (!input.contains("data")) {
    std::vector<std::uint64_t> bits;
    for (const auto& each : named) {
      const auto bytes = encode(each.type, value_of(input.at("values").at(each.key)));
      if (!bytes) return refused;
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < bytes->size(); ++i) value |= std::uint64_t{(*bytes)[i]} << 8 * i;
      bits.push_back(value);
    }
    return json{{"data", hex_of(layout->pack(bits))}};
  }
  const auto bits = layout->unpack(bytes_of(input.at("data").get<std::string>()));
  if (!bits) return refused;
  json got;
  for (std::size_t i = 0; i < bits->size(); ++i)
    got[named[i].key] = value_json(value_of_bits(named[i].type, (*bits)[i], mapping[i].bits));
  return got;
}

device_description load_device(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + " cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto read = load_eds(text, path, strictness::tolerant);
  if (const auto* wrong = std::get_if<messages::findings>(&read))
    throw std::runtime_error(wrong->front().text);
  return std::get<loaded_eds>(std::move(read)).device;
}

json object_json(const eds_object& of, std::uint8_t node) {
  json got = {{"name", of.name},
              {"data_type", to_string(of.type)},
              {"type", to_string(of.type)},
              {"pdo_mappable", of.is_mappable}};
  constexpr std::array words = {"ro", "wo", "rw", "rwr", "rww", "const"};
  got["access"] = got["access_type"] = words[static_cast<std::size_t>(of.access)];
  const auto add = [&](const char* key, const std::optional<eds_value>& value) {
    got[key] = value ? value_json(value->at(node)) : json();
  };
  add("default", of.default_value);
  add("parameter_value", of.parameter_value);
  add("min", of.low_limit);
  add("low_limit", of.low_limit);
  add("max", of.high_limit);
  add("high_limit", of.high_limit);
  const auto value = of.value(node);
  got["value"] = value ? value_json(*value) : json();
  return got;
}

/// What the file says of one key of a vector; nothing where the key is not of a known form.
std::optional<json> eds_answer(const device_description& device, const std::string& key,
                               const json& wanted) {
  const auto node = device.node.value_or(0);
  if (key.ends_with("_note")) return wanted;
  if (key == "vendor_number") return device.vendor;
  if (key == "product_number") return device.product;
  if (key == "revision_number") return device.revision;
  if (key == "vendor_name") return device.vendor_name;
  if (key == "product_name") return device.product_name;
  if (key == "node_id") return device.node ? json(*device.node) : json();
  if (key == "bitrate") return device.bit_rate ? json(*device.bit_rate) : json();
  static const std::regex entries("([0-9a-fA-F]{4})_entries");
  static const std::regex place("([0-9a-fA-F]{4})(?::([0-9a-fA-F]{1,2}))?");
  std::smatch parts;
  if (std::regex_match(key, parts, entries)) {
    json all = json::array();
    for (const auto& each :
         device.mapping(static_cast<std::uint16_t>(hex_number(parts[1].str())), node))
      all.push_back(mapping_entry(each));
    return all;
  }
  if (!std::regex_match(key, parts, place)) return std::nullopt;
  const auto sub = parts[2].matched ? hex_number(parts[2].str()) : 0;
  const auto* object = device.find(
      {static_cast<std::uint16_t>(hex_number(parts[1].str())), static_cast<std::uint8_t>(sub)});
  if (object == nullptr) return json();
  const auto all = object_json(*object, node);
  return wanted.is_object() ? all : all.at("value");
}

std::optional<json> judge_eds(const json& input, const json& expected) {
  const auto device = load_device(input.at("eds").get<std::string>());
  json got;
  for (const auto& [key, wanted] : expected.items()) {
    const auto answer = eds_answer(device, key, wanted);
    if (!answer) return std::nullopt;
    got[key] = *answer;
  }
  return got;
}

std::optional<json> judge_server(const json& input, const json& expected) {
  device_description device;
  if (input.contains("eds")) device = load_device(input.at("eds").get<std::string>());
  return play_server(std::move(device), input, expected);
}

std::optional<energybus::device_type> device_of(const std::string& name) {
  constexpr std::uint8_t first = 4;
  constexpr std::uint8_t last = 10;
  for (auto number = first; number <= last; ++number) {
    const auto type = static_cast<energybus::device_type>(number);
    if (lower_case(name).starts_with(lower_case(energybus::to_string(type)))) return type;
  }
  return std::nullopt;
}

std::optional<json> judge_energybus_id(const json& input, const json& expected) {
  const auto type = device_of(input.at("device").get<std::string>());
  if (!type) return std::nullopt;
  const auto id = energybus::pdo_id(*type, input.at("message").get<std::uint8_t>(),
                                    input.at("global_instance").get<std::uint8_t>());
  const auto is_text = expected.is_object() && expected.value("cob", json()).is_string();
  const auto text = id && is_text ? json(id_text(*id, expected, "cob")) : json();
  return json{{"cob", text}, {"max_instances", energybus::instances_max(*type)}};
}

std::optional<json> judge_virtual_device(const json& input, const json& expected) {
  const auto of = energybus::read_virtual_device(input.at("value").get<std::uint32_t>());
  const auto name = energybus::to_string(static_cast<energybus::device_type>(of.type));
  json got = {{"device_class", of.device_class},
              {"instance_offset", of.instance_offset},
              {"instance", of.instance},
              {"device_type", name}};
  const auto wanted = expected.value("device_type", std::string());
  if (!name.empty() && lower_case(wanted).starts_with(lower_case(name)))
    got["device_type"] = wanted;
  return got;
}

std::optional<json> judge_status_word(const json& input, const json& /*expected*/) {
  const auto of = energybus::read_status_word(input.at("value").get<std::uint16_t>());
  return json{{"energybus_state", energybus::state_text(of.state)},
              {"battery_state", energybus::battery_state_text(of.device_state)},
              {"data_request", of.requests_data}};
}

constexpr std::array kinds = {
    kind{"canopen.heartbeat", judge_heartbeat},
    kind{"canopen.nmt", judge_nmt},
    kind{"canopen.node_guard", judge_guard},
    kind{"canopen.emcy", judge_emergency},
    kind{"canopen.emcy_class", judge_emergency_class},
    kind{"canopen.time", judge_time},
    kind{"canopen.sync", judge_sync},
    kind{"canopen.lss", judge_lss},
    kind{"canopen.crc16", judge_crc},
    kind{"canopen.datatype", judge_data_type},
    kind{"canopen.eds", judge_eds},
    kind{"canopen.eds_literal", judge_literal},
    kind{"canopen.pdo_layout", judge_layout},
    kind{"canopen.pdo_map", judge_map},
    kind{"canopen.sdo_client", play_client},
    kind{"canopen.sdo_block", play_client},
    kind{"canopen.sdo_server", judge_server},
    kind{"energybus.cobid", judge_energybus_id},
    kind{"energybus.virtual_device", judge_virtual_device},
    kind{"energybus.status_word", judge_status_word},
};

} // namespace

std::span<const kind> canopen_kinds() {
  return kinds;
}

} // namespace voltaic::conformance
