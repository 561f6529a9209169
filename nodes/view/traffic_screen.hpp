#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/can/traffic_table.hpp"
#include "nodes/view/screen.hpp"

namespace voltaic::nodes::view {

/// A row of a bus's table with what its last frame says.
struct traffic_entry {
  messages::can::traffic_key key;
  messages::can::traffic_row row;
  /// Whether a profile or DBC file has it, or the site sends it; nothing: nobody was asked.
  std::optional<bool> is_known;
  std::string message; ///< empty: none
  std::string values;  ///< "soc 50.0 %  current 0.0 A", or why it cannot be read
};

/// All that is to be seen of a bus at a moment.
struct traffic_picture {
  std::string bus;
  std::string uri;
  std::string state; ///< of the controller, or what stands for it
  double seconds = 0;
  double load_percent = 0;
  std::uint64_t frames = 0;
  std::uint64_t errors = 0;   ///< error frames, and what the port counts as errors
  std::string last_error;     ///< what the last one said; empty: none came
  std::uint64_t lost = 0;     ///< that came faster than they were read
  std::uint64_t left_out = 0; ///< of more identifiers than there is room for
  std::vector<traffic_entry> entries;
};

/// Identifiers as profiles spell them: "0x088", "0x18FF50E5"; of a remote frame with " R".
[[nodiscard]] std::string identifier_text(const messages::can::traffic_key& key);
/// "3C 7F* 00+": bytes with a mark where bits changed with the last frame, or earlier.
[[nodiscard]] std::string bytes_text(const messages::can::traffic_row& row);

/// The table from entry `first` on. Where there is room for it (`mask_columns`) also which bits
/// changed with the last frame, as hexadecimal bytes. Pure.
[[nodiscard]] std::vector<line> render_traffic(const traffic_picture& of, std::size_t first,
                                               size screen, bool ascii);
/// A screen of so many columns shows the changed bits by themselves.
inline constexpr int mask_columns = 150;
/// Lines that are no entries.
inline constexpr int traffic_frame_lines = 3;

} // namespace voltaic::nodes::view
