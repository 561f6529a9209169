#include "messages/canopen/eds_load.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/canopen/eds_sections.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::canopen {
namespace {

void read_device(eds_draft& draft, defect_list& defects) {
  auto& device = draft.device;
  if (const auto* info = draft.find("deviceinfo")) {
    device.vendor_name = text_of(*info, "vendorname");
    device.product_name = text_of(*info, "productname");
    device.vendor = number_of(*info, "vendornumber", defects).value_or(0);
    device.product = number_of(*info, "productnumber", defects).value_or(0);
    device.revision = number_of(*info, "revisionnumber", defects).value_or(0);
  }
  // CiA 306 spells the section with one m; some files do not.
  const auto* commissioning = draft.find("devicecomissioning");
  if (commissioning == nullptr) commissioning = draft.find("devicecommissioning");
  if (commissioning == nullptr) return;
  if (const auto node = number_of(*commissioning, "nodeid", defects)) {
    if (*node >= 1 && *node <= node_max) {
      device.node = static_cast<std::uint8_t>(*node);
    } else {
      defects.add(commissioning->line, fmt::format("NodeID {} is not from 1 to 127", *node));
    }
  }
  constexpr std::uint32_t kilobit = 1'000;
  constexpr std::uint32_t kilobits_max = 1'000;
  const auto rate = number_of(*commissioning, "baudrate", defects);
  if (rate && *rate > 0 && *rate <= kilobits_max) device.bit_rate = *rate * kilobit;
}

} // namespace

const ini_section* eds_draft::find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

std::optional<std::uint32_t> number_of(const ini_section& in, std::string_view key,
                                       defect_list& defects) {
  constexpr std::uint32_t bits = 32;
  const auto* entry = in.find(key);
  if (entry == nullptr || entry->value.empty()) return std::nullopt;
  const auto number = parse_integer(entry->value, bits, false);
  if (number) return static_cast<std::uint32_t>(std::get<std::uint64_t>(*number));
  defects.add(entry->line, fmt::format("{}: {}", entry->key, number.error().text));
  return std::nullopt;
}

std::string text_of(const ini_section& in, std::string_view key) {
  const auto* entry = in.find(key);
  return entry == nullptr ? std::string() : entry->value;
}

std::variant<loaded_eds, findings> load_eds(std::string_view text, std::string_view file,
                                            strictness how) {
  defect_list defects(file);
  if (text.size() > eds_file_bytes_max) {
    defects.add(1, fmt::format("the file has {} bytes, at most {} are read", text.size(),
                               eds_file_bytes_max));
    return defects.take();
  }
  eds_draft draft;
  draft.sections = read_ini(to_utf8(text), defects);
  for (const auto& each : draft.sections) draft.by_name.emplace(each.name, &each);
  read_device(draft, defects);
  read_objects(draft, defects);
  if (draft.device.objects.empty()) {
    defects.add(1, "is no EDS or DCF file: no section describes an object");
    return defects.take();
  }
  add_compact_pdos(draft, defects);
  judge_objects(draft, defects);
  auto found = defects.take();
  if (how == strictness::strict && !found.empty()) return found;
  return loaded_eds{std::move(draft.device), std::move(found)};
}

} // namespace voltaic::messages::canopen
