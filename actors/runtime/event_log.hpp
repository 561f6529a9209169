#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "bus/storage/journal.hpp"
#include "messages/codec/codec.hpp"

namespace voltaic::actors::runtime {

/// The stream of the journal that holds a node's events, as encoded frames.
using bus::storage::events_stream;

/// A node's events: one sequence without gaps over all its lives, on disk
/// before anybody hears of it.
class event_log {
 public:
  /// Called once the event is durable; from the journal's thread, or from
  /// inside `record` with a synchronous journal. Must not block.
  using publisher = std::function<void(const messages::frame_ptr& frame)>;

  /// Called with each event before it is on the disk, on the thread that records it.
  using observer = std::function<void(const messages::event& event, messages::instant time,
                                      const messages::frame_ptr& frame)>;

  /// `observe` may be empty.
  event_log(std::string node, std::string boot, messages::utc_quality quality,
            bus::storage::journal& journal, publisher publish, observer observe = {});

  /// Fills in sequence, id, node and boot, journals, then publishes. Returns
  /// the sequence at once. An event that cannot be stored is published all the
  /// same, because silence would be worse, and counted.
  std::uint64_t record(messages::event event, messages::instant time);

  /// Tells what the journal lost: a former life's events when it was found
  /// damaged or missing, and this life's when it refused some and takes them
  /// again. To be called now and then; mostly does nothing.
  void tell_losses(messages::instant time);

  /// Events that the journal did not take.
  [[nodiscard]] std::uint64_t not_stored() const { return losses_->count; }
  /// The envelope source of this node's events.
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  void tell_refused(messages::instant time);
  using written = std::function<void(bool durable)>;
  std::uint64_t write(messages::event event, messages::instant time, written then);

  std::string node_;
  std::string boot_;
  std::string source_;
  messages::utc_quality quality_;
  bus::storage::journal& journal_;
  publisher publish_;
  observer observe_;
  std::mutex mutex_;
  std::uint64_t sequence_ = 0;
  /// Shared with what waits in the journal, which may outlive this log.
  struct losses {
    std::atomic<std::uint64_t> count = 0;
    std::atomic<std::uint64_t> told = 0; ///< of them
    std::atomic<bool> telling = false;   ///< the journal has not answered yet
  };
  std::shared_ptr<losses> losses_ = std::make_shared<losses>();
  bool journal_lost_;
};

/// A name for one life of a node that no other life has.
[[nodiscard]] std::string make_boot();

/// The event of a stored record; fails on a record that is none.
[[nodiscard]] messages::expected<messages::message> read_event(const bus::storage::record& record);

} // namespace voltaic::actors::runtime
