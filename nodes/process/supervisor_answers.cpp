// What the supervisor answers on its control socket.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bus/can/clock.hpp"
#include "messages/event_codes.hpp"
#include "messages/roles.hpp"
#include "nodes/process/profile_store.hpp"
#include "nodes/process/supervisor.hpp"
#include "nodes/process/user_identity.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::process {

namespace {

namespace codes = messages::event_codes;
using nlohmann::json;

// A change is told to be done when everything runs again, or after this.
constexpr std::int64_t apply_us_max = 20'000'000;

json to_json(const process_view& view) {
  return {
      {"name", view.name},
      {"pid", view.pid},
      {"state", to_string(view.state)},
      {"restarts", view.restarts},
      {"uptime_s", static_cast<std::int64_t>(view.uptime_s)},
      {"cpu_percent", static_cast<double>(static_cast<std::int64_t>(view.cpu_percent * 10)) / 10},
      {"rss_kb", view.rss_kb},
      {"last_exit", view.last_exit ? json(*view.last_exit) : json()}};
}

// "start node rack_2: new in the site file"
std::vector<std::string> changes_text(const json& changes) {
  std::vector<std::string> texts;
  for (const auto& one : changes)
    texts.push_back(fmt::format("{} {} {}: {}", one.value("change", ""), one.value("part", ""),
                                one.value("name", ""), one.value("reason", "")));
  return texts;
}

// All racks that a change needs open and that are not known to be, in words; empty: none.
std::string not_open(const std::vector<std::string>& touched, const json& open) {
  std::vector<std::string> barring;
  for (const auto& rack : touched)
    if (std::find(open.begin(), open.end(), json(rack)) == open.end()) barring.push_back(rack);
  if (barring.empty()) return {};
  if (barring.size() == 1)
    return barring.front() + " is closed or its contactors are unknown; open it first";
  return fmt::format("{} are closed or their contactors are unknown; open them first",
                     fmt::join(barring, ", "));
}

// What a stranger wrote may be anything.
std::string text_of(const json& asked, const char* key) {
  const auto found = asked.value(key, json());
  return found.is_string() ? found.get<std::string>() : std::string();
}

/// Why profiles of older versions are not taken: nobody who may accepts them, with a reason.
std::string not_accepted(const json& asked, const messages::findings& older) {
  if (asked.value("accept_older", json()) != true) return site::to_string(older.front());
  if (const auto role = text_of(asked, "role");
      !messages::may(role, messages::deed::loosen_protection))
    return messages::refusal_of(role, messages::deed::loosen_protection);
  if (text_of(asked, "reason").empty()) return "who accepts an older version states a reason";
  return {};
}

} // namespace

void supervisor::answer(bus::control::control_server::client_id from, std::string_view line) {
  const auto request = json::parse(line, nullptr, false);
  const auto what = request.is_object() ? request.value("do", json()) : json();
  if (what == "status") return control_->reply(from, status(bus::can::monotonic_now_us()));
  if (what != "apply") return control_->reply(from, json({{"refused", "unknown request"}}).dump());
  bool wait = false;
  auto answer = apply(as_asked_by(from, request), wait);
  // Who looks for himself is answered at once; until everything runs again, the
  // next change waits for that in any case.
  const bool at_once = !wait || request.value("wait", json()) == false;
  if (at_once) control_->reply(from, answer);
  if (!wait) return;
  pending_ = pending_apply{{}, std::move(answer), bus::can::monotonic_now_us() + apply_us_max};
  if (!at_once) pending_->from = from;
}

// Of another user the kernel says who he is, and the system's tables his role.
json supervisor::as_asked_by(bus::control::control_server::client_id from, json request) const {
  const auto who = control_->caller_of(from);
  if (!who || who->user == ::geteuid()) return request;
  request["user"] = name_of_user(who->user);
  request["role"] = role_of_user(plan_.roles, who->user, who->group);
  request["is_foreign"] = true;
  return request;
}

std::string supervisor::status(std::int64_t now_us) {
  json nodes = json::array();
  json others = json::array();
  for (const auto& view : processes_.view(now_us)) {
    const bool is_node = view.role != process_role::bus && view.role != process_role::simulator;
    (is_node ? nodes : others).push_back(to_json(view));
  }
  if (!options_.nodes) {
    process_view own;
    own.pid = ::getpid();
    own.state = node_state_;
    own.uptime_s = static_cast<double>(now_us - started_us_) / 1e6;
    if (const auto figures = read_figures(own.pid)) {
      own.rss_kb = figures->rss_kb;
      if (own_cpu_us_ != 0 && now_us > own_cpu_us_)
        own_cpu_percent_ =
            (figures->cpu_seconds - own_cpu_s_) * 1e8 / static_cast<double>(now_us - own_cpu_us_);
      own_cpu_s_ = figures->cpu_seconds;
      own_cpu_us_ = now_us;
    }
    own.cpu_percent = own_cpu_percent_;
    for (const auto& node : plan_.nodes) {
      own.name = node.name;
      nodes.push_back(to_json(own));
    }
  }
  return json({{"site", plan_.name},
               {"file", plan_.file},
               {"holder", options_.command},
               {"ready", ready_.load()},
               {"relay", plan_.relay_address()},
               {"state", plan_.folders.state},
               {"roles", plan_.roles},
               {"nodes", std::move(nodes)},
               {"processes", std::move(others)}})
      .dump();
}

std::string supervisor::apply(const json& asked, bool& wait) {
  const auto refuse = [&](const std::string& why) {
    tell_apply(asked, "refused", why, {});
    return json({{"refused", why}}).dump();
  };
  if (const auto role = text_of(asked, "role");
      asked.contains("is_foreign") && !messages::may(role, messages::deed::change_site))
    return refuse(messages::refusal_of(role, messages::deed::change_site));
  if (!options_.nodes)
    return refuse("voltaic run holds every node in one process; apply needs voltaic up");
  if (stop_requested_ || !ready_) return refuse("the site is starting or stopping");
  if (pending_) return refuse("another change is being applied");
  const auto text = site::read_bounded(plan_.file);
  if (!text) return refuse(fmt::format("{} {}", plan_.file, text.error().text));
  site::site_files files;
  auto loaded = site::load_text(*text, plan_.file, files);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) {
    json lines = json::array();
    for (const auto& finding : *found) lines.push_back(site::to_string(finding));
    tell_distrusted(*found);
    tell_apply(asked, "refused", "the site file has findings", {});
    return json({{"findings", std::move(lines)}}).dump();
  }
  auto& wanted = std::get<site::plan>(loaded);
  auto what = compare(plan_, wanted, simulated());
  start_failed(what, wanted, processes_.failed());
  for (const auto& why : what.impossible) return refuse(why + "; stop the site first");
  const auto open = asked.value("open", json::array());
  if (const auto barring = not_open(what.racks_touched, open); !barring.empty())
    return refuse(barring);
  const site::contents contents{*text, files.used()};
  if (const auto older = older_than_kept(wanted, contents); !older.empty())
    if (const auto barring = not_accepted(asked, older); !barring.empty()) return refuse(barring);
  if (const auto written = write_applied(contents); !written) return refuse(written.error().text);
  auto warnings = keep_files(
      wanted, contents, {text_of(asked, "user"), text_of(asked, "role"), text_of(asked, "reason")});
  wait = !what.changes.empty();
  auto changes = carry_out(what.changes, wanted);
  plan_ = std::move(wanted);
  if (!changes.empty()) tell_apply(asked, "done", {}, changes_text(changes));
  return json({{"changes", std::move(changes)}, {"warnings", std::move(warnings)}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

nlohmann::json supervisor::carry_out(const std::vector<change>& changes, const site::plan& wanted) {
  json told = json::array();
  // Another scenario begins now; the same one goes on.
  if (plan_.simulator.scenario_hash != wanted.simulator.scenario_hash)
    scenario_start_us_ = bus::can::monotonic_now_us();
  for (const auto& one : changes) {
    told.push_back({{"change", to_string(one.kind)},
                    {"part", to_string(one.part)},
                    {"name", one.name},
                    {"reason", one.reason}});
    if (one.kind == change_kind::stop)
      processes_.remove(process_name(one.part, one.name));
    else if (one.kind == change_kind::restart)
      processes_.replace(spec_of(wanted, one.part, one.name));
    else
      processes_.add(spec_of(wanted, one.part, one.name));
  }
  if (plan_.supervision == wanted.supervision) return told;
  for (const auto& bus : wanted.buses) processes_.set_bounds(bus_spec(wanted, bus.name));
  for (const auto& rack : wanted.racks) processes_.set_bounds(simulator_spec(wanted, rack.name));
  for (const auto& node : wanted.nodes) processes_.set_bounds(node_spec(wanted, node));
  told.push_back({{"change", "set"},
                  {"part", "site"},
                  {"name", "supervision"},
                  {"reason", "its bounds changed"}});
  return told;
}

void supervisor::tell_apply(const json& asked, std::string state, std::string reason,
                            std::vector<std::string> changes) {
  auto event = system_event(codes::site_apply, plan_.name, std::move(reason));
  event.state = std::move(state);
  event.reasons = std::move(changes);
  event.user = text_of(asked, "user");
  event.role = text_of(asked, "role");
  events_->record(std::move(event));
}

} // namespace voltaic::nodes::process
