#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bus/storage/journal.hpp"

/// The journal's file: the only code that speaks SQL. Everything here throws
/// SQLite::Exception; `corrupt_file` when the content is not a sound journal.
namespace voltaic::bus::storage {

/// A journal of this path has no file and keeps nothing.
inline constexpr const char* memory_path = ":memory:";
/// "VOLT" in the file's header tells a journal from any other SQLite file.
inline constexpr int application_id = 0x564F4C54;
/// A file of another version is refused.
inline constexpr int journal_schema_version = 1;
/// Pages in the write-ahead log before they are moved into the main file.
inline constexpr int checkpoint_pages = 1000;
/// How long to wait for another process that holds the file.
inline constexpr int busy_timeout_ms = 1000;
/// Records written between two looks at what grew too long.
inline constexpr std::uint64_t trim_period_records = 1000;
/// Removed in one transaction: more than a period, so that it catches up.
inline constexpr std::uint64_t trim_records_max = 5000;

/// The content of a file is not a sound journal.
class corrupt_file : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Makes an empty journal at `path` in one step: a crash leaves either none or
/// a whole one, so that an empty file is always damage.
/// `after_loss` stays in it for ever.
void create_database(const std::string& path, bool after_loss);

/// Syncs a folder, so that a new or renamed file in it survives a power cut.
void sync_parent_folder(const std::string& path);

/// The records of a stream after `sequence`, by any open connection.
[[nodiscard]] std::vector<record> select_since(const SQLite::Database& connection,
                                               const std::string& stream, std::uint64_t sequence,
                                               std::size_t count_max);
/// The newest record of each key of a stream.
[[nodiscard]] std::vector<record> select_newest(const SQLite::Database& connection,
                                                const std::string& stream);

/// The writing connection, verified when constructed.
class database {
 public:
  /// Opens and checks an existing file, or makes a `memory_path` one.
  explicit database(const std::string& path);
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  /// One transaction; on disk when it returns, else nothing is written.
  void insert(std::span<const record* const> records);
  /// Moves the write-ahead log into the main file when it is long enough.
  void checkpoint_when_due();
  /// The same at once.
  void checkpoint();
  /// Removes what exceeds the bounds of its stream, now and then. What is removed
  /// is counted in the file, so that a missing record is still damage.
  void trim_when_due(const stream_bound& events, const stream_bound& commands,
                     std::size_t superseded_max);
  [[nodiscard]] std::uint64_t records() const { return records_; }
  [[nodiscard]] std::uint64_t removed() const { return removed_; }
  /// It began where a damaged or missing one was.
  [[nodiscard]] bool is_after_loss() const { return connection_.tableExists("after_loss"); }
  [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] const SQLite::Database& connection() const { return connection_; }

 private:
  void configure();
  void verify();
  void trim(const std::string& stream, const stream_bound& bound);
  /// Of a state: the newest record of each key stays, whatever its age.
  void trim_superseded(const std::string& stream, std::size_t superseded_max);
  void count_removed(int records);
  SQLite::Database connection_;
  bool in_memory_;
  int log_pages_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t removed_ = 0;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t since_trim_ = trim_period_records; ///< a file may come from a larger bound
};

} // namespace voltaic::bus::storage
