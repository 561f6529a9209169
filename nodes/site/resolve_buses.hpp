#pragma once

#include "nodes/site/draft.hpp"

namespace voltaic::nodes::site {

/// CAN buses, each with a port that no other has. A replayed file is made absolute: every process
/// finds it, wherever it was started.
void resolve_buses(const draft& source, plan& result, reporter& report);

} // namespace voltaic::nodes::site
