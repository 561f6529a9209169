#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/runtime/actor.hpp"

namespace voltaic::actors::contactor {

/// A question is answered within this, else nobody knows and the rack stays open.
inline constexpr std::int64_t confirm_patience_us = messages::us_per_s;
/// The question about a next attempt is asked this long before it, and answered by then.
inline constexpr std::int64_t confirm_ahead_us = 500 * messages::us_per_ms;

/// What only others know and what bars a closing is judged when a command to close is sent on, and
/// here again just before it acts: the dispatcher is asked once more. Times are the node's.
class closing_gate {
 public:
  /// `rack`: the one that it guards, whichever a command names. `asks`: other racks may feed the
  /// DC bus, or an inverter is behind it.
  closing_gate(runtime::context& owner, std::string rack, bool asks)
      : owner_(owner), rack_(std::move(rack)), asks_(asks) {}

  /// What is asked about: a closing that has not begun, or its next attempt after one that failed.
  enum class about : std::uint8_t { begin, next_attempt };
  /// Asks whether this closing may go on. False: there is nobody to ask, and it may.
  bool ask(const messages::command& closing, about what, runtime::instant now);
  [[nodiscard]] bool waits() const { return pending_.has_value(); }
  void take(const messages::result& told);

  struct verdict {
    messages::command closing;
    about what = about::begin;
    std::vector<std::string> refused; ///< empty: it may go on
  };
  /// What was answered, once, or that nobody did in time.
  [[nodiscard]] std::optional<verdict> look();
  /// It is not closed any more: what was asked for comes back.
  std::optional<messages::command> drop();

 private:
  struct question {
    messages::command closing;
    about what = about::begin;
    std::string key;
    std::int64_t until_us = 0;
    std::optional<std::vector<std::string>> answer;
  };
  runtime::context& owner_;
  std::string rack_;
  bool asks_;
  std::optional<question> pending_;
  std::uint64_t asked_ = 0;
};

} // namespace voltaic::actors::contactor
