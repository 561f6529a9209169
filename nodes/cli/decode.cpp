#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "bus/can/logs/log_file.hpp"
#include "messages/dbc/database_list.hpp"
#include "messages/profiles/load.hpp"
#include "nodes/cli/dbc_file.hpp"
#include "nodes/cli/eds_file.hpp"
#include "nodes/cli/log_report.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::can::log_file;

/// Bad lines beyond these are counted, and no more shown.
constexpr std::uint64_t shown_bad_lines_max = 1'000;
/// What is collected before it is written.
constexpr std::size_t output_bytes = 256 * 1024;

struct options {
  std::string profile;
  dbc_options dbc;
  bool is_canopen = false;
  std::string eds;
  std::string log;
  line_style style;
  bool as_j1939 = false;
  bool lists = false;
  std::uint32_t id_offset = 0;
};

std::unique_ptr<log_report> report_by_profile(const options& given) {
  const auto text = site::read_bounded(given.profile);
  if (!text) {
    fmt::print(stderr, "voltaic decode: {}: the file {}\n", given.profile, text.error().text);
    return nullptr;
  }
  auto loaded = messages::profiles::load_profile(*text, given.profile);
  if (const auto* findings = std::get_if<messages::findings>(&loaded)) {
    for (const auto& finding : *findings) fmt::print(stderr, "{}\n", site::to_string(finding));
    return nullptr;
  }
  auto report = make_log_report(std::get<messages::profiles::device_profile>(std::move(loaded)),
                                given.id_offset);
  if (!report) {
    fmt::print(stderr, "voltaic decode: {}\n", report.error().text);
    return nullptr;
  }
  return *std::move(report);
}

std::unique_ptr<log_report> canopen_report(const options& given) {
  if (given.eds.empty()) return make_canopen_report(std::nullopt);
  auto device = load_device_description("decode", given.eds, given.dbc.tolerant);
  return device ? make_canopen_report(std::move(device)) : nullptr;
}

std::unique_ptr<log_report> load_report(const options& given) {
  if (given.is_canopen) return canopen_report(given);
  if (!given.profile.empty()) return report_by_profile(given);
  if (given.dbc.file.empty()) return make_j1939_report(std::nullopt);
  auto database = load_database("decode", given.dbc);
  if (!database) return nullptr;
  return given.as_j1939 ? make_j1939_report(std::move(database))
                        : make_log_report(*std::move(database));
}

// Lines on their way out; the reader of a pipe gets them before this one waits.
class output {
 public:
  output() { text_.reserve(output_bytes + messages::can::log_line_bytes_max); }
  std::string& text() { return text_; }
  /// False when nobody takes it.
  [[nodiscard]] bool flush() {
    const bool well = std::fwrite(text_.data(), 1, text_.size(), stdout) == text_.size() &&
                      std::fflush(stdout) == 0;
    text_.clear();
    return well;
  }
  [[nodiscard]] bool is_full() const { return text_.size() >= output_bytes; }

 private:
  std::string text_;
};

void print_summary(const log_file& log, const line_count& seen) {
  const auto& counts = log.counts();
  const auto part = [](std::string_view what, std::uint64_t count) {
    return count > 0 ? fmt::format(", {}: {}", what, count) : std::string();
  };
  if (counts.bad > shown_bad_lines_max)
    fmt::print(stderr, "voltaic decode: only the first {} bad lines are shown\n",
               shown_bad_lines_max);
  fmt::print(stderr, "voltaic decode: {}, lines: {}, frames: {}, printed: {}{}{}{}{}{}\n",
             to_string(log.format()), counts.lines, counts.frames, seen.printed,
             part("undecodable", seen.unreadable), part("refused", seen.refused),
             part("bad lines", counts.bad), part("lines about other things", counts.other),
             part("frames that the log lost", counts.lost));
}

/// What the database has, without a log.
exit_code list(const options& given) {
  if (given.dbc.file.empty() || !given.log.empty()) {
    fmt::print(stderr, "voltaic decode: --list goes with --dbc alone\n");
    return exit_code::usage;
  }
  const auto database = load_database("decode", given.dbc);
  if (!database) return exit_code::findings;
  output out;
  bool written = true;
  for (const auto& each : database->messages) {
    if (given.style.as_json) {
      messages::dbc::append_json(out.text(), each);
      out.text() += '\n';
    } else {
      messages::dbc::append_text(out.text(), each);
    }
    if (out.is_full()) written = written && out.flush();
  }
  if (!out.flush() || !written) {
    fmt::print(stderr, "voltaic decode: the output cannot be written\n");
    return exit_code::fault;
  }
  if (!database->messages.empty()) return exit_code::done;
  fmt::print(stderr, "voltaic decode: {} describes no message\n", given.dbc.file);
  return exit_code::findings;
}

exit_code decode(const options& given) {
  if (given.lists) return list(given);
  if (given.log.empty()) {
    fmt::print(stderr, "voltaic decode: --log is required\nvoltaic decode --help says more\n");
    return exit_code::usage;
  }
  const bool is_by_dbc = given.as_j1939 || !given.dbc.file.empty();
  const int ways =
      (given.profile.empty() ? 0 : 1) + (is_by_dbc ? 1 : 0) + (given.is_canopen ? 1 : 0);
  if (ways != 1) {
    fmt::print(stderr,
               "voltaic decode: expected either --profile, or --dbc or --j1939, or --canopen\n");
    return exit_code::usage;
  }
  if (!given.eds.empty() && !given.is_canopen) {
    fmt::print(stderr, "voltaic decode: --eds goes with --canopen\n");
    return exit_code::usage;
  }
  const auto report = load_report(given);
  if (!report) return exit_code::findings;
  auto log = log_file::open(given.log);
  if (!log) {
    fmt::print(stderr, "voltaic decode: {}\n", log.error().text);
    return exit_code::findings;
  }
  output out;
  line_count seen;
  messages::can::log_entry entry;
  bool written = true;
  while (written) {
    if (out.is_full() || log->needs_input()) written = out.flush();
    const auto met = log->next(entry);
    if (met == log_file::outcome::end) break;
    if (met == log_file::outcome::bad && log->counts().bad <= shown_bad_lines_max)
      fmt::print(stderr, "{}\n", log->complaint());
    if (met != log_file::outcome::frame) continue;
    const auto made = report->read(entry, given.style, out.text());
    seen.printed += made.printed;
    seen.unreadable += made.unreadable;
    seen.refused += made.refused;
  }
  if (!written || !out.flush()) {
    fmt::print(stderr, "voltaic decode: the output cannot be written\n");
    return exit_code::fault;
  }
  print_summary(*log, seen);
  for (const auto& said : report->complaints()) fmt::print(stderr, "voltaic decode: {}\n", said);
  return log->counts().bad > 0 || seen.printed == 0 ? exit_code::findings : exit_code::done;
}

} // namespace

action declare_decode(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("--profile", given->profile, "Profile of the CAN device").type_name("FILE");
  app.add_option("--dbc", given->dbc.file, "DBC file of the bus, instead of a profile")
      .type_name("FILE");
  app.add_flag("--canopen", given->is_canopen,
               "By the services of CANopen, instead of a profile; an SDO transfer is one line");
  app.add_option("--eds", given->eds,
                 "EDS or DCF file of a device, which names what is in its PDOs")
      .type_name("FILE");
  declare_strictness(app, given->dbc);
  auto j1939 = app.add_flag("--j1939", given->as_j1939,
                            "Messages of J1939, transported ones too, with address claims and "
                            "aborts; by the DBC file or what is public of batteries");
  app.add_option("--log", given->log,
                 "Log of its bus, - for standard input: candump, GVRET CSV, Vector ASC, PEAK TRC "
                 "or python-can, told by its content")
      .type_name("FILE");
  app.add_flag("--list", given->lists,
               "Instead of a log: the messages of the DBC file with their signals");
  app.add_flag("--json", given->style.as_json, "One JSON object a line");
  app.add_flag("--all", given->style.all, "Also the frames for which there is no message")
      .excludes(j1939);
  app.add_option("--id-offset", given->id_offset,
                 "Added to the profile's identifiers, as id_offset of the site file")
      .type_name("NUMBER");
  return [given] { return decode(*given); };
}

} // namespace voltaic::nodes::cli
