#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/dbc/database.hpp"
#include "messages/dbc/message_codec.hpp"

namespace voltaic::messages::dbc {

/// What logged frames say by a database, one line each, for programs and for people. A frame
/// belongs to the message of its identifier, else to that of its parameter group (J1939).
class database_report {
 public:
  explicit database_report(dbc::database by);

  /// Reads a frame; what is asked below is about the last one.
  void read(const can::log_entry& entry);
  /// Whether the database has a message for it, readable or not.
  [[nodiscard]] bool has_message() const { return message_ != nullptr; }
  [[nodiscard]] bool readable() const { return error_.empty(); }
  /// Why it is not; empty where it is.
  [[nodiscard]] const std::string& error() const { return error_; }
  /// The message's name; empty where there is none.
  [[nodiscard]] std::string_view message_name() const;
  /// One JSON object, without the line's end.
  void append_json(std::string& out) const;
  /// A line of columns for people, without its end.
  void append_text(std::string& out) const;
  /// The part of it behind the message's name: each signal with value and unit, two blanks before
  /// it.
  void append_values(std::string& out) const;

 private:
  [[nodiscard]] const message* find(const can::frame& frame) const;

  dbc::database by_;
  std::unordered_map<std::uint32_t, std::size_t> by_id_;
  std::unordered_map<std::uint32_t, std::size_t> by_group_;
  std::size_t message_width_ = 1;

  can::log_entry entry_;
  const message* message_ = nullptr;
  std::string error_;
  std::vector<reading> readings_;
};

} // namespace voltaic::messages::dbc
