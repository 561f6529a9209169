#pragma once

#include <string>
#include <variant>

#include "messages/finding.hpp"
#include "messages/protection/own_candidate.hpp"
#include "messages/protection/table.hpp"
#include "messages/toml.hpp"

namespace voltaic::messages::protection {

/// Puts what a site states for one rack into its table: `changes` has the form
/// of a protection file without the heading, and of each candidate only what
/// differs. Any field may be stated; what results has to keep every rule of a
/// protection file. `file` names the site file in the mistakes that are returned;
/// with any, `base` is of no use. `size`: of the rack, for limits that follow from it.
[[nodiscard]] findings override_limits(table& base, const toml::table& changes,
                                       const std::string& file, const rack_size* size = nullptr);

/// As `load`, from what was parsed already.
[[nodiscard]] std::variant<table, findings> load_parsed(const toml::table& root,
                                                        const std::string& file);

} // namespace voltaic::messages::protection
