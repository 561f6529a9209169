#pragma once

#include <cstdint>
#include <string_view>

#include "messages/digest.hpp"

namespace voltaic::actors::simulator {

/// A seed of its own for what has this name, whatever else is simulated.
[[nodiscard]] inline std::uint64_t seed_of(std::uint64_t seed, std::string_view name) {
  return seed ^ messages::digest_of(name);
}

/// Numbers that look like chance, the same for one seed on every machine.
class random_sequence {
 public:
  explicit random_sequence(std::uint64_t seed) : state_(seed) {}

  /// From 0 to 1, without 1.
  [[nodiscard]] double uniform() {
    constexpr double step = 1.0 / 9007199254740992.0; // 2^-53
    return static_cast<double>(next() >> 11) * step;
  }
  /// From -1 to 1.
  [[nodiscard]] double symmetric() { return 2 * uniform() - 1; }
  /// Around 0 with a deviation of 1, never beyond 6.
  [[nodiscard]] double bell() {
    constexpr int summed = 12;
    double sum = -summed / 2.0;
    for (int i = 0; i < summed; ++i) sum += uniform();
    return sum;
  }

 private:
  // splitmix64
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
  }

  std::uint64_t state_;
};

} // namespace voltaic::actors::simulator
