#pragma once

#include <cstddef>
#include <cstdint>

namespace voltaic::nodes::view {

enum class page : std::uint8_t { overview, machinery, events };

/// What a person has chosen to see.
struct choice {
  view::page page = view::page::overview;
  std::size_t rack = 0;   ///< place in the list
  std::size_t scroll = 0; ///< first line of the other pages
  bool is_paused = false;
  bool shows_help = false;
  bool is_over = false; ///< asked to end
  friend bool operator==(const choice&, const choice&) = default;
};

enum class key : std::uint8_t {
  none,
  up,
  down,
  page_up,
  page_down,
  first,
  last,
  next_page,
  previous_page,
  overview,
  machinery,
  events,
  pause,
  help,
  quit,
  other
};

/// Racks, or lines, that page up and page down go over.
inline constexpr std::size_t page_step = 10;

/// How far one can go.
struct extent {
  std::size_t racks = 0;
  std::size_t scroll_last = 0; ///< of the page that is shown
};

/// What is chosen after a key.
[[nodiscard]] choice after(choice now, key pressed, const extent& of);

/// The key that a letter stands for.
[[nodiscard]] key key_of(int letter);

} // namespace voltaic::nodes::view
