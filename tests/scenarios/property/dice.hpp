#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace voltaic::tests::property {

/// Draws that are the same with every library.
class dice {
 public:
  explicit dice(std::uint64_t seed) : random_(seed * 0x9E3779B97F4A7C15ull + 1) {}
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// True once in so many times.
  bool one_of(std::int64_t count) { return between(1, count) == 1; }
  template <class Value, std::size_t N>
  Value pick(const std::array<Value, N>& from) {
    return from[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(N) - 1))];
  }

 private:
  std::mt19937_64 random_;
};

} // namespace voltaic::tests::property
