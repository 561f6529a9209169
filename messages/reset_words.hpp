#pragma once

/// What a reset is answered with beside its outcome.
namespace voltaic::messages {

/// Of `done`: nothing was changed, because there was nothing to let go of.
inline constexpr const char* nothing_latched = "nothing was latched";

} // namespace voltaic::messages
