#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/canopen/eds.hpp"
#include "messages/canopen/ini.hpp"

/// From sections of an EDS to objects. One place of what an EDS reader has in hand.
namespace voltaic::messages::canopen {

/// A file as it is read.
struct eds_draft {
  std::vector<ini_section> sections;
  std::map<std::string, const ini_section*, std::less<>> by_name;
  device_description device;

  [[nodiscard]] const ini_section* find(std::string_view name) const;
};

/// The whole number of a key; nothing where it is not there or empty, or a defect.
[[nodiscard]] std::optional<std::uint32_t> number_of(const ini_section& in, std::string_view key,
                                                     defect_list& defects);
/// The text of a key, or nothing.
[[nodiscard]] std::string text_of(const ini_section& in, std::string_view key);

/// The objects that sections describe: `[1018]`, `[1018sub1]`, `[1600Name]`, `[1600Value]`.
void read_objects(eds_draft& draft, defect_list& defects);
/// What `CompactPDO` of `[DeviceInfo]` leaves out: communication and mapping records of PDOs with
/// their usual values (CiA 306, 4.5).
void add_compact_pdos(eds_draft& draft, defect_list& defects);
/// Defaults outside of their limits, lists of objects that are not there, and missing subs.
void judge_objects(const eds_draft& draft, defect_list& defects);

} // namespace voltaic::messages::canopen
