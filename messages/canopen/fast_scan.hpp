#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "messages/canopen/lss.hpp"

namespace voltaic::messages::canopen::lss {

/// Finds the identity of one device without a node id, bit by bit (CiA 305, 6.3.9): 133 questions
/// that all such devices answer alike. The one that is found stays in configuration, and takes
/// no part in the next scan.
class fast_scan {
 public:
  /// `answer_us`: how long each question waits. All of it is waited, since another device's
  /// answer that comes behind the first one would be taken for one to the next question.
  explicit fast_scan(std::int64_t answer_us) : answer_us_(answer_us) {}

  /// The next question, once the last one has had its time.
  [[nodiscard]] std::optional<can::frame> next_frame(std::int64_t now_us);
  /// Takes what a slave says.
  void receive(std::span<const std::uint8_t> payload);

  [[nodiscard]] bool is_over() const { return step_ == step::over; }
  /// Nothing: no device without a node id is there, or `has_failed`.
  [[nodiscard]] const std::optional<identity>& found() const { return found_; }
  /// Who answered before did not confirm what was found: an answer was lost, or came late.
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  enum class step : std::uint8_t { begin, bits, confirm, over };
  void conclude();
  [[nodiscard]] can::frame question() const;

  const std::int64_t answer_us_;
  step step_ = step::begin;
  std::optional<std::int64_t> asked_us_;
  bool is_answered_ = false;
  std::array<std::uint32_t, 4> parts_{}; ///< vendor, product, revision, serial
  std::uint8_t part_ = 0;
  std::uint8_t bit_ = 31;
  std::optional<identity> found_;
  bool has_failed_ = false;
};

} // namespace voltaic::messages::canopen::lss
