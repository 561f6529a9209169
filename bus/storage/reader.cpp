#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "bus/storage/database.hpp"
#include "bus/storage/journal.hpp"

namespace voltaic::bus::storage {
namespace {

namespace files = std::filesystem;
using messages::expected;
using messages::failure;

// A node may start or stop while its journal is read; each attempt sees one of
// the two states, and both do not change often.
constexpr int attempts_max = 3;

/// A path as SQLite takes it in a URI.
std::string as_uri(const std::string& path, std::string_view options) {
  std::string escaped;
  for (const char each : files::absolute(path).string()) {
    if (each == '%' || each == '?' || each == '#')
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(each));
    else
      escaped += each;
  }
  return fmt::format("file:{}?{}", escaped, options);
}

class file_reader final : public journal_reader {
 public:
  explicit file_reader(std::string path) : path_(std::move(path)) {}

  expected<std::vector<record>> since(const std::string& stream, std::uint64_t sequence,
                                      std::size_t count_max) const override {
    return read([&](const SQLite::Database& from) {
      return select_since(from, stream, sequence, count_max);
    });
  }

  expected<std::vector<record>> newest(const std::string& stream) const override {
    return read([&](const SQLite::Database& from) { return select_newest(from, stream); });
  }

 private:
  template <class Query>
  expected<std::vector<record>> read(const Query& query) const {
    std::string reason;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
      // Without a log the file is complete and nobody writes: it is read as it
      // is, since SQLite would make log and index files for a plain reader.
      const bool logged = files::exists(path_ + "-wal");
      if (logged && !files::exists(path_ + "-shm")) {
        reason = "its write-ahead log has no index; start the node once to recover it";
        continue;
      }
      try {
        const SQLite::Database connection(as_uri(path_, logged ? "mode=ro" : "mode=ro&immutable=1"),
                                          SQLite::OPEN_READONLY | SQLite::OPEN_URI,
                                          busy_timeout_ms);
        auto found = query(connection);
        if (logged == files::exists(path_ + "-wal")) return found;
        reason = "it is being started or stopped";
      } catch (const SQLite::Exception& error) {
        reason = error.what();
      }
    }
    return failure{fmt::format("cannot read journal {}: {}", path_, reason)};
  }

  std::string path_;
};

} // namespace

expected<std::unique_ptr<journal_reader>> open_reader(const std::string& path) {
  std::error_code ignored;
  if (!files::is_regular_file(path, ignored))
    return failure{fmt::format("there is no journal {}", path)};
  return std::unique_ptr<journal_reader>(std::make_unique<file_reader>(path));
}

} // namespace voltaic::bus::storage
