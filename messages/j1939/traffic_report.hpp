#pragma once

#include <string>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/j1939/log_traffic.hpp"
#include "messages/j1939/reported_signal.hpp"

namespace voltaic::messages::j1939 {

/// What a log says in J1939: a line for each complete message, address claim and abort, for
/// programs and for people.
class traffic_report {
 public:
  traffic_report() = default;
  explicit traffic_report(dbc::database by) : source_(std::move(by)) {}

  /// Reads a frame; what is asked below is about what came with it.
  void read(const can::log_entry& entry);
  /// Lines that came with it.
  [[nodiscard]] std::size_t lines() const { return heard_.size(); }
  /// Those that cannot be read by the DBC file.
  [[nodiscard]] std::size_t unreadable() const;
  /// One JSON object a line, each with its end.
  void append_json(std::string& out) const;
  /// A line of columns for people, with its end.
  void append_text(std::string& out) const;
  /// What got lost, in sentences.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  signal_source source_;
  log_traffic traffic_;
  can::log_entry entry_;
  std::vector<heard> heard_;
};

} // namespace voltaic::messages::j1939
