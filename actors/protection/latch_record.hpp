#pragma once

#include "actors/protection/protection_model.hpp"
#include "actors/runtime/chain_memory.hpp"

namespace voltaic::actors::protection {

/// A row's latch as the journal keeps it.
[[nodiscard]] runtime::kept_latch latch_of(const row& of);
/// The same read again.
[[nodiscard]] stored_latch stored_as(const runtime::kept_latch& each);
/// Latched because nobody knows what else was.
[[nodiscard]] bool is_lost_store(const row& of);

} // namespace voltaic::actors::protection
