#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/profiles/decode_plan.hpp"

namespace voltaic::messages::profiles {

/// What logged frames say by a profile, one line each, for programs and for people.
class frame_report {
 public:
  /// Fails as `decode_plan::compile` does.
  [[nodiscard]] static expected<frame_report> make(device_profile profile, std::uint32_t id_offset);

  /// Reads a frame; what is asked below is about the last one.
  void read(const can::log_entry& entry);
  /// Whether the profile has a message for it, readable or not.
  [[nodiscard]] bool has_message() const { return message_ != no_message; }
  [[nodiscard]] bool readable() const { return error_.empty(); }
  /// Why it is not; empty where it is.
  [[nodiscard]] const std::string& error() const { return error_; }
  /// The message's name; empty where there is none.
  [[nodiscard]] std::string_view message_name() const;
  /// What the frame said, if it was readable.
  [[nodiscard]] const std::vector<profiles::sample>& samples() const { return samples_; }
  [[nodiscard]] const device_profile& profile() const { return profile_; }
  /// One JSON object, without the line's end.
  void append_json(std::string& out) const;
  /// A line of columns for people, without its end.
  void append_text(std::string& out) const;
  /// The part of it behind the message's name: each point with value and unit, two blanks before
  /// it.
  void append_values(std::string& out) const;

 private:
  /// One signal of the frame with the bits that it stands in.
  struct reading {
    const profiles::sample* sample = nullptr;
    const profiles::signal* signal = nullptr;
  };
  /// What a point is called, as JSON texts.
  struct point_words {
    std::string name; ///< without the end quote: an index may follow
    std::string unit;
    std::vector<std::string> texts;
  };
  static constexpr std::uint16_t no_message = 0xFFFF;

  frame_report(device_profile profile, decode_plan plan);
  void collect(const decode_plan::applied& applied);
  [[nodiscard]] std::string error_of(decode_plan::outcome outcome) const;
  [[nodiscard]] std::string raw_text(const profiles::signal& signal) const;
  [[nodiscard]] std::string value_text(const reading& one, bool as_json) const;
  void append_signals_json(std::string& out) const;

  device_profile profile_;
  decode_plan plan_;
  std::unordered_map<std::uint32_t, std::uint16_t> message_of_id_;
  std::vector<point_words> points_;
  std::vector<std::string> message_names_; ///< as JSON texts
  std::size_t message_width_ = 1;

  can::log_entry entry_;
  std::string bus_;      ///< of the last frame
  std::string bus_json_; ///< the same as JSON text
  std::uint16_t message_ = no_message;
  std::string error_;
  std::vector<profiles::sample> samples_;
  std::vector<reading> readings_;
};

} // namespace voltaic::messages::profiles
