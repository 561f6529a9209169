#include "messages/dbc/database_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "messages/can/logs/report_line.hpp"
#include "messages/j1939/identifier.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::dbc {
namespace {

constexpr std::uint32_t extended_mark = 0x8000'0000;

std::uint32_t key_of(std::uint32_t id, bool extended) {
  return id | (extended ? extended_mark : 0);
}

} // namespace

database_report::database_report(dbc::database by) : by_(std::move(by)) {
  for (std::size_t i = 0; i < by_.messages.size(); ++i) {
    const auto& one = by_.messages[i];
    by_id_.emplace(key_of(one.id, one.extended), i);
    if (one.is_j1939 && one.extended) by_group_.emplace(j1939::split(one.id).pgn, i);
    message_width_ = std::max(message_width_, one.name.size());
  }
}

const message* database_report::find(const can::frame& frame) const {
  if (frame.remote || frame.error) return nullptr;
  const auto exact = by_id_.find(key_of(frame.id, frame.extended));
  if (exact != by_id_.end()) return &by_.messages[exact->second];
  const auto group = frame.extended ? by_group_.find(j1939::split(frame.id).pgn) : by_group_.end();
  return group == by_group_.end() ? nullptr : &by_.messages[group->second];
}

void database_report::read(const can::log_entry& entry) {
  entry_ = entry;
  error_.clear();
  readings_.clear();
  message_ = find(entry.frame);
  if (message_ == nullptr) return;
  auto read = decode(*message_, {entry.frame.data.data(), entry.frame.length});
  if (read) {
    readings_ = *std::move(read);
  } else {
    error_ = read.error().text;
  }
}

void database_report::append_json(std::string& out) const {
  can::append_json_head(out, entry_, json_text(can::bus_name(entry_.channel)));
  out += R"("message":)";
  out += has_message() ? json_text(message_->name) : "null";
  out += R"(,"signals":{)";
  for (std::size_t i = 0; i < readings_.size(); ++i) {
    const auto& one = message_->signals[readings_[i].signal];
    fmt::format_to(std::back_inserter(out), R"({}{}:{{"value":{},"unit":{},"raw":{})",
                   i > 0 ? "," : "", json_text(one.name), value_json(one, readings_[i]),
                   json_text(one.unit), raw_json(one, readings_[i].bits));
    const auto word = text_of(one, readings_[i].bits);
    if (!word.empty()) out += R"(,"label":)" + json_text(word);
    out += '}';
  }
  out += '}';
  can::append_json_tail(out, entry_, has_message() && readable(), error_);
}

std::string_view database_report::message_name() const {
  return has_message() ? std::string_view(message_->name) : std::string_view();
}

void database_report::append_values(std::string& out) const {
  const auto at = std::back_inserter(out);
  for (const auto& each : readings_) {
    const auto& one = message_->signals[each.signal];
    const auto word = text_of(one, each.bits);
    fmt::format_to(at, "  {} {}", one.name,
                   word.empty() ? value_json(one, each) : std::string(word));
    if (!one.unit.empty()) fmt::format_to(at, " {}", one.unit);
  }
}

void database_report::append_text(std::string& out) const {
  can::append_text_head(out, entry_, can::bus_name(entry_.channel),
                        has_message() ? message_name() : "-", message_width_);
  append_values(out);
  can::append_text_tail(out, entry_, has_message() && readable(), error_);
}

} // namespace voltaic::messages::dbc
