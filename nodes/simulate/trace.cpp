#include "nodes/simulate/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "messages/points/names.hpp"

namespace voltaic::nodes::simulate {
namespace {

constexpr std::array<std::string_view, 4> columns = {"t_ms", "point", "index", "value"};
// Spreadsheets put it before the text that they export.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, 7> operations = {
    "close", "open", "reset", "acknowledge", "shelve", "unshelve", "kill"};
// What devices answer with; the protocol knows no other codes.
constexpr unsigned exception_code_max = 0x0B;
constexpr unsigned late_ms_max = 3'600'000;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Codes are spoken of in hexadecimal: 0x8110.
std::optional<double> value_of(std::string_view text) {
  constexpr std::string_view prefix = "0x";
  if (!text.starts_with(prefix)) return number<double>(text);
  std::uint32_t code = 0;
  const auto* last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + prefix.size(), last, code, 16);
  if (error != std::errc() || stop != last) return std::nullopt;
  return code;
}

/// Reads one file, line by line, and keeps what is wrong with it.
class reader {
 public:
  explicit reader(const std::string& file) : file_(file) {}

  void read(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    bool header_seen = false;
    while (!text.empty() && findings_.size() < trace_findings_max) {
      const auto end = std::min(text.find('\n'), text.size());
      line_ = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number_;
      const auto content = trimmed(line_);
      if (content.empty() || content.front() == '#') continue;
      if (!split()) continue;
      if (header_seen) {
        read_row();
      } else if (!read_header()) {
        return; // nothing below can be understood
      }
      header_seen = true;
    }
    if (!header_seen && findings_.empty()) add(0, "expected the header t_ms,point,index,value");
  }

  trace take(messages::findings& found) {
    found = std::move(findings_);
    std::stable_sort(rows_.begin(), rows_.end(),
                     [](const trace_row& a, const trace_row& b) { return a.t_ms < b.t_ms; });
    return std::move(rows_);
  }

 private:
  void add(std::size_t column, std::string text) {
    const auto at = static_cast<std::uint32_t>(column + 1);
    findings_.push_back({file_, std::max(number_, 1u), at, std::move(text)});
  }
  void add_field(std::size_t field, std::string text) {
    add(static_cast<std::size_t>(fields_[field].data() - line_.data()), std::move(text));
  }

  bool split() {
    std::string_view rest = line_;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const auto comma = rest.find(',');
      const bool last = i + 1 == fields_.size();
      if (last != (comma == std::string_view::npos)) {
        add(0, fmt::format("expected {} fields: t_ms,point,index,value", fields_.size()));
        return false;
      }
      fields_[i] = trimmed(rest.substr(0, comma));
      // An empty field still has its place in the line.
      if (fields_[i].data() == nullptr) fields_[i] = rest.substr(0, 0);
      if (!last) rest.remove_prefix(comma + 1);
    }
    return true;
  }

  bool read_header() {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (fields_[i] == columns[i]) continue;
      add_field(i, "expected the header t_ms,point,index,value");
      return false;
    }
    return true;
  }

  void read_row() {
    if (rows_.size() == trace_rows_max) {
      add(0, fmt::format("more than {} rows", trace_rows_max));
      return;
    }
    const std::size_t before = findings_.size();
    trace_row row;
    row.line = number_;
    const auto t_ms = number<std::int64_t>(fields_[0]);
    if (t_ms && *t_ms >= 0 && *t_ms <= trace_t_ms_max) {
      row.t_ms = *t_ms;
    } else {
      add_field(0, "t_ms: expected whole milliseconds from 0");
    }
    if (fields_[1] == "command") {
      read_command(row);
    } else {
      read_point(row);
      read_effect(row);
    }
    if (findings_.size() == before) rows_.push_back(std::move(row));
  }

  void read_command(trace_row& row) {
    row.effect = effect::command;
    if (!fields_[2].empty()) add_field(2, "index: a command has none");
    const auto space = fields_[3].find(' ');
    row.operation = std::string(fields_[3].substr(0, space));
    if (space != std::string_view::npos) {
      row.subject = std::string(trimmed(fields_[3].substr(space)));
    }
    const bool known =
        std::find(operations.begin(), operations.end(), row.operation) != operations.end();
    if (known && !row.subject.empty()) return;
    add_field(3,
              "value: expected close RACK, open RACK, reset RACK, acknowledge ID, shelve or "
              "unshelve RACK/CANDIDATE, or kill NODE");
  }

  void read_point(trace_row& row) {
    const auto path = messages::points::parse_path(fields_[1]);
    if (!path) {
      add_field(1, "point: " + path.error().text);
      return;
    }
    row.point = path->point;
    row.index = path->index;
    row.scope = path->scope;
    if (fields_[2].empty()) return;
    if (row.index || !row.scope.empty()) {
      add_field(2, "index: the point names an element already");
    } else if (const auto index = number<std::uint32_t>(fields_[2])) {
      row.index = *index;
    } else if (fields_[2].find_first_of(":|") != std::string_view::npos) {
      row.scope = std::string(fields_[2]);
    } else {
      add_field(2, "index: expected a number from 0, a scope like module_1:cell_3, or nothing");
    }
  }

  void read_effect(trace_row& row) {
    const auto text = fields_[3];
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    const auto rest = space == std::string_view::npos ? "" : trimmed(text.substr(space));
    if (word == "exception" || word == "late") {
      read_disturbance(row, word, rest);
    } else if (text == "invalid") {
      row.effect = effect::invalid;
    } else if (text == "freeze") {
      row.effect = effect::freeze;
    } else if (text == "silent") {
      row.effect = effect::silent;
    } else if (text == "release") {
      row.effect = effect::release;
    } else if (text == "checksum") {
      row.effect = effect::checksum;
    } else if (text == "half_frame") {
      row.effect = effect::half_frame;
    } else if (text == "noise") {
      row.effect = effect::noise;
    } else if (const auto value = value_of(text); value && std::isfinite(*value)) {
      row.value = *value;
    } else {
      add_field(3,
                "value: expected a number, invalid, freeze, silent, release, checksum, half_frame, "
                "noise, exception CODE or late MS");
    }
  }

  void read_disturbance(trace_row& row, std::string_view word, std::string_view rest) {
    unsigned given = 0;
    const bool is_exception = word == "exception";
    const auto [stop, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), given, is_exception ? 16 : 10);
    const unsigned most = is_exception ? exception_code_max : late_ms_max;
    if (error != std::errc() || stop != rest.data() + rest.size() || given == 0 || given > most)
      add_field(3, is_exception ? "value: expected exception 01 to 0B, as hexadecimal digits"
                                : fmt::format("value: expected late 1 to {}, in ms", late_ms_max));
    row.effect = is_exception ? effect::exception : effect::late;
    row.value = given;
  }

  const std::string& file_;
  std::string_view line_;
  std::uint32_t number_ = 0;
  std::array<std::string_view, columns.size()> fields_;
  trace rows_;
  messages::findings findings_;
};

} // namespace

std::variant<trace, messages::findings> parse_trace(std::string_view text,
                                                    const std::string& file) {
  messages::findings found;
  auto rows = parse_trace(text, file, found);
  if (!found.empty()) return found;
  return rows;
}

trace parse_trace(std::string_view text, const std::string& file, messages::findings& found) {
  if (text.size() > trace_bytes_max) {
    found = {{file, 1, 1, "a trace is at most 64 MiB long"}};
    return {};
  }
  reader read(file);
  read.read(text);
  return read.take(found);
}

} // namespace voltaic::nodes::simulate
