#include "nodes/site/load.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "messages/toml_text.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/resolve.hpp"

namespace voltaic::nodes::site {

messages::expected<std::string> read_bounded(const std::string& path) {
  // Non-blocking: a pipe of that name must not stop the check for good.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return messages::failure{fmt::format("cannot be read: {}", std::strerror(errno))};
  struct stat info {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(file);
    return messages::failure{"is no regular file"};
  }
  std::string text;
  char buffer[16 * 1024];
  ssize_t count = 0;
  while (text.size() <= file_bytes_max && (count = ::read(file, buffer, sizeof(buffer))) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  ::close(file);
  if (count < 0) return messages::failure{"cannot be read"};
  if (text.size() > file_bytes_max)
    return messages::failure{fmt::format("is longer than {} bytes", file_bytes_max)};
  return text;
}

std::variant<plan, messages::findings> load(const std::string& path) {
  const char* applied = std::getenv(applied_variable);
  const auto text = read_bounded(applied != nullptr ? std::string(applied) : path);
  if (!text) return messages::findings{{path, 1, 1, "the file " + text.error().text}};
  return load_text(*text, path);
}

std::variant<plan, messages::findings> load_text(const std::string& text, const std::string& path) {
  reporter report(path);
  const auto parsed = messages::parse_toml(text, path);
  if (const auto* mistake = std::get_if<messages::finding>(&parsed))
    return messages::findings{*mistake};
  auto source = read_draft(std::get<toml::table>(parsed), report);
  plan result = std::move(source.base);
  // The folder must exist; the file itself may be gone while its copy is read.
  result.file = std::filesystem::weakly_canonical(path).string();
  auto group = std::move(result.folders.group);
  result.folders = site_folders(result.name, result.file);
  result.folders.group = std::move(group);
  resolve(source, result, report);
  place(source, result, report);
  judge(source, result, report);
  if (!report.empty()) return report.take();
  return result;
}

std::string to_string(const messages::finding& finding) {
  return fmt::format("{}:{}:{}: {}", finding.file, finding.line, finding.column, finding.text);
}

} // namespace voltaic::nodes::site
