#include "messages/profiles/answer_listener.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "messages/uds/read.hpp"

namespace voltaic::messages::profiles {

answer_listener::answer_listener(const device_profile& profile, std::uint32_t id_offset) {
  for (std::size_t i = 0; i < profile.messages.size(); ++i) {
    const auto& one = profile.messages[i];
    if (!one.read) continue;
    const auto id = one.id + id_offset;
    auto found = std::ranges::find_if(sources_, [&](const source& each) {
      return each.id == id && each.extended == one.extended;
    });
    if (found == sources_.end())
      found = sources_.insert(found, {id, one.extended, one.name, iso_tp::tp_link({}), {}});
    found->reads.push_back({static_cast<std::uint16_t>(i), one.read->data_identifier});
  }
}

bool answer_listener::take(const can::frame& frame) {
  if (frame.remote || frame.error || frame.fd) return false;
  const auto found = std::ranges::find_if(sources_, [&](const source& each) {
    return each.id == frame.id && each.extended == frame.extended;
  });
  if (found == sources_.end()) return false;
  // What waited too long ends before what comes: that may begin anew.
  found->link.step(frame.time_us);
  found->link.take(std::span(frame.data.data(), frame.length), frame.time_us);
  // The flow control is the asking side's to say.
  static_cast<void>(found->link.take_frames());
  for (const auto why : found->link.take_failures())
    ++failures_[fmt::format("{}: an answer did not come whole: {}", found->name,
                            iso_tp::to_words(why))];
  for (const auto& message : found->link.take_messages()) hear(*found, message);
  return true;
}

void answer_listener::hear(const source& from, const std::vector<std::uint8_t>& message) {
  const auto what = uds::decode_answer(message);
  if (!what) return;
  if (const auto* record = std::get_if<uds::data_record>(&*what)) {
    const auto of = std::ranges::find(from.reads, record->data_identifier, &read::data_identifier);
    if (of != from.reads.end()) answers_.push_back({of->message, record->data});
    return;
  }
  const auto& no = std::get<uds::refusal>(*what);
  if (no.service != uds::read_service || no.code == uds::response_pending) return;
  ++failures_[fmt::format("{}: the device refuses: {}", from.name, uds::to_words(no))];
}

std::vector<answer_listener::answer> answer_listener::take_answers() {
  return std::exchange(answers_, {});
}

} // namespace voltaic::messages::profiles
