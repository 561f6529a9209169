#include "messages/profiles/answer_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <tuple>

#include "messages/profiles/bits.hpp"
#include "messages/profiles/set_value.hpp"
#include "messages/profiles/value_rule.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr unsigned byte_bits = 8;

std::uint64_t bits_of(const number_form& form, std::span<const std::uint16_t> bytes) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    all = all << byte_bits | (bytes[form.low_byte_first ? bytes.size() - 1 - i : i] & 0xFFu);
  return all;
}

/// The number that these bytes are.
std::int64_t number_of(const number_form& form, std::span<const std::uint16_t> bytes) {
  const auto all = bits_of(form, bytes) >> form.first_bit;
  const unsigned length = form.bit_count != 0 ? form.bit_count : byte_bits * form.bytes;
  const auto used = all & low_mask(length);
  return form.is_signed ? sign_extend(used, length) : static_cast<std::int64_t>(used);
}

/// Printable letters; padding behind them is left out. Anything else is no text.
std::optional<std::string> letters_of(std::span<const std::uint16_t> bytes) {
  std::string text;
  for (const auto byte : bytes) text.push_back(static_cast<char>(byte & 0xFFu));
  text.erase(std::min(text.find('\0'), text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
  const bool is_printable =
      std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter <= '~'; });
  if (!is_printable) return std::nullopt;
  return text;
}

} // namespace

expected<answer_plan> answer_plan::compile(const device_profile& profile) {
  if (profile.protocol != protocol::serial || !profile.framing)
    return failure{fmt::format("{}: not a profile of plain RS-485", profile.name)};
  answer_plan plan;
  plan.framing_ = *profile.framing;
  plan.points_ = profile.points;
  plan.questions_ = profile.questions;
  plan.commands_ = profile.commands;
  auto encoder = encode_plan::compile(profile, 0);
  if (!encoder) return encoder.error();
  plan.encoder_ = *std::move(encoder);
  for (const auto& question : plan.questions_) {
    auto& rules = plan.rules_.emplace_back();
    for (const auto& item : question.answer) {
      auto& rule = rules.emplace_back();
      if (item.kind != answer_kind::value) continue;
      const auto& point = profile.points[item.point];
      const auto scaling = rescaling_of(point, item.scale, item.offset);
      rule.is_real = point.type == raw_type::f64;
      rule.is_text = point.type == raw_type::text;
      rule.factor = scaling.factor;
      rule.addend = scaling.addend;
      std::tie(rule.minimum, rule.maximum) = raw_bounds(point);
      std::tie(rule.real_minimum, rule.real_maximum) = real_bounds(point);
      rule.sentinels = point.sentinels;
    }
  }
  plan.add_coverages();
  return plan;
}

void answer_plan::add_coverages() {
  for (std::size_t i = 0; i < questions_.size(); ++i)
    for (const auto& item : questions_[i].answer)
      if (item.kind == answer_kind::value)
        coverages_.push_back({static_cast<std::uint16_t>(i), item.point, item.index, item.times});
  std::ranges::sort(coverages_, [](const coverage& a, const coverage& b) {
    return std::tie(a.point, a.first_index) < std::tie(b.point, b.first_index);
  });
}

expected<std::vector<answer_plan::placed>> answer_plan::lay_out(
    const serial_question& question, std::span<const std::uint16_t> answer) const {
  std::vector<placed> places;
  std::vector<std::uint32_t> counts;
  std::size_t at = 0;
  bool is_over = false;
  for (const auto& item : question.answer) {
    placed here{at, item.times};
    if (item.is_overlaid) here.at = places.back().at;
    if (item.counted_by) {
      const auto count = counts[*item.counted_by];
      if (count < item.less)
        return failure{fmt::format("{}: it has {} of {} and what stands before it",
                                   question.ask.name, count, points_[item.point].name)};
      here.there = count - item.less;
    }
    if (here.there > item.times)
      return failure{fmt::format("{}: it has {} of {}, and the profile {}", question.ask.name,
                                 here.there, points_[item.point].name, item.times)};
    const std::size_t end = here.at + std::size_t{here.there} * item.form.bytes;
    is_over = is_over || (item.is_optional && end > answer.size());
    if (is_over) {
      here.there = 0;
      if (item.kind == answer_kind::count) counts.push_back(0);
    } else {
      if (end > answer.size())
        return failure{
            fmt::format("{}: the answer ends after {} bytes", question.ask.name, answer.size())};
      if (item.kind == answer_kind::count)
        counts.push_back(static_cast<std::uint32_t>(
            number_of(item.form, answer.subspan(here.at, item.form.bytes))));
      at = std::max(at, end);
    }
    places.push_back(here);
  }
  return places;
}

sample answer_plan::decode(const answer_item& item, const value_rule& rule,
                           std::span<const std::uint16_t> bytes, std::uint32_t element) const {
  sample result;
  result.point = item.point;
  result.index = item.index + element;
  if (rule.is_real) result.real = std::numeric_limits<double>::quiet_NaN();
  if (bytes.empty()) return result;
  if (rule.is_text) {
    result.good = letters_of(bytes).has_value();
    return result;
  }
  std::int64_t raw = number_of(item.form, bytes);
  if (std::ranges::find(rule.sentinels, raw) != rule.sentinels.end()) return result;
  const double scaled = static_cast<double>(raw) * rule.factor + rule.addend;
  if (rule.is_real) {
    result.good = scaled >= rule.real_minimum && scaled <= rule.real_maximum;
    if (result.good) result.real = scaled;
    return result;
  }
  const bool same = rule.factor == 1 && rule.addend == 0;
  if (!same && !round_to_integer(scaled, raw)) return result;
  result.good = raw >= rule.minimum && raw <= rule.maximum;
  result.raw = result.good ? raw : 0;
  return result;
}

expected<bool> answer_plan::apply(std::size_t read, std::span<const std::uint16_t> answer,
                                  std::vector<sample>& samples) const {
  assert(read < questions_.size());
  samples.clear();
  const auto& question = questions_[read];
  const auto places = lay_out(question, answer);
  if (!places) return places.error();
  for (std::size_t i = 0; i < question.answer.size(); ++i) {
    const auto& item = question.answer[i];
    const auto& here = (*places)[i];
    if (item.kind != answer_kind::value) continue;
    for (std::uint32_t k = 0; k < item.times; ++k) {
      std::span<const std::uint16_t> bytes;
      if (k < here.there)
        bytes = answer.subspan(here.at + std::size_t{k} * item.form.bytes, item.form.bytes);
      samples.push_back(decode(item, rules_[read][i], bytes, k));
    }
  }
  return true;
}

std::string answer_plan::text_of(std::size_t read, std::uint16_t point,
                                 std::span<const std::uint16_t> answer) const {
  const auto& question = questions_[read];
  const auto places = lay_out(question, answer);
  if (!places) return "";
  for (std::size_t i = 0; i < question.answer.size(); ++i) {
    const auto& item = question.answer[i];
    if (item.kind != answer_kind::value || item.point != point || (*places)[i].there == 0) continue;
    return letters_of(answer.subspan((*places)[i].at, item.form.bytes)).value_or("");
  }
  return "";
}

expected<register_write> answer_plan::encode_set(std::uint16_t command, double value) const {
  assert(command < commands_.size());
  const auto& wanted = commands_[command];
  const auto& set = *wanted.setting;
  const auto sent = value_to_send(wanted, value, {set.scale, set.offset});
  if (!sent) return sent.error();
  const auto type =
      set.form.is_signed ? signal_type::signed_integer : signal_type::unsigned_integer;
  const auto range = integer_range(type, byte_bits * set.form.bytes);
  std::int64_t raw = 0;
  if (!round_to_integer((*sent - set.offset) / set.scale, raw) || raw < range.first ||
      raw > range.second)
    return failure{fmt::format("{}: {} does not fit into its bytes", wanted.point, value)};
  register_write made{command, {}};
  for (unsigned i = 0; i < set.form.bytes; ++i) {
    const unsigned place = set.form.low_byte_first ? i : set.form.bytes - 1u - i;
    made.registers.push_back(
        static_cast<std::uint16_t>(static_cast<std::uint64_t>(raw) >> byte_bits * place & 0xFFu));
  }
  return made;
}

expected<register_write> answer_plan::encode_order(const order& order) const {
  const auto made = has_order() ? encoder_->encode_order(order)
                                : expected<can::frame>(failure{order.device + " takes no orders"});
  if (!made) return made.error();
  const auto which = std::ranges::find(commands_, command_purpose::order, &command::purpose);
  return register_write{static_cast<std::uint16_t>(which - commands_.begin()),
                        {made->data.begin(), made->data.begin() + made->length}};
}

expected<double> answer_plan::wanted(std::uint16_t command, const register_write& write) const {
  const auto& set = *commands_[command].setting;
  if (write.registers.size() != set.form.bytes)
    return failure{fmt::format("{}: {} bytes", commands_[command].point, write.registers.size())};
  return static_cast<double>(number_of(set.form, write.registers)) * set.scale + set.offset;
}

expected<double> answer_plan::read_back(std::uint16_t command,
                                        std::span<const std::uint16_t> held) const {
  const auto shown = commands_[command].read_back;
  std::vector<sample> samples;
  if (const auto applied = apply(question_of(shown), held, samples); !applied)
    return applied.error();
  for (const auto& each : samples) {
    if (each.point != shown || each.index != 0 || !each.good) continue;
    const auto& point = points_[shown];
    return point.type == raw_type::f64 ? each.real
                                       : static_cast<double>(each.raw) * point.scale + point.offset;
  }
  return failure{fmt::format("{}: read no number", commands_[command].point)};
}

std::vector<poll_plan::known_answer> answer_plan::shown_by(
    std::uint16_t command, const register_write& /*write*/, std::span<const std::uint16_t> held,
    std::span<const std::vector<std::uint16_t>> /*last*/) const {
  if (held.empty()) return {};
  return {{question_of(commands_[command].read_back), {held.begin(), held.end()}}};
}

std::uint16_t answer_plan::question_of(std::uint16_t point) const {
  const auto found = std::ranges::find(coverages_, point, &coverage::point);
  return found == coverages_.end() ? std::uint16_t{0} : found->read;
}

serial::dialect answer_plan::dialect() const {
  serial::dialect made;
  made.framing = framing_;
  for (const auto& question : questions_) made.questions.push_back(question.ask);
  for (const auto& command : commands_) {
    // Feedback is asked for all the time: what an order did needs no question of its own.
    const bool is_order = command.purpose == command_purpose::order;
    made.settings.push_back(
        {command.setting->order, command.setting->form.bytes,
         is_order ? std::nullopt : std::optional(question_of(command.read_back))});
  }
  return made;
}

} // namespace voltaic::messages::profiles
