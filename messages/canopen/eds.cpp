#include "messages/canopen/eds.hpp"

#include <algorithm>

namespace voltaic::messages::canopen {

std::optional<object_value> eds_object::value(std::uint8_t node) const {
  if (parameter_value) return parameter_value->at(node);
  if (default_value) return default_value->at(node);
  return std::nullopt;
}

const eds_object* device_description::find(const object_address& at) const {
  const auto found = objects.find(at);
  return found == objects.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> device_description::number(const object_address& at,
                                                        std::uint8_t of_node) const {
  const auto* object = find(at);
  if (object == nullptr) return std::nullopt;
  const auto value = object->value(of_node);
  if (!value || !std::holds_alternative<std::uint64_t>(*value)) return std::nullopt;
  return std::get<std::uint64_t>(*value);
}

std::vector<mapped_object> device_description::mapping(std::uint16_t record,
                                                       std::uint8_t of_node) const {
  const auto count =
      std::min<std::uint64_t>(number({record, 0}, of_node).value_or(0), mapped_objects_max);
  std::vector<mapped_object> all;
  for (std::uint8_t i = 1; i <= count; ++i) {
    const auto entry = number({record, i}, of_node);
    if (!entry || *entry == 0) break;
    all.push_back(read_mapping_entry(static_cast<std::uint32_t>(*entry)));
  }
  return all;
}

} // namespace voltaic::messages::canopen
