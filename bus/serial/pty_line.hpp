#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "messages/expected.hpp"

namespace voltaic::bus::serial {

/// Bytes that go over the wire, so long after what was heard.
struct sent_piece {
  std::int64_t delay_us = 0;
  std::vector<std::uint8_t> bytes;
};
/// Called on the line's thread with what came; must not block.
using heard_handler = std::function<std::vector<sent_piece>(std::span<const std::uint8_t>)>;

/// Pieces that wait to be sent; more are lost, as on a line where everybody speaks.
inline constexpr std::size_t pieces_max = 256;

/// The far end of a simulated serial line: a pseudo terminal that others open by a path.
/// Destroying it stops the thread, joins it, and takes the path away.
class pty_line {
 public:
  virtual ~pty_line() = default;
  /// From any thread: bytes that nobody asked for.
  virtual void speak(std::span<const std::uint8_t> bytes) = 0;
};

/// Makes the terminal and puts a link to it at `path`, in place of one that is there.
[[nodiscard]] messages::expected<std::unique_ptr<pty_line>> serve_pty(const std::string& path,
                                                                      heard_handler on_heard);

} // namespace voltaic::bus::serial
