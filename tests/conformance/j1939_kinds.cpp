#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <sstream>
#include <stdexcept>

#include "conformance/j1939_exchange.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/battery_groups.hpp"
#include "messages/j1939/diagnostics.hpp"
#include "messages/j1939/memory_access.hpp"
#include "messages/j1939/value_state.hpp"

namespace voltaic::conformance {
namespace {

using namespace messages::j1939;

const json refused = {{"accepted", false}};

/// A field of at most so many bits; what is beyond them is refused by all who state vectors.
std::uint32_t field(const json& input, const char* key, unsigned bits,
                    std::uint32_t otherwise = 0) {
  const auto value = input.value(key, std::uint64_t{otherwise});
  if (value >> bits != 0) throw std::out_of_range(std::string(key) + " is too large");
  return static_cast<std::uint32_t>(value);
}

std::uint32_t pgn_of_input(const json& input) {
  group_parts parts;
  parts.extended_data_page = static_cast<std::uint8_t>(field(input, "edp", 1));
  parts.data_page = static_cast<std::uint8_t>(field(input, "dp", 1));
  parts.format = static_cast<std::uint8_t>(field(input, "pf", 8));
  parts.specific = static_cast<std::uint8_t>(field(input, "ps", 8));
  return pgn_of(parts);
}

json parts_json(std::uint32_t pgn) {
  const auto parts = parts_of(pgn);
  return {{"edp", parts.extended_data_page},
          {"dp", parts.data_page},
          {"pf", parts.format},
          {"ps", parts.specific}};
}

std::optional<json> judge_id(const json& input, const json& /*expected*/) {
  if (!input.contains("can_id")) {
    identifier of;
    of.priority = static_cast<std::uint8_t>(field(input, "priority", 3, default_priority));
    of.pgn = input.contains("pgn") ? field(input, "pgn", 18) : pgn_of_input(input);
    of.source = static_cast<std::uint8_t>(field(input, "sa", 8, null_address));
    const char* destination = input.contains("da") ? "da" : "ps";
    of.destination = static_cast<std::uint8_t>(field(input, destination, 8, global_address));
    return json{{"can_id", join(of)}};
  }
  const auto id = field(input, "can_id", 29);
  const auto of = split(id);
  auto got = parts_json(id >> 8);
  got.update(
      {{"priority", of.priority}, {"pgn", of.pgn}, {"da", of.destination}, {"sa", of.source}});
  return got;
}

std::optional<json> judge_pgn(const json& input, const json& /*expected*/) {
  if (input.contains("pgn")) return parts_json(field(input, "pgn", 18));
  const auto pgn = pgn_of_input(input);
  // A group with addresses has no byte of its own there.
  if (is_addressed(pgn) && input.value("ps", 0) != 0) return refused;
  return json{{"pgn", pgn}};
}

json name_json(std::uint64_t name) {
  const auto of = split_name(name);
  return {{"arbitrary_address_capable", of.arbitrary_address_capable ? 1 : 0},
          {"industry_group", of.industry_group},
          {"vehicle_system_instance", of.vehicle_system_instance},
          {"vehicle_system", of.vehicle_system},
          {"reserved", of.reserved},
          {"function", of.function},
          {"function_instance", of.function_instance},
          {"ecu_instance", of.ecu_instance},
          {"manufacturer_code", of.manufacturer_code},
          {"identity_number", of.identity_number}};
}

std::uint64_t name_of_hex(const std::string& hex) {
  const auto bytes = bytes_of(hex);
  if (bytes.size() != name_bytes) throw std::runtime_error("a NAME has 8 bytes");
  return name_of_bytes(std::span<const std::uint8_t, name_bytes>(bytes.data(), name_bytes));
}

std::optional<json> judge_name(const json& input, const json& /*expected*/) {
  if (input.contains("data")) return name_json(name_of_hex(input.at("data").get<std::string>()));
  name_fields of;
  const auto take = [&](const char* key, unsigned bits, auto& to) {
    to = static_cast<std::remove_reference_t<decltype(to)>>(field(input, key, bits));
  };
  take("identity_number", 21, of.identity_number);
  take("manufacturer_code", 11, of.manufacturer_code);
  take("ecu_instance", 3, of.ecu_instance);
  take("function_instance", 5, of.function_instance);
  take("function", 8, of.function);
  take("vehicle_system", 7, of.vehicle_system);
  take("vehicle_system_instance", 4, of.vehicle_system_instance);
  take("industry_group", 3, of.industry_group);
  take("arbitrary_address_capable", 1, of.arbitrary_address_capable);
  return json{{"data", hex_of(bytes_of_name(join_name(of)))}};
}

/// A device that claims, and hears what is transported as well.
class claimant {
 public:
  claimant(std::uint64_t name, std::uint8_t address) : claim_({name, address, 0}) {
    claim_.begin(now_us_, out_);
  }
  void hear(const packet& heard) {
    claim_.take(heard, now_us_, out_);
    transport_output whole;
    listener_.take(heard, now_us_, whole);
    for (const auto& one : whole.messages) claim_.take(one, now_us_, out_);
    claim_.step(now_us_, out_);
  }
  void wait(std::int64_t us) {
    for (const auto end = now_us_ + us; now_us_ < end;) {
      now_us_ = std::min(end, claim_.next_us().value_or(end));
      claim_.step(now_us_, out_);
    }
  }
  [[nodiscard]] const address_claim& claim() const { return claim_; }
  [[nodiscard]] const std::vector<packet>& sent() const { return out_.packets; }

 private:
  std::int64_t now_us_ = 0;
  address_claim claim_;
  transport_listener listener_;
  claim_output out_;
};

constexpr std::int64_t long_enough_us = 1'000'000;

std::optional<json> judge_address_claim(const json& input, const json& expected) {
  claimant device(name_of_hex(input.at("name").get<std::string>()),
                  input.at("address").get<std::uint8_t>());
  for (const auto& event : input.at("events")) {
    if (event.at(0) == "rx") {
      device.hear(packet_of_vector(event, 1));
    } else if (event.at(1).is_number()) {
      device.wait(event.at(1).get<std::int64_t>() * 1'000);
    }
  }
  device.wait(long_enough_us);
  return json{{"tx", frames_json(device.sent(), expected.value("tx", json::array()))},
              {"state", to_string(device.claim().current())},
              {"address", device.claim().address()}};
}

/// "02<NAME byte 7>04ff" with the bytes of a NAME in it.
std::string with_name(std::string text, const std::string& name) {
  for (auto at = text.find('<'); at != std::string::npos; at = text.find('<')) {
    const auto end = text.find('>', at);
    if (end == std::string::npos) throw std::runtime_error("no end of the NAME's bytes");
    const auto words = text.substr(at + 1, end - at - 1);
    const auto digit = words.find_first_of("01234567");
    const std::size_t first = std::stoul(words.substr(digit));
    const auto dots = words.find("..");
    const std::size_t last = dots == std::string::npos ? first : std::stoul(words.substr(dots + 2));
    text.replace(at, end - at + 1, name.substr(2 * first, 2 * (last - first + 1)));
  }
  return text;
}

std::optional<json> judge_commanded_address(const json& input, const json& /*expected*/) {
  const auto name = input.value("name", std::string("87d6525382c9fe52"));
  claimant device(name_of_hex(name), input.value("address", std::uint8_t{128}));
  device.wait(long_enough_us);
  if (input.contains("frames")) {
    for (const auto& each : input.at("frames")) device.hear(packet_of_vector(each, 0));
  } else {
    bool is_first = true;
    for (const auto& each : input.at("frames_tail")) {
      const auto id = is_first ? "18ECFF22" : "18EBFF22";
      device.hear(packet_of_vector({id, with_name(each.get<std::string>(), name)}, 0));
      is_first = false;
    }
  }
  device.wait(long_enough_us);
  return json{{"new_address", device.claim().address()},
              {"state", to_string(device.claim().current())}};
}

std::optional<json> judge_rx(const json& input, const json& /*expected*/) {
  const auto all = messages_of(input.at("frames"));
  return all.empty() ? refused : message_json(all.back());
}

std::vector<packet> sent_frames(const message& what) {
  transport device({.own_address = what.source});
  transport_output out;
  const auto begun = device.send(what, 0, out);
  if (!begun) throw std::runtime_error(begun.error().text);
  while (const auto next = device.next_us()) device.step(*next, out);
  return out.packets;
}

std::optional<json> judge_tx(const json& input, const json& expected) {
  message what;
  what.pgn = input.at("pgn").get<std::uint32_t>();
  const auto specific = input.value("ps", input.value("da", global_address));
  if (is_addressed(what.pgn)) {
    what.destination = specific;
  } else if (input.contains("ps")) {
    what.pgn |= specific;
  }
  what.source = input.at("sa").get<std::uint8_t>();
  what.priority = input.value("priority", default_priority);
  what.payload = bytes_of(input.at("payload").get<std::string>());
  return json{{"frames", frames_json(sent_frames(what), expected.value("frames", json::array()))}};
}

std::optional<json> judge_exchange(const json& input, const json& expected) {
  if (!input.contains("exchange"))
    return input.contains("frames") ? judge_rx(input, expected) : judge_tx(input, expected);
  return j1939_exchange(input).play(input.at("exchange"));
}

json dtcs_json(const fault_report& of) {
  json all = json::array();
  for (const auto& code : of.codes)
    all.push_back(
        {{"spn", code.spn}, {"fmi", code.fmi}, {"oc", code.occurrences}, {"cm", code.conversion}});
  return all;
}

std::optional<json> judge_dm1(const json& input, const json& /*expected*/) {
  const auto all = messages_of(input.at("frames"));
  if (all.empty()) return refused;
  const auto read = read_faults(all.back().payload);
  if (!read) return refused;
  return json{{"pgn", all.back().pgn},
              {"sa", all.back().source},
              {"lamps", fmt::format("{:02x}", read->lamps)},
              {"flash", fmt::format("{:02x}", read->flash)},
              {"dtcs", dtcs_json(*read)}};
}

std::optional<json> judge_dm14(const json& input, const json& /*expected*/) {
  json got = json::object();
  for (const auto& step : input.at("exchange")) {
    const auto heard = message_of(packet_of_vector(step, 1));
    if (const auto request = read_memory_request(heard)) {
      const auto again = memory_message(*request, heard.source, heard.destination);
      if (!same_but_priority(packet_of(again), packet_of(heard)))
        throw std::runtime_error("the request is not what it was read as");
      if (request->command == memory_command::read) got["read_address"] = request->pointer;
      if (request->command == memory_command::write) got["write_address"] = request->pointer;
    }
    if (const auto bytes = read_memory_data(heard)) got["bytes"] = hex_of(*bytes);
    if (const auto answer = read_memory_answer(heard))
      got["status"] = static_cast<int>(answer->state);
  }
  return got;
}

std::set<std::string> words_of(std::string_view text) {
  std::string lower;
  for (const char letter : text)
    lower += std::isalnum(static_cast<unsigned char>(letter)) != 0
                 ? static_cast<char>(std::tolower(static_cast<unsigned char>(letter)))
                 : ' ';
  std::istringstream in(lower);
  return {std::istream_iterator<std::string>(in), {}};
}

/// The group's parameter whose name shares most words with what the vector calls it.
const battery_signal* find_signal(const json& input) {
  const auto pgn = input.at("pgn").get<std::uint32_t>();
  const auto asked = words_of(input.value("field", ""));
  const battery_signal* best = nullptr;
  std::ptrdiff_t best_count = 0;
  for (const auto& one : battery_signals()) {
    if (one.pgn != pgn || one.bits != input.at("bits").get<std::uint32_t>()) continue;
    const auto count = std::ranges::count_if(
        words_of(one.name), [&](const auto& word) { return asked.contains(word); });
    if (count > best_count) best = &one;
    best_count = std::max(best_count, count);
  }
  return best;
}

std::optional<json> judge_spn(const json& input, const json& /*expected*/) {
  const auto raw = input.at("raw").get<std::uint64_t>();
  const auto state = state_of(raw, input.at("bits").get<std::uint32_t>());
  if (state != value_state::valid) return json{{"value", nullptr}, {"status", to_string(state)}};
  const auto* one = find_signal(input);
  if (one == nullptr) return std::nullopt;
  // What the vectors call C is degC here.
  const auto unit = one->slot.unit == "degC" ? std::string_view("C") : one->slot.unit;
  return json{{"value", one->slot.value_of(raw)}, {"unit", unit}, {"status", to_string(state)}};
}

/// What cannot be is refused, each time in words of its own.
template <std::optional<json> (*judge_value)(const json&, const json&)>
std::optional<json> judge_range(const json& input, const json& expected) {
  try {
    return judge_value(input, expected);
  } catch (const std::out_of_range&) {
    return refused;
  }
}

constexpr std::array kinds = {
    kind{"j1939.id", judge_range<judge_id>},
    kind{"j1939.pgn", judge_range<judge_pgn>},
    kind{"j1939.name", judge_range<judge_name>},
    kind{"j1939.address_claim", judge_address_claim},
    kind{"j1939.commanded_address", judge_commanded_address},
    kind{"j1939.rx", judge_rx},
    kind{"j1939.tx", judge_tx},
    kind{"j1939.tp_bam_rx", judge_exchange},
    kind{"j1939.tp_bam_tx", judge_exchange},
    kind{"j1939.tp_rts_rx", judge_exchange},
    kind{"j1939.tp_rts_tx", judge_exchange},
    kind{"j1939.tp_abort_rx", judge_exchange},
    kind{"j1939.tp_abort_tx", judge_exchange},
    kind{"j1939.dm1", judge_dm1},
    kind{"j1939.dm14", judge_dm14},
    kind{"j1939.spn", judge_spn},
};

} // namespace

std::span<const kind> j1939_kinds() {
  return kinds;
}

} // namespace voltaic::conformance
