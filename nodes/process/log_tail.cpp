#include "nodes/process/log_tail.hpp"

#include <algorithm>
#include <fstream>

namespace voltaic::nodes::process {

std::string last_line(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const auto size = static_cast<std::size_t>(file.tellg());
  const auto wanted = std::min(size, log_tail_bytes);
  std::string tail(wanted, '\0');
  file.seekg(static_cast<std::streamoff>(size - wanted));
  file.read(tail.data(), static_cast<std::streamsize>(wanted));
  const auto end = tail.find_last_not_of("\r\n \t");
  if (end == std::string::npos) return {};
  tail.resize(end + 1);
  const auto begin = tail.find_last_of('\n');
  auto line = begin == std::string::npos ? tail : tail.substr(begin + 1);
  if (line.size() > log_line_bytes_max) line = line.substr(0, log_line_bytes_max) + " ...";
  return line;
}

} // namespace voltaic::nodes::process
