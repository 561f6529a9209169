#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "bus/can/file_descriptor.hpp"
#include "bus/can/id_filter.hpp"
#include "bus/can/stranger_table.hpp"

namespace voltaic::bus::can {

/// Looks now and then for identifiers that nobody of the site knows: another device, or a profile
/// that lacks some. The kernel keeps a few frames of theirs for it, drops the rest and counts them,
/// so that they cost no wakes: rates are those of the few, times how many there were.
class stranger_watch {
 public:
  /// On the interface of that index; for frames that `known` does not want. Where that is nothing,
  /// or more than the kernel can sort by, it watches for none.
  stranger_watch(int interface_index, const id_filter& known);
  /// Takes what the kernel kept since the last time; does not wait.
  void look(std::int64_t now_us, std::uint32_t bitrate);
  /// Different identifiers so far; empty: it cannot watch for them.
  [[nodiscard]] std::optional<std::uint32_t> count() const;
  [[nodiscard]] const std::optional<babbler>& babbling() const { return table_.babbling(); }

 private:
  void drain();
  void take_dropped(msghdr& message);

  file_descriptor socket_;
  std::uint32_t dropped_ = 0; ///< by the kernel, as told last
  stranger_table table_;
};

} // namespace voltaic::bus::can
