#include "messages/profiles/frame_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <iterator>
#include <utility>

#include "messages/can/logs/report_line.hpp"
#include "messages/j1939/identifier.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/profiles/bits.hpp"
#include "messages/profiles/frame_watch.hpp"
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
  return frame_report(std::move(profile), *std::move(plan), id_offset);
}

frame_report::frame_report(device_profile profile, decode_plan plan, std::uint32_t id_offset)
    : profile_(std::move(profile)),
      plan_(std::move(plan)),
      id_offset_(id_offset),
      signals_of_(plan_.carriers().size()) {
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

void frame_report::begin(const can::log_entry& entry, std::span<const std::uint8_t> bytes) {
  if (bus_.empty() || entry.channel != entry_.channel) {
    bus_ = can::bus_name(entry.channel);
    bus_json_ = json_text(bus_);
  }
  entry_ = entry;
  message_ = no_message;
  applied_ = {};
  error_.clear();
  refused_.clear();
  readings_.clear();
  length_ = static_cast<unsigned>(bytes.size());
  bytes_.assign(bytes.begin(), bytes.end());
  bytes_.resize(bytes.size() + sizeof(std::uint64_t));
}

void frame_report::read(const can::log_entry& entry) {
  begin(entry, std::span(entry.frame.data.data(), entry.frame.length));
  if (entry.frame.remote || entry.frame.error) return;
  auto frame = entry.frame;
  // The plan knows a group without priority and destination.
  if (profile_.j1939 && frame.extended) {
    const auto said = j1939::split(frame.id);
    frame.id = known_id(said.pgn, said.source);
  }
  applied_ = plan_.apply(frame, samples_);
  if (applied_.outcome == decode_plan::outcome::not_mine) return;
  message_ = message_of_id_.at(key_of(frame.id, frame.extended));
  take_outcome();
}

void frame_report::read_answer(const can::log_entry& entry, std::uint16_t message,
                               std::span<const std::uint8_t> data) {
  begin(entry, data);
  applied_ = plan_.apply_answer(message, data, samples_);
  if (applied_.outcome == decode_plan::outcome::not_mine) return;
  message_ = message;
  take_outcome();
}

void frame_report::take_outcome() {
  switch (applied_.outcome) {
    case decode_plan::outcome::bad_length:
      return refuse(to_key(frame_fault::length), fmt::format("{} bytes, expected {}", length_,
                                                             profile_.messages[message_].length));
    case decode_plan::outcome::bad_checksum:
      return refuse(to_key(frame_fault::checksum), "wrong checksum");
    case decode_plan::outcome::unknown_selector:
      error_ = "unknown multiplexer value";
      return;
    case decode_plan::outcome::decoded:
    case decode_plan::outcome::not_mine:
      return collect();
  }
}

void frame_report::refuse(std::string_view key, std::string_view why) {
  refused_ = key;
  error_ = why;
  samples_.clear();
  readings_.clear();
}

const std::vector<const signal*>& frame_report::signals_of(std::uint16_t carrier,
                                                           std::size_t first_sample) {
  auto& known = signals_of_[carrier];
  if (!known.empty()) return known;
  const auto& of = plan_.carriers()[carrier];
  const auto& message = profile_.messages[of.message];
  const auto step =
      message.repeat.id_step == 0 ? 0 : (of.id - message.id - id_offset_) / message.repeat.id_step;
  const auto shift = step * message.repeat.index_step;
  const auto count =
      std::ranges::count_if(message.signals, [&](const auto& one) { return one.mux == of.mux; });
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const auto& sample = samples_.at(first_sample + i);
    const auto found = std::ranges::find_if(message.signals, [&](const auto& one) {
      return one.mux == of.mux && one.point == sample.point && one.index + shift == sample.index;
    });
    assert(found != message.signals.end());
    known.push_back(&*found);
  }
  return known;
}

void frame_report::collect() {
  for (const auto number : {applied_.carrier, applied_.branch}) {
    if (number == decode_plan::no_carrier) continue;
    for (const auto* signal : signals_of(number, readings_.size()))
      readings_.push_back({&samples_.at(readings_.size()), signal});
  }
  assert(readings_.size() == samples_.size());
}

std::string frame_report::raw_text(const profiles::signal& signal) const {
  const auto [window, lies] = place(signal.bits, length_);
  const auto intel = load_word(bytes_.data() + window);
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
  if (is_refused()) out += R"(,"refused":")" + refused_ + '"';
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
