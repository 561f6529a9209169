#include "nodes/process/supervisor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::process {

namespace {

using nlohmann::json;

// A change is told to be done when everything runs again, or after this.
constexpr std::int64_t apply_us_max = 20'000'000;

std::int64_t steady_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string process_name(part_kind part, const std::string& name) {
  return part == part_kind::node ? name : fmt::format("{} {}", to_string(part), name);
}

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

} // namespace

supervisor::supervisor(site::plan plan, supervisor_options options)
    : plan_(std::move(plan)), options_(std::move(options)), processes_(options_.log) {}

supervisor::~supervisor() {
  if (wake_file_ >= 0) ::close(wake_file_);
}

messages::expected<std::unique_ptr<supervisor>> supervisor::make(site::plan plan,
                                                                 const std::string& text,
                                                                 supervisor_options options) {
  std::unique_ptr<supervisor> made(new supervisor(std::move(plan), std::move(options)));
  const auto& folders = made->plan_.folders;
  if (const auto created = site::create(folders); !created) return created.error();
  auto lock = site_lock::take(folders.runtime, made->options_.command);
  if (!lock) return lock.error();
  made->lock_ = *std::move(lock);
  if (!made->write_applied(text))
    return messages::failure{fmt::format("{}: cannot be written", made->applied_path())};
  auto control = bus::control::control_server::listen(made->plan_.control_path());
  if (!control) return control.error();
  made->control_ = *std::move(control);
  made->wake_file_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made->wake_file_ < 0) return messages::failure{"no eventfd"};
  return made;
}

// By rename: a node that starts meanwhile reads the old text or the new one.
bool supervisor::write_applied(const std::string& text) const {
  const auto fresh = applied_path() + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written && ::rename(fresh.c_str(), applied_path().c_str()) == 0;
}

process_spec supervisor::node_spec(const site::plan& plan, const site::node& node) const {
  process_spec spec;
  spec.name = node.name;
  spec.role = node.kind == site::node_kind::relay  ? process_role::relay
              : node.kind == site::node_kind::site ? process_role::site
                                                   : process_role::node;
  spec.arguments = {options_.program, "node", plan.file, node.name};
  if (spec.role == process_role::relay && !options_.record.empty()) {
    spec.arguments.insert(spec.arguments.end(), {"--record", options_.record});
  }
  spec.environment = {fmt::format("{}={}", site::applied_variable, applied_path())};
  spec.log_path = fmt::format("{}/{}.log", plan.folders.log, node.name);
  spec.progress_path = plan.progress_path(node.name);
  const auto& bounds = plan.supervision;
  spec.wedge_ms = node.safety ? bounds.wedge_safety_ms : bounds.wedge_other_ms;
  spec.start_timeout_ms = bounds.start_timeout_ms;
  spec.restarts_max = bounds.restarts_max;
  spec.restarts_window_ms = bounds.restarts_window_ms;
  return spec;
}

process_spec supervisor::bus_spec(const site::plan& plan, const std::string& name) const {
  auto spec = node_spec(plan, {});
  spec.name = process_name(part_kind::bus, name);
  spec.role = process_role::bus;
  spec.arguments = {options_.program, "bus", plan.file, name};
  spec.log_path = fmt::format("{}/bus_{}.log", plan.folders.log, name);
  spec.progress_path.clear();
  return spec;
}

process_spec supervisor::simulator_spec(const site::plan& plan, const std::string& rack) const {
  auto spec = node_spec(plan, {});
  spec.name = process_name(part_kind::simulator, rack);
  spec.role = process_role::simulator;
  spec.arguments = {options_.program, "sim", plan.file, "--rack", rack};
  spec.log_path = fmt::format("{}/sim_{}.log", plan.folders.log, rack);
  spec.progress_path.clear();
  return spec;
}

process_spec supervisor::spec_of(const site::plan& plan, part_kind part,
                                 const std::string& name) const {
  switch (part) {
    case part_kind::bus:
      return bus_spec(plan, name);
    case part_kind::simulator:
      return simulator_spec(plan, name);
    case part_kind::node:
      break;
  }
  return node_spec(plan, *plan.find_node(name));
}

void supervisor::add_processes() {
  if (simulated()) {
    for (const auto& bus : plan_.buses)
      if (bus.kind == site::bus_kind::virtual_bus) processes_.add(bus_spec(plan_, bus.name));
    for (const auto& rack : plan_.racks) processes_.add(simulator_spec(plan_, rack.name));
  }
  if (options_.nodes)
    for (const auto& node : plan_.nodes) processes_.add(node_spec(plan_, node));
}

void supervisor::request_stop() {
  stop_requested_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_file_, &one, sizeof(one));
}

void supervisor::run(std::optional<std::int64_t> for_us) {
  started_us_ = steady_us();
  add_processes();
  std::optional<std::int64_t> end_us;
  bool stopping = false;
  while (!stopping || !processes_.all_stopped()) {
    const auto now_us = steady_us();
    processes_.step(now_us);
    failed_ = processes_.any_failed();
    if (!ready_ && processes_.settled()) {
      ready_ = true;
      if (for_us) end_us = now_us + *for_us;
      start_status_lines();
    }
    if (!stopping && (stop_requested_ || (end_us && now_us >= *end_us))) {
      stopping = true;
      if (status_lines_ != nullptr) status_lines_->signal(SIGTERM);
      processes_.stop_all(now_us);
      continue;
    }
    turn(now_us);
  }
  status_lines_.reset();
}

void supervisor::turn(std::int64_t now_us) {
  if (pending_ &&
      ((processes_.quiet() && processes_.settled()) || now_us > pending_->deadline_us)) {
    control_->reply(pending_->from, pending_->answer);
    pending_.reset();
  }
  if (status_lines_ != nullptr && status_lines_->reap()) status_lines_.reset();
  std::vector<pollfd> polled{{wake_file_, POLLIN, 0}};
  processes_.add_to(polled);
  control_->add_to(polled);
  constexpr int look_period_ms = static_cast<int>(look_period_us / 1000);
  ::poll(polled.data(), static_cast<nfds_t>(polled.size()), look_period_ms);
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto count = ::read(wake_file_, &ignored, sizeof(ignored));
  control_->serve(polled, [this](bus::control::control_server::client_id from,
                                 std::string_view line) { answer(from, line); });
}

void supervisor::start_status_lines() {
  if (!options_.status_lines) return;
  auto child =
      child_process::start({{options_.program, "status", "--site", plan_.file, "--watch"}, "", {}});
  if (child) status_lines_ = *std::move(child);
}

void supervisor::answer(bus::control::control_server::client_id from, std::string_view line) {
  const auto request = json::parse(line, nullptr, false);
  const auto what = request.is_object() ? request.value("do", json()) : json();
  if (what == "status") return control_->reply(from, status(steady_us()));
  if (what != "apply") return control_->reply(from, json({{"refused", "unknown request"}}).dump());
  bool wait = false;
  auto answer = apply(line, wait);
  if (wait)
    pending_ = pending_apply{from, std::move(answer), steady_us() + apply_us_max};
  else
    control_->reply(from, answer);
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

std::string supervisor::apply(std::string_view request, bool& wait) {
  const auto refuse = [](const std::string& why) { return json({{"refused", why}}).dump(); };
  const auto asked = json::parse(request, nullptr, false);
  if (!options_.nodes)
    return refuse("voltaic run holds every node in one process; apply needs voltaic up");
  if (stop_requested_ || !ready_) return refuse("the site is starting or stopping");
  if (pending_) return refuse("another change is being applied");
  const auto text = site::read_bounded(plan_.file);
  if (!text) return refuse(fmt::format("{} {}", plan_.file, text.error().text));
  auto loaded = site::load_text(*text, plan_.file);
  if (const auto* found = std::get_if<messages::findings>(&loaded)) {
    json lines = json::array();
    for (const auto& finding : *found) lines.push_back(site::to_string(finding));
    return json({{"findings", std::move(lines)}}).dump();
  }
  auto& wanted = std::get<site::plan>(loaded);
  const auto what = compare(plan_, wanted, simulated());
  for (const auto& why : what.impossible) return refuse(why + "; stop the site first");
  const auto open = asked.value("open", json::array());
  for (const auto& rack : what.racks_touched)
    if (std::find(open.begin(), open.end(), json(rack)) == open.end())
      return refuse(fmt::format("{} is closed or its contactors are unknown; open it first", rack));
  if (!write_applied(*text)) return refuse(applied_path() + ": cannot be written");
  json changes = json::array();
  for (const auto& one : what.changes) {
    changes.push_back({{"change", to_string(one.kind)},
                       {"part", to_string(one.part)},
                       {"name", one.name},
                       {"reason", one.reason}});
    if (one.kind == change_kind::stop)
      processes_.remove(process_name(one.part, one.name));
    else if (one.kind == change_kind::restart)
      processes_.replace(spec_of(wanted, one.part, one.name));
    else
      processes_.add(spec_of(wanted, one.part, one.name));
    options_.log(fmt::format("apply: {} {} {}: {}", to_string(one.kind), to_string(one.part),
                             one.name, one.reason));
  }
  wait = !what.changes.empty();
  plan_ = std::move(wanted);
  return json({{"changes", std::move(changes)}}).dump();
}

} // namespace voltaic::nodes::process
