#include "nodes/cli/capture_file.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "messages/captured_alarm.hpp"
#include "nodes/cli/site_view.hpp"

namespace voltaic::nodes::cli {
namespace {

using bus::message::recorded;
using messages::message;

bool is_fault(const messages::event& event) {
  return messages::is_captured_alarm(event) ||
         (event.kind == "contactor" && event.state == "fault");
}

/// Hands every message over, by the time it was recorded with.
template <class Take>
messages::expected<bool> for_each_message(const std::string& path, Take take) {
  auto source = bus::message::recording::open(path);
  if (!source) return source.error();
  recorded one;
  while (source->next(one)) {
    auto said = messages::decode(*one.frame);
    if (!said) return said.error();
    take(one.time_us, *std::move(said));
  }
  return true;
}

/// Every point of the catalogues that a pattern fits: of a table that knows no values yet.
messages::expected<messages::points::point_table> described(const std::string& path) {
  messages::points::point_table table;
  auto read = for_each_message(path, [&](std::int64_t, const message& said) {
    if (std::holds_alternative<messages::catalogue>(said.payload)) table.apply(said);
  });
  if (!read) return read.error();
  return table;
}

} // namespace

messages::expected<capture_summary> summarise(const bus::message::stored_capture& file) {
  capture_summary made;
  made.file = file;
  std::int64_t first_us = 0;
  std::int64_t last_us = 0;
  std::int64_t first_utc_us = 0;
  bool any = false;
  bool is_dated = false;
  const auto read = for_each_message(file.path, [&](std::int64_t time_us, message&& said) {
    if (!std::exchange(any, true)) {
      first_us = time_us;
      first_utc_us = said.header.time.utc_us;
    }
    last_us = time_us;
    const auto* event = std::get_if<messages::event>(&said.payload);
    if (event == nullptr || !is_fault(*event)) return;
    // One that another capture began with may be among what came before.
    if (!is_dated && event->id != file.id) return;
    if (!std::exchange(is_dated, true)) {
      made.fault_us = time_us;
      made.fault_utc_us = said.header.time.utc_us;
    }
    made.faults.push_back(std::move(said));
  });
  if (!read) return read.error();
  if (!is_dated) {
    made.fault_us = first_us;
    made.fault_utc_us = first_utc_us;
  }
  made.before_us = made.fault_us - first_us;
  made.after_us = last_us - made.fault_us;
  return made;
}

messages::expected<bool> read_rows(const capture_summary& of,
                                   const std::vector<std::string>& patterns,
                                   const std::function<void(const capture_row& row)>& take) {
  auto table = described(of.file.path);
  if (!table) return table.error();
  for (const auto& pattern : patterns)
    if (table->select({pattern}).empty())
      return messages::failure{fmt::format("{}: there is no point {} in it{}", of.file.path,
                                           pattern, suggestion(*table, pattern))};
  std::vector<message> events;
  std::int64_t row_us = 0;
  bool is_open = false; // there is something that no row has yet
  const auto end_row = [&] {
    if (!std::exchange(is_open, false)) return;
    const auto after_us = row_us - of.fault_us;
    const auto points = table->select(patterns);
    take({after_us, of.fault_utc_us + after_us, points, events});
    events.clear();
  };
  auto read = for_each_message(of.file.path, [&](std::int64_t time_us, message&& said) {
    if (std::holds_alternative<messages::catalogue>(said.payload)) return;
    if (time_us != row_us) end_row();
    row_us = time_us;
    is_open = true;
    table->apply(said);
    if (std::holds_alternative<messages::event>(said.payload)) events.push_back(std::move(said));
  });
  end_row();
  return read;
}

} // namespace voltaic::nodes::cli
