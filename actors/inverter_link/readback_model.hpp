#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/inverter_link/link_options.hpp"
#include "actors/inverter_link/register_model.hpp"

namespace voltaic::actors::inverter_link {

/// A register that reads tighter than all that it was to hold for this long, and at most twice as
/// long, holds somebody else's value: writing one takes a second, and reading it back another.
inline constexpr std::int64_t readback_patience_us = 5 * messages::us_per_s;

/// A register that holds less than the link gave it.
struct tighter_register {
  messages::inverter::item item = 0;
  std::string point;
  double held = 0; ///< in the item's unit
  friend bool operator==(const tighter_register&, const tighter_register&) = default;
};

/// "its register charge_power_limit reads 0 W"
[[nodiscard]] std::string words_of(const tighter_register& of);

/// Compares what the registers of a Modbus inverter have to hold with what they read: a tighter
/// value is left alone, and counts. Pure.
class readback_model {
 public:
  /// `points`: the limits that the link writes.
  explicit readback_model(std::vector<cap_point> points);

  /// What a point reads now, good; nothing: that is not known.
  using reader = std::function<std::optional<double>(const std::string& point)>;
  void step(const std::vector<written_value>& wanted, const reader& read, std::int64_t now_us);

  /// Those that read tighter, in the order of the points.
  [[nodiscard]] const std::vector<tighter_register>& tighter() const { return tighter_; }
  [[nodiscard]] const tighter_register* find(messages::inverter::item which) const;

 private:
  /// The tightest value that a register was to hold, of this span of time and the one before.
  struct watched {
    cap_point point;
    std::optional<double> now = {};
    std::optional<double> before = {};
    std::int64_t since_us = 0;
  };
  static void note(watched& of, double wanted, std::int64_t now_us);

  std::vector<watched> all_;
  std::vector<tighter_register> tighter_;
};

} // namespace voltaic::actors::inverter_link
