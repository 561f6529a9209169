#include "messages/profiles/register_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <tuple>

#include "messages/profiles/set_value.hpp"
#include "messages/profiles/value_rule.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr int power_of_ten_max = 10;
/// What devices put into a scale register that has no meaning.
constexpr std::int16_t no_scale = std::numeric_limits<std::int16_t>::min();

/// One element of a point and where its registers are, with its scale register.
struct located {
  std::uint32_t period_ms = 0;
  register_table table = register_table::holding;
  std::uint32_t first = 0; ///< of all registers that it needs
  std::uint32_t end = 0;
  std::uint32_t address = 0;
  std::uint16_t rule = 0;
  std::uint32_t index = 0;
};

std::vector<located> locate(const device_profile& profile) {
  std::vector<located> result;
  for (std::size_t i = 0; i < profile.registers.size(); ++i) {
    const auto& entry = profile.registers[i];
    const auto& field = entry.field;
    for (std::uint32_t k = 0; k < entry.count; ++k) {
      located value{profile.points[entry.point].period_ms,
                    field.table,
                    0,
                    0,
                    field.address + k * field.words,
                    static_cast<std::uint16_t>(i),
                    entry.index + k};
      value.first = value.address;
      value.end = value.address + field.words;
      if (field.scale_register) {
        const std::uint32_t scale = field.scale_register->address;
        value.first = std::min(value.first, scale);
        value.end = std::max(value.end, scale + 1);
      }
      result.push_back(value);
    }
  }
  std::stable_sort(result.begin(), result.end(), [](const located& a, const located& b) {
    return std::tie(a.period_ms, a.table, a.first) < std::tie(b.period_ms, b.table, b.first);
  });
  return result;
}

/// Whether a value still belongs to the read that is being put together.
bool continues(const register_read& read, std::uint32_t period_ms, const located& value) {
  if (read.table != value.table || period_ms != value.period_ms) return false;
  const std::uint32_t end = std::uint32_t{read.address} + read.count;
  return value.first <= end + read_gap_max &&
         std::max(value.end, end) - read.address <= read_registers_max;
}

/// The integer on the wire, or the bits of it that are the value.
std::optional<std::int64_t> read_raw(const register_field& field,
                                     std::span<const std::uint16_t> words) {
  if (!field.bits) return modbus::read_integer(words, field.type, field.word_order);
  const auto all = modbus::read_bits(words, field.word_order) >> field.bits->start;
  return static_cast<std::int64_t>(all & (~std::uint64_t{0} >> (64 - field.bits->length)));
}

} // namespace

void register_plan::add_rules(const device_profile& profile) {
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
    rules_.push_back(std::move(rule));
  }
}

expected<register_plan> register_plan::compile(const device_profile& profile) {
  if (profile.protocol != protocol::modbus)
    return failure{fmt::format("{}: not a Modbus profile", profile.name)};
  register_plan plan;
  plan.commands_ = profile.commands;
  plan.add_rules(profile);
  for (const auto& value : locate(profile)) {
    if (plan.reads_.empty() || !continues(plan.reads_.back(), plan.periods_ms_.back(), value)) {
      plan.reads_.push_back({value.table, static_cast<std::uint16_t>(value.first), 0});
      plan.periods_ms_.push_back(value.period_ms);
      plan.first_row_.push_back(static_cast<std::uint32_t>(plan.rows_.size()));
    }
    auto& read = plan.reads_.back();
    const auto& rule = plan.rules_[value.rule];
    read.count = std::max(read.count, static_cast<std::uint16_t>(value.end - read.address));
    row placed{value.index, static_cast<std::uint16_t>(value.address - read.address), value.rule,
               0};
    if (rule.field.scale_register)
      placed.scale_position =
          static_cast<std::uint16_t>(rule.field.scale_register->address - read.address);
    plan.rows_.push_back(placed);
    plan.add_coverage(value.index, rule.point);
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

std::optional<double> register_plan::read_factor(const scale_register& scale, std::uint16_t value) {
  const auto number = static_cast<std::int16_t>(value);
  if (number == no_scale) return std::nullopt;
  if (scale.kind == scale_kind::factor) {
    if (number == 0) return std::nullopt;
    return number;
  }
  if (std::abs(number) > power_of_ten_max) return std::nullopt;
  return std::pow(10.0, number);
}

sample register_plan::decode(const row& from, std::span<const std::uint16_t> registers) const {
  const auto& rule = rules_[from.rule];
  const auto& field = rule.field;
  const auto words = registers.subspan(from.position, field.words);
  sample result;
  result.point = rule.point;
  result.index = from.index;
  if (field.type == register_type::text) {
    result.good = modbus::read_text(words, field.word_order).has_value();
    return result;
  }
  if (rule.is_real) result.real = std::numeric_limits<double>::quiet_NaN();
  const bool is_float = modbus::is_float(field.type);
  std::int64_t raw = 0;
  if (!is_float) {
    const auto read = read_raw(field, words);
    if (!read || std::ranges::find(rule.sentinels, *read) != rule.sentinels.end()) return result;
    raw = *read;
  }
  double wire = is_float ? modbus::read_number(words, field.type, field.word_order)
                         : static_cast<double>(raw);
  if (field.scale_register) {
    const auto factor = read_factor(*field.scale_register, registers[from.scale_position]);
    if (!factor) return result;
    wire *= *factor;
  }
  const double scaled = wire * rule.factor + rule.addend;
  if (rule.is_real) {
    result.good = scaled >= rule.real_minimum && scaled <= rule.real_maximum; // NaN is not
    if (result.good) result.real = scaled;
    return result;
  }
  const bool same = !is_float && !field.scale_register && rule.factor == 1 && rule.addend == 0;
  if (!same && !round_to_integer(scaled, raw)) return result;
  result.good = raw >= rule.minimum && raw <= rule.maximum;
  result.raw = result.good ? raw : 0;
  return result;
}

std::string register_plan::text_of(std::size_t read, std::uint16_t point,
                                   std::span<const std::uint16_t> registers) const {
  for (auto i = first_row_[read]; i < first_row_[read + 1]; ++i) {
    const auto& rule = rules_[rows_[i].rule];
    if (rule.point != point || registers.size() != reads_[read].count) continue;
    return modbus::read_text(registers.subspan(rows_[i].position, rule.field.words),
                             rule.field.word_order)
        .value_or("");
  }
  return "";
}

expected<bool> register_plan::apply(std::size_t read, std::span<const std::uint16_t> registers,
                                    std::vector<sample>& samples) const {
  assert(read < reads_.size());
  samples.clear();
  if (registers.size() != reads_[read].count)
    return failure{fmt::format("{} registers and not {}", registers.size(), reads_[read].count)};
  for (auto i = first_row_[read]; i < first_row_[read + 1]; ++i)
    samples.push_back(decode(rows_[i], registers));
  return true;
}

std::vector<poll_plan::known_answer> register_plan::shown_by(
    std::uint16_t command, const register_write& write, std::span<const std::uint16_t> held,
    std::span<const std::vector<std::uint16_t>> last) const {
  const auto point = commands_[command].read_back;
  const std::size_t first = write.address;
  const bool shows_it = std::ranges::any_of(rules_, [&](const value_rule& each) {
    return each.point == point && each.field.table == register_table::holding &&
           each.field.address == first;
  });
  if (!shows_it || held.empty()) return {};
  std::vector<known_answer> result;
  for (std::size_t i = 0; i < reads_.size(); ++i) {
    const auto& read = reads_[i];
    const bool has_them = read.table == register_table::holding && read.address <= first &&
                          first + held.size() <= std::size_t{read.address} + read.count;
    if (!has_them || last[i].empty()) continue;
    known_answer shown{i, last[i]};
    std::copy(held.begin(), held.end(),
              shown.words.begin() + static_cast<std::ptrdiff_t>(first - read.address));
    result.push_back(std::move(shown));
  }
  return result;
}

expected<register_write> register_plan::encode_set(std::uint16_t command, double value) const {
  assert(command < commands_.size());
  const auto& wanted = commands_[command];
  const auto& field = *wanted.target_register;
  const auto sent = modbus::is_float(field.type)
                        ? value_to_send(wanted, value)
                        : value_to_send(wanted, value, {field.scale, field.offset});
  if (!sent) return sent.error();
  const double wire = (*sent - field.offset) / field.scale;
  std::optional<std::vector<std::uint16_t>> registers;
  std::int64_t raw = 0;
  if (modbus::is_float(field.type))
    registers = modbus::write_float(wire, field.type, field.word_order);
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
  if (registers.size() != field.words)
    return failure{fmt::format("{}: read {} registers", wanted.point, registers.size())};
  const double value =
      modbus::read_number(registers, field.type, field.word_order) * field.scale + field.offset;
  if (!std::isfinite(value)) return failure{fmt::format("{}: read no number", wanted.point)};
  return value;
}

} // namespace voltaic::messages::profiles
