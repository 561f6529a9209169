#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "actors/simulator/pack_model.hpp"
#include "messages/can/frame.hpp"
#include "messages/iso_tp/link.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::actors::simulator {

/// A simulated battery that says nothing by itself: it answers what its profile reads by ISO 14229
/// over ISO 15765-2. What it is asked for the first time it answers with "response pending" and the
/// data later, as units do that have to fetch it. It knows neither clock nor bus.
class asked_pack_model final : public pack_model {
 public:
  /// The first answer of each identifier comes so long after "response pending".
  static constexpr std::int64_t pending_us = 300'000;

  /// Each value is the middle of its point's valid range, or 0.
  asked_pack_model(std::shared_ptr<const messages::profiles::device_profile> profile,
                   std::uint32_t id_offset);

  [[nodiscard]] std::vector<messages::can::frame> step(
      std::int64_t now_us, std::span<const messages::can::frame> received) override;
  /// Values, from the next answer on; a point without an index is all of it.
  [[nodiscard]] bool set(std::string_view point, std::optional<std::uint32_t> index,
                         equipment_effect effect, double value) override;

 private:
  struct answer_due {
    std::uint16_t data_identifier = 0;
    std::int64_t due_us = 0;
  };
  struct unit {
    std::uint32_t request_id = 0;
    bool request_extended = false;
    std::uint32_t response_id = 0;
    bool response_extended = false;
    messages::iso_tp::tp_link link{{}};
    std::vector<std::uint16_t> fetched; ///< data identifiers that were asked for before
    std::optional<answer_due> due;
  };
  void hear(unit& one, const std::vector<std::uint8_t>& request, std::int64_t now_us);
  void answer(unit& one, std::uint16_t data_identifier, std::int64_t now_us);
  [[nodiscard]] const messages::profiles::message* find(const unit& one,
                                                        std::uint16_t data_identifier) const;
  [[nodiscard]] std::vector<std::uint8_t> data_of(const messages::profiles::message& of) const;

  std::shared_ptr<const messages::profiles::device_profile> profile_;
  std::uint32_t id_offset_;
  std::vector<unit> units_;
  std::vector<std::vector<double>> values_; ///< by point
};

} // namespace voltaic::actors::simulator
