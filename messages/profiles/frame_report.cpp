#include "messages/profiles/frame_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <iterator>
#include <utility>

#include "messages/can/logs/report_line.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/profiles/bits.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::uint32_t extended_mark = 0x8000'0000;

std::uint32_t key_of(std::uint32_t id, bool extended) {
  return id | (extended ? extended_mark : 0);
}

/// What the bits of a float say; JSON has no word for what is not finite.
std::string float_text(std::uint64_t bits, unsigned length) {
  constexpr unsigned single_bits = 32;
  const double value = length == single_bits
                           ? std::bit_cast<float>(static_cast<std::uint32_t>(bits))
                           : std::bit_cast<double>(bits);
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

} // namespace

expected<frame_report> frame_report::make(device_profile profile, std::uint32_t id_offset) {
  auto plan = decode_plan::compile(profile, id_offset);
  if (!plan) return plan.error();
  return frame_report(std::move(profile), *std::move(plan));
}

frame_report::frame_report(device_profile profile, decode_plan plan)
    : profile_(std::move(profile)), plan_(std::move(plan)) {
  for (const auto& carrier : plan_.carriers())
    message_of_id_[key_of(carrier.id, carrier.extended)] = carrier.message;
  for (const auto& message : profile_.messages) {
    message_names_.push_back(json_text(message.name));
    message_width_ = std::max(message_width_, message.name.size());
  }
  for (const auto& point : profile_.points) {
    auto name = json_text(point.name);
    name.pop_back();
    points_.push_back({std::move(name), json_text(point.unit), {}});
    for (const auto& word : point.texts) points_.back().texts.push_back(json_text(word));
  }
  samples_.reserve(plan_.samples_max());
  readings_.reserve(plan_.samples_max());
}

void frame_report::read(const can::log_entry& entry) {
  if (bus_.empty() || entry.channel != entry_.channel) {
    bus_ = can::bus_name(entry.channel);
    bus_json_ = json_text(bus_);
  }
  entry_ = entry;
  message_ = no_message;
  error_.clear();
  readings_.clear();
  if (entry.frame.remote || entry.frame.error) return;
  const auto applied = plan_.apply(entry.frame, samples_);
  if (applied.outcome == decode_plan::outcome::not_mine) return;
  message_ = message_of_id_.at(key_of(entry.frame.id, entry.frame.extended));
  if (applied.outcome == decode_plan::outcome::decoded)
    collect(applied);
  else
    error_ = error_of(applied.outcome);
}

// The plan's samples stand in the order of the message's signals, part by part.
void frame_report::collect(const decode_plan::applied& applied) {
  for (const auto number : {applied.carrier, applied.branch}) {
    if (number == decode_plan::no_carrier) continue;
    const auto& carrier = plan_.carriers()[number];
    for (const auto& signal : profile_.messages[carrier.message].signals)
      if (signal.mux == carrier.mux) readings_.push_back({&samples_.at(readings_.size()), &signal});
  }
  assert(readings_.size() == samples_.size());
}

std::string frame_report::error_of(decode_plan::outcome outcome) const {
  if (outcome == decode_plan::outcome::bad_length)
    return fmt::format("{} bytes, expected {}", entry_.frame.length,
                       profile_.messages[message_].length);
  if (outcome == decode_plan::outcome::bad_checksum) return "wrong checksum";
  return "unknown multiplexer value";
}

std::string frame_report::raw_text(const profiles::signal& signal) const {
  const auto [window, lies] = place(signal.bits, entry_.frame.length);
  const auto intel = load_word(entry_.frame.data.data() + window);
  const auto word = lies.order == bit_order::motorola ? swap_bytes(intel) : intel;
  const auto bits = (word >> word_shift(lies)) & low_mask(lies.length);
  if (lies.type == signal_type::ieee_float) return float_text(bits, lies.length);
  if (lies.type == signal_type::signed_integer)
    return fmt::to_string(sign_extend(bits, lies.length));
  return fmt::to_string(bits);
}

/// The value of a good sample.
std::string frame_report::value_text(const reading& one, bool as_json) const {
  const auto& sample = *one.sample;
  const auto& point = profile_.points[sample.point];
  if (!point.texts.empty() && sample.raw >= 0 &&
      static_cast<std::size_t>(sample.raw) < point.texts.size()) {
    const auto index = static_cast<std::size_t>(sample.raw);
    return as_json ? points_[sample.point].texts[index] : point.texts[index];
  }
  const double value = point.type == raw_type::f64
                           ? sample.real
                           : static_cast<double>(sample.raw) * point.scale + point.offset;
  return as_json ? points::number_text(value, point.decimals)
                 : points::fixed_text(value, point.decimals);
}

void frame_report::append_signals_json(std::string& out) const {
  const auto at = std::back_inserter(out);
  out += '{';
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    const auto& one = readings_[i];
    const auto& words = points_[one.sample->point];
    out += i > 0 ? "," : "";
    out += words.name;
    if (profile_.points[one.sample->point].count > 1) fmt::format_to(at, "[{}]", one.sample->index);
    out += R"(":{"value":)";
    out += one.sample->good ? value_text(one, true) : R"(null,"quality":"invalid")";
    out += R"(,"unit":)";
    out += words.unit;
    out += R"(,"raw":)";
    out += raw_text(*one.signal);
    out += '}';
  }
  out += '}';
}

void frame_report::append_json(std::string& out) const {
  can::append_json_head(out, entry_, bus_json_);
  out += R"("message":)";
  out += has_message() ? message_names_[message_] : "null";
  out += R"(,"signals":)";
  append_signals_json(out);
  can::append_json_tail(out, entry_, has_message() && readable(), error_);
}

std::string_view frame_report::message_name() const {
  return has_message() ? std::string_view(profile_.messages[message_].name) : std::string_view();
}

void frame_report::append_values(std::string& out) const {
  const auto at = std::back_inserter(out);
  for (const auto& one : readings_) {
    const auto& point = profile_.points[one.sample->point];
    fmt::format_to(at, "  {}", point.name);
    if (point.count > 1) fmt::format_to(at, "[{}]", one.sample->index);
    fmt::format_to(at, " {}", one.sample->good ? value_text(one, false) : "-");
    if (!point.unit.empty()) fmt::format_to(at, " {}", point.unit);
  }
}

void frame_report::append_text(std::string& out) const {
  can::append_text_head(out, entry_, bus_, has_message() ? message_name() : "-", message_width_);
  append_values(out);
  can::append_text_tail(out, entry_, has_message() && readable(), error_);
}

} // namespace voltaic::messages::profiles
