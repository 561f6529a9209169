#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::digital_io {

/// Inputs that were not read for this long count as active.
inline constexpr std::int64_t silence_us = 100'000;
/// The same of a coupler's point: the larger of this and three of its periods.
inline constexpr std::int64_t coupler_silence_us_min = 300'000;
[[nodiscard]] constexpr std::int64_t coupler_silence_us(std::uint32_t period_ms) {
  constexpr std::int64_t silent_periods = 3;
  return std::max(coupler_silence_us_min, silent_periods * period_ms * messages::us_per_ms);
}

/// An input, of this machine or of a coupler.
struct input_options {
  std::string name;                  ///< "emergency_stop"
  bool normally_closed = true;       ///< active where no current flows: a broken wire is active
  std::int64_t debounce_us = 20'000; ///< a level counts once it stood so long
  std::string point;                 ///< of a coupler: "coupler_0/input_3"; empty: a line
};

/// An output, of this machine or of a coupler.
struct output_options {
  std::string name;   ///< "contactor_relay"
  bool safe = false;  ///< at the start, at the end, and when nobody renews it
  std::string point;  ///< of a coupler; empty: a line
  std::string follow; ///< a point that it shows, for as long as that is fresh; empty: it is set
};

/// Of one digital_io actor.
struct model_options {
  std::string name; ///< "dio_0"
  std::vector<input_options> inputs;
  std::vector<output_options> outputs;

  /// Every finding at once; empty: they can be used.
  [[nodiscard]] std::vector<std::string> validate() const;
};

/// Inputs debounced, outputs held for as long as somebody renews them. Pure. Input
/// values are 1 while active; one that is not known is 1 and of quality stale. Output values are
/// what is ordered: invalid while the chip refuses it, stale while the coupler shows it not.
class digital_io_model {
 public:
  /// The options must be valid.
  explicit digital_io_model(model_options options);

  /// Inputs first, then outputs: `dio_0/emergency_stop`.
  [[nodiscard]] const messages::catalogue& catalogue() const { return catalogue_; }

  /// The levels of all inputs that are lines, in their order; nothing: not readable.
  void take_levels(const std::optional<std::vector<bool>>& levels, std::int64_t now_us);
  /// What a coupler says of an input's point; nothing: no good value.
  void take_point(const std::string& point, std::optional<bool> level, std::uint32_t period_ms,
                  std::int64_t now_us);
  /// Why this output cannot be set; empty: it is, for good or until `until_us`.
  [[nodiscard]] std::string set(const std::string& output, bool on,
                                std::optional<std::int64_t> until_us);
  /// The node is about to end: outputs of couplers are at their safe levels from now on,
  /// and none is set any more. Lines are held until their port is closed, after the
  /// contactors were opened in order.
  void end() { ending_ = true; }

  /// What became of driving `line_levels`. Where they are refused, nobody knows at which level
  /// any line is: what was set is forgotten, so that all fall to their safe levels once the chip
  /// takes them, and none to a level that was asked for long ago. True: that is news.
  bool take_write(bool is_taken, std::int64_t now_us);
  /// The chip took what its lines are driven to; before the first time as after a refusal.
  [[nodiscard]] bool are_lines_taken() const { return are_lines_taken_; }

  /// Time passes. True: an input, what an output is driven to or whether that is so, is another
  /// now.
  bool step(std::int64_t now_us);

  /// The input is active, or counts as such.
  [[nodiscard]] bool is_active(std::size_t input) const { return inputs_[input].shown; }
  /// It was read, and stood long enough.
  [[nodiscard]] bool is_known(std::size_t input) const { return inputs_[input].known; }
  /// What an output is driven to.
  [[nodiscard]] bool is_on(std::size_t output) const { return outputs_[output].driven; }
  /// A coupler shows that it holds what its output is driven to, and said so after this time.
  [[nodiscard]] bool is_shown_since(std::size_t output, std::int64_t since_us,
                                    std::int64_t now_us) const {
    return outputs_[output].heard_us > since_us && is_held(output, now_us);
  }
  /// The levels of all outputs that are lines, in their order.
  [[nodiscard]] std::vector<bool> line_levels() const;
  /// The values of all points.
  [[nodiscard]] std::vector<messages::block> blocks(std::int64_t now_us) const;
  [[nodiscard]] const model_options& options() const { return options_; }
  /// Where an output of this name stands; nothing: there is none.
  [[nodiscard]] std::optional<std::size_t> find_output(const std::string& name) const;

 private:
  struct input_state {
    std::optional<bool> raw; ///< active, not debounced
    std::int64_t raw_us = 0; ///< since when
    std::int64_t heard_us = 0;
    std::int64_t active_us = 0; ///< of being active, since it last stood still inactive
    std::int64_t silence_us = 0;
    std::optional<bool> settled; ///< active, debounced
    bool shown = true;
    bool known = false;
  };
  struct output_state {
    std::optional<bool> wanted;
    std::optional<std::int64_t> until_us; ///< nothing: for good
    bool driven = false;
    std::optional<bool> reported; ///< by its coupler
    std::int64_t heard_us = 0;    ///< when that was, or when the chip took a line
    std::int64_t silence_us = coupler_silence_us_min;
    bool known = false;
  };
  [[nodiscard]] bool is_held(std::size_t output, std::int64_t now_us) const;
  void hear(std::size_t which, std::optional<bool> level, std::int64_t now_us);
  void settle(std::size_t which, std::int64_t now_us);

  model_options options_;
  messages::catalogue catalogue_;
  std::vector<input_state> inputs_;
  std::vector<output_state> outputs_;
  bool ending_ = false;
  bool are_lines_taken_ = false;
  bool is_refusal_told_ = false;
};

} // namespace voltaic::actors::digital_io
