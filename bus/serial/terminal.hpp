#pragma once

#include <string>

namespace voltaic::bus::serial {

/// Both ends of a pseudo terminal. The far one stays open, so that nothing is hung up between two
/// users of it. Whoever made it closes both.
struct terminal {
  int mine = -1;  ///< does not block
  int other = -1; ///< passes bytes on as they are
  std::string path;
};

/// Makes one and puts a link to it at `link`, in place of one that is there, in one step. Empty:
/// done; else why not, with what was opened so far in `made`.
[[nodiscard]] std::string open_terminal(const std::string& link, terminal& made);

} // namespace voltaic::bus::serial
