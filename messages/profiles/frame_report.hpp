#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/profiles/decode_plan.hpp"

namespace voltaic::messages::profiles {

/// What logged frames say by a profile, one line each, for programs and for people. A frame of
/// J1939 is the device's where it comes from the address that its profile prefers.
class frame_report {
 public:
  /// Fails as `decode_plan::compile` does.
  [[nodiscard]] static expected<frame_report> make(device_profile profile, std::uint32_t id_offset);

  /// Reads a frame; what is asked below is about the last one.
  void read(const can::log_entry& entry);
  /// Reads an answer of the message at this position of the profile; the entry is the frame with
  /// which it was whole.
  void read_answer(const can::log_entry& entry, std::uint16_t message,
                   std::span<const std::uint8_t> data);
  /// Who judges frames by what came before them does not believe the last one: its signals are no
  /// values. `key` is what programs look for.
  void refuse(std::string_view key, std::string_view why);
  /// Whether the profile has a message for it, readable or not.
  [[nodiscard]] bool has_message() const { return message_ != no_message; }
  [[nodiscard]] bool readable() const { return error_.empty(); }
  /// Whether it was refused, or is wrong by itself: a length or checksum that a site refuses.
  [[nodiscard]] bool is_refused() const { return !refused_.empty(); }
  /// Why it is not; empty where it is.
  [[nodiscard]] const std::string& error() const { return error_; }
  /// The message's name; empty where there is none.
  [[nodiscard]] std::string_view message_name() const;
  /// What the frame said, if it was readable.
  [[nodiscard]] const std::vector<profiles::sample>& samples() const { return samples_; }
  [[nodiscard]] const device_profile& profile() const { return profile_; }
  [[nodiscard]] const decode_plan& plan() const { return plan_; }
  /// What the plan made of it.
  [[nodiscard]] const decode_plan::applied& applied() const { return applied_; }
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

  frame_report(device_profile profile, decode_plan plan, std::uint32_t id_offset);
  void begin(const can::log_entry& entry, std::span<const std::uint8_t> bytes);
  void take_outcome();
  void collect();
  /// The signals of a carrier in the order in which the plan says their samples.
  [[nodiscard]] const std::vector<const profiles::signal*>& signals_of(std::uint16_t carrier,
                                                                       std::size_t first_sample);
  [[nodiscard]] std::string raw_text(const profiles::signal& signal) const;
  [[nodiscard]] std::string value_text(const reading& one, bool as_json) const;
  void append_signals_json(std::string& out) const;

  device_profile profile_;
  decode_plan plan_;
  std::uint32_t id_offset_ = 0;
  std::unordered_map<std::uint32_t, std::uint16_t> message_of_id_;
  /// By carrier; made when the first frame of it comes.
  std::vector<std::vector<const profiles::signal*>> signals_of_;
  std::vector<point_words> points_;
  std::vector<std::string> message_names_; ///< as JSON texts
  std::size_t message_width_ = 1;

  can::log_entry entry_;
  std::string bus_;      ///< of the last frame
  std::string bus_json_; ///< the same as JSON text
  std::uint16_t message_ = no_message;
  decode_plan::applied applied_;
  /// Of the frame or of the answer, and as many zeros behind it as a word has.
  std::vector<std::uint8_t> bytes_;
  unsigned length_ = 0; ///< of it, without those
  std::string error_;
  std::string refused_; ///< for programs
  std::vector<profiles::sample> samples_;
  std::vector<reading> readings_;
};

} // namespace voltaic::messages::profiles
