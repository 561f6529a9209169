#include "nodes/process/machine_boot.hpp"

#include <fstream>

namespace voltaic::nodes::process {

std::string machine_boot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(file, boot);
  return boot;
}

} // namespace voltaic::nodes::process
