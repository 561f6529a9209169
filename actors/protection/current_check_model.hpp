#pragma once

#include <cstdint>
#include <optional>

namespace voltaic::actors::protection {

/// A current that changes by this many C must be seen in the rack's voltage,
inline constexpr double answer_current_c = 0.2;
/// where a change of this share of it is an answer.
inline constexpr double answer_voltage_share = 0.001;
/// So many answers in the wrong direction in a row are a reversed sensor.
inline constexpr int wrong_answers_max = 2;
/// Charge is counted against SOC over at most this time.
inline constexpr std::int64_t balance_us_max = 900'000'000;

/// Judges a current sensor by what the rack's voltage and SOC make of the current.
///
/// Discharge lowers voltage and SOC. A sensor that is reversed, dead at zero or wrong by a
/// factor of three or more contradicts them; one that is a little wrong does not. SOC that
/// jumps was estimated anew and says nothing.
class current_check_model {
 public:
  /// `capacity_ah` 0: not known, then nothing is claimed.
  explicit current_check_model(double capacity_ah) : capacity_ah_(capacity_ah) {}

  /// What is known now; nothing where a value is not valid.
  struct values {
    std::optional<double> current_a; ///< positive: discharge
    std::optional<double> rack_v;
    std::optional<double> soc_percent;
  };
  void step(const values& now, std::int64_t now_us);
  [[nodiscard]] bool contradicts() const {
    return wrong_answers_ >= wrong_answers_max || balance_wrong_;
  }

 private:
  void judge_answer(const values& now);
  void judge_balance(const values& now, std::int64_t now_us);
  void begin_balance(const values& now, std::int64_t now_us);

  double capacity_ah_;
  values last_;
  std::int64_t last_us_ = 0;
  int wrong_answers_ = 0;
  bool balance_wrong_ = false;
  std::optional<double> begin_percent_;
  std::int64_t begin_us_ = 0;
  double discharged_ah_ = 0;
};

} // namespace voltaic::actors::protection
