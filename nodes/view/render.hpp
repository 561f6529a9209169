#pragma once

#include <string>
#include <vector>

#include "nodes/view/controls.hpp"
#include "nodes/view/picture.hpp"
#include "nodes/view/screen.hpp"

namespace voltaic::nodes::view {

/// A smaller screen is drawn as if it had these, and cut by whoever shows it.
inline constexpr size screen_min{80, 24};

/// How the screen is drawn, whatever it shows.
struct manner {
  bool ascii = false;               ///< only signs that every terminal has
  std::string quit_means = "leave"; ///< what `q` does, in the line at the bottom
};

/// The screen of a picture: as many lines as the size has, none longer. Pure.
[[nodiscard]] std::vector<line> render(const picture& of, const choice& chosen, size screen,
                                       const manner& how);

/// How far its page can be scrolled.
[[nodiscard]] extent extent_of(const picture& of, const choice& chosen, size screen,
                               const manner& how);

} // namespace voltaic::nodes::view
