#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "bus/can/file_descriptor.hpp"
#include "bus/can/id_filter.hpp"

namespace voltaic::bus::can {

/// Looks now and then for identifiers that nobody of the site knows: another device, or a profile
/// that lacks some. The kernel keeps a few frames of theirs for it and drops the rest, so that
/// they cost no wakes.
class stranger_watch {
 public:
  /// Counts no more identifiers than this.
  static constexpr std::size_t identifiers_max = 2'048;

  /// On the interface of that index; for frames that `known` does not want. Where that is nothing,
  /// or more than the kernel can sort by, it watches for none.
  stranger_watch(int interface_index, const id_filter& known);
  /// Takes what the kernel kept since the last time; does not wait.
  void look();
  /// Different identifiers so far; empty: it cannot watch for them.
  [[nodiscard]] std::optional<std::uint32_t> count() const;

 private:
  file_descriptor socket_;
  std::set<std::pair<bool, std::uint32_t>> seen_;
};

} // namespace voltaic::bus::can
