#include "messages/canopen/ini.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "messages/can/logs/text.hpp"

namespace voltaic::messages::canopen {
namespace {

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return can::text::trim(line);
}

void read_entry(std::string_view line, std::uint32_t number, ini_section& into,
                defect_list& defects) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos)
    return defects.add(number, "expected [section] or key = value");
  auto key = lower_case(can::text::trim(line.substr(0, equals)));
  if (into.find(key) != nullptr)
    return defects.add(number, fmt::format("[{}] has a key {} already", into.name, key));
  into.entries.push_back(
      {std::move(key), std::string(can::text::trim(line.substr(equals + 1))), number});
}

} // namespace

const ini_entry* ini_section::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &ini_entry::key);
  return found == entries.end() ? nullptr : &*found;
}

std::string lower_case(std::string_view text) {
  std::string made(text);
  for (auto& c : made)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return made;
}

std::vector<ini_section> read_ini(std::string_view text, defect_list& defects) {
  std::vector<ini_section> sections;
  std::unordered_set<std::string> names;
  ini_section repeated; // what stands in a section that comes again
  ini_section* current = nullptr;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const auto line = take_line(text);
    if (line.empty() || line.front() == ';' || line.front() == '#') continue;
    if (line.front() != '[') {
      if (current == nullptr) {
        defects.add(number, "stands before the first [section]");
      } else {
        read_entry(line, number, *current, defects);
      }
      continue;
    }
    const auto end = line.find(']');
    if (end == std::string_view::npos) {
      defects.add(number, "expected ']'");
      continue;
    }
    auto name = lower_case(can::text::trim(line.substr(1, end - 1)));
    if (!names.insert(name).second) {
      defects.add(number, fmt::format("[{}] stands above already", name));
      repeated = {std::move(name), number, {}};
      current = &repeated;
      continue;
    }
    sections.push_back({std::move(name), number, {}});
    current = &sections.back();
  }
  return sections;
}

} // namespace voltaic::messages::canopen
