#pragma once

#include <fmt/format.h>

#include <functional>
#include <set>
#include <string>

#include "nodes/site/draft.hpp"

namespace voltaic::nodes::site {

/// Names that something of the site has.
using name_set = std::set<std::string, std::less<>>;

/// False (and a finding) when the name was taken before.
inline bool claim(name_set& taken, const std::string& name, position at, reporter& report) {
  if (taken.insert(name).second) return true;
  report.add(at, fmt::format("name: {} is already used", name));
  return false;
}

} // namespace voltaic::nodes::site
