#include "messages/profiles/register_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <tuple>

#include "messages/profiles/value_rule.hpp"

namespace voltaic::messages::profiles {
namespace {

/// One element of a point and where its registers are.
struct located {
  register_table table = register_table::holding;
  std::uint32_t address = 0;
  std::uint16_t words = 1;
  std::uint16_t rule = 0;
  std::uint32_t index = 0;
};

std::vector<located> locate(const device_profile& profile) {
  std::vector<located> result;
  for (std::size_t i = 0; i < profile.registers.size(); ++i) {
    const auto& entry = profile.registers[i];
    const auto words = modbus::register_count(entry.field.type);
    for (std::uint32_t k = 0; k < entry.count; ++k)
      result.push_back({entry.field.table, entry.field.address + k * words, words,
                        static_cast<std::uint16_t>(i), entry.index + k});
  }
  std::sort(result.begin(), result.end(), [](const located& a, const located& b) {
    return std::tie(a.table, a.address) < std::tie(b.table, b.address);
  });
  return result;
}

/// Whether a value still belongs to the read that is being put together.
bool continues(const register_read& read, const located& value) {
  if (read.table != value.table) return false;
  const std::uint32_t end = std::uint32_t{read.address} + read.count;
  return value.address <= end + read_gap_max &&
         value.address + value.words - read.address <= read_registers_max;
}

} // namespace

expected<register_plan> register_plan::compile(const device_profile& profile) {
  if (profile.protocol != protocol::modbus)
    return failure{fmt::format("{}: not a Modbus profile", profile.name)};
  register_plan plan;
  plan.commands_ = profile.commands;
  for (const auto& entry : profile.registers) {
    const auto& point = profile.points[entry.point];
    const auto scaling = rescaling_of(point, entry.field.scale, entry.field.offset);
    value_rule rule;
    rule.field = entry.field;
    rule.point = entry.point;
    rule.is_real = point.type == raw_type::f64;
    rule.factor = scaling.factor;
    rule.addend = scaling.addend;
    std::tie(rule.minimum, rule.maximum) = raw_bounds(point);
    std::tie(rule.real_minimum, rule.real_maximum) = real_bounds(point);
    rule.sentinels = point.sentinels;
    plan.rules_.push_back(std::move(rule));
    if (plan.period_ms_ == 0 || point.period_ms < plan.period_ms_)
      plan.period_ms_ = point.period_ms;
  }
  for (const auto& value : locate(profile)) {
    if (plan.reads_.empty() || !continues(plan.reads_.back(), value)) {
      plan.reads_.push_back({value.table, static_cast<std::uint16_t>(value.address), 0});
      plan.first_row_.push_back(static_cast<std::uint32_t>(plan.rows_.size()));
    }
    auto& read = plan.reads_.back();
    const auto position = static_cast<std::uint16_t>(value.address - read.address);
    read.count = static_cast<std::uint16_t>(position + value.words);
    plan.rows_.push_back({value.index, position, value.rule});
    plan.add_coverage(value.index, plan.rules_[value.rule].point);
  }
  plan.first_row_.push_back(static_cast<std::uint32_t>(plan.rows_.size()));
  std::sort(plan.coverages_.begin(), plan.coverages_.end(),
            [](const coverage& a, const coverage& b) {
              return std::tie(a.point, a.first_index) < std::tie(b.point, b.first_index);
            });
  return plan;
}

void register_plan::add_coverage(std::uint32_t index, std::uint16_t point) {
  const auto read = static_cast<std::uint16_t>(reads_.size() - 1);
  if (!coverages_.empty()) {
    auto& last = coverages_.back();
    if (last.read == read && last.point == point && last.first_index + last.count == index) {
      ++last.count;
      return;
    }
  }
  coverages_.push_back({read, point, index, 1});
}

sample register_plan::decode(const row& from, std::span<const std::uint16_t> registers) const {
  const auto& rule = rules_[from.rule];
  const auto& field = rule.field;
  const auto words = registers.subspan(from.position, modbus::register_count(field.type));
  sample result;
  result.point = rule.point;
  result.index = from.index;
  if (rule.is_real) result.real = std::numeric_limits<double>::quiet_NaN();
  const bool is_float = field.type == register_type::f32;
  std::int64_t raw = 0;
  if (!is_float) {
    raw = modbus::read_integer(words, field.type, field.word_order);
    if (std::find(rule.sentinels.begin(), rule.sentinels.end(), raw) != rule.sentinels.end())
      return result;
  }
  const double wire = modbus::read_number(words, field.type, field.word_order);
  const double scaled = wire * rule.factor + rule.addend;
  if (rule.is_real) {
    result.good = scaled >= rule.real_minimum && scaled <= rule.real_maximum; // NaN is not
    if (result.good) result.real = scaled;
    return result;
  }
  const bool same = !is_float && rule.factor == 1 && rule.addend == 0;
  if (!same && !round_to_integer(scaled, raw)) return result;
  result.good = raw >= rule.minimum && raw <= rule.maximum;
  result.raw = result.good ? raw : 0;
  return result;
}

bool register_plan::apply(std::size_t read, std::span<const std::uint16_t> registers,
                          std::vector<sample>& samples) const {
  assert(read < reads_.size());
  samples.clear();
  if (registers.size() != reads_[read].count) return false;
  for (auto i = first_row_[read]; i < first_row_[read + 1]; ++i)
    samples.push_back(decode(rows_[i], registers));
  return true;
}

std::optional<std::uint16_t> register_plan::find_set(std::string_view point_or_channel) const {
  for (std::size_t i = 0; i < commands_.size(); ++i)
    if (commands_[i].point == point_or_channel || commands_[i].channel == point_or_channel)
      return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

expected<register_write> register_plan::encode_set(std::uint16_t command, double value) const {
  assert(command < commands_.size());
  const auto& wanted = commands_[command];
  const auto& allowed = wanted.allowed;
  if (!(value >= allowed.minimum && value <= allowed.maximum)) // NaN is not within
    return failure{fmt::format("{}: {} is outside of {} to {} {}", wanted.point, value,
                               allowed.minimum, allowed.maximum, wanted.unit)};
  const auto& field = *wanted.target_register;
  const double wire = (value - field.offset) / field.scale;
  std::optional<std::vector<std::uint16_t>> registers;
  std::int64_t raw = 0;
  if (field.type == register_type::f32)
    registers = modbus::write_float(wire, field.word_order);
  else if (round_to_integer(wire, raw))
    registers = modbus::write_integer(raw, field.type, field.word_order);
  if (!registers)
    return failure{fmt::format("{}: {} does not fit into its registers", wanted.point, value)};
  return register_write{field.address, std::move(*registers)};
}

expected<double> register_plan::read_back(std::uint16_t command,
                                          std::span<const std::uint16_t> registers) const {
  assert(command < commands_.size());
  const auto& wanted = commands_[command];
  const auto& field = *wanted.target_register;
  if (registers.size() != modbus::register_count(field.type))
    return failure{fmt::format("{}: read {} registers", wanted.point, registers.size())};
  const double value =
      modbus::read_number(registers, field.type, field.word_order) * field.scale + field.offset;
  if (!std::isfinite(value)) return failure{fmt::format("{}: read no number", wanted.point)};
  return value;
}

} // namespace voltaic::messages::profiles
