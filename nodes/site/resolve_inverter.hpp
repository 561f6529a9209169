#pragma once

#include "nodes/site/draft.hpp"

namespace voltaic::messages::inverter {
struct compatibility_table;
}

/// What an [[inverter]] refers to; only resolve*.cpp include this.
namespace voltaic::nodes::site {

/// Its bus or device and its racks; fills in all racks where none are named.
void check_inverter(const draft_inverter& at, const draft& source, plan& result, inverter& item,
                    reporter& report);

/// What the table says of it and each of its racks. Racks that do not work with it are never
/// closed.
void match_inverter(const draft_inverter& at, const messages::inverter::compatibility_table& table,
                    plan& result, const inverter& item, reporter& report);

} // namespace voltaic::nodes::site
