#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bus/can/file_descriptor.hpp"

namespace voltaic::bus::can {

/// What passed an interface since it was made, whoever sent it or heard it.
struct passed_traffic {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0; ///< in their data fields
};

/// The kernel's counters of an interface, read without waiting for anybody: not over netlink,
/// which waits for whoever sets up an interface at that moment.
class interface_counters {
 public:
  /// `kind` as the kernel says it: a virtual interface counts each frame as sent and as received.
  interface_counters(const std::string& interface_name, const std::string& kind);
  [[nodiscard]] std::optional<passed_traffic> read() const;

 private:
  file_descriptor received_frames_;
  file_descriptor received_bytes_;
  file_descriptor sent_frames_; ///< not open where they are among those received
  file_descriptor sent_bytes_;
};

/// Tells of what passed an interface what did not come to us: by its counters, and by what did.
/// A frame that is counted already, and still waits in the socket, is taken for unheard, and makes
/// up for one later. Pure.
class unheard_traffic {
 public:
  void begin(const passed_traffic& counted) {
    base_ = counted;
    heard_ = told_ = {};
    heard_extended_ = 0;
  }
  void heard(bool extended, std::uint8_t bytes) {
    ++heard_.frames;
    heard_.bytes += bytes;
    if (extended) ++heard_extended_;
  }
  /// What was unheard since the last time. Counters that run backwards begin anew.
  [[nodiscard]] passed_traffic fresh(const passed_traffic& counted);
  /// Of what was heard, the share with identifiers of 29 bits.
  [[nodiscard]] double extended_share() const;

 private:
  passed_traffic base_;  ///< counted when we began
  passed_traffic heard_; ///< since then
  passed_traffic told_;  ///< as unheard, since then
  std::uint64_t heard_extended_ = 0;
};

/// Bits that frames of which only number and bytes are known take on the wire, by the share of
/// 29-bit identifiers among them; with stuffing as it is on average. Pure.
[[nodiscard]] std::uint64_t estimated_bits(const passed_traffic& passed, double extended_share);

} // namespace voltaic::bus::can
