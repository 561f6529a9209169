#include "messages/dbc/load.hpp"

#include <fmt/format.h>

#include "messages/dbc/draft.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::dbc {

std::variant<loaded, findings> load(std::string_view text, std::string_view file, strictness how) {
  defect_list found(file);
  if (text.size() > file_bytes_max) {
    found.add(
        1, 1,
        fmt::format("the file has {} bytes, at most {} are read", text.size(), file_bytes_max));
    return found.take();
  }
  auto read = read_statements(to_utf8(text), found);
  if (read.statements == 0) {
    found.add(1, 1, "is no DBC file: no statement such as BO_ or VERSION begins a line");
    return found.take();
  }
  resolve_multiplexing(read, found);
  apply_attributes(read.database);
  judge(read.database, found);
  if (how == strictness::strict && !found.all().empty()) return found.take();
  return loaded{std::move(read.database), found.take()};
}

} // namespace voltaic::messages::dbc
