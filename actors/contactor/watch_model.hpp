#pragma once

#include <string>
#include <string_view>

#include "actors/contactor/contactor_options.hpp"

namespace voltaic::actors::contactor {

/// Reasons of what a rack that nothing here can open or close shows.
/// Its feedback tells where its contactors stand.
inline constexpr const char* by_feedback = "feedback";
/// Nothing tells it: the device has no such point, or what it says cannot be used.
inline constexpr const char* no_feedback = "no_feedback";
/// Protection demands that it opens, and nothing here can.
inline constexpr const char* cannot_open = "cannot_open";
/// Why commands to its contactors are refused, and what its lock reads.
inline constexpr const char* not_controllable = "not_controllable";

/// Which main contactors the rack's device tells of.
struct watch_options {
  bool has_minus = false;
  bool has_plus = false;
};

/// What follows from a step.
struct watched {
  std::string_view shown; ///< open, precharge, closed, unknown
  std::string reason = "start";
  bool changed = false; ///< shown state or reason is another than after the last step
};

/// Where the contactors of a rack stand that takes no orders: it has no state of its own, closes
/// and opens nothing and so cannot find a weld. Pure.
class watch_model {
 public:
  explicit watch_model(watch_options options);

  /// `demanded`: protection wants the rack open.
  const watched& step(const device_values& device, bool demanded);
  [[nodiscard]] const watched& last() const { return last_; }

 private:
  [[nodiscard]] std::string_view judge(const device_values& device) const;

  watch_options options_;
  watched last_;
};

} // namespace voltaic::actors::contactor
