#include <algorithm>
#include <array>
#include <utility>

#include "messages/canopen/eds_sections.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::uint32_t pdos_max = 512; // CiA 301, 7.2.2

/// What compact PDOs of one direction have.
struct pdo_direction {
  const char* count_key;
  std::uint16_t communication;
  std::uint16_t mapping;
  std::uint32_t first_id;
};

void add_compact_pdo(device_description& device, const pdo_direction& how, std::uint16_t number,
                     std::uint32_t subs, std::uint32_t line) {
  struct field {
    const char* name;
    data_type type;
    std::uint64_t value;
  };
  constexpr std::uint32_t default_pdos = 4;
  constexpr std::uint64_t disabled = 0x8000'0000;
  constexpr std::uint64_t id_step = 0x100;
  const bool has_default_id = number < default_pdos;
  const std::array<field, 6> fields = {{
      {"COB-ID", data_type::unsigned32,
       has_default_id ? how.first_id + number * id_step : disabled},
      {"transmission type", data_type::unsigned8, 0xFF},
      {"inhibit time", data_type::unsigned16, 0},
      {"compatibility entry", data_type::unsigned8, 0},
      {"event timer", data_type::unsigned16, 0},
      {"SYNC start value", data_type::unsigned8, 0},
  }};
  const auto add = [&](const object_address& at, const field& one, bool adds_node, access by) {
    eds_object made;
    made.name = one.name;
    made.type = one.type;
    made.access = by;
    made.default_value = eds_value{one.value, adds_node};
    made.line = line;
    device.objects.emplace(at, std::move(made));
  };
  const auto communication = static_cast<std::uint16_t>(how.communication + number);
  const auto mapping = static_cast<std::uint16_t>(how.mapping + number);
  constexpr std::uint8_t record = 9;
  std::uint8_t highest = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if ((subs >> i & 1) == 0) continue;
    highest = static_cast<std::uint8_t>(i + 1);
    add({communication, highest}, fields[i], i == 0 && has_default_id, access::rw);
  }
  add({communication, 0}, {"highest subindex", data_type::unsigned8, highest}, false,
      access::constant);
  device.groups.emplace(communication, eds_group{"PDO communication parameter", record});
  add({mapping, 0}, {"number of mapped objects", data_type::unsigned8, 0}, false, access::rw);
  for (std::uint8_t i = 1; i <= mapped_objects_max; ++i)
    add({mapping, i}, {"mapped object", data_type::unsigned32, 0}, false, access::rw);
  device.groups.emplace(mapping, eds_group{"PDO mapping parameter", record});
}

} // namespace

void add_compact_pdos(eds_draft& draft, defect_list& defects) {
  const auto* info = draft.find("deviceinfo");
  if (info == nullptr) return;
  const auto subs = number_of(*info, "compactpdo", defects).value_or(0);
  if (subs == 0) return;
  constexpr std::array directions = {pdo_direction{"nrofrxpdo", 0x1400, 0x1600, 0x200},
                                     pdo_direction{"nroftxpdo", 0x1800, 0x1A00, 0x180}};
  for (const auto& each : directions) {
    auto& groups = draft.device.groups;
    // Those that sections describe count among them.
    auto missing = std::min(number_of(*info, each.count_key, defects).value_or(0), pdos_max);
    const auto is_there = [&](std::uint32_t i) {
      return groups.contains(static_cast<std::uint16_t>(each.communication + i));
    };
    for (std::uint32_t i = 0; i < pdos_max && missing > 0; ++i) missing -= is_there(i) ? 1 : 0;
    for (std::uint32_t i = 0; i < pdos_max && missing > 0; ++i) {
      if (is_there(i)) continue;
      add_compact_pdo(draft.device, each, static_cast<std::uint16_t>(i), subs, info->line);
      --missing;
    }
  }
}

} // namespace voltaic::messages::canopen
