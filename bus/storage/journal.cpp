#include "bus/storage/journal.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "bus/storage/database.hpp"
#include "bus/storage/log_check.hpp"
#include "bus/storage/reserve.hpp"
#include "bus/storage/unsettled_records.hpp"
#include "bus/thread_name.hpp"

namespace voltaic::bus::storage {
namespace {

namespace files = std::filesystem;
using clock = std::chrono::steady_clock;

/// Between two attempts to open a failed file again or to occupy the reserve.
constexpr auto recovery_period = std::chrono::seconds(1);
constexpr int set_aside_max = 1000;

/// What a full disk must not stop: faults, latches and the epochs of permits.
constexpr std::array<std::string_view, 3> safety_streams = {events_stream, latches_stream,
                                                            counters_stream};

bool is_safety(const record& each) {
  for (const auto stream : safety_streams)
    if (each.stream == stream) return true;
  return false;
}

struct entry {
  storage::record record;
  append_handler handler;
  append_result result;
  std::uint64_t number = 0; ///< among those that are not settled
};

void tell(const entry& each) {
  if (each.handler) each.handler(each.result);
}

class sqlite_journal final : public journal {
 public:
  sqlite_journal(const journal_options& options, boot_report boot,
                 std::unique_ptr<storage::reserve> reserve,
                 std::unique_ptr<storage::database> database)
      : options_(options),
        in_memory_(options.path == memory_path),
        boot_(std::move(boot)),
        reserve_(std::move(reserve)),
        database_(std::move(database)),
        last_sequence_(database_->last_sequence()) {
    if (!options_.synchronous)
      writer_ = std::thread([this] {
        name_thread("journal");
        run();
      });
  }

  ~sqlite_journal() override {
    {
      const std::scoped_lock lock(queue_mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (writer_.joinable()) writer_.join();
  }

  const boot_report& boot() const override { return boot_; }

  void append(record record, append_handler handler) override {
    entry next{std::move(record), std::move(handler), {}, 0};
    if (!enqueue(next)) {
      tell(next);
      return;
    }
    if (options_.synchronous)
      drain();
    else
      wake_.notify_one();
  }

  std::vector<record> newest(const std::string& stream) override {
    // Nothing settles meanwhile, so that each record is on disk, or not settled, or both.
    const std::scoped_lock lock(queue_mutex_);
    auto found = read([&](const SQLite::Database& from) { return select_newest(from, stream); });
    unsettled_.lay_over(stream, found);
    return found;
  }

  std::vector<record> since(const std::string& stream, std::uint64_t sequence,
                            std::size_t count_max) override {
    return read([&](const SQLite::Database& from) {
      return select_since(from, stream, sequence, count_max);
    });
  }

  storage_health health() const override {
    storage_health result;
    result.disk_used_percent = in_memory_ ? 0 : disk_used_percent(options_.path);
    const std::scoped_lock lock(queue_mutex_);
    result.reserve_released = told_.reserve_released;
    result.failed = told_.failed;
    result.durable = told_.durable;
    result.reason = told_.reason;
    result.queued = queue_.size();
    return result;
  }

 private:
  bool enqueue(entry& next) {
    const std::scoped_lock lock(queue_mutex_);
    next.number = unsettled_.given(next.record);
    if (stopping_)
      next.result = {append_status::stopped, 0, "the journal is stopping"};
    else if (next.record.body.size() > record_bytes_max)
      next.result = {append_status::failed, 0,
                     fmt::format("a record holds at most {} bytes", record_bytes_max)};
    else if (queue_.size() >= options_.queue_max)
      next.result = {append_status::full, 0, "the journal's queue is full"};
    else {
      queue_.push_back(std::move(next));
      return true;
    }
    unsettled_.refused(next.number);
    return false;
  }

  void run() {
    std::unique_lock lock(queue_mutex_);
    while (true) {
      if (queue_.empty() && stopping_) return;
      if (queue_.empty()) {
        if (failed_)
          wake_.wait_for(lock, recovery_period);
        else
          wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      }
      std::deque<entry> batch;
      batch.swap(queue_);
      lock.unlock();
      handle(batch);
      batch.clear(); // while nobody who appends waits for it
      lock.lock();
    }
  }

  /// On the caller's thread. A handler that appends again finds its record
  /// handled after it, by the outermost call.
  void drain() {
    if (draining_) return;
    draining_ = true;
    while (true) {
      std::deque<entry> batch;
      {
        const std::scoped_lock lock(queue_mutex_);
        batch.swap(queue_);
      }
      if (batch.empty()) break;
      handle(batch);
    }
    draining_ = false;
  }

  void handle(std::deque<entry>& batch) {
    {
      const std::scoped_lock lock(database_mutex_);
      if (failed_) recover();
      if (!batch.empty()) write(batch);
    }
    publish_health(batch);
    for (const auto& each : batch) tell(each);
    const std::scoped_lock lock(database_mutex_);
    if (failed_) return;
    try {
      database_->trim_when_due(options_.events, options_.commands, options_.superseded_max);
      database_->checkpoint_when_due();
    } catch (const SQLite::Exception& error) {
      // A full disk only lets the log grow; anything else is in doubt.
      if (error.getErrorCode() != SQLITE_FULL) fail(error.what());
    }
  }

  void write(std::deque<entry>& batch) {
    if (reserve_->released() && recovery_due()) {
      next_recovery_ = clock::now() + recovery_period;
      if (reserve_->restore()) reason_.clear();
    }
    std::vector<entry*> accepted;
    for (auto& each : batch) accept(each, accepted);
    if (failed_ || accepted.empty() || commit(accepted)) return;
    if (failed_ || reserve_->released()) return refuse(accepted);
    reserve_->release();
    reason_ = "the disk is full: only safety records are kept";
    next_recovery_ = clock::now() + recovery_period;
    accepted.clear();
    for (auto& each : batch) accept(each, accepted);
    if (!accepted.empty() && !commit(accepted)) refuse(accepted);
  }

  void accept(entry& each, std::vector<entry*>& accepted) {
    if (failed_)
      each.result = {append_status::failed, 0, reason_};
    else if (reserve_->released() && !is_safety(each.record))
      each.result = {append_status::full, 0, reason_};
    else
      accepted.push_back(&each);
  }

  void refuse(const std::vector<entry*>& entries) {
    const auto status = failed_ ? append_status::failed : append_status::full;
    for (auto* each : entries) each->result = {status, 0, reason_};
  }

  /// All entries in one transaction; false when nothing was written.
  bool commit(const std::vector<entry*>& entries) {
    std::vector<const record*> records;
    std::uint64_t sequence = last_sequence_;
    for (auto* each : entries) {
      each->record.sequence = ++sequence;
      records.push_back(&each->record);
    }
    try {
      database_->insert(records);
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() != SQLITE_FULL) fail(error.what());
      return false;
    }
    last_sequence_ = sequence;
    for (auto* each : entries) each->result = {append_status::durable, each->record.sequence, ""};
    return true;
  }

  /// After an error of the disk the page cache proves nothing: nothing is
  /// acknowledged until the file was opened anew, checked and synced.
  void fail(const std::string& reason) {
    failed_ = true;
    reason_ = fmt::format("journal {}: {}", options_.path, reason);
    next_recovery_ = clock::now() + recovery_period;
  }

  bool recovery_due() const { return clock::now() >= next_recovery_; }

  void recover() {
    if (in_memory_ || !recovery_due()) return;
    next_recovery_ = clock::now() + recovery_period;
    try {
      database_.reset();
      auto reopened = std::make_unique<storage::database>(options_.path);
      reopened->checkpoint();
      if (reopened->last_sequence() < last_sequence_)
        throw corrupt_file("records that were acknowledged are gone");
      last_sequence_ = reopened->last_sequence();
      database_ = std::move(reopened);
      failed_ = false;
      reason_.clear();
    } catch (const std::exception& error) {
      reason_ = fmt::format("journal {}: {}", options_.path, error.what());
    }
  }

  void publish_health(const std::deque<entry>& batch) {
    std::vector<record> settled; // let go of after the lock
    settled.reserve(batch.size());
    const std::scoped_lock lock(queue_mutex_);
    told_.reserve_released = reserve_->released();
    told_.failed = failed_;
    told_.reason = reason_;
    for (const auto& each : batch) {
      const bool durable = each.result.status == append_status::durable;
      told_.durable += durable;
      if (durable)
        settled.push_back(unsettled_.durable(each.number));
      else
        unsettled_.refused(each.number);
    }
  }

  /// A second connection reads beside the writer; memory has only one.
  template <class Query>
  std::vector<record> read(const Query& query) {
    if (in_memory_ || options_.synchronous) {
      const std::scoped_lock lock(database_mutex_);
      if (!database_) return {};
      return query(database_->connection());
    }
    const SQLite::Database connection(options_.path, SQLite::OPEN_READONLY, busy_timeout_ms);
    return query(connection);
  }

  journal_options options_;
  bool in_memory_;
  boot_report boot_;
  std::mutex database_mutex_; // reserve_, database_, last_sequence_, failed_, reason_
  std::unique_ptr<storage::reserve> reserve_;
  std::unique_ptr<storage::database> database_;
  std::uint64_t last_sequence_;
  std::atomic<bool> failed_ = false;
  std::string reason_;
  clock::time_point next_recovery_;
  mutable std::mutex queue_mutex_; // queue_, unsettled_, stopping_, told_
  std::condition_variable wake_;
  std::deque<entry> queue_;
  unsettled_records unsettled_;
  bool stopping_ = false;
  storage_health told_;
  bool draining_ = false;
  std::thread writer_;
};

/// Moves a bad file and its log out of the way, together, for inspection.
std::string set_aside(const std::string& path) {
  for (int number = 1; number <= set_aside_max; ++number) {
    std::string target = fmt::format("{}.corrupt-{}", path, number);
    if (files::exists(target)) continue;
    files::rename(path, target);
    for (const char* suffix : {"-wal", "-shm"})
      if (files::exists(path + suffix)) files::rename(path + suffix, target + suffix);
    sync_parent_folder(path);
    return target;
  }
  throw std::runtime_error(fmt::format("{} files are set aside already", set_aside_max));
}

/// Leftovers of a journal whose main file is gone must not be taken for part
/// of a new one.
bool remove_orphans(const std::string& path) {
  bool found = false;
  for (const char* suffix : {"-wal", "-shm"}) found |= files::remove(path + suffix);
  return found;
}

std::unique_ptr<database> open_database(const std::string& path, reserve& room, boot_report& boot) {
  if (path == memory_path) {
    boot.created = true;
    return std::make_unique<database>(path);
  }
  if (!files::exists(path)) {
    boot.lost = remove_orphans(path) || room.found();
    boot.created = true;
    create_database(path, boot.lost);
  }
  try {
    if (const auto damage = find_log_damage(path)) throw corrupt_file(*damage);
    return std::make_unique<database>(path);
  } catch (const corrupt_file&) {
    boot.corrupt_set_aside = set_aside(path);
    boot.created = true;
    create_database(path, true);
  } catch (const SQLite::Exception& error) {
    // A full disk has no room for the log's index either.
    const int code = error.getErrorCode();
    if (room.released() || (code != SQLITE_FULL && code != SQLITE_IOERR)) throw;
    room.release();
  }
  return std::make_unique<database>(path);
}

} // namespace

messages::expected<std::unique_ptr<journal>> open_journal(const journal_options& options) {
  try {
    boot_report boot;
    const bool in_memory = options.path == memory_path;
    auto room = std::make_unique<reserve>(in_memory ? "" : options.path + ".reserve",
                                          options.reserve_bytes);
    auto file = open_database(options.path, *room, boot);
    boot.records = file->records();
    boot.removed = file->removed();
    boot.after_loss = file->is_after_loss();
    boot.last_sequence = file->last_sequence();
    return std::unique_ptr<journal>(std::make_unique<sqlite_journal>(
        options, std::move(boot), std::move(room), std::move(file)));
  } catch (const std::exception& error) {
    return messages::failure{fmt::format("cannot open journal {}: {}", options.path, error.what())};
  }
}

} // namespace voltaic::bus::storage
