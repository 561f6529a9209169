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

messages::expected<std::string> read_bounded(const std::string& path, std::uintmax_t bytes_max) {
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
  while (text.size() <= bytes_max && (count = ::read(file, buffer, sizeof(buffer))) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  ::close(file);
  if (count < 0) return messages::failure{"cannot be read"};
  if (text.size() > bytes_max)
    return messages::failure{fmt::format("is longer than {} bytes", bytes_max)};
  return text;
}

messages::expected<contents> read_applied(const std::string& path) {
  const auto bytes = read_bounded(path, applied_bytes_max);
  if (!bytes) return messages::failure{path + " " + bytes.error().text};
  auto found = read_contents(*bytes);
  if (!found) return messages::failure{path + " " + found.error().text};
  return found;
}

std::variant<plan, messages::findings> load(const std::string& path) {
  if (const char* applied = std::getenv(applied_variable); applied != nullptr) {
    const auto known = read_applied(applied);
    if (!known) return messages::findings{{path, 1, 1, "what was applied: " + known.error().text}};
    return load_contents(*known, path);
  }
  const auto text = read_bounded(path);
  if (!text) return messages::findings{{path, 1, 1, "the file " + text.error().text}};
  return load_text(*text, path);
}

std::variant<plan, messages::findings> load_contents(const contents& of, const std::string& path) {
  site_files files(of.files, site_files::others::refused);
  return load_text(of.text, path, files);
}

std::variant<plan, messages::findings> load_text(const std::string& text, const std::string& path) {
  site_files files;
  return load_text(text, path, files);
}

std::optional<folders> folders_of(const std::string& text, const std::string& path) {
  reporter ignored(path);
  const auto parsed = messages::parse_toml(text, path);
  if (std::holds_alternative<messages::finding>(parsed)) return std::nullopt;
  const auto source = read_draft(std::get<toml::table>(parsed), ignored);
  if (source.base.name.empty()) return std::nullopt;
  return site_folders(source.base.name, std::filesystem::weakly_canonical(path).string());
}

std::variant<plan, messages::findings> load_text(const std::string& text, const std::string& path,
                                                 site_files& files) {
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
  resolve(source, result, files, report);
  place(source, result, report);
  judge(source, result, report);
  if (!report.empty()) return report.take();
  return result;
}

std::string to_string(const messages::finding& finding) {
  return fmt::format("{}:{}:{}: {}", finding.file, finding.line, finding.column, finding.text);
}

} // namespace voltaic::nodes::site
