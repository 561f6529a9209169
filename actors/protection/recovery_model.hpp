#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace voltaic::actors::protection {

/// Elements of one input that come again after a silence and may not be used yet. While they come
/// in time their silence grows no longer, for a while: only what is missing climbs the ladder, and
/// what never gets usable climbs it all the same. Pure.
class recovery_model {
 public:
  /// `in_time_us`: the next sample of an element is due after so long. `hold_us`: no silence is
  /// held for longer, until the element was usable again.
  recovery_model(std::uint32_t count, std::int64_t in_time_us, std::int64_t hold_us);

  /// It is said that nobody knows the element's value. Whoever says so again of a newer source
  /// time has heard of it since.
  void say_unknown(std::size_t element, std::int64_t source_time_us, bool again,
                   std::int64_t now_us);
  /// The element arrived and is judged by what it says.
  void end(std::size_t element);
  void end_all();

  /// Some came, and may not be used yet.
  [[nodiscard]] bool is_any() const { return count_ > 0; }
  /// What the element's silence did not grow since it was usable last.
  [[nodiscard]] std::int64_t held_us(std::size_t element, std::int64_t now_us) const;

 private:
  struct state {
    std::int64_t source_time_us = 0; ///< of the newest that was said
    std::int64_t heard_us = 0;
    std::int64_t held_us = 0; ///< before that
    bool is_heard = false;
  };
  std::int64_t in_time_us_;
  std::int64_t hold_us_;
  std::vector<state> elements_;
  std::size_t count_ = 0;
};

} // namespace voltaic::actors::protection
