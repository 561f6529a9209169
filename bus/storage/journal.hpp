#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/expected.hpp"

/// The one store: an append-only journal on SQLite, owned by one thread.
namespace voltaic::bus::storage {

/// The stream of events, and what the names of command streams begin with.
inline constexpr const char* events_stream = "events";
inline constexpr const char* commands_prefix = "commands";
/// What must go on where it was: epochs, starts, energies.
inline constexpr const char* counters_stream = "counters";
/// What is latched, by the names of actors and latches.
inline constexpr const char* latches_stream = "latches";

/// The sequence of a record that is not known to be on disk.
inline constexpr std::uint64_t not_on_disk = 0;

/// One record. The newest record of a `stream` and `key` is that key's state.
struct record {
  std::uint64_t sequence = not_on_disk; ///< gapless in the journal, given by it
  std::string stream;                   ///< "events", "latches", "counters", "commands"
  std::string key;
  std::int64_t utc_us = 0;
  std::string body; ///< JSON text or encoded bytes, as the stream says
  friend bool operator==(const record&, const record&) = default;
};

/// What the boot check found. After `corrupt_set_aside` or `lost` nothing is
/// known of former latches: the reader must assume the worst.
struct boot_report {
  bool created = false;
  bool lost = false; ///< created although traces beside the path say that there was one before
  std::optional<std::string> corrupt_set_aside; ///< where the bad file went
  /// One of both happened when this file began, in this life or a former one:
  /// whoever never stored anything in it may have been forgotten.
  bool after_loss = false;
  std::uint64_t records = 0;
  std::uint64_t removed = 0; ///< former records of streams that are bounded
  std::uint64_t last_sequence = 0;
};

/// `full`: refused, by the bounded queue or by the disk. `failed`: not known to
/// be on disk; it may be found there after a restart.
enum class append_status : std::uint8_t { durable, full, failed, stopped };

/// What became of one record.
struct append_result {
  append_status status = append_status::failed;
  std::uint64_t sequence = 0;
  std::string reason;
};

/// Called on the journal's thread once the record is on disk (or is not); must
/// neither block nor throw. Only the refusals of a full queue and of a stopped
/// journal are told at once, on the caller's thread.
using append_handler = std::function<void(const append_result&)>;

/// How the store is doing, for health and alarms.
struct storage_health {
  bool reserve_released = false; ///< disk full: only safety streams are accepted
  bool failed = false;           ///< nothing is acknowledged until the file is verified again
  double disk_used_percent = 0;  ///< of the file system that holds the journal
  std::size_t queued = 0;
  std::uint64_t durable = 0; ///< records acknowledged since the start
  std::string reason;        ///< of `reserve_released` or `failed`
};

/// A larger record is refused.
inline constexpr std::size_t record_bytes_max = 256 * 1024;

/// An open journal. Destroying it writes what is queued and joins the thread.
class journal {
 public:
  virtual ~journal() = default;
  [[nodiscard]] virtual const boot_report& boot() const = 0;
  /// From any thread; bounded queue. The handler runs after fsync, in order.
  virtual void append(record record, append_handler handler) = 0;
  /// The newest record of each key of a stream, by key; also one that was appended and is not on
  /// disk yet, and of latches and counters one that was refused (the sequence of both is
  /// `not_on_disk`): who starts anew in a living process must not know less than its former life
  /// gave here. Blocks, appending meanwhile too; for starts only. Like `since` it throws
  /// std::runtime_error when the file cannot be read.
  [[nodiscard]] virtual std::vector<record> newest(const std::string& stream) = 0;
  /// Records of a stream after a sequence, oldest first. Blocks.
  [[nodiscard]] virtual std::vector<record> since(const std::string& stream, std::uint64_t sequence,
                                                  std::size_t count_max) = 0;
  /// From any thread; never waits for the disk.
  [[nodiscard]] virtual storage_health health() const = 0;
};

/// What a stream may grow to: its oldest records beyond `records_max` are
/// removed, except those of the last `kept_us` before its newest one.
struct stream_bound {
  std::size_t records_max = 0;
  std::int64_t kept_us = 0;
};

/// Latches, counters and everything else that is state keep the newest record of
/// each key for ever; these two streams are histories.
inline constexpr stream_bound events_bound{100'000, 0};
/// A key must be known as long as its deadline may be ahead; what was commanded is an event, too.
inline constexpr stream_bound commands_bound{1'000, 3'600'000'000};

/// Newest records of a stream of state (latches, counters) that stay although newer ones of the
/// same key have replaced them.
inline constexpr std::size_t superseded_bound = 1'000;

/// How to open a journal.
struct journal_options {
  std::string path; ///< ":memory:" keeps nothing
  std::size_t queue_max = 4096;
  std::uint64_t reserve_bytes =
      4 * 1024 * 1024;      ///< kept free for events and latches on a full disk
  bool synchronous = false; ///< append on the caller's thread: for virtual time
  stream_bound events = events_bound;
  stream_bound commands = commands_bound; ///< of each actor's
  std::size_t superseded_max = superseded_bound;
};

/// Opens or creates. A corrupt, foreign or torn file is set aside beside it as
/// `PATH.corrupt-N` and reported. A journal that another process writes, or
/// whose folder cannot be used, is a failure that names the path.
[[nodiscard]] messages::expected<std::unique_ptr<journal>> open_journal(
    const journal_options& options);

/// Reads the journal of a running or stopped node; never creates a file.
class journal_reader {
 public:
  virtual ~journal_reader() = default;
  /// Records of a stream after a sequence, oldest first; only durable ones.
  [[nodiscard]] virtual messages::expected<std::vector<record>> since(
      const std::string& stream, std::uint64_t sequence, std::size_t count_max) const = 0;
  /// The newest record of each key of a stream, by key; only durable ones.
  [[nodiscard]] virtual messages::expected<std::vector<record>> newest(
      const std::string& stream) const = 0;
};

/// For another process than the writer's. Fails when there is no journal.
[[nodiscard]] messages::expected<std::unique_ptr<journal_reader>> open_reader(
    const std::string& path);

} // namespace voltaic::bus::storage
