#pragma once

#include <array>
#include <cstdint>

namespace voltaic::bus::can {

/// How much of a bus's bits the last second used, in steps of 100 ms.
class load_meter {
 public:
  void add(std::int64_t time_us, std::uint32_t bits) {
    roll(time_us);
    buckets_[static_cast<std::size_t>(newest_ % bucket_count)] += bits;
  }
  /// Over the ten whole steps before the running one.
  [[nodiscard]] double percent(std::int64_t now_us, std::uint32_t bitrate) {
    roll(now_us);
    if (bitrate == 0) return 0;
    std::uint64_t sum = 0;
    for (std::int64_t i = 0; i < bucket_count; ++i) {
      if (i != newest_ % bucket_count) sum += buckets_[static_cast<std::size_t>(i)];
    }
    return 100.0 * static_cast<double>(sum) / static_cast<double>(bitrate);
  }

 private:
  static constexpr std::int64_t bucket_us = 100'000;
  static constexpr std::int64_t bucket_count = 11;

  void roll(std::int64_t time_us) {
    const std::int64_t now = time_us / bucket_us;
    if (now <= newest_) return;
    if (now - newest_ >= bucket_count) buckets_.fill(0);
    for (std::int64_t i = newest_ + 1; i <= now && now - i < bucket_count; ++i) {
      buckets_[static_cast<std::size_t>(i % bucket_count)] = 0;
    }
    newest_ = now;
  }

  std::array<std::uint64_t, bucket_count> buckets_{};
  std::int64_t newest_ = 0;
};

} // namespace voltaic::bus::can
