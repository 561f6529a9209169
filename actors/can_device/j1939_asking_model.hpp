#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/can_device/frame_watch_model.hpp"
#include "messages/j1939/packet.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::can_device {

/// Requests in a row that fail until that is told.
inline constexpr int failed_groups_told = 3;
/// An answer that has begun may take this long: 255 packets of 50 ms, and a little more.
inline constexpr std::int64_t answer_us_max = 15'000'000;

/// Asks a device of J1939 for groups, each in its own period, and counts what it does not answer.
/// Pure.
class group_asking {
 public:
  explicit group_asking(const messages::profiles::device_profile& profile);

  /// A group came, whoever asked for it; or the transfer of one begins.
  void answered(std::uint32_t pgn);
  void answer_begins(std::uint32_t pgn, std::int64_t now_us);
  /// What the device says of a request by an acknowledgement (J1939-21 5.4.4).
  void take_acknowledgement(const messages::j1939::packet& heard);
  /// Groups that are to be asked for now.
  [[nodiscard]] std::vector<std::uint32_t> step(std::int64_t now_us);
  /// Nobody can be asked: what is awaited is given up, and asked for at once later.
  void pause();

  [[nodiscard]] std::vector<notice> take_notices();
  [[nodiscard]] std::uint64_t unanswered() const { return unanswered_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct cyclic {
    std::uint32_t pgn = 0;
    std::string name;
    std::int64_t period_us = 0;
    std::int64_t phase_us = 0;
    std::optional<std::int64_t> due_us;
    std::optional<std::int64_t> until_us; ///< an answer is awaited
    int failures = 0;                     ///< in a row
    bool told = false;
  };
  [[nodiscard]] cyclic* find(std::uint32_t pgn);
  void fail(cyclic& of, const char* state, const std::string& why);

  std::int64_t timeout_us_;
  std::vector<cyclic> all_;
  std::uint64_t unanswered_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<notice> notices_;
};

} // namespace voltaic::actors::can_device
