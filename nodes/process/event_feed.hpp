#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "bus/storage/journal.hpp"
#include "messages/codec/codec.hpp"

namespace voltaic::nodes::process {

/// Passes on the events that another process put into its journal and cannot
/// say on the message bus itself. How far it came is kept in a journal of its
/// own node, so that what happens while that node is dead is said by its
/// successor. Not for more than one thread.
class event_feed {
 public:
  /// What is read, and where it goes.
  struct options {
    std::string path;                     ///< of the other process's journal; may not exist yet
    bus::storage::journal* own = nullptr; ///< outlives the feed
    std::function<void(const messages::frame_ptr& frame)> say;
  };
  explicit event_feed(options given);

  /// Looks for news if it is time to. Reads the disk: not for a worker.
  void step(std::int64_t now_us);

 private:
  /// Changes when something was written.
  struct stamp {
    off_t size = 0;
    std::int64_t written_ns = 0;
    friend bool operator==(const stamp&, const stamp&) = default;
  };
  [[nodiscard]] stamp look() const;
  void pass_on();

  options options_;
  std::uint64_t position_ = 0; ///< in the other journal
  std::int64_t due_us_ = 0;
  stamp seen_;
  bool settled_ = false; ///< read since it was last seen to change
};

} // namespace voltaic::nodes::process
