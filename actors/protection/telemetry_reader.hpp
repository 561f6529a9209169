#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/protection/protection_model.hpp"
#include "messages/codec/payloads.hpp"

namespace voltaic::actors::protection {

/// Who speaks.
enum class speaker : std::uint8_t {
  rack,     ///< the rack's own device
  equipment ///< another one, of which only points that candidates of the rack judge are read
};

/// Telemetry of one device as inputs of the model.
class telemetry_reader {
 public:
  /// `owner`: whose points they are, the rack or the equipment.
  explicit telemetry_reader(std::string owner, speaker who = speaker::rack)
      : owner_(std::move(owner)), speaker_(who) {}
  [[nodiscard]] const std::string& owner() const { return owner_; }

  /// Where the points stand. One with another count than in `expected` is not believed.
  void learn(const messages::catalogue& described, const measured_options& expected);
  [[nodiscard]] bool knows(measured what) const { return places_[position_of(what)].has_value(); }

  /// True if there is anything for the model. `news` is valid until the next call.
  [[nodiscard]] bool read(const messages::telemetry& said);
  [[nodiscard]] inputs news() const;

 private:
  struct place {
    std::uint16_t position = 0;
    double scale = 1;
    double offset = 0;
    bool is_signed = false; ///< words are of two's complement
    double parts = 1;       ///< in which its values are kept
    bool saturates = false; ///< see `measured_description`
  };
  struct piece {
    element_block block;
    std::vector<std::int32_t> values;
    std::vector<messages::quality> element_quality;
  };
  void read_values(const messages::block& block, measured what, const place& at);
  [[nodiscard]] static reported_limit read_limit(const messages::block& block, const place& at);

  /// As `expected` calls an own point, if it is one of this device's; else empty.
  [[nodiscard]] std::string_view name_here(std::string_view own_point) const;

  std::string owner_;
  speaker speaker_;
  std::uint64_t fingerprint_ = 0;
  std::array<std::optional<place>, measured_count> places_; ///< by what is measured
  std::optional<place> charge_;
  std::optional<place> discharge_;
  std::vector<piece> pieces_;
  std::size_t used_ = 0;
  std::vector<element_block> blocks_;
  std::optional<reported_limit> charge_limit_;
  std::optional<reported_limit> discharge_limit_;
};

} // namespace voltaic::actors::protection
