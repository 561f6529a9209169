#pragma once

#include <string>

namespace voltaic::nodes::process {

/// Names this start of the machine, from which its monotonic clock counts (the kernel's
/// /proc/sys/kernel/random/boot_id); empty where it cannot be read.
[[nodiscard]] std::string machine_boot();

} // namespace voltaic::nodes::process
