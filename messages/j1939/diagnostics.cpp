#include "messages/j1939/diagnostics.hpp"

#include <algorithm>
#include <array>

namespace voltaic::messages::j1939 {
namespace {

constexpr std::size_t lamp_bytes = 2;
constexpr std::size_t code_bytes = 4;
constexpr std::size_t report_bytes_min = 8;
constexpr std::uint8_t padding = 0xFF;
constexpr unsigned malfunction_shift = 6;
constexpr unsigned red_stop_shift = 4;
constexpr unsigned amber_warning_shift = 2;
constexpr unsigned protect_shift = 0;
constexpr unsigned fmi_bits = 5;
constexpr unsigned fmi_mask = 0x1F;
constexpr unsigned occurrences_mask = 0x7F;
constexpr unsigned conversion_shift = 7;

constexpr std::string_view reserved_text = "reserved";
constexpr std::array<std::string_view, 32> fmi_texts = {
    "above the normal range, most severe",
    "below the normal range, most severe",
    "erratic, intermittent or incorrect",
    "voltage above normal or shorted high",
    "voltage below normal or shorted low",
    "current below normal or open circuit",
    "current above normal or grounded circuit",
    "mechanical system does not respond properly",
    "abnormal frequency, pulse width or period",
    "abnormal update rate",
    "abnormal rate of change",
    "failure mode not known",
    "bad intelligent device or component",
    "out of calibration",
    "special instructions",
    "above the normal range, least severe",
    "above the normal range, moderately severe",
    "below the normal range, least severe",
    "below the normal range, moderately severe",
    "received network data in error",
    reserved_text, // 20 and 21 are drifts, in later editions than this table's source
    reserved_text,
    reserved_text,
    reserved_text,
    reserved_text,
    reserved_text,
    reserved_text,
    reserved_text,
    reserved_text,
    reserved_text,
    reserved_text,
    "condition exists"};

lamp lamp_at(const fault_report& of, unsigned shift) {
  constexpr unsigned mask = 3;
  return {static_cast<lamp_state>(of.lamps >> shift & mask),
          static_cast<lamp_flash>(of.flash >> shift & mask)};
}

trouble_code code_of(std::span<const std::uint8_t> bytes) {
  trouble_code read;
  const auto high = static_cast<std::uint32_t>(bytes[2]) >> fmi_bits;
  read.spn = bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 | high << 16;
  read.fmi = bytes[2] & fmi_mask;
  read.occurrences = bytes[3] & occurrences_mask;
  read.conversion = static_cast<std::uint8_t>(bytes[3] >> conversion_shift);
  return read;
}

bool is_no_code(std::span<const std::uint8_t> bytes) {
  const auto all = [&](std::uint8_t value) {
    return std::ranges::all_of(bytes, [=](auto byte) { return byte == value; });
  };
  return all(0) || all(padding);
}

} // namespace

std::optional<fault_report> read_faults(std::span<const std::uint8_t> payload) {
  if (payload.size() < lamp_bytes) return std::nullopt;
  fault_report read;
  read.lamps = payload[0];
  read.flash = payload[1];
  read.malfunction = lamp_at(read, malfunction_shift);
  read.red_stop = lamp_at(read, red_stop_shift);
  read.amber_warning = lamp_at(read, amber_warning_shift);
  read.protect = lamp_at(read, protect_shift);
  for (auto at = lamp_bytes; at + code_bytes <= payload.size(); at += code_bytes) {
    const auto bytes = payload.subspan(at, code_bytes);
    if (!is_no_code(bytes)) read.codes.push_back(code_of(bytes));
  }
  return read;
}

std::vector<std::uint8_t> fault_payload(const fault_report& of) {
  std::vector<std::uint8_t> payload = {of.lamps, of.flash};
  for (const auto& code : of.codes) {
    payload.push_back(static_cast<std::uint8_t>(code.spn & 0xFF));
    payload.push_back(static_cast<std::uint8_t>(code.spn >> 8 & 0xFF));
    payload.push_back(
        static_cast<std::uint8_t>((code.spn >> 16 & 7) << fmi_bits | (code.fmi & fmi_mask)));
    payload.push_back(static_cast<std::uint8_t>((code.conversion & 1u) << conversion_shift |
                                                (code.occurrences & occurrences_mask)));
  }
  if (of.codes.empty()) payload.resize(lamp_bytes + code_bytes, 0);
  payload.resize(std::max(payload.size(), report_bytes_min), padding);
  return payload;
}

std::string_view fmi_text(std::uint8_t fmi) {
  return fmi < fmi_texts.size() ? fmi_texts[fmi] : reserved_text;
}

std::string_view to_string(lamp_state of) {
  switch (of) {
    case lamp_state::off:
      return "off";
    case lamp_state::on:
      return "on";
    case lamp_state::reserved:
      return reserved_text;
    case lamp_state::not_available:
      return "not available";
  }
  return "";
}

std::string_view to_string(lamp_flash of) {
  switch (of) {
    case lamp_flash::slow:
      return "slow flash";
    case lamp_flash::fast:
      return "fast flash";
    case lamp_flash::reserved:
      return reserved_text;
    case lamp_flash::steady:
      return "no flash";
  }
  return "";
}

} // namespace voltaic::messages::j1939
