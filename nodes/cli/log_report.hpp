#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/canopen/eds.hpp"
#include "messages/dbc/database.hpp"
#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::cli {

/// How what a log holds is said.
struct line_style {
  bool as_json = false; ///< else columns for people
  bool all = false;     ///< frames without a message too, where a line is about a frame
};

/// Lines that were made.
struct line_count {
  std::uint64_t printed = 0;
  std::uint64_t unreadable = 0; ///< of the printed
  std::uint64_t refused = 0;    ///< of the printed: a running site would not believe it
};

/// Says frame by frame what a log holds.
class log_report {
 public:
  virtual ~log_report() = default;
  /// Reads a frame and appends what comes with it: no line, one or several, each with its end.
  virtual line_count read(const messages::can::log_entry& entry, const line_style& style,
                          std::string& out) = 0;
  /// What is odd about the log as a whole.
  [[nodiscard]] virtual std::vector<std::string> complaints() const = 0;
};

/// By a device's profile, as a running site judges it; complains of frames and answers that it does
/// not believe, and of points that come rarer than the profile says.
[[nodiscard]] messages::expected<std::unique_ptr<log_report>> make_log_report(
    messages::profiles::device_profile profile, std::uint32_t id_offset);
/// By a DBC file.
[[nodiscard]] std::unique_ptr<log_report> make_log_report(messages::dbc::database by);
/// As J1939, by a DBC file where there is one; complains of transfers that got lost.
[[nodiscard]] std::unique_ptr<log_report> make_j1939_report(
    std::optional<messages::dbc::database> by);
/// CANopen; complains of SDO transfers that do not end.
[[nodiscard]] std::unique_ptr<log_report> make_canopen_report(
    std::optional<messages::canopen::device_description> by);

} // namespace voltaic::nodes::cli
