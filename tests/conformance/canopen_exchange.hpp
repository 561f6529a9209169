#pragma once

#include <optional>

#include "conformance/judge.hpp"
#include "messages/canopen/eds.hpp"

namespace voltaic::conformance {

/// Lets our SDO client do what the `tx` frames of `exchange` show, answers it with the `rx`
/// frames, and compares what it sends with them. Where it keeps silent, time passes for it.
[[nodiscard]] std::optional<json> play_client(const json& input, const json& expected);

/// Lets our SDO server answer `request`, or the `rx` frames of `exchange`, on the objects of
/// `device` and on that of `object`.
[[nodiscard]] std::optional<json> play_server(messages::canopen::device_description device,
                                              const json& input, const json& expected);

} // namespace voltaic::conformance
