#include "actors/runtime/fault_recorder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "messages/captured_alarm.hpp"

namespace voltaic::actors::runtime {
namespace {

constexpr double us_per_second = messages::us_per_s;
/// Faster than new ones come, and too few to be felt: one piece with each sixth message.
constexpr std::uint64_t let_go_every = 6;
constexpr std::size_t let_go_in_a_step = 2;

std::string words_of(const messages::event& event) {
  if (event.kind == "contactor") return fmt::format("{} contactor {}", event.id, event.reason);
  return fmt::format("{} {}/{} {}", event.id, event.candidate, event.level, event.scope);
}

/// "10.0 s before and 10.0 s after rack_0-1a2b-42 cell_overvoltage/fault module_0:cell_3"
std::string summary_of(const capture& made) {
  auto text = fmt::format(
      "{:.1f} s before and {:.1f} s after {}", static_cast<double>(made.before_us) / us_per_second,
      static_cast<double>(made.after_us) / us_per_second, fmt::join(made.faults, ", "));
  if (made.more_faults > 0) text += fmt::format(" and {} more", made.more_faults);
  if (made.is_cut) text += "; the rest found no room";
  if (made.missed_faults > 0)
    text += fmt::format("; {} faults before it were not captured, soon after one without room",
                        made.missed_faults);
  return text;
}

} // namespace

fault_recorder::fault_recorder(std::vector<captured_rack> racks, bus::message::capture_store& store)
    : store_(store) {
  for (auto& each : racks) {
    by_name_[each.name] = racks_.size();
    for (const auto& source : each.sources) by_source_[source] = racks_.size();
    racks_.emplace_back();
    racks_.back().of = std::move(each);
  }
}

void fault_recorder::said(const messages::header& header, const messages::payload& content,
                          const messages::frame_ptr& frame) {
  const std::lock_guard lock(mutex_);
  if (++heard_ % let_go_every == 0) let_go(1);
  const auto found = by_source_.find(header.source);
  if (found == by_source_.end()) return;
  auto& model = racks_[found->second].model;
  messages::captured_message one{header.time.monotonic_us, false, frame};
  if (std::holds_alternative<messages::catalogue>(content)) {
    model.describe(header.source, one);
  } else {
    model.hear(std::move(one));
  }
}

void fault_recorder::recorded(const messages::event& event, messages::instant time,
                              const messages::frame_ptr& frame) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(event.subject);
  if (found == by_name_.end()) return;
  auto& rack = racks_[found->second];
  rack.model.hear({time.monotonic_us, true, frame});
  bool is_fault = messages::is_captured_alarm(event);
  if (event.kind == "contactor") {
    // One that starts in this state tells of a fault that was captured when it happened.
    is_fault = event.state == "fault" && !rack.contactor.empty() && rack.contactor != "fault";
    rack.contactor = event.state;
  }
  if (is_fault) rack.model.fault(event.id, words_of(event), time.monotonic_us);
}

std::vector<messages::event> fault_recorder::step(std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  let_go(let_go_in_a_step);
  for (auto& rack : racks_) {
    if (auto made = rack.model.take(now_us)) hand_over(rack, *std::move(made));
  }
  return tell();
}

void fault_recorder::let_go(std::size_t pieces) {
  written_.resize(written_.size() - std::min(pieces, written_.size()));
}

void fault_recorder::finish() {
  const std::lock_guard lock(mutex_);
  for (auto& rack : racks_) {
    if (auto made = rack.model.take_rest()) hand_over(rack, *std::move(made));
  }
}

void fault_recorder::hand_over(rack_state& rack, capture&& made) {
  if (made.is_whole) rack.handed_over.push_back({made.id, summary_of(made)});
  store_.put({rack.of.name, std::move(made.id), made.is_whole, std::move(made.pieces)});
}

std::vector<messages::event> fault_recorder::tell() {
  std::vector<messages::event> events;
  for (auto& result : store_.take_results()) {
    std::ranges::move(result.pieces, std::back_inserter(written_));
    const auto found = by_name_.find(result.rack);
    if (found == by_name_.end()) continue;
    auto event = event_of(result, racks_[found->second]);
    if (!event.state.empty()) events.push_back(std::move(event));
  }
  return events;
}

messages::event fault_recorder::event_of(const bus::message::capture_result& result,
                                         rack_state& rack) {
  rack.removed.insert(rack.removed.end(), result.removed.begin(), result.removed.end());
  messages::event event;
  event.kind = "system";
  event.subject = result.rack;
  const auto words =
      std::ranges::find(rack.handed_over, result.id, &rack_state::words_of_capture::id);
  if (result.file.empty() && rack.failed_id != result.id) {
    rack.failed_id = result.id;
    event.state = capture_failed;
    event.reason = fmt::format("of {}: {}", result.id, result.reason);
  } else if (!result.file.empty() && result.is_whole && words != rack.handed_over.end()) {
    event.state = capture_stored;
    event.reason = fmt::format("{}: {}", result.file, words->words);
    if (!rack.removed.empty())
      event.reason += fmt::format("; {} gave way", fmt::join(rack.removed, ", "));
    rack.removed.clear();
  }
  if (result.is_whole && words != rack.handed_over.end()) rack.handed_over.erase(words);
  return event;
}

} // namespace voltaic::actors::runtime
