#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "nodes/view/live_state.hpp"
#include "nodes/view/picture.hpp"
#include "nodes/view/site_facts.hpp"

namespace voltaic::nodes::view {

/// The picture of what is known at this moment, without its alarms and events.
/// `status` is what the supervisor answered last; null: it did not. Without
/// facts it has what is heard. Pure.
[[nodiscard]] picture gather(const site_facts& facts, const live_state& heard,
                             const nlohmann::json& status, std::int64_t utc_us);

} // namespace voltaic::nodes::view
