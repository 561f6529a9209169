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

/// One record. The newest record of a `stream` and `key` is that key's state.
struct record {
  std::uint64_t sequence = 0; ///< gapless in the journal, given by it
  std::string stream;         ///< "events", "latches", "counters", "commands"
  std::string key;
  std::int64_t utc_us = 0;
  std::string body;           ///< JSON text or encoded bytes, as the stream says
  friend bool operator==(const record&, const record&) = default;
};

/// What the boot check found. After `corrupt_set_aside` or `missing` nothing
/// is known of former latches: the reader must assume the worst.
struct boot_report {
  bool created = false;
  std::optional<std::string> corrupt_set_aside; ///< where the bad file went
  std::uint64_t records = 0;
  std::uint64_t last_sequence = 0;
};

enum class append_status : std::uint8_t { durable, full, failed, stopped };

struct append_result {
  append_status status = append_status::failed;
  std::uint64_t sequence = 0;
  std::string reason;
};

/// Called on the journal's thread once the record is on disk (or is not).
using append_handler = std::function<void(const append_result&)>;

class journal {
 public:
  virtual ~journal() = default;
  [[nodiscard]] virtual const boot_report& boot() const = 0;
  /// From any thread; bounded queue. The handler runs after fsync, in order.
  virtual void append(record record, append_handler handler) = 0;
  /// The newest record of each key of a stream, by key. Blocks; boot only.
  [[nodiscard]] virtual std::vector<record> newest(const std::string& stream) = 0;
  /// Records of a stream after a sequence, oldest first. Blocks.
  [[nodiscard]] virtual std::vector<record> since(const std::string& stream, std::uint64_t sequence,
                                                  std::size_t count_max) = 0;
};

struct journal_options {
  std::string path;
  std::size_t queue_max = 4096;
  std::uint64_t reserve_bytes = 4 * 1024 * 1024; ///< kept free for events and latches on a full disk
  bool synchronous = false;  ///< append on the caller's thread: for virtual time
};

/// Opens or creates. A corrupt file is set aside beside it and reported.
[[nodiscard]] messages::expected<std::unique_ptr<journal>> open_journal(const journal_options& options);

} // namespace voltaic::bus::storage
