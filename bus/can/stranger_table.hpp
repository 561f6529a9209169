#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "bus/can/id_filter.hpp"
#include "messages/can/frame.hpp"

namespace voltaic::bus::can {

/// An identifier that nobody of the site knows and that takes the bus for itself (F-063).
struct babbler {
  std::uint32_t id = 0;
  bool extended = false;
  double frames_per_s = 0; ///< in the last second
  friend bool operator==(const babbler&, const babbler&) = default;
};

/// Identifiers on a bus that nobody of the site knows: how many there are, and whether one of them
/// babbles. Pure; time is handed in.
class stranger_table {
 public:
  /// Counts no more identifiers than this.
  static constexpr std::size_t identifiers_max = 2'048;
  /// Rates are measured over this time.
  static constexpr std::int64_t window_us = 1'000'000;
  /// One that alone takes such a share of the bus babbles: 1,000 frames of 8 bytes a second at
  /// 500 kbit/s. What devices say in earnest comes 200 times a second at most.
  static constexpr double babble_share = 0.25;
  /// Below this it no longer does.
  static constexpr double quiet_share = 0.10;

  void heard(const messages::can::frame& one);
  /// So many more frames of strangers passed unheard since the last ones that were heard: they are
  /// taken to be of the same identifiers.
  void missed(std::uint64_t frames) { missed_ += frames; }
  /// Now and then; measures where a window is over. `bitrate` 0: nobody knows it.
  void step(std::int64_t now_us, std::uint32_t bitrate);
  /// These are no strangers any more.
  void forget(const id_filter& known);

  /// Different identifiers so far.
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(seen_.size()); }
  [[nodiscard]] const std::optional<babbler>& babbling() const { return babbling_; }

 private:
  using identifier = std::pair<bool, std::uint32_t>; ///< extended, id
  struct traffic {
    std::uint64_t frames = 0; ///< in this window
    std::uint64_t bits = 0;
  };
  std::map<identifier, traffic> seen_;
  std::uint64_t heard_ = 0; ///< in this window
  std::uint64_t missed_ = 0;
  std::optional<std::int64_t> began_us_;
  std::optional<babbler> babbling_;
};

} // namespace voltaic::bus::can
