#include "bus/storage/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace voltaic::bus::storage {
namespace {

constexpr const char* schema_text = R"(
  CREATE TABLE record (
    sequence INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    utc_us INTEGER NOT NULL,
    body BLOB NOT NULL);
  CREATE INDEX record_by_key ON record (stream, key, sequence);
  CREATE INDEX record_by_stream ON record (stream, sequence);
)";

/// One row. Apart from the schema because a journal may lack it: it gets it when opened.
constexpr const char* removed_text =
    "CREATE TABLE removed (records INTEGER NOT NULL); INSERT INTO removed VALUES (0)";

constexpr const char* columns = "sequence, stream, key, utc_us, body";

void write_schema(SQLite::Database& connection) {
  SQLite::Transaction transaction(connection);
  connection.exec(schema_text);
  connection.exec(removed_text);
  connection.exec(fmt::format("PRAGMA application_id = {}", application_id));
  connection.exec(fmt::format("PRAGMA user_version = {}", journal_schema_version));
  transaction.commit();
}

record read_row(SQLite::Statement& row) {
  record result;
  result.sequence = static_cast<std::uint64_t>(row.getColumn(0).getInt64());
  result.stream = row.getColumn(1).getString();
  result.key = row.getColumn(2).getString();
  result.utc_us = row.getColumn(3).getInt64();
  result.body = row.getColumn(4).getString();
  return result;
}

void remove_with_companions(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"})
    std::filesystem::remove(path + suffix);
}

bool tells_corruption(const SQLite::Exception& error) {
  return error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB;
}

} // namespace

void sync_parent_folder(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!synced) throw std::system_error(reason, std::generic_category(), folder.string());
}

void create_database(const std::string& path, bool after_loss) {
  const std::string fresh = path + ".new";
  remove_with_companions(fresh);
  {
    SQLite::Database connection(fresh, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    connection.exec("PRAGMA synchronous = FULL");
    write_schema(connection);
    if (after_loss) connection.exec("CREATE TABLE after_loss (marker)");
  }
  std::filesystem::rename(fresh, path);
  sync_parent_folder(path);
}

std::vector<record> select_since(const SQLite::Database& connection, const std::string& stream,
                                 std::uint64_t sequence, std::size_t count_max) {
  SQLite::Statement query(connection, fmt::format("SELECT {} FROM record WHERE stream = ? AND "
                                                  "sequence > ? ORDER BY sequence LIMIT ?",
                                                  columns));
  constexpr std::uint64_t sequence_max = INT64_MAX;
  query.bind(1, stream);
  query.bind(2, static_cast<std::int64_t>(std::min(sequence, sequence_max)));
  query.bind(3, static_cast<std::int64_t>(std::min<std::uint64_t>(count_max, sequence_max)));
  std::vector<record> found;
  while (query.executeStep()) found.push_back(read_row(query));
  return found;
}

std::vector<record> select_newest(const SQLite::Database& connection, const std::string& stream) {
  SQLite::Statement query(
      connection, fmt::format("SELECT {} FROM record WHERE sequence IN (SELECT max(sequence) FROM "
                              "record WHERE stream = ? GROUP BY key) ORDER BY key",
                              columns));
  query.bind(1, stream);
  std::vector<record> found;
  while (query.executeStep()) found.push_back(read_row(query));
  return found;
}

database::database(const std::string& path) try
    : connection_(path, path == memory_path ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE
                                            : SQLite::OPEN_READWRITE),
      in_memory_(path == memory_path) {
  connection_.setBusyTimeout(busy_timeout_ms);
  if (in_memory_)
    write_schema(connection_);
  else
    configure();
  verify();
} catch (const SQLite::Exception& error) {
  if (tells_corruption(error)) throw corrupt_file(error.what());
  throw;
}

void database::configure() {
  // The header is judged before anything is written into a stranger's file.
  if (connection_.execAndGet("PRAGMA application_id").getInt() != application_id)
    throw corrupt_file("the file is no journal");
  const int version = connection_.execAndGet("PRAGMA user_version").getInt();
  if (version != journal_schema_version)
    throw corrupt_file(fmt::format("the journal has schema version {}, expected {}", version,
                                   journal_schema_version));
  if (connection_.execAndGet("PRAGMA journal_mode = WAL").getString() != "wal")
    throw std::runtime_error("the file system does not permit a write-ahead log");
  connection_.exec("PRAGMA synchronous = FULL");
  if (!connection_.tableExists("removed")) {
    SQLite::Transaction transaction(connection_);
    connection_.exec(removed_text);
    transaction.commit();
  }
  // Replaces SQLite's own hook: checkpoints run after the acknowledgements,
  // not inside a commit, and their errors are seen.
  sqlite3_wal_hook(
      connection_.getHandle(),
      [](void* log_pages, sqlite3*, const char*, int pages) {
        *static_cast<int*>(log_pages) = pages;
        return SQLITE_OK;
      },
      &log_pages_);
}

void database::verify() {
  const std::string verdict = connection_.execAndGet("PRAGMA quick_check(1)").getString();
  if (verdict != "ok") throw corrupt_file(verdict);
  SQLite::Statement query(connection_,
                          "SELECT count(*), ifnull(max(sequence), 0), "
                          "ifnull((SELECT sum(records) FROM removed), 0) FROM record");
  query.executeStep();
  const auto count = query.getColumn(0).getInt64();
  const auto last = query.getColumn(1).getInt64();
  const auto removed = query.getColumn(2).getInt64();
  if (removed < 0 || last != count + removed)
    throw corrupt_file(fmt::format("{} records and {} removed ones do not fill the sequences to {}",
                                   count, removed, last));
  records_ = static_cast<std::uint64_t>(count);
  removed_ = static_cast<std::uint64_t>(removed);
  last_sequence_ = static_cast<std::uint64_t>(last);
}

void database::insert(std::span<const record* const> records) {
  SQLite::Transaction transaction(connection_);
  SQLite::Statement statement(
      connection_, fmt::format("INSERT INTO record ({}) VALUES (?, ?, ?, ?, ?)", columns));
  for (const record* each : records) {
    statement.bind(1, static_cast<std::int64_t>(each->sequence));
    statement.bindNoCopy(2, each->stream);
    statement.bindNoCopy(3, each->key);
    statement.bind(4, each->utc_us);
    statement.bindNoCopy(5, each->body.data(), static_cast<int>(each->body.size()));
    statement.exec();
    statement.reset();
  }
  transaction.commit();
  records_ += records.size();
  since_trim_ += records.size();
  if (!records.empty()) last_sequence_ = records.back()->sequence;
}

void database::checkpoint_when_due() {
  if (log_pages_ >= checkpoint_pages) checkpoint();
}

void database::checkpoint() {
  if (in_memory_) return;
  const int code = sqlite3_wal_checkpoint_v2(connection_.getHandle(), nullptr,
                                             SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) throw SQLite::Exception(connection_.getHandle(), code);
  log_pages_ = 0;
}

void database::trim_when_due(const stream_bound& events, const stream_bound& commands,
                             std::size_t superseded_max) {
  if (since_trim_ < trim_period_records) return;
  since_trim_ = 0;
  std::vector<std::string> streams;
  SQLite::Statement query(connection_, "SELECT DISTINCT stream FROM record");
  while (query.executeStep()) streams.push_back(query.getColumn(0).getString());
  query.reset();
  for (const auto& stream : streams) {
    if (stream == events_stream) {
      trim(stream, events);
    } else if (stream.starts_with(commands_prefix)) {
      trim(stream, commands);
    } else {
      trim_superseded(stream, superseded_max);
    }
  }
}

void database::trim(const std::string& stream, const stream_bound& bound) {
  SQLite::Transaction transaction(connection_);
  // The newest of those that are too many, if there are any.
  SQLite::Statement find(connection_,
                         "SELECT sequence, (SELECT utc_us FROM record WHERE stream = ?1 "
                         "ORDER BY sequence DESC LIMIT 1) "
                         "FROM record WHERE stream = ?1 ORDER BY sequence DESC LIMIT 1 OFFSET ?2");
  find.bind(1, stream);
  find.bind(2, static_cast<std::int64_t>(bound.records_max));
  if (!find.executeStep()) return;
  SQLite::Statement remove(
      connection_,
      "DELETE FROM record WHERE sequence IN (SELECT sequence FROM record WHERE "
      "stream = ?1 AND sequence <= ?2 AND utc_us <= ?3 ORDER BY sequence "
      "LIMIT ?4)");
  remove.bind(1, stream);
  remove.bind(2, find.getColumn(0).getInt64());
  // Where age does not count a clock that was set back must not either.
  remove.bind(3, bound.kept_us > 0 ? find.getColumn(1).getInt64() - bound.kept_us : INT64_MAX);
  remove.bind(4, static_cast<std::int64_t>(trim_records_max));
  find.reset();
  const auto gone = remove.exec();
  count_removed(gone);
  transaction.commit();
}

void database::trim_superseded(const std::string& stream, std::size_t superseded_max) {
  SQLite::Transaction transaction(connection_);
  SQLite::Statement remove(
      connection_,
      "DELETE FROM record WHERE sequence IN (SELECT former.sequence FROM record AS former WHERE "
      "former.stream = ?1 AND former.sequence <= (SELECT sequence FROM record WHERE stream = ?1 "
      "ORDER BY sequence DESC LIMIT 1 OFFSET ?2) AND EXISTS (SELECT 1 FROM record AS newer WHERE "
      "newer.stream = ?1 AND newer.key = former.key AND newer.sequence > former.sequence) "
      "ORDER BY former.sequence LIMIT ?3)");
  remove.bind(1, stream);
  remove.bind(2, static_cast<std::int64_t>(superseded_max));
  remove.bind(3, static_cast<std::int64_t>(trim_records_max));
  const auto gone = remove.exec();
  count_removed(gone);
  transaction.commit();
}

// Inside the transaction that removed them.
void database::count_removed(int records) {
  if (records == 0) return;
  connection_.exec(fmt::format("UPDATE removed SET records = records + {}", records));
  records_ -= static_cast<std::uint64_t>(records);
  removed_ += static_cast<std::uint64_t>(records);
}

} // namespace voltaic::bus::storage
