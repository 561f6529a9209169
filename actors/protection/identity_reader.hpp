#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "messages/codec/payloads.hpp"

namespace voltaic::actors::protection {

/// What the points of a rack's device say of the device itself, as texts.
class identity_reader {
 public:
  /// `points`: their names below the rack's, "serial_number".
  identity_reader(std::string rack, std::vector<std::string> points)
      : rack_(std::move(rack)), points_(std::move(points)) {}

  void learn(const messages::catalogue& described);
  /// Tells each value that is new, by its name: "serial_number", "module_serial[3]". What is
  /// invalid or stale says nothing.
  using taker = std::function<void(const std::string& name, std::string value)>;
  void read(const messages::telemetry& said, const taker& take);

 private:
  struct place {
    std::uint16_t position = 0;
    std::string name;
    messages::point_description described;
    /// By element, as it was told last.
    std::vector<std::variant<std::monostate, std::int64_t, std::string>> told;
  };
  static void read(const messages::block& block, place& at, const taker& take);

  std::string rack_;
  std::vector<std::string> points_;
  std::uint64_t fingerprint_ = 0;
  std::vector<place> places_;
};

} // namespace voltaic::actors::protection
