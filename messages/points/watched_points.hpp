#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/points/first_value.hpp"

/// The newest value of a few scalar points, by name, whoever describes them.
namespace voltaic::messages::points {

/// What is known of a watched point. `number` and `text` are its last value,
/// also when `quality` says that it must not be used any more.
struct watched_value {
  double number = 0; ///< in the point's unit
  std::string text;  ///< of a text point
  messages::quality quality = messages::quality::never;
  std::int64_t source_time_us = 0; ///< monotonic
  std::uint32_t period_ms = 0;     ///< as its catalogue states it; 0: none
};

/// Reads from telemetry what it was told to watch and passes over all else, so
/// that following a handful of points of a rack costs nothing for its cells.
class watched_points {
 public:
  /// Watches a point from now on; where `at` finds it. Before anything is said.
  std::size_t watch(std::string name);

  /// Where the watched points of this owner stand from now on. An owner that
  /// describes other points than before makes its former values `never`.
  void learn(const catalogue& described);

  /// Takes the values of watched points; the places of those that were said.
  /// Telemetry for another catalogue than the one that was learnt is passed over.
  [[nodiscard]] std::vector<std::size_t> apply(const telemetry& said);

  [[nodiscard]] const watched_value& at(std::size_t place) const { return values_[place]; }

 private:
  struct column {
    std::uint16_t position = 0; ///< in its owner's catalogue
    std::size_t place = 0;
    number_scale scale;
  };
  struct owner_columns {
    std::uint64_t fingerprint = 0;
    std::vector<column> columns;
  };

  [[nodiscard]] static bool read(const block& from, const column& by, watched_value& into);

  std::map<std::string, std::size_t, std::less<>> places_; ///< by name
  std::map<std::string, owner_columns, std::less<>> owners_;
  std::vector<watched_value> values_;
};

} // namespace voltaic::messages::points
