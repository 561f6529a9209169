#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "messages/nearest_word.hpp"
#include "nodes/cli/site_view.hpp"
#include "nodes/cli/subcommands.hpp"
#include "nodes/cli/why_rack.hpp"

namespace voltaic::nodes::cli {

namespace {

constexpr std::chrono::seconds collect_timeout{5};
/// What binds is told as of this long after it was last said before the question: what racks said
/// until the question has reached the link by then.
constexpr std::int64_t news_us = 600'000;
constexpr std::chrono::milliseconds news_poll{50};
constexpr int news_polls_max = 40;

struct options {
  std::string subject; ///< an inverter or a rack
  std::string file;
  bool as_json = false;
};

/// A limit of current that an inverter is told, and the point that names what it comes from.
struct limit {
  const char* name;
  const char* value;
  const char* bounds;
};
constexpr std::array limits = {
    limit{"charge_current_limit", "told_charge_current_limit", "charge_bounds"},
    limit{"discharge_current_limit", "told_discharge_current_limit", "discharge_bounds"}};

/// The point's text or number; nothing where nobody says it now.
std::optional<std::string> text_of(const site_view& view, const std::string& name) {
  const auto found = view.points.find(name);
  if (!found || found->quality != messages::quality::good) return std::nullopt;
  return found->text;
}

std::optional<double> number_of(const site_view& view, const std::string& name) {
  const auto found = view.points.find(name);
  if (!found || found->quality != messages::quality::good || found->numbers.empty())
    return std::nullopt;
  return found->numbers.front();
}

std::string take_until(std::string& text, std::string_view mark) {
  const auto end = text.find(mark);
  auto part = text.substr(0, end);
  text.erase(0, end == std::string::npos ? end : end + mark.size());
  return part;
}

// "bms 210.0 A rack_1 its rating; inverter 250.0 A its rating", the one that binds first.
nlohmann::ordered_json bounds_of(std::string text) {
  auto all = nlohmann::ordered_json::array();
  while (!text.empty()) {
    auto one = take_until(text, "; ");
    nlohmann::ordered_json bound;
    bound["cause"] = take_until(one, " ");
    bound["value"] = std::strtod(take_until(one, " ").c_str(), nullptr);
    bound["unit"] = take_until(one, " ");
    bound["detail"] = one;
    all.push_back(std::move(bound));
  }
  return all;
}

nlohmann::ordered_json explain(const site_view& view, const std::string& inverter) {
  const auto of = [&](const char* name) { return inverter + "/" + name; };
  const auto or_null = [](const auto& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  nlohmann::ordered_json told;
  told["inverter"] = inverter;
  told["bms_communication"] = or_null(text_of(view, of("bms_communication")));
  told["since_utc_s"] = or_null(number_of(view, of("bms_communication_since")));
  told["heartbeat_age_s"] = or_null(number_of(view, of("heartbeat_age")));
  told["compatibility"] = or_null(text_of(view, of("compatibility")));
  told["charge_voltage_limit_v"] = or_null(number_of(view, of("told_charge_voltage_limit")));
  told["discharge_voltage_limit_v"] = or_null(number_of(view, of("told_discharge_voltage_limit")));
  told["limits"] = nlohmann::ordered_json::array();
  for (const auto& each : limits) {
    auto bounds = bounds_of(text_of(view, of(each.bounds)).value_or(""));
    nlohmann::ordered_json one;
    one["limit"] = each.name;
    one["value"] = or_null(number_of(view, of(each.value)));
    one["unit"] = "A";
    one["bound_by"] = bounds.empty() ? nlohmann::ordered_json() : bounds.front()["cause"];
    one["bounds"] = std::move(bounds);
    told["limits"].push_back(std::move(one));
  }
  return told;
}

void print(const nlohmann::ordered_json& told) {
  const auto& state = told["bms_communication"];
  fmt::print("{}  {}\n", told["inverter"].get<std::string>(),
             state.is_null() ? "its link is not heard" : state.get<std::string>());
  for (const auto& each : told["limits"]) {
    const auto& value = each["value"];
    fmt::print("  {:<24} {:>8}\n", each["limit"].get<std::string>(),
               value.is_null() ? "-" : fmt::format("{:.1f} A", value.get<double>()));
    const char* word = "binds";
    for (const auto& bound : each["bounds"]) {
      fmt::print("    {:<6} {:<12} {:>8.1f} A  {}\n", std::exchange(word, ""),
                 bound["cause"].get<std::string>(), bound["value"].get<double>(),
                 bound["detail"].get<std::string>());
    }
  }
}

std::optional<std::int64_t> said_us(const site_view& view, const std::string& point) {
  const auto found = view.points.find(point);
  if (!found || found->quality != messages::quality::good) return std::nullopt;
  return found->source_time.monotonic_us;
}

bool is_inverter(const site_view& view, const std::string& name) {
  return !view.points.select({name + "/bms_communication"}).empty();
}

bool is_rack(const site_view& view, const std::string& name) {
  return !view.points.select({name + "/contactor"}).empty();
}

/// `, did you mean rack_0?`, of the racks and inverters that the site has.
std::string meant(const site_view& view, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& each : view.points.select({"*/contactor", "*/bms_communication"}))
    names.push_back(each.description.name.substr(0, each.description.name.find('/')));
  const auto near =
      messages::nearest_word(name, std::vector<std::string_view>(names.begin(), names.end()));
  return near.empty() ? std::string() : fmt::format(", did you mean {}?", near);
}

/// Nobody is told what bound before he asked, right behind a command for instance.
messages::expected<site_view> collect_news(site_connection& from, const running_site& site,
                                           const std::string& subject) {
  auto view = from.collect(site, collect_timeout);
  if (!view) return view;
  const auto point =
      is_inverter(*view, subject) ? subject + "/" + limits.front().bounds : news_point(subject);
  const auto before_us = said_us(*view, point);
  for (int poll = 0; before_us && poll < news_polls_max; ++poll) {
    const auto now_us = said_us(*view, point);
    if (!now_us || *now_us - *before_us >= news_us) break;
    std::this_thread::sleep_for(news_poll);
    view = from.collect(site, collect_timeout);
    if (!view) break;
  }
  return view;
}

exit_code show(const options& given) {
  const auto found = find_running_site(given.file);
  if (const auto* code = std::get_if<exit_code>(&found)) return *code;
  const auto& site = std::get<running_site>(found);
  auto connection = site_connection::open(site);
  const auto view = connection ? collect_news(**connection, site, given.subject)
                               : messages::expected<site_view>(connection.error());
  if (!view) {
    fmt::print(stderr, "voltaic why: {}\n", view.error().text);
    return exit_code::no_site;
  }
  const bool of_inverter = is_inverter(*view, given.subject);
  if (!of_inverter && !is_rack(*view, given.subject)) {
    fmt::print(stderr,
               "voltaic why: the site has no rack {}, nor an inverter of that name that is told "
               "about its battery{}\n",
               given.subject, meant(*view, given.subject));
    return exit_code::findings;
  }
  const auto told = of_inverter ? explain(*view, given.subject)
                                : explain_rack(*view, given.subject,
                                               ask_closing(**connection, *view, given.subject));
  if (given.as_json)
    fmt::print("{}\n", told.dump());
  else if (of_inverter)
    print(told);
  else
    print_rack(told);
  return exit_code::done;
}

} // namespace

action declare_why(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("NAME", given->subject,
                 "An inverter or a rack, whose limits are explained; of a rack also what bars its "
                 "closing")
      .type_name("NAME")
      .required();
  declare_site_option(app, given->file);
  app.add_flag("--json", given->as_json, "One JSON object");
  return [given] { return show(*given); };
}

} // namespace voltaic::nodes::cli
