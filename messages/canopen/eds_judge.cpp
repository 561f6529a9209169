#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "messages/canopen/eds_sections.hpp"

namespace voltaic::messages::canopen {
namespace {

/// Whether both are of one kind and the first is the smaller.
bool is_below(const eds_value& one, const eds_value& other) {
  return one.adds_node == other.adds_node && one.value.index() == other.value.index() &&
         one.value < other.value;
}

void judge_limits(const object_address& at, const eds_object& of, defect_list& defects) {
  if (of.low_limit && of.high_limit && is_below(*of.high_limit, *of.low_limit))
    defects.add(of.line, fmt::format("{}: HighLimit is below LowLimit", to_string(at)));
  for (const auto* value : {&of.default_value, &of.parameter_value}) {
    if (!*value) continue;
    if ((of.low_limit && is_below(**value, *of.low_limit)) ||
        (of.high_limit && is_below(*of.high_limit, **value)))
      defects.add(of.line, fmt::format("{}: the value is outside of the limits", to_string(at)));
  }
}

void judge_lists(const eds_draft& draft, defect_list& defects) {
  for (const auto* name : {"mandatoryobjects", "optionalobjects", "manufacturerobjects"}) {
    const auto* list = draft.find(name);
    if (list == nullptr) continue;
    const auto count = number_of(*list, "supportedobjects", defects).value_or(0);
    std::uint32_t listed = 0;
    for (const auto& entry : list->entries) {
      if (entry.key == "supportedobjects") continue;
      ++listed;
      const auto index = number_of(*list, entry.key, defects);
      if (index &&
          (*index > 0xFFFF || !draft.device.groups.contains(static_cast<std::uint16_t>(*index))))
        defects.add(entry.line, fmt::format("no section describes object {:04X}", *index));
    }
    if (listed != count)
      defects.add(list->line,
                  fmt::format("SupportedObjects is {}, but {} are listed", count, listed));
  }
}

void judge_subs(const eds_draft& draft, defect_list& defects) {
  constexpr std::size_t index_digits = 4;
  std::map<std::string_view, std::uint32_t> described;
  for (const auto& each : draft.sections) {
    const std::string_view name = each.name;
    if (name.substr(std::min(index_digits, name.size())).starts_with("sub"))
      ++described[name.substr(0, index_digits)];
  }
  for (const auto& each : draft.sections) {
    const auto* entry = each.find("subnumber");
    if (entry == nullptr || each.name.size() != index_digits) continue;
    const auto count = number_of(each, "subnumber", defects);
    const auto found = described[each.name];
    if (count && *count != found)
      defects.add(entry->line, fmt::format("SubNumber is {}, but {} are described", *count, found));
  }
}

} // namespace

void judge_objects(const eds_draft& draft, defect_list& defects) {
  judge_lists(draft, defects);
  judge_subs(draft, defects);
  for (const auto& [at, object] : draft.device.objects) judge_limits(at, object, defects);
}

} // namespace voltaic::messages::canopen
