#include "messages/codec/reads_back.hpp"

#include <algorithm>
#include <cmath>

// The checks of `decode` that `encode` does not make itself, on the message
// before it becomes bytes. What fails here is refused there, or read as something else.
namespace voltaic::messages {
namespace {

bool known(quality value) {
  return value <= quality::never;
}

std::size_t count_of(const block& from) {
  const auto size = [](const auto& values) { return values.size(); };
  return std::holds_alternative<std::string>(from.values) ? 1 : std::visit(size, from.values);
}

bool in_range(const block& value) {
  const std::size_t count = count_of(value);
  const auto& marks = value.element_quality;
  return known(value.quality) && value.first_index <= element_index_max &&
         value.first_index + count <= element_index_max &&
         (marks.empty() || marks.size() == count) && std::all_of(marks.begin(), marks.end(), known);
}

/// What is no number reads back as not told.
bool is_told(const std::optional<double>& value) {
  return !value || std::isfinite(*value);
}

/// Of an event or of limits.
template <class T>
bool are_limits_told(const T& value) {
  return is_told(value.charge_voltage_limit_v) && is_told(value.discharge_voltage_limit_v) &&
         is_told(value.charge_power_limit_w) && is_told(value.discharge_power_limit_w);
}

struct range_check {
  bool operator()(const telemetry& value) const {
    return std::all_of(value.blocks.begin(), value.blocks.end(), in_range);
  }
  bool operator()(const event& value) const { return are_limits_told(value); }
  bool operator()(const limits& value) const { return are_limits_told(value); }
  bool operator()(const result& value) const { return value.outcome <= outcome::accepted; }
  bool operator()(const permit& value) const { return value.opening <= opening::immediate; }
  bool operator()(const order& value) const { return value.contactor <= contactor_order::plus; }
  bool operator()(const snapshot& value) const { return value.kind <= snapshot_kind::end; }
  /// The other kinds have nothing that could be out of range.
  template <class T>
  bool operator()(const T&) const {
    return true;
  }
};

} // namespace

bool reads_back(const header& header, const payload& content) {
  return header.utc_quality <= utc_quality::simulated && std::visit(range_check{}, content);
}

} // namespace voltaic::messages
