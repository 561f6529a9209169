#pragma once

#include <cstdint>
#include <map>
#include <string>
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
  void heard(messages::message message);
  /// Forgets the values of a source, e.g. because it began a new life.
  void forget(const std::string& source);
  /// Catalogues first, then values, each with the header of its source's
  /// newest frame of that kind.
  [[nodiscard]] std::vector<messages::frame_ptr> frames() const;
  /// The longest period of the points in `owner`'s catalogue; 0: none declared.
  [[nodiscard]] std::uint32_t period_ms(const std::string& owner) const;

 private:
  /// Parts of one point by first index; they never overlap.
  using parts = std::map<std::uint32_t, messages::block>;
  struct owned {
    messages::header header;
    std::uint64_t fingerprint = 0;
    std::map<std::uint16_t, parts> points;
  };
  struct statement {
    messages::header header;
    messages::payload payload;
  };
  static void merge(parts& into, messages::block&& newer);
  void hear_telemetry(const messages::header& header, messages::telemetry&& said);

  std::map<std::string, statement> catalogues_;                 ///< by owner
  std::map<std::pair<std::string, std::string>, owned> values_; ///< by source and owner
  std::map<std::string, statement> limits_;                     ///< by source
};

/// Telemetry of a snapshot is cut into frames of about this many bytes.
inline constexpr std::size_t snapshot_frame_bytes = 64 * 1024;
/// Owners and sources that the store keeps; more are ignored.
inline constexpr std::size_t last_values_owners_max = 10'000;

} // namespace voltaic::bus::message
