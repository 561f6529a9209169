#include "nodes/process/event_feed.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <span>
#include <utility>

#include "actors/runtime/event_log.hpp"

namespace voltaic::nodes::process {

namespace {

constexpr std::int64_t feed_period_us = 100'000;
constexpr std::size_t records_a_look = 200;
constexpr const char* position_key = "event_feed";

} // namespace

event_feed::event_feed(options given) : options_(std::move(given)) {
  for (const auto& record : options_.own->newest(bus::storage::counters_stream))
    if (record.key == position_key) position_ = std::strtoull(record.body.c_str(), nullptr, 10);
}

// A journal grows in its log; the log is gone when its writer has stopped.
event_feed::stamp event_feed::look() const {
  struct stat found {};
  if (::stat((options_.path + "-wal").c_str(), &found) != 0 &&
      ::stat(options_.path.c_str(), &found) != 0)
    return {};
  return {found.st_size,
          std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

void event_feed::step(std::int64_t now_us) {
  if (now_us < due_us_) return;
  due_us_ = now_us + feed_period_us;
  const auto now = look();
  if (now == seen_ && settled_) return;
  // Once more after the last change: two of them may bear the same time.
  settled_ = now == seen_;
  seen_ = now;
  pass_on();
}

void event_feed::pass_on() {
  const auto reader = bus::storage::open_reader(options_.path);
  if (!reader) return;
  const auto records = (*reader)->since(actors::runtime::events_stream, position_, records_a_look);
  if (!records) {
    settled_ = false; // it was being written or recovered: again at the next look
    return;
  }
  for (const auto& record : *records) {
    position_ = record.sequence;
    if (const auto frame = messages::adopt(std::as_bytes(std::span(record.body)));
        frame && actors::runtime::read_event(record))
      options_.say(*frame);
  }
  if (records->empty()) return;
  settled_ = settled_ && records->size() < records_a_look;
  bus::storage::record kept;
  kept.stream = bus::storage::counters_stream;
  kept.key = position_key;
  kept.utc_us = records->back().utc_us;
  kept.body = std::to_string(position_);
  options_.own->append(std::move(kept), [](const bus::storage::append_result&) {});
}

} // namespace voltaic::nodes::process
