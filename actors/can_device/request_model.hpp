#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "actors/can_device/conversation.hpp"
#include "messages/can/frame.hpp"
#include "messages/iso_tp/link.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/uds/read.hpp"

namespace voltaic::actors::can_device {

/// A read that fails so often in a row is told.
inline constexpr int failed_reads_told = 3;

/// What a device is asked for: reads of ISO 14229 by ISO-TP, one at a time of each unit, and frames
/// that are sent again and again. Pure: frames and times in, frames and answers out.
class request_model final : public conversation {
 public:
  request_model(const messages::profiles::device_profile& profile, std::uint32_t id_offset);

  [[nodiscard]] bool take(const messages::can::frame& frame) override;
  void step(std::int64_t now_us, std::int64_t utc_offset_us) override;
  [[nodiscard]] std::vector<messages::can::frame> take_frames() override;
  [[nodiscard]] std::vector<answer> take_answers() override;
  [[nodiscard]] std::vector<notice> take_notices() override;

 private:
  struct place {
    std::uint32_t id = 0;
    bool extended = false;
    friend bool operator==(const place&, const place&) = default;
  };
  struct cyclic {
    messages::can::frame frame;
    std::int64_t period_us = 0;
    std::int64_t phase_us = 0;
    std::optional<std::int64_t> due_us;
  };
  struct read {
    std::uint16_t message = 0;
    std::uint16_t data_identifier = 0;
    std::int64_t period_us = 0;
    messages::uds::read_times times;
    std::optional<std::int64_t> due_us;
    int failures = 0; ///< in a row
    bool told = false;
  };
  struct active_read {
    std::size_t index = 0; ///< of the unit's reads
    messages::uds::read_exchange exchange;
  };
  // One that is asked under one identifier and answers under another.
  struct unit {
    unit(place asked, place answering, messages::iso_tp::link_options options)
        : request(asked), response(answering), link(options) {}
    place request;
    place response;
    messages::iso_tp::tp_link link;
    std::vector<read> reads;
    std::optional<active_read> active;
  };

  void add(const messages::profiles::message& message, std::uint16_t position,
           std::uint32_t id_offset);
  void step(cyclic& one, std::int64_t now_us);
  void step(unit& one, std::int64_t now_us);
  void ask(unit& one, std::int64_t now_us);
  void hear(unit& one, const std::vector<std::uint8_t>& message, std::int64_t now_us);
  void send(unit& one);
  void fail(unit& one, const char* state, const std::string& why);
  void succeed(read& of);
  [[nodiscard]] std::string name_of(const read& of) const;

  const messages::profiles::device_profile* profile_;
  std::vector<cyclic> cyclic_;
  std::vector<unit> units_;
  std::vector<messages::can::frame> frames_;
  std::vector<answer> answers_;
  std::vector<notice> notices_;
};

} // namespace voltaic::actors::can_device
