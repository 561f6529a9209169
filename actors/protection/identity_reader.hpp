#pragma once

#include <cstdint>
#include <functional>
#include <set>
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

  /// True if it was not known yet.
  bool learn(const messages::catalogue& described);
  /// What the device may say, by the catalogue: "serial_number", "module_serial[3]".
  [[nodiscard]] std::set<std::string, std::less<>> names() const;

  /// Whom what is said is told to.
  struct listener {
    std::function<void(const std::string& name, std::string value)> hear;
    std::function<void(const std::string& name)> lose;
  };
  /// Tells each value that is new or comes again, by its name, and which does not come any more:
  /// what is invalid or stale says nothing.
  void read(const messages::telemetry& said, const listener& to);

 private:
  struct place {
    std::uint16_t position = 0;
    std::string name;
    messages::point_description described;
    /// By element, as it was told last.
    std::vector<std::variant<std::monostate, std::int64_t, std::string>> told;
  };
  static std::string name_of(const place& at, std::size_t element);
  static void read(const messages::block& block, place& at, const listener& to);

  std::string rack_;
  std::vector<std::string> points_;
  std::uint64_t fingerprint_ = 0;
  std::vector<place> places_;
};

} // namespace voltaic::actors::protection
