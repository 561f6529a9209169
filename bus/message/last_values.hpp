#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/codec/codec.hpp"

namespace voltaic::bus::message {

/// The newest value of everything that was said. Pure. A block that covers a
/// part of a point replaces that part only; each part keeps its own source time.
class last_values {
 public:
  /// Takes a catalogue, telemetry or limits; ignores everything else. The
  /// caller passes only the newest of each source (no late or repeated frames).
  void heard(const messages::message& message);
  /// Forgets the values of a source, e.g. because it began a new life.
  void forget(const std::string& source);
  /// Catalogues first, then values, each with the header of its source's
  /// newest frame of that kind.
  [[nodiscard]] std::vector<messages::frame_ptr> frames() const;
  /// The longest period of the points in `owner`'s catalogue; 0: none declared.
  [[nodiscard]] std::uint32_t period_ms(const std::string& owner) const;
  /// Blocks, catalogues and limits that the bounds below left no room for.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  /// Parts of one point by first index; they never overlap.
  using parts = std::map<std::uint32_t, messages::block>;
  struct owned {
    messages::header header;
    std::uint64_t fingerprint = 0;
    std::map<std::uint16_t, parts> points;
    std::size_t bytes = 0; ///< about what the points take
  };
  /// Two names in turn, without a copy of either.
  struct by_both {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      const int first = std::string_view(left.first).compare(right.first);
      return first < 0 || (first == 0 && left.second < right.second);
    }
  };
  struct statement {
    messages::header header;
    messages::payload payload;
  };
  /// Cuts out of `into` what `newer` covers, and puts `newer` there. Returns by
  /// how many bytes that grows, negative where it shrinks.
  static std::int64_t merge(parts& into, const messages::block& newer);
  [[nodiscard]] bool has_room(const owned& known, const messages::block& newer) const;
  void clear(owned& known);
  void hear_telemetry(const messages::header& header, const messages::telemetry& said);

  std::map<std::string, statement> catalogues_;                          ///< by owner
  std::map<std::pair<std::string, std::string>, owned, by_both> values_; ///< by source and owner
  std::map<std::string, statement> limits_;                              ///< by source
  std::size_t bytes_ = 0;                                                ///< of all values
  std::uint64_t refused_ = 0;
};

/// Telemetry of a snapshot is cut into frames of about this many bytes.
inline constexpr std::size_t snapshot_frame_bytes = 64 * 1024;
/// Owners and sources that the store keeps; more are refused.
inline constexpr std::size_t last_values_owners_max = 10'000;
/// What the values of one owner and of all may take, give or take one frame
/// each. Beyond it only what replaces a part of the same extent is taken.
inline constexpr std::size_t last_values_owner_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t last_values_bytes_max = 256 * 1024 * 1024;

} // namespace voltaic::bus::message
