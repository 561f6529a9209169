#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/codec/payloads.hpp"
#include "messages/current_agreement.hpp"

namespace voltaic::actors::protection {

/// What the link of the inverter before a rack says of the rack's current sensor.
class witness_reader {
 public:
  /// `link`: the actor, "inverter_0/link"; empty: there is none.
  witness_reader(std::string link, std::string rack);
  [[nodiscard]] const std::string& link() const { return link_; }

  void learn(const messages::catalogue& described);
  /// Its word on the rack; nothing where this says none that can be used.
  [[nodiscard]] std::optional<messages::current_agreement> read(const messages::telemetry& said);
  /// Who measures what while the newest word doubts the sensor; else empty.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  std::string link_;
  std::string rack_;
  std::uint64_t fingerprint_ = 0;
  std::optional<std::uint16_t> word_at_; ///< in its catalogue
  std::optional<std::uint16_t> text_at_;
  std::string words_;
};

} // namespace voltaic::actors::protection
