#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "messages/codec/codec.hpp"

namespace voltaic::bus::message {

/// What a frame's number says about it.
enum class arrival : std::uint8_t {
  unnumbered, ///< sequence 0: outside of the count
  first,      ///< of a source that was not known
  next,       ///< the one that was awaited
  gap,        ///< newer, but some before it are missing
  late,       ///< one that was missing; too old to change a state
  duplicate,  ///< heard before, or too old to know
  restart     ///< the source began a new life
};

/// Keeps count of what each source said. Pure: only what is fed in counts.
class gap_counter {
 public:
  /// What is known of one source.
  struct track {
    std::uint32_t incarnation = 0;
    std::uint64_t sequence = 0; ///< the newest heard
    std::uint64_t gaps = 0;     ///< frames missing over all lives
    std::uint64_t seen = 0;     ///< bit n: sequence - n was heard
    messages::instant newest;
  };

  arrival heard(const messages::header& header);
  /// Takes over what a snapshot says: all up to its sequence is known.
  void resume(const messages::source_state& state);
  [[nodiscard]] const track* find(const std::string& source) const;
  [[nodiscard]] const std::map<std::string, track>& sources() const { return tracks_; }
  /// Frames missing over all sources.
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

 private:
  void begin_life(track& known, const messages::header& header, std::uint64_t missing);

  std::map<std::string, track> tracks_;
  std::uint64_t gaps_ = 0;
};

/// Frames that may be behind the newest and still be told from duplicates.
inline constexpr std::uint64_t late_window_frames = 64;

} // namespace voltaic::bus::message
