#pragma once

#include <memory>
#include <string>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/dbc/database.hpp"
#include "messages/expected.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::cli {

/// Says frame by frame what a log holds.
class log_report {
 public:
  virtual ~log_report() = default;
  /// Reads a frame; what is asked below is about the last one.
  virtual void read(const messages::can::log_entry& entry) = 0;
  [[nodiscard]] virtual bool has_message() const = 0;
  [[nodiscard]] virtual bool readable() const = 0;
  /// A line without its end.
  virtual void append_json(std::string& out) const = 0;
  virtual void append_text(std::string& out) const = 0;
  /// What is odd about the log as a whole.
  [[nodiscard]] virtual std::vector<std::string> complaints() const = 0;
};

/// By a device's profile; complains of messages that come rarer or more often than it says.
[[nodiscard]] messages::expected<std::unique_ptr<log_report>> make_log_report(
    messages::profiles::device_profile profile, std::uint32_t id_offset);
[[nodiscard]] std::unique_ptr<log_report> make_log_report(messages::dbc::database by);

} // namespace voltaic::nodes::cli
