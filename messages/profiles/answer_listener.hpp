#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/iso_tp/link.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::messages::profiles {

/// Hears what a device answers to others: data identifiers of ISO 14229 that a profile reads, by
/// ISO 15765-2. Sends nothing, so it takes as one whole whatever the asking side let come whole.
class answer_listener {
 public:
  /// An answer that has come whole, without service and identifier.
  struct answer {
    std::uint16_t message = 0; ///< position in the profile
    std::vector<std::uint8_t> data;
  };

  answer_listener(const device_profile& profile, std::uint32_t id_offset);

  /// True: the frame is one of the conversation that answers come in, and says nothing else.
  [[nodiscard]] bool take(const can::frame& frame);
  /// Answers that have come whole since the last call.
  [[nodiscard]] std::vector<answer> take_answers();
  /// What went wrong, in words, and how often: what did not come whole, and what was refused.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& failures() const { return failures_; }

 private:
  struct read {
    std::uint16_t message = 0;
    std::uint16_t data_identifier = 0;
  };
  // What comes under one identifier.
  struct source {
    std::uint32_t id = 0;
    bool extended = false;
    std::string name; ///< of the first message that is read from it
    iso_tp::tp_link link;
    std::vector<read> reads;
  };
  void hear(const source& from, const std::vector<std::uint8_t>& message);

  std::vector<source> sources_;
  std::vector<answer> answers_;
  /// Words of this side: no more kinds than the standards have codes, for each source.
  std::map<std::string, std::uint64_t> failures_;
};

} // namespace voltaic::messages::profiles
