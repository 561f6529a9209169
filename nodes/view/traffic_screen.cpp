#include "nodes/view/traffic_screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace voltaic::nodes::view {

namespace {

constexpr int identifier_columns = 12;
constexpr int number_columns = 10;
constexpr std::size_t bytes_shown_min = 8;
constexpr int byte_columns = 4; ///< "7F* "
constexpr int mask_byte_columns = 3;

std::size_t bytes_shown(const traffic_picture& of) {
  std::size_t most = bytes_shown_min;
  for (const auto& each : of.entries) most = std::max<std::size_t>(most, each.row.last.length);
  return most;
}

std::string milliseconds(std::int64_t us, std::uint64_t gaps) {
  return gaps == 0 ? "-" : fmt::format("{:.1f}", static_cast<double>(us) / 1'000);
}

char mark_of(const messages::can::traffic_row& row, std::size_t byte) {
  if (row.changed[byte] != 0) return '*';
  return row.ever_changed[byte] != 0 ? '+' : ' ';
}

std::string mask_text(const messages::can::traffic_row& row) {
  std::string result;
  for (std::size_t i = 0; i < row.last.length && i < row.changed.size(); ++i)
    result += row.changed[i] == 0 ? "-- " : fmt::format("{:02X} ", row.changed[i]);
  return result;
}

line title(const traffic_picture& of, int columns, const glyphs& signs) {
  const auto unknown = std::ranges::count_if(
      of.entries, [](const auto& each) { return each.is_known && !*each.is_known; });
  row bar(columns, signs);
  bar.put(fmt::format(" {}  {}  {}  {:.1f} s  {} frames  {} identifiers, {} unknown  load {:.1f} %",
                      of.bus, of.uri, of.state, of.seconds, of.frames, of.entries.size(), unknown,
                      of.load_percent),
          style::title);
  return bar.to(columns, style::title).done();
}

line heading(std::size_t bytes, bool masks, int columns, const glyphs& signs) {
  row names(columns, signs);
  names.left("  identifier", identifier_columns + 2, style::label)
      .right("count", number_columns, style::label)
      .right("period ms", number_columns, style::label)
      .right("jitter ms", number_columns, style::label)
      .space(2)
      .left("bytes (* changed, + before)", static_cast<int>(bytes) * byte_columns, style::label);
  if (masks)
    names.left("changed bits", static_cast<int>(bytes) * mask_byte_columns + 1, style::label);
  return names.put("message and values", style::label).done();
}

void put_bytes(row& to, const messages::can::traffic_row& of, std::size_t bytes) {
  const int end = to.used() + static_cast<int>(bytes) * byte_columns;
  for (std::size_t i = 0; i < of.last.length && i < of.last.data.size(); ++i) {
    const auto mark = mark_of(of, i);
    // Each digit stands for four bits: those that changed stand out.
    const auto text = fmt::format("{:02X}", of.last.data[i]);
    to.put(text.substr(0, 1), (of.changed[i] & 0xF0U) != 0 ? style::alarm : style::plain)
        .put(text.substr(1), (of.changed[i] & 0x0FU) != 0 ? style::alarm : style::plain)
        .put(fmt::format("{} ", mark), mark == '*' ? style::alarm : style::label);
  }
  to.to(end);
}

line entry_line(const traffic_entry& of, std::size_t bytes, bool masks, int columns,
                const glyphs& signs) {
  const bool unknown = of.is_known && !*of.is_known;
  row shown(columns, signs);
  shown.put(unknown ? "? " : "  ", style::warning)
      .left(identifier_text(of.key), identifier_columns, unknown ? style::warning : style::strong)
      .right(fmt::to_string(of.row.count), number_columns)
      .right(milliseconds(of.row.period_us(), of.row.gaps), number_columns)
      .right(milliseconds(of.row.jitter_us(), of.row.gaps), number_columns, style::label)
      .space(2);
  put_bytes(shown, of.row, bytes);
  if (masks)
    shown.left(mask_text(of.row), static_cast<int>(bytes) * mask_byte_columns + 1, style::label);
  if (unknown) return shown.put("unknown", style::warning).done();
  return shown.put(of.message, style::label).put(of.values).done();
}

line foot(const traffic_picture& of, int columns, const glyphs& signs) {
  row said(columns, signs);
  if (of.left_out > 0)
    said.put(fmt::format("{} frames of more identifiers than {} are not shown  ", of.left_out,
                         messages::can::traffic_table::rows_max),
             style::alarm);
  said.put(fmt::format("errors {}  ", of.errors), of.errors > 0 ? style::warning : style::label)
      .put(fmt::format("lost {}  ", of.lost), of.lost > 0 ? style::warning : style::label);
  if (!of.last_error.empty()) said.put("last: " + of.last_error, style::warning);
  return said.done();
}

} // namespace

std::string identifier_text(const messages::can::traffic_key& key) {
  auto text = key.extended ? fmt::format("0x{:08X}", key.id) : fmt::format("0x{:03X}", key.id);
  return key.remote ? text + " R" : text;
}

std::string bytes_text(const messages::can::traffic_row& row) {
  std::string result;
  for (std::size_t i = 0; i < row.last.length && i < row.last.data.size(); ++i) {
    const auto mark = mark_of(row, i);
    fmt::format_to(std::back_inserter(result), "{}{:02X}", i == 0 ? "" : " ", row.last.data[i]);
    if (mark != ' ') result += mark;
  }
  return result;
}

std::vector<line> render_traffic(const traffic_picture& of, std::size_t first, size screen,
                                 bool ascii) {
  const auto& signs = glyphs_of(ascii);
  const auto bytes = bytes_shown(of);
  const bool masks = screen.columns >= mask_columns;
  std::vector<line> lines{title(of, screen.columns, signs),
                          heading(bytes, masks, screen.columns, signs)};
  const auto room = static_cast<std::size_t>(std::max(0, screen.lines - traffic_frame_lines));
  for (std::size_t i = first; i < of.entries.size() && i - first < room; ++i)
    lines.push_back(entry_line(of.entries[i], bytes, masks, screen.columns, signs));
  lines.push_back(foot(of, screen.columns, signs));
  return lines;
}

} // namespace voltaic::nodes::view
