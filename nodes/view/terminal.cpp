#include "nodes/view/terminal.hpp"

// Its macros have the names of everything.
#define NCURSES_NOMACROS
#include <curses.h>
#include <langinfo.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdint>
#include <string_view>

namespace voltaic::nodes::view {

namespace {

constexpr int escape_delay_ms = 25;
constexpr int colours_of_palette = 256;

/// Foreground and background; -1: the terminal's own.
struct tint {
  short ink = -1;
  short paper = -1;
};

tint heat_tint(int level, bool palette) {
  constexpr short fine[heat_levels] = {25, 31, 37, 72, 107, 179, 173, 167};
  constexpr short coarse[heat_levels] = {COLOR_BLUE,  COLOR_BLUE,   COLOR_CYAN,   COLOR_CYAN,
                                         COLOR_GREEN, COLOR_YELLOW, COLOR_YELLOW, COLOR_RED};
  return {palette ? fine[level] : coarse[level], -1};
}

tint tint_of(style look, bool palette) {
  const auto either = [&](short fine, short coarse) { return palette ? fine : coarse; };
  switch (look) {
    case style::plain:
    case style::strong:
      return {};
    case style::title:
      return {either(255, COLOR_WHITE), either(238, COLOR_BLUE)};
    case style::label:
      return {either(245, -1), -1};
    case style::rule:
      return {either(240, -1), -1};
    case style::good:
      return {either(71, COLOR_GREEN), -1};
    case style::warning:
      return {either(178, COLOR_YELLOW), -1};
    case style::alarm:
      return {either(203, COLOR_RED), -1};
    default:
      return heat_tint(static_cast<int>(look) - static_cast<int>(style::heat_0), palette);
  }
}

/// How it looks beside its colour, or without one.
attr_t weight_of(style look, bool colours) {
  if (look == style::strong || look == style::alarm) return A_BOLD;
  if (look == style::title) return colours ? A_BOLD : A_REVERSE;
  return A_NORMAL;
}

constexpr auto last_style = style::heat_7;

short pair_of(style look) {
  return static_cast<short>(static_cast<int>(look) + 1);
}

/// A screen needs a cursor that can be placed; a teletype has none.
bool can_draw() {
  const char* place_cursor = ::tigetstr("cup");
  return place_cursor != nullptr && reinterpret_cast<std::intptr_t>(place_cursor) != -1;
}

key key_of_code(int code) {
  switch (code) {
    case ERR:
      return key::none;
    case KEY_UP:
      return key::up;
    case KEY_DOWN:
      return key::down;
    case KEY_PPAGE:
      return key::page_up;
    case KEY_NPAGE:
      return key::page_down;
    case KEY_HOME:
      return key::first;
    case KEY_END:
      return key::last;
    case KEY_BTAB:
      return key::previous_page;
    default:
      return key_of(code);
  }
}

class curses_terminal final : public terminal {
 public:
  explicit curses_terminal(const terminal_options& options)
      : screen_(::newterm(nullptr, stdout, stdin)) {
    is_open_ = screen_ != nullptr && can_draw();
    if (!is_open_) return;
    ::cbreak();
    ::noecho();
    ::nonl();
    ::keypad(stdscr, TRUE);
    ::set_escdelay(escape_delay_ms);
    ::curs_set(0);
    prepare_keys(options.may_be_stopped);
    colours_ = options.colours && ::has_colors() && ::start_color() == OK;
    if (colours_) prepare_colours();
  }
  ~curses_terminal() override {
    if (screen_ == nullptr) return;
    // A terminal that has one screen only would keep what was drawn, at whatever size it had.
    if (is_open_) {
      ::clear();
      ::refresh();
    }
    ::endwin();
    ::delscreen(screen_);
  }
  curses_terminal(const curses_terminal&) = delete;
  curses_terminal& operator=(const curses_terminal&) = delete;

  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] size dimensions() const override { return {getmaxx(stdscr), getmaxy(stdscr)}; }

  void show(const std::vector<line>& lines) override {
    const auto room = dimensions();
    const int count = std::min(static_cast<int>(lines.size()), room.lines);
    ::erase();
    for (int y = 0; y < count; ++y)
      draw(y == count - 1 ? lines.back() : lines[static_cast<std::size_t>(y)], y, room.columns);
    ::refresh();
  }

  key wait(int timeout_ms) override {
    ::timeout(timeout_ms);
    const int code = ::getch();
    // What the terminal made of the old lines nobody knows: all are drawn anew.
    if (code == KEY_RESIZE) ::clearok(curscr, TRUE);
    return key_of_code(code);
  }

 private:
  // Ctrl-S would hold the screen, Ctrl-Z stop whoever supervises: a slip of the hand does neither.
  static void prepare_keys(bool may_be_stopped) {
    termios settings{};
    if (::tcgetattr(STDIN_FILENO, &settings) != 0) return;
    settings.c_iflag &= ~static_cast<tcflag_t>(IXON);
    if (!may_be_stopped) settings.c_cc[VSUSP] = _POSIX_VDISABLE;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
    ::def_prog_mode();
  }

  static void prepare_colours() {
    ::use_default_colors();
    const bool palette = COLORS >= colours_of_palette;
    for (int each = 0; each <= static_cast<int>(last_style); ++each) {
      const auto look = static_cast<style>(each);
      const auto tinted = tint_of(look, palette);
      ::init_pair(pair_of(look), tinted.ink, tinted.paper);
    }
  }

  void draw(const line& text, int y, int columns) {
    if (::move(y, 0) != OK) return;
    for (const auto& part : text) {
      const auto fits = clipped(part.text, columns, glyphs_of(true));
      columns -= columns_of(fits);
      ::attr_set(weight_of(part.look, colours_), colours_ ? pair_of(part.look) : 0, nullptr);
      ::addstr(fits.c_str());
    }
    ::attr_set(A_NORMAL, 0, nullptr);
  }

  SCREEN* screen_;
  bool is_open_ = false;
  bool colours_ = false;
};

} // namespace

messages::expected<std::unique_ptr<terminal>> terminal::open(const terminal_options& options) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
    return messages::failure{"there is no terminal"};
  static_cast<void>(has_unicode()); // before the screen is made
  auto made = std::make_unique<curses_terminal>(options);
  if (!made->is_open()) return messages::failure{"the terminal cannot show a screen"};
  return std::unique_ptr<terminal>(std::move(made));
}

bool has_unicode() {
  if (std::setlocale(LC_CTYPE, "") == nullptr) return false;
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

} // namespace voltaic::nodes::view
