#include "messages/canopen/object_table.hpp"

#include <utility>

namespace voltaic::messages::canopen {

object_table::object_table(device_description device, std::uint8_t node)
    : device_(std::move(device)), node_(node) {
  for (const auto& [at, object] : device_.objects) {
    const auto value = object.value(node);
    if (!value) continue;
    auto bytes = encode(object.type, *value);
    if (bytes) values_.emplace(at, *std::move(bytes));
  }
}

bool object_table::set(const object_address& at, object_bytes value) {
  if (device_.find(at) == nullptr) return false;
  values_[at] = std::move(value);
  return true;
}

abort_code object_table::absence(const object_address& of) const {
  return device_.groups.contains(of.index) ? abort_code::no_subindex : abort_code::no_object;
}

std::variant<object_bytes, abort_code> object_table::read(const object_address& of) const {
  const auto* object = device_.find(of);
  if (object == nullptr) return absence(of);
  if (!is_readable(object->access)) return abort_code::write_only;
  const auto found = values_.find(of);
  if (found == values_.end()) return abort_code::no_resource;
  return found->second;
}

std::optional<abort_code> object_table::refusal_to_write(const object_address& to,
                                                         std::optional<std::size_t> size) const {
  const auto* object = device_.find(to);
  if (object == nullptr) return absence(to);
  if (!is_writable(object->access)) return abort_code::read_only;
  constexpr std::uint32_t bits_a_byte = 8;
  const std::size_t bytes = (bits_of(object->type) + bits_a_byte - 1) / bits_a_byte;
  if (!size || bytes == 0 || *size == bytes) return std::nullopt;
  return *size > bytes ? abort_code::too_long : abort_code::too_short;
}

std::optional<abort_code> object_table::write(const object_address& to,
                                              std::span<const std::uint8_t> value) {
  if (const auto refused = refusal_to_write(to, value.size())) return refused;
  const auto* object = device_.find(to);
  const auto read = decode(object->type, value);
  if (!read) return abort_code::length;
  if (object->low_limit && *read < object->low_limit->at(node_)) return abort_code::too_low;
  if (object->high_limit && object->high_limit->at(node_) < *read) return abort_code::too_high;
  values_[to] = {value.begin(), value.end()};
  return std::nullopt;
}

} // namespace voltaic::messages::canopen
