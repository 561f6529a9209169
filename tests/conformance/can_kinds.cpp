#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "conformance/judge.hpp"
#include "messages/can/frame_bits.hpp"
#include "messages/can/logs/candump.hpp"
#include "messages/can/logs/log_reader.hpp"
#include "messages/can/logs/slcan.hpp"
#include "messages/can/logs/socketcand.hpp"
#include "messages/can/logs/trc.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::conformance {
namespace {

using messages::can::log_entry;

const json refused = {{"accepted", false}};

json frame_json(const messages::can::frame& frame) {
  return {{"id", frame.id},
          {"extended", frame.extended},
          {"remote", frame.remote},
          {"error_frame", frame.error},
          {"fd", frame.fd},
          {"brs", frame.bit_rate_switch},
          {"len", frame.length},
          {"dlc", frame.length},
          {"data", hex_of({frame.data.data(), frame.remote ? std::size_t{0} : frame.length})}};
}

// Some vectors ask for what our frames do not carry, as the error state of CAN FD's sender.
std::optional<json> if_known(json got, const json& expected) {
  if (!expected.is_object()) return got;
  for (const auto& [key, value] : expected.items())
    if (!got.contains(key) && key != "why" && key != "note") return std::nullopt;
  return got;
}

json entry_json(const log_entry& entry) {
  auto got = frame_json(entry.frame);
  got["channel"] = entry.channel;
  got["timestamp_us"] = entry.frame.time_us;
  got["timestamp"] = static_cast<double>(entry.frame.time_us) / 1e6;
  got["timestamp_kind"] = entry.time == messages::can::log_time::absolute   ? "absolute"
                          : entry.time == messages::can::log_time::relative ? "relative"
                                                                            : "none";
  return got;
}

std::optional<json> judge_candump(const json& input, const json& expected) {
  const auto entry = messages::can::parse_candump(input.at("line").get<std::string>());
  if (!entry) return refused;
  return if_known(entry_json(*entry), expected);
}

std::optional<json> judge_trc(const json& input, const json& expected) {
  messages::can::trc_reader reader;
  log_entry entry;
  const auto read = reader.read(input.at("line").get<std::string>(), entry);
  if (!read || *read != messages::can::line_kind::frame) return refused;
  return if_known(entry_json(entry), expected);
}

using line_reader = messages::expected<messages::can::line_kind> (*)(std::string_view, log_entry&);

std::optional<json> judge_line(line_reader read, const json& input, const json& expected) {
  log_entry entry;
  const auto kind = read(input.at("text").get<std::string>(), entry);
  if (!kind || *kind != messages::can::line_kind::frame) return refused;
  return if_known(entry_json(entry), expected);
}

std::optional<json> judge_slcan(const json& input, const json& expected) {
  return judge_line(messages::can::read_slcan, input, expected);
}

std::optional<json> judge_socketcand(const json& input, const json& expected) {
  return judge_line(messages::can::read_socketcand, input, expected);
}

std::optional<json> judge_frame_text(const json& input, const json& expected) {
  const auto frame = messages::can::parse_frame_text(input.at("text").get<std::string>());
  if (!frame) return refused;
  return if_known(frame_json(*frame), expected);
}

std::optional<json> judge_frame_bits(const json& input, const json& /*expected*/) {
  auto frame = frame_of(input.at("id").get<std::string>(), input.at("data").get<std::string>());
  frame.extended = input.value("extended", frame.extended);
  return json{{"bits_on_wire_incl_stuffing_and_3_bit_ifs", messages::can::exact_bits(frame)}};
}

std::optional<json> judge_frame_bits_bounds(const json& input, const json& expected) {
  const auto extended = input.at("extended").get<bool>();
  const auto bytes = input.at("len").get<std::uint32_t>();
  const json got = {{"worst_case", messages::can::worst_case_bits(extended, bytes)},
                    {"no_stuffing", messages::can::unstuffed_bits(extended, bytes)}};
  return if_known(got, expected);
}

json decode_by(const json& profile_text, const messages::can::frame& frame, const json& fields) {
  using namespace messages::profiles;
  const auto loaded = load_profile(profile_text.dump(), "vector");
  if (const auto* wrong = std::get_if<messages::findings>(&loaded))
    return {{"error", wrong->front().text}};
  const auto plan = decode_plan::compile(std::get<device_profile>(loaded), 0);
  if (!plan) return {{"error", plan.error().text}};
  std::vector<sample> samples;
  static_cast<void>(plan->apply(frame, samples));
  json got = json::object();
  for (const auto& each : samples)
    if (each.good) got[fields[each.point].at("name").get<std::string>()] = each.real;
  return got;
}

// A field as a device profile's signal; nothing for a type that a profile does not have.
std::optional<json> signal_of(const json& field, std::size_t index) {
  const auto type = field.at("type").get<std::string>();
  const auto bits = std::atoi(type.c_str() + 1);
  const bool is_signed = type.starts_with('i') || type.starts_with('s');
  if ((!is_signed && !type.starts_with('u')) || bits <= 0 || bits % 8 != 0) return std::nullopt;
  const bool is_big = type.ends_with("be");
  const auto first = field.at("start_byte").get<int>() * 8;
  return json{{"point", fmt::format("field_{}", index)},
              {"start", is_big ? first + 7 : first},
              {"length", bits},
              {"order", is_big ? "motorola" : "intel"},
              {"type", is_signed ? "signed" : "unsigned"},
              {"scale", field.value("scale", 1.0)},
              {"offset", field.value("offset", 0.0)}};
}

std::optional<json> judge_profile(const json& input, const json& /*expected*/) {
  const auto frame =
      frame_of(input.at("id").get<std::string>(), input.at("data").get<std::string>());
  json points = json::object();
  json signals = json::array();
  const auto& fields = input.at("fields");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto signal = signal_of(fields[i], i);
    if (!signal) return std::nullopt;
    signals.push_back(*signal);
    points[fmt::format("field_{}", i)] = {
        {"channel", fmt::format("Field{}", i)}, {"type", "f64"}, {"unit", ""}, {"period_ms", 1000}};
  }
  const json profile = {
      {"name", "vector"},
      {"version", 1},
      {"protocol", "can"},
      {"commissioned", true},
      {"points", points},
      {"messages",
       {{{"name", "frame"},
         {"id", fmt::format(fmt::runtime(frame.extended ? "0x{:08X}" : "0x{:03X}"), frame.id)},
         {"length", frame.length},
         {"signals", signals}}}}};
  return decode_by(profile, frame, fields);
}

constexpr std::array kinds = {
    kind{"log.candump", judge_candump},
    kind{"log.trc", judge_trc},
    kind{"log.slcan", judge_slcan},
    kind{"log.socketcand", judge_socketcand},
    kind{"log.canframe_text", judge_frame_text},
    kind{"can.frame_bits", judge_frame_bits},
    kind{"can.frame_bits_bounds", judge_frame_bits_bounds},
    kind{"profile.decode", judge_profile},
};

} // namespace

std::span<const kind> can_kinds() {
  return kinds;
}

} // namespace voltaic::conformance
