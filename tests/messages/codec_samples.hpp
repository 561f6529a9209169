#pragma once

#include <vector>

#include "messages/codec/codec.hpp"

/// One message of each kind, with every field set to something that is not its default.
namespace voltaic::tests {

[[nodiscard]] messages::header sample_header();
[[nodiscard]] std::vector<messages::payload> sample_payloads();

} // namespace voltaic::tests
