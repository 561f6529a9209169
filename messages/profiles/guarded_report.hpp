#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/profiles/answer_listener.hpp"
#include "messages/profiles/frame_report.hpp"
#include "messages/profiles/frame_watch.hpp"

namespace voltaic::messages::profiles {

/// Times that run back by less are those of frames that a log has not in their order; by more, the
/// log begins anew.
inline constexpr std::int64_t reordered_max_us = 1'000'000;
/// So many buses of one log are judged.
inline constexpr std::size_t judged_buses_max = 64;

/// What logged frames say by a profile, judged as the device of a running site judges them: one
/// after another and bus by bus, by the same `frame_watch`; answers are put together. Of frames
/// without a time only what shows without one is judged: length and checksum.
class guarded_report {
 public:
  /// Fails as `decode_plan::compile` does.
  [[nodiscard]] static expected<guarded_report> make(device_profile profile,
                                                     std::uint32_t id_offset);

  /// Reads a frame; with the last one of an answer, the answer.
  void read(const can::log_entry& entry);
  /// What the frame said, and whether it is believed.
  [[nodiscard]] const frame_report& report() const { return *report_; }
  [[nodiscard]] bool has_message() const { return report_->has_message(); }
  [[nodiscard]] bool readable() const { return report_->readable(); }
  [[nodiscard]] bool is_refused() const { return report_->is_refused(); }
  void append_json(std::string& out) const { report_->append_json(out); }
  void append_text(std::string& out) const { report_->append_text(out); }
  /// A sentence for each way in which frames of a message were not believed, or came late; for two
  /// devices in one place; for answers that failed.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  // What is known of one bus.
  struct judge {
    judge(const device_profile& profile, const decode_plan& plan, std::uint32_t id_offset)
        : watch(profile, plan), answers(profile, id_offset) {}
    frame_watch watch;
    answer_listener answers;
    std::optional<std::int64_t> now_us;
    std::int64_t grid_us = 0;
  };
  struct fault_count {
    std::uint64_t frames = 0;
    bool is_believed = false; ///< all the same: it is late
  };
  guarded_report(std::unique_ptr<frame_report> report, std::uint32_t id_offset)
      : report_(std::move(report)), id_offset_(id_offset) {}
  [[nodiscard]] judge* judge_of(const can::log_entry& entry);
  static void advance(judge& by, std::int64_t to_us);
  void believe(judge& by, const can::log_entry& entry);
  void note(std::string_view why, bool is_believed);
  static void add_failures(std::map<std::string, std::uint64_t>& to, const judge& of);

  std::unique_ptr<frame_report> report_; ///< has the judges' profile and plan
  std::uint32_t id_offset_;
  std::map<std::string, judge> judges_; ///< by bus
  bool has_too_many_buses_ = false;
  std::map<std::string, std::uint64_t> failures_; ///< of answers, before the log began anew
  std::map<std::string, std::uint64_t> frames_;   ///< by message
  std::map<std::pair<std::string, std::string>, fault_count> faults_; ///< by message and reason
  std::map<std::string, std::string> doubles_;                        ///< why, by bus
};

} // namespace voltaic::messages::profiles
