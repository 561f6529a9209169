#pragma once

#include "messages/codec/codec.hpp"

namespace voltaic::messages {

/// Whether a message that `encode` took reads back from its bytes as it is, so
/// that decoding them can be left out. False: decoding tells what readers make of it.
[[nodiscard]] bool reads_back(const header& header, const payload& content);

} // namespace voltaic::messages
