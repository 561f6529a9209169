#include "actors/runtime/event_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <span>
#include <utility>

namespace voltaic::actors::runtime {
namespace {

// Records looked at in one go when the last event is searched for.
constexpr std::size_t search_records = 512;

/// State of the event that tells of a former life's events.
constexpr const char* journal_lost = "journal_lost";

// The journal numbers records of all streams, so the last event is searched
// from the end in growing windows.
std::uint64_t last_sequence(bus::storage::journal& journal) {
  const auto last = journal.boot().last_sequence;
  for (std::uint64_t window = search_records; last > 0; window *= 4) {
    const auto after = last > window ? last - window : 0;
    const auto records = journal.since(events_stream, after, static_cast<std::size_t>(window));
    for (auto record = records.rbegin(); record != records.rend(); ++record) {
      if (const auto message = read_event(*record)) {
        return std::get<messages::event>(message->payload).sequence;
      }
    }
    if (after == 0) {
      break;
    }
  }
  return 0;
}

// Whether nobody told yet that the file began where another one was lost.
bool owes_loss(bus::storage::journal& journal) {
  const auto& boot = journal.boot();
  // It is told soon after the start of the file, and only old events are removed.
  if (!boot.after_loss || boot.removed > 0) return false;
  const auto first = journal.since(events_stream, 0, search_records);
  return std::ranges::none_of(first, [](const bus::storage::record& record) {
    const auto message = read_event(record);
    return message && std::get<messages::event>(message->payload).state == journal_lost;
  });
}

} // namespace

event_log::event_log(std::string node, std::string boot, messages::utc_quality quality,
                     bus::storage::journal& journal, publisher publish, observer observe)
    : node_(std::move(node)),
      boot_(std::move(boot)),
      source_(node_ + "/events"),
      quality_(quality),
      journal_(journal),
      publish_(std::move(publish)),
      observe_(std::move(observe)),
      sequence_(last_sequence(journal)),
      journal_lost_(owes_loss(journal)) {}

std::uint64_t event_log::record(messages::event event, messages::instant time) {
  // Before anything else that the journal may take: this life may end soon.
  tell_refused(time);
  return write(std::move(event), time, {});
}

void event_log::tell_losses(messages::instant time) {
  messages::event event;
  event.kind = "system";
  event.subject = node_;
  if (std::exchange(journal_lost_, false)) {
    event.state = journal_lost;
    event.reason = "the journal was damaged or missing: earlier events are gone";
    record(event, time);
  }
  tell_refused(time);
}

void event_log::tell_refused(messages::instant time) {
  const auto count = losses_->count.load();
  if (count == losses_->told || losses_->telling.exchange(true)) {
    return;
  }
  messages::event event;
  event.kind = "system";
  event.subject = node_;
  event.state = "events_lost";
  event.reason = fmt::format("the journal did not take {} events", count - losses_->told);
  write(std::move(event), time, [known = losses_, count](bool durable) {
    if (durable) {
      known->told = count;
    } else {
      --known->count; // only the attempt to tell it was refused
    }
    known->telling = false;
  });
}

std::uint64_t event_log::write(messages::event event, messages::instant time, written then) {
  const std::lock_guard lock(mutex_);
  const auto sequence = ++sequence_;
  event.sequence = sequence;
  if (event.first_out == messages::first_out_self) event.first_out = sequence;
  event.node = node_;
  event.boot = boot_;
  event.id = fmt::format("{}-{}-{}", node_, boot_, sequence);
  // The envelope's sequence is the event's own: it has no gaps over restarts either.
  const messages::header header{source_, 1, sequence, time, quality_};
  const auto content =
      std::make_shared<const messages::message>(messages::message{header, std::move(event)});
  const auto frame = messages::encode(content);
  if (observe_) observe_(std::get<messages::event>(content->payload), time, frame);
  const auto bytes = frame->bytes();
  bus::storage::record record;
  record.stream = events_stream;
  record.key = fmt::format("{:020}", sequence);
  record.utc_us = time.utc_us;
  record.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  // The journal outlives this log: what it calls holds nothing of it.
  journal_.append(std::move(record), [publish = publish_, known = losses_, then = std::move(then),
                                      frame](const bus::storage::append_result& result) {
    const bool durable = result.status == bus::storage::append_status::durable;
    if (!durable) {
      ++known->count;
    }
    if (then) {
      then(durable);
    }
    // What only tells of losses is worth nothing unless it lasts.
    if (durable || !then) {
      publish(frame);
    }
  });
  return sequence;
}

std::string make_boot() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}", source(), source());
}

messages::expected<messages::message> read_event(const bus::storage::record& record) {
  auto message = messages::open(std::as_bytes(std::span(record.body)));
  if (!message) {
    return message;
  }
  if (!std::holds_alternative<messages::event>(message->payload)) {
    return messages::failure{"record " + record.key + " is no event"};
  }
  return message;
}

} // namespace voltaic::actors::runtime
