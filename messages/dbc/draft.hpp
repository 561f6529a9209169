#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/dbc/database.hpp"
#include "messages/defects.hpp"

namespace voltaic::messages::dbc {

/// How a signal is marked in its own line: `M`, `m3` or `m3M`.
struct mark {
  std::optional<std::int64_t> value;
};

/// A line of extended multiplexing, which goes before the marks.
struct extended_mark {
  std::uint32_t message = 0; ///< position
  std::string signal;
  std::string selector;
  std::vector<value_range> values;
  std::uint32_t line = 0;
};

/// A file as it was read, before its parts are brought together.
struct draft {
  dbc::database database;
  std::vector<std::vector<mark>> marks; ///< of each message's signals
  std::vector<extended_mark> extended;
  std::size_t statements = 0; ///< that the format knows
};

/// Reads all statements that can be read, and tells of the others.
[[nodiscard]] draft read_statements(std::string_view utf8, defect_list& found);

/// Gives each multiplexed signal its selector. One that has none becomes a signal that is
/// never there: it is left out.
void resolve_multiplexing(draft& from, defect_list& found);

/// Leaves out the marked signals and those that depend on them.
void leave_out(message& in, std::vector<bool> lost);

/// Takes the words of attributes: long names, cycle times, kinds of frames.
void apply_attributes(database& all);

/// Tells what contradicts itself: identifiers, names, places of signals. A signal that ends
/// behind its message stays: frames that are longer have it. An identifier that no frame can
/// have is left out.
void judge(database& of, defect_list& found);

} // namespace voltaic::messages::dbc
