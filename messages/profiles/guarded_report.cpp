#include "messages/profiles/guarded_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/event_codes.hpp"

namespace voltaic::messages::profiles {
namespace {

constexpr std::string_view doubled_key = "doubled";
constexpr std::string_view doubled_words = "two devices send what one should";

} // namespace

expected<guarded_report> guarded_report::make(device_profile profile, std::uint32_t id_offset) {
  auto made = frame_report::make(std::move(profile), id_offset);
  if (!made) return made.error();
  return guarded_report(std::make_unique<frame_report>(*std::move(made)), id_offset);
}

guarded_report::judge* guarded_report::judge_of(const can::log_entry& entry) {
  auto found = judges_.find(entry.channel);
  const bool begins_anew = found != judges_.end() && found->second.now_us &&
                           entry.frame.time_us < *found->second.now_us - reordered_max_us;
  if (begins_anew) {
    add_failures(failures_, found->second);
    judges_.erase(found);
    found = judges_.end();
  }
  if (found != judges_.end()) return &found->second;
  if (judges_.size() >= judged_buses_max) {
    has_too_many_buses_ = true;
    return nullptr;
  }
  return &judges_.try_emplace(entry.channel, report_->profile(), report_->plan(), id_offset_)
              .first->second;
}

// What only the time shows is asked when the device of a site asks it.
void guarded_report::advance(judge& by, std::int64_t to_us) {
  const auto grid_before_us = to_us - to_us % watch_grid_us;
  if (!by.now_us) by.grid_us = grid_before_us;
  if (to_us - by.grid_us > watch_gap_max_us) by.grid_us = grid_before_us - watch_grid_us;
  while (by.grid_us + watch_grid_us <= to_us) {
    by.grid_us += watch_grid_us;
    by.watch.step(by.grid_us);
  }
  by.now_us = to_us;
}

void guarded_report::read(const can::log_entry& entry) {
  auto* by = judge_of(entry);
  if (by == nullptr) return report_->read(entry);
  auto frame = entry.frame;
  frame.time_us = std::max(frame.time_us, by->now_us.value_or(frame.time_us));
  if (entry.time != can::log_time::none) advance(*by, frame.time_us);
  std::vector<answer_listener::answer> whole;
  if (by->answers.take(frame)) whole = by->answers.take_answers();
  if (whole.empty())
    report_->read(entry);
  else
    report_->read_answer(entry, whole.back().message, whole.back().data);
  if (report_->has_message()) believe(*by, entry);
}

void guarded_report::believe(judge& by, const can::log_entry& entry) {
  ++frames_[std::string(report_->message_name())];
  if (entry.time == can::log_time::none) {
    if (report_->is_refused()) note(report_->error(), false);
    return;
  }
  const bool believed = by.watch.take(report_->applied(), *by.now_us);
  for (const auto& told : by.watch.take_notices())
    if (told.code == event_codes::double_node && !told.level.empty())
      doubles_.try_emplace(entry.channel, told.reason);
  const auto fault = by.watch.fault();
  const bool is_sound = fault == frame_fault::none || fault == frame_fault::late;
  if (fault != frame_fault::none) note(to_words(fault), is_sound);
  if (believed || report_->is_refused()) return;
  if (!is_sound) return report_->refuse(to_key(fault), to_words(fault));
  note(doubled_words, false);
  report_->refuse(doubled_key, doubled_words);
}

void guarded_report::note(std::string_view why, bool is_believed) {
  auto& count = faults_[{std::string(report_->message_name()), std::string(why)}];
  ++count.frames;
  count.is_believed = is_believed;
}

void guarded_report::add_failures(std::map<std::string, std::uint64_t>& to, const judge& of) {
  for (const auto& [words, count] : of.answers.failures()) to[words] += count;
}

std::vector<std::string> guarded_report::complaints() const {
  std::vector<std::string> said;
  for (const auto& [bus, why] : doubles_)
    said.push_back(fmt::format("{}: {}: {}", can::bus_name(bus), doubled_words, why));
  for (const auto& [of, count] : faults_)
    said.push_back(
        fmt::format("{}: {} of {} frames are {}: {}", of.first, count.frames, frames_.at(of.first),
                    count.is_believed ? "taken all the same" : "not believed", of.second));
  auto failures = failures_;
  for (const auto& [bus, by] : judges_) add_failures(failures, by);
  for (const auto& [words, count] : failures) said.push_back(fmt::format("{} ({})", words, count));
  if (has_too_many_buses_)
    said.push_back(fmt::format("only frames of the first {} buses are judged", judged_buses_max));
  return said;
}

} // namespace voltaic::messages::profiles
