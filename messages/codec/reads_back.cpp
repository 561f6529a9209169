#include "messages/codec/reads_back.hpp"

#include <algorithm>

// The checks of `decode` that `encode` does not make itself, on the message
// before it becomes bytes. What is refused here is refused there.
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

struct range_check {
  bool operator()(const telemetry& value) const {
    return std::all_of(value.blocks.begin(), value.blocks.end(), in_range);
  }
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
