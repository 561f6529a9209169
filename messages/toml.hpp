#pragma once

#include <stdexcept>

// toml++ 3.3 asserts on a few malformed texts (`[=`, `a = [}`): a file that
// somebody wrote is refused, it does not end the process.
#define TOML_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : throw std::invalid_argument("malformed TOML"))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wterminate"
#include <toml++/toml.h>
#pragma GCC diagnostic pop
