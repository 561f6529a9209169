#include "bus/message/observer.hpp"

#include <utility>

namespace voltaic::bus::message {

void observer::heard(plane from, const messages::frame& frame, std::vector<update>& out) {
  if (from == plane::commands || from == plane::local) return;
  // Before the full state, live frames are already part of it.
  if (from != plane::snapshot && stage_ != stage::live) return;
  auto decoded = messages::decode(frame);
  if (!decoded) {
    ++refused_;
    return;
  }
  if (from == plane::snapshot)
    heard_snapshot(std::move(*decoded), out);
  else
    heard_live(std::move(*decoded), out);
}

void observer::heard_snapshot(messages::message&& message, std::vector<update>& out) {
  const auto* marker = std::get_if<messages::snapshot>(&message.payload);
  if (marker != nullptr && marker->kind == messages::snapshot_kind::request) {
    stage_ = stage::collecting;
    snapshot_id_ = marker->id;
    collected_.clear();
    return;
  }
  if (stage_ != stage::collecting) return;
  if (marker == nullptr) {
    if (collected_.size() < snapshot_frames_max) {
      collected_.push_back(std::move(message));
      return;
    }
    stage_ = stage::waiting;
    return;
  }
  const std::uint64_t markers = 2;
  if (marker->id != snapshot_id_ || message.header.sequence != collected_.size() + markers) {
    stage_ = stage::waiting;
    collected_.clear();
    wish_ = true;
    return;
  }
  stage_ = stage::live;
  wish_ = false;
  out.push_back({.kind = update::kind::reset});
  tell_what_was_missed(*marker, out);
  // A source that the relay has not heard yet is counted on from where it was.
  for (const auto& source : marker->sources) counter_.resume(source);
  for (auto& one : collected_) {
    out.push_back({.kind = update::kind::state, .message = std::move(one)});
  }
  collected_.clear();
  out.push_back({.kind = update::kind::ready, .snapshot = *marker});
}

void observer::tell_what_was_missed(const messages::snapshot& now, std::vector<update>& out) const {
  for (const auto& source : now.sources) {
    const auto* before = counter_.find(source.source);
    if (before == nullptr || before->incarnation != source.incarnation ||
        before->sequence >= source.sequence) {
      continue;
    }
    out.push_back({.kind = update::kind::gap,
                   .source = source.source,
                   .missing = source.sequence - before->sequence});
  }
}

void observer::heard_live(messages::message&& message, std::vector<update>& out) {
  const auto* before = counter_.find(message.header.source);
  const std::uint64_t gaps_before = before == nullptr ? 0 : before->gaps;
  const arrival how = counter_.heard(message.header);
  if (how == arrival::duplicate || how == arrival::late) return;
  const std::uint64_t missing = counter_.find(message.header.source) == nullptr
                                    ? 0
                                    : counter_.find(message.header.source)->gaps - gaps_before;
  if (missing > 0) {
    out.push_back({.kind = update::kind::gap, .source = message.header.source, .missing = missing});
    wish_ = true;
  }
  out.push_back({.kind = update::kind::message, .message = std::move(message)});
}

void observer::link_lost() {
  stage_ = stage::waiting;
  collected_.clear();
}

bool observer::take_snapshot_wish() {
  return std::exchange(wish_, false);
}

frame_ptr snapshot_request(const std::string& source, const std::string& id) {
  messages::header header;
  header.source = source;
  return messages::encode(header, messages::snapshot{messages::snapshot_kind::request, id, {}});
}

} // namespace voltaic::bus::message
