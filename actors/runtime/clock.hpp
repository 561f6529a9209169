#pragma once

#include "messages/time.hpp"

/// Where a node's time comes from. Actors never ask: they get it in messages.
namespace voltaic::actors::runtime {

/// The time of a node, on both clocks. Injected, so that a test or a simulation sets it.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual messages::instant now() const = 0;
};

/// The machine's clocks.
class system_clock final : public clock {
 public:
  [[nodiscard]] messages::instant now() const override;
};

/// Time that only moves when told to: for tests and `simulate`.
class manual_clock final : public clock {
 public:
  explicit manual_clock(messages::instant start) : now_(start) {}
  [[nodiscard]] messages::instant now() const override { return now_; }
  void advance(std::int64_t microseconds);
  /// Moves to a monotonic instant, UTC with it; never back.
  void set(std::int64_t monotonic_us);

 private:
  messages::instant now_;
};

} // namespace voltaic::actors::runtime
