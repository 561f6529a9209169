#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/finding.hpp"

/// What a trace file makes happen: values, defects and commands over time.
namespace voltaic::nodes::simulate {

/// A trace of more bytes is refused.
inline constexpr std::size_t trace_bytes_max = 64 * 1024 * 1024;
/// A trace of more rows is refused.
inline constexpr std::size_t trace_rows_max = 1'000'000;
/// A row of a later time is refused.
inline constexpr std::int64_t trace_t_ms_max = 366LL * 86'400 * 1'000;
/// A trace with more mistakes is not read further.
inline constexpr std::size_t trace_findings_max = 100;

/// What a row does to its element.
enum class effect : std::uint8_t {
  value,      ///< reports this, in the point's unit
  invalid,    ///< reports the sentinel
  freeze,     ///< reports what it reported last
  silent,     ///< stops arriving
  release,    ///< follows the physics again
  exception,  ///< of power equipment: whoever asks gets this Modbus exception
  late,       ///< of power equipment: it answers so many ms later
  checksum,   ///< of a battery on plain RS-485: a bit of each answer is wrong
  half_frame, ///< only half of each answer comes
  noise,      ///< foreign bytes stand around each answer
  command     ///< somebody asks for something
};

/// One row.
struct trace_row {
  std::int64_t t_ms = 0;
  std::uint32_t line = 0;
  simulate::effect effect = effect::value;
  std::string point;                  ///< in either spelling; empty for a command
  std::optional<std::uint32_t> index; ///< empty: all elements
  std::string scope;                  ///< "module_1:cell_3", instead of an index
  double value = 0;                   ///< also the exception's code, or the ms
  std::string operation;              ///< close, open, reset, acknowledge, kill
  std::string subject;                ///< the rack, the id of the event, or the node
  friend bool operator==(const trace_row&, const trace_row&) = default;
};

/// By rising time; rows of one time in the file's order.
using trace = std::vector<trace_row>;

/// Reads CSV with the header `t_ms,point,index,value`. Empty lines and lines
/// that begin with `#` are passed over. Every mistake is a finding with line
/// and column; `file` names the trace in them.
[[nodiscard]] std::variant<trace, messages::findings> parse_trace(std::string_view text,
                                                                  const std::string& file);
/// The same; the rows that could be read come with what is wrong with others, so that all that is
/// wrong with a trace can be told at once.
[[nodiscard]] trace parse_trace(std::string_view text, const std::string& file,
                                messages::findings& found);

} // namespace voltaic::nodes::simulate
