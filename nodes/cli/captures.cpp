#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "messages/points/output.hpp"
#include "nodes/cli/capture_file.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

namespace {

using bus::message::stored_capture;
using messages::points::point_state;

struct options {
  std::string name;
  std::vector<std::string> patterns;
  std::string place;  ///< site file or state folder
  std::string folder; ///< in place of those of sites
  bool as_csv = false;
  bool as_json = false;
};

double seconds(std::int64_t duration_us) {
  return static_cast<double>(duration_us) / static_cast<double>(messages::us_per_s);
}

// The sites that run, else what sites left behind.
std::vector<std::string> folders_of(const options& given) {
  if (!given.folder.empty()) return {given.folder};
  std::vector<std::string> folders;
  for (const auto& each : running_sites(given.place))
    folders.push_back(site::captures_in(each.status.value("state", "")));
  if (!folders.empty()) return folders;
  std::error_code error;
  if (std::filesystem::is_directory(given.place, error)) return {site::captures_in(given.place)};
  const auto real_path = given.place.empty()
                             ? given.place
                             : std::filesystem::weakly_canonical(given.place, error).string();
  for (const auto& state : site::kept_state_folders(real_path))
    folders.push_back(site::captures_in(state));
  return folders;
}

std::vector<stored_capture> all_captures(const options& given) {
  std::vector<stored_capture> all;
  for (const auto& folder : folders_of(given)) {
    auto found = bus::message::list_captures(folder);
    std::ranges::move(found, std::back_inserter(all));
  }
  return all;
}

// "rack_0/17", "17", the id of its event, or a file.
bool is_called(const stored_capture& each, const std::string& name) {
  const auto number = std::to_string(each.number);
  return name == number || name == each.rack + "/" + number || name == each.id;
}

std::string fault_words(const messages::message& said) {
  const auto& event = std::get<messages::event>(said.payload);
  return fmt::format("{} {}", event.id, messages::points::event_sentence(event));
}

std::string summary_json(const capture_summary& one) {
  std::vector<std::string> faults;
  for (const auto& fault : one.faults)
    faults.push_back(std::get<messages::event>(fault.payload).id);
  return nlohmann::ordered_json{{"rack", one.file.rack},
                                {"number", one.file.number},
                                {"id", one.file.id},
                                {"utc", messages::points::utc_text(one.fault_utc_us)},
                                {"before_s", seconds(one.before_us)},
                                {"after_s", seconds(one.after_us)},
                                {"faults", faults},
                                {"bytes", one.file.bytes},
                                {"path", one.file.path}}
      .dump();
}

void print_summary(const capture_summary& one) {
  fmt::print("{}/{}  {}  {:.1f} s before, {:.1f} s after  {}\n", one.file.rack, one.file.number,
             messages::points::utc_text(one.fault_utc_us), seconds(one.before_us),
             seconds(one.after_us), one.file.path);
  for (const auto& fault : one.faults) fmt::print("  {}\n", fault_words(fault));
}

exit_code list(const options& given, const std::vector<stored_capture>& all) {
  bool any_unreadable = false;
  for (const auto& each : all) {
    const auto one = summarise(each);
    if (!one) {
      fmt::print(stderr, "voltaic captures: {}\n", one.error().text);
      any_unreadable = true;
    } else if (given.as_json) {
      fmt::print("{}\n", summary_json(*one));
    } else {
      print_summary(*one);
    }
  }
  if (all.empty()) fmt::print(stderr, "voltaic captures: there are none\n");
  return all.empty() || any_unreadable ? exit_code::findings : exit_code::done;
}

bool is_text(const point_state& point) {
  return point.description.raw_type == "text";
}

bool is_known(const point_state& point, std::size_t element) {
  return element < point.element_quality.size() &&
         point.element_quality[element] == messages::quality::good;
}

// Inside of quotes, which are doubled.
std::string quoted(const std::string& text) {
  std::string safe = "\"";
  for (const char letter : text) {
    if (letter == '"') safe += '"';
    safe += letter;
  }
  return safe + "\"";
}

std::string csv_heading(const std::vector<point_state>& points) {
  std::string line = "t_s,utc";
  for (const auto& point : points) {
    const auto& about = point.description;
    for (std::uint32_t each = 0; each < about.count; ++each)
      line += about.count == 1 ? "," + about.name : fmt::format(",{}[{}]", about.name, each);
  }
  return line + ",events";
}

// What is not good has no value: missing is not zero.
std::string csv_line(const capture_row& row) {
  auto line =
      fmt::format("{:.3f},{}", seconds(row.after_fault_us), messages::points::utc_text(row.utc_us));
  for (const auto& point : row.points) {
    for (std::uint32_t each = 0; each < point.description.count; ++each) {
      line += ',';
      if (!is_known(point, each)) continue;
      const auto text = messages::points::value_text(point, each);
      line += is_text(point) ? quoted(text) : text;
    }
  }
  std::vector<std::string> events;
  for (const auto& said : row.events) {
    const auto& event = std::get<messages::event>(said.payload);
    events.push_back(event.kind + " " + messages::points::event_sentence(event));
  }
  return line + "," + (events.empty() ? "" : quoted(fmt::format("{}", fmt::join(events, "; "))));
}

nlohmann::ordered_json value_json(const point_state& point, std::size_t element) {
  if (!is_known(point, element)) return nullptr;
  const auto text = messages::points::value_text(point, element);
  // With the digits that the point resolves; a state is a word.
  auto number = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!number.is_number()) return text;
  return number;
}

std::string json_line(const capture_row& row) {
  nlohmann::ordered_json line = {{"t_s", seconds(row.after_fault_us)},
                                 {"utc", messages::points::utc_text(row.utc_us)}};
  auto& values = line["values"] = nlohmann::ordered_json::object();
  for (const auto& point : row.points) {
    if (point.description.count == 1) {
      values[point.description.name] = value_json(point, 0);
      continue;
    }
    auto& list = values[point.description.name] = nlohmann::ordered_json::array();
    for (std::uint32_t each = 0; each < point.description.count; ++each)
      list.push_back(value_json(point, each));
  }
  auto& events = line["events"] = nlohmann::ordered_json::array();
  for (const auto& said : row.events) events.push_back(fault_words(said));
  return line.dump();
}

exit_code show(const options& given, const stored_capture& chosen) {
  const auto one = summarise(chosen);
  if (!one) {
    fmt::print(stderr, "voltaic captures: {}\n", one.error().text);
    return exit_code::findings;
  }
  bool is_first = true;
  const auto read = read_rows(*one, given.patterns, [&](const capture_row& row) {
    if (given.as_csv) {
      if (std::exchange(is_first, false)) fmt::print("{}\n", csv_heading(row.points));
      fmt::print("{}\n", csv_line(row));
    } else if (given.as_json) {
      fmt::print("{}\n", json_line(row));
    } else {
      if (std::exchange(is_first, false)) print_summary(*one);
      for (const auto& said : row.events)
        fmt::print("{:>9.3f} s  {:<10} {}\n", seconds(row.after_fault_us),
                   std::get<messages::event>(said.payload).kind, fault_words(said));
    }
  });
  if (!read) fmt::print(stderr, "voltaic captures: {}\n", read.error().text);
  return read ? exit_code::done : exit_code::findings;
}

exit_code run(const options& given) {
  if (given.as_csv && given.name.empty()) {
    fmt::print(stderr, "voltaic captures: --csv shows one capture, name it\n");
    return exit_code::usage;
  }
  std::error_code error;
  if (std::filesystem::is_regular_file(given.name, error)) {
    auto chosen = bus::message::capture_at(given.name);
    return show(given, chosen);
  }
  const auto all = all_captures(given);
  if (given.name.empty()) return list(given, all);
  const auto fits = [&](const auto& each) { return is_called(each, given.name); };
  const auto found = std::ranges::find_if(all, fits);
  if (found == all.end()) {
    fmt::print(stderr, "voltaic captures: there is no capture {}\n", given.name);
    return exit_code::findings;
  }
  if (std::ranges::count_if(all, fits) > 1) {
    fmt::print(stderr, "voltaic captures: several are called {}, name its rack or its file:\n",
               given.name);
    for (const auto& each : all)
      if (fits(each)) fmt::print(stderr, "  {}/{}  {}\n", each.rack, each.number, each.path);
    return exit_code::usage;
  }
  return show(given, *found);
}

} // namespace

action declare_captures(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("CAPTURE", given->name,
                 "One of them: rack_0/17, the id of its fault's event, or a file; without it all "
                 "are listed");
  app.add_option("POINT", given->patterns,
                 "Points to show with --csv or --json, as rack_0/cell_voltage*; without any all");
  declare_site_option(app, given->place, "--site",
                      "Site file or state folder, where several sites left captures");
  app.add_option("--in", given->folder, "The folder that voltaic simulate --captures wrote")
      .type_name("FOLDER");
  const auto csv = app.add_flag("--csv", given->as_csv,
                                "A line for each instant, a column for each value; t_s is 0 at the "
                                "fault, what is not known is empty");
  app.add_flag("--json", given->as_json, "One JSON object a line").excludes(csv);
  return [given] { return run(*given); };
}

} // namespace voltaic::nodes::cli
