#include "nodes/cli/why_rack.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "actors/runtime/bounce.hpp"
#include "messages/confirm_close.hpp"
#include "nodes/cli/rack_bounds.hpp"

namespace voltaic::nodes::cli {

namespace {

using nlohmann::ordered_json;

constexpr std::chrono::seconds answer_bound{2};
constexpr const char* none = "none"; ///< as the contactor says that nothing bars it

/// A limit and, of a current, what holds it down.
struct limit {
  const char* name;
  const char* unit;
  std::vector<std::string> messages::limits::*reasons;
};
constexpr std::array shown_limits = {
    limit{"charge_current_limit", "A", &messages::limits::charge_reasons},
    limit{"discharge_current_limit", "A", &messages::limits::discharge_reasons},
    limit{"charge_voltage_limit", "V", nullptr},
    limit{"discharge_voltage_limit", "V", nullptr},
    limit{"charge_power_limit", "W", nullptr},
    limit{"discharge_power_limit", "W", nullptr}};

std::optional<messages::points::point_state> good_point(const site_view& view,
                                                        const std::string& name) {
  auto found = view.points.find(name);
  if (!found || found->quality != messages::quality::good) return std::nullopt;
  return *std::move(found);
}

ordered_json text_of(const site_view& view, const std::string& name) {
  const auto found = good_point(view, name);
  return found ? ordered_json(found->text) : ordered_json();
}

std::vector<std::string> parts_of(std::string text) {
  std::vector<std::string> parts;
  constexpr std::string_view separator = "; ";
  for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.erase(0, end + separator.size());
  }
  if (!text.empty()) parts.push_back(std::move(text));
  return parts;
}

/// How the rack's device is doing, where it is a node of CANopen; else null.
ordered_json canopen_of(const site_view& view, const std::string& rack) {
  for (const auto& each : view.points.select({rack + "/*"})) {
    const auto state = good_point(view, each.owner + "/canopen_state");
    if (!state) continue;
    return {{"device", each.owner},
            {"state", state->text},
            {"error", text_of(view, each.owner + "/canopen_error")},
            {"emergencies", text_of(view, each.owner + "/canopen_emergencies")}};
  }
  return {};
}

/// The same of one that speaks J1939.
ordered_json j1939_of(const site_view& view, const std::string& rack) {
  for (const auto& each : view.points.select({rack + "/*"})) {
    const auto state = good_point(view, each.owner + "/j1939_state");
    if (!state) continue;
    return {{"device", each.owner},
            {"state", state->text},
            {"name", text_of(view, each.owner + "/j1939_name")},
            {"own_address", text_of(view, each.owner + "/j1939_own_address")},
            {"faults", text_of(view, each.owner + "/j1939_faults")},
            {"no_values", text_of(view, each.owner + "/j1939_no_values")}};
  }
  return {};
}

// Nothing: nobody says now what binds.
void add_bounds(ordered_json& limit, const std::optional<std::vector<rack_bound>>& known) {
  limit["bound_by"] = known ? ordered_json::array() : ordered_json();
  limit["bounds"] = limit["bound_by"];
  if (!known) return;
  for (const auto& each : *known) {
    limit["bound_by"].push_back(each.cause);
    ordered_json bound = {{"cause", each.cause}, {"detail", each.detail}};
    if (each.setpoint) {
      bound["value"] = each.setpoint->value;
      bound["user"] = each.setpoint->user;
      bound["until"] =
          each.setpoint->until.empty() ? ordered_json() : ordered_json(each.setpoint->until);
    }
    limit["bounds"].push_back(std::move(bound));
  }
}

} // namespace

std::string news_point(const std::string& rack) {
  return rack + "/contactor";
}

closing_bars ask_closing(site_connection& site, const site_view& view, const std::string& rack) {
  closing_bars bars;
  if (const auto said = good_point(view, rack + "/closing_barred_by"))
    bars.of_rack = said->text == none ? std::vector<std::string>() : parts_of(said->text);
  messages::command question;
  question.target = messages::dispatcher_actor;
  question.operation = messages::confirm_close;
  question.point = rack;
  question.key = "why";
  const auto answer = site.client().request(std::move(question), answer_bound);
  const bool is_answered =
      answer.outcome == messages::outcome::done || answer.outcome == messages::outcome::rejected;
  if (is_answered && !actors::runtime::is_from_the_way(site.client().answered_by()))
    bars.of_site = answer.reasons;
  return bars;
}

ordered_json explain_rack(const site_view& view, const std::string& rack,
                          const closing_bars& bars) {
  const auto point = [&](const char* name) { return rack + "/" + name; };
  const auto said = view.limits.find(rack);
  ordered_json told;
  told["rack"] = rack;
  told["contactor"] = text_of(view, point("contactor"));
  told["contactor_lock"] = text_of(view, point("contactor_lock"));
  told["protection_level"] = text_of(view, point("protection_level"));
  if (auto node = canopen_of(view, rack); !node.is_null()) told["canopen"] = std::move(node);
  if (auto node = j1939_of(view, rack); !node.is_null()) told["j1939"] = std::move(node);
  told["limits"] = ordered_json::array();
  for (const auto& each : shown_limits) {
    const auto value = good_point(view, point(each.name));
    const bool has_value = value && !value->numbers.empty();
    ordered_json one;
    one["limit"] = each.name;
    one["value"] = has_value ? ordered_json(value->numbers.front()) : ordered_json();
    one["unit"] = each.unit;
    if (each.reasons != nullptr) {
      // Reasons of limits that nobody says now are none.
      const bool is_said = has_value && said != view.limits.end();
      add_bounds(one, is_said
                          ? std::optional(bounds_of(view.points, rack, said->second.*each.reasons))
                          : std::nullopt);
    }
    told["limits"].push_back(std::move(one));
  }
  auto barred = ordered_json::array();
  for (const auto* all : {&bars.of_rack, &bars.of_site})
    if (*all)
      for (const auto& each : **all) barred.push_back(each);
  told["may_close"] = ordered_json();
  if (!barred.empty())
    told["may_close"] = false;
  else if (bars.of_rack && bars.of_site)
    told["may_close"] = true;
  told["closing_barred_by"] = std::move(barred);
  return told;
}

void print_rack(const ordered_json& told) {
  const auto word = [](const ordered_json& of) {
    return of.is_null() ? std::string("not heard") : of.get<std::string>();
  };
  fmt::print("{}  {}, protection: {}, locks: {}\n", told["rack"].get<std::string>(),
             word(told["contactor"]), word(told["protection_level"]), word(told["contactor_lock"]));
  for (const auto* spoken : {"canopen", "j1939"}) {
    const auto node = told.find(spoken);
    if (node == told.end()) continue;
    fmt::print("  {:<24} {:>10}\n", (*node)["device"].get<std::string>(),
               (*node)["state"].get<std::string>());
    for (const auto& [key, said] : node->items())
      if (key != "device" && key != "state" && said.is_string() && !said.get<std::string>().empty())
        fmt::print("    {}\n", said.get<std::string>());
  }
  for (const auto& each : told["limits"]) {
    const auto& value = each["value"];
    const auto unit = each["unit"].get<std::string>();
    fmt::print("  {:<24} {:>10}\n", each["limit"].get<std::string>(),
               value.is_null() ? "-" : fmt::format("{:.1f} {}", value.get<double>(), unit));
    const auto bounds = each.find("bounds");
    if (bounds == each.end() || value.is_null()) continue;
    if (bounds->empty()) fmt::print("    binds  its rating\n");
    for (const auto& bound : *bounds) {
      const auto detail = bound["detail"].get<std::string>();
      fmt::print("    binds  {}{}\n", bound["cause"].get<std::string>(),
                 detail.empty() ? "" : ": " + detail);
    }
  }
  const auto& may = told["may_close"];
  const auto* closing = may.is_null() ? "not known" : may.get<bool>() ? "not barred" : "barred";
  fmt::print("  {:<24} {:>10}\n", "closing", closing);
  for (const auto& each : told["closing_barred_by"])
    fmt::print("    by     {}\n", each.get<std::string>());
}

} // namespace voltaic::nodes::cli
