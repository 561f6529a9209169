#include "nodes/process/machine_boot.hpp"

#include <catch2/catch.hpp>

namespace machine_boot_test {

TEST_CASE("F-112 a start of the machine has one name for all who ask") {
  const auto boot = voltaic::nodes::process::machine_boot();
  CHECK(boot.size() == 36); // a UUID, as the kernel writes it
  CHECK(voltaic::nodes::process::machine_boot() == boot);
}

} // namespace machine_boot_test
