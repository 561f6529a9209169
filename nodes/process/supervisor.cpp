#include "nodes/process/supervisor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "bus/can/clock.hpp"
#include "messages/event_codes.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::nodes::process {

namespace codes = messages::event_codes;

supervisor::supervisor(site::plan plan, supervisor_options options)
    : plan_(std::move(plan)),
      options_(std::move(options)),
      scenario_start_us_(bus::can::monotonic_now_us()),
      processes_([this](auto event) { events_->record(std::move(event)); }) {}

supervisor::~supervisor() {
  if (wake_file_ >= 0) ::close(wake_file_);
}

messages::expected<std::unique_ptr<supervisor>> supervisor::make(site_start start,
                                                                 supervisor_options options) {
  const auto contents = std::move(start.contents);
  std::unique_ptr<supervisor> made(new supervisor(start.plan, std::move(options)));
  const auto& folders = made->plan_.folders;
  if (const auto created = site::create(folders); !created) return created.error();
  auto lock = site_lock::take(folders.runtime, made->options_.command);
  if (!lock) return lock.error();
  made->lock_ = *std::move(lock);
  made->events_ = std::make_unique<site_events>(made->plan_, made->options_.log);
  made->tell_rejected(start);
  made->keep_files(made->plan_, contents, {});
  if (const auto written = made->write_applied(contents); !written) return written.error();
  auto control = bus::control::control_server::listen(
      made->plan_.control_path(),
      folders.group.empty() ? bus::control::access::owner : bus::control::access::group);
  if (!control) return control.error();
  made->control_ = *std::move(control);
  made->wake_file_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made->wake_file_ < 0) return messages::failure{"no eventfd"};
  return made;
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
  spec.arguments = {options_.program, "sim", plan.file};
  if (rack == equipment_name)
    spec.arguments.insert(spec.arguments.end(), {"--equipment"});
  else
    spec.arguments.insert(spec.arguments.end(), {"--rack", rack});
  // One time for all of them, and for those that start again.
  if (!plan.simulator.scenario.empty())
    spec.arguments.insert(spec.arguments.end(),
                          {"--scenario-start", fmt::to_string(scenario_start_us_)});
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
    for (const auto& rack : simulated_racks(plan_))
      processes_.add(simulator_spec(plan_, rack.name));
    if (plan_.has_simulated_equipment())
      processes_.add(simulator_spec(plan_, std::string(equipment_name)));
  }
  if (options_.nodes)
    for (const auto& node : plan_.nodes) processes_.add(node_spec(plan_, node));
}

void supervisor::request_stop(int signal) {
  stop_signal_ = signal;
  stop_requested_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_file_, &one, sizeof(one));
}

void supervisor::run(std::optional<std::int64_t> for_us) {
  started_us_ = bus::can::monotonic_now_us();
  tell_start();
  add_processes();
  std::optional<std::int64_t> end_us;
  bool stopping = false;
  while (!stopping || !processes_.all_stopped()) {
    const auto now_us = bus::can::monotonic_now_us();
    processes_.step(now_us);
    failed_ = processes_.any_failed();
    if (!ready_ && processes_.settled()) {
      ready_ = true;
      if (for_us) end_us = now_us + *for_us;
      show_site();
    }
    tell_ready();
    if (!stopping && (stop_requested_ || (end_us && now_us >= *end_us))) {
      stopping = true;
      tell_stop();
      if (display_ != nullptr) display_->signal(SIGTERM);
      processes_.stop_all(now_us);
      continue;
    }
    turn(now_us);
  }
  end_display(false);
  remove_traces();
  events_->record(system_event(codes::site_stopped, plan_.name, {}));
}

// What only a running site needs; lock and logs stay.
void supervisor::remove_traces() const {
  std::error_code ignored;
  std::filesystem::remove_all(plan_.folders.runtime + "/progress", ignored);
  std::filesystem::remove(applied_path(), ignored);
}

void supervisor::tell_start() {
  auto event = system_event(codes::site_start, plan_.name,
                            fmt::format("{} with {} nodes", options_.command, plan_.nodes.size()));
  event.pid = ::getpid();
  event.user = options_.user;
  event.role = options_.role;
  events_->record(std::move(event));
}

// In `voltaic run` the nodes follow when everything that they need is ready.
void supervisor::tell_ready() {
  if (ready_told_ || !ready_ || (!options_.nodes && node_state_ != process_state::running)) return;
  ready_told_ = true;
  events_->record(system_event(codes::site_ready, plan_.name, {}));
}

void supervisor::tell_stop() {
  std::string why = "its time is over";
  if (const int signal = stop_signal_; signal != 0)
    why = fmt::format("signal {} ({})", signal, ::strsignal(signal));
  else if (stop_requested_)
    why = "it was asked to";
  events_->record(system_event(codes::site_stop, plan_.name, std::move(why)));
}

void supervisor::turn(std::int64_t now_us) {
  if (pending_ &&
      ((processes_.quiet() && processes_.settled()) || now_us > pending_->deadline_us)) {
    if (pending_->from) control_->reply(*pending_->from, pending_->answer);
    pending_.reset();
  }
  look_after_display();
  lock_->tell_held(now_us);
  events_->tend();
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

void supervisor::show_site() {
  if (!options_.status_lines && !options_.view) return;
  child_options how;
  if (options_.view)
    how.arguments = {options_.program, "top", plan_.file, "--stops-site"};
  else
    how.arguments = {options_.program, "status", "--site", plan_.file, "--watch"};
  how.on_terminal = options_.view;
  if (options_.view && options_.on_view) options_.on_view(view_change::shown);
  auto child = child_process::start(how);
  if (child)
    display_ = *std::move(child);
  else if (options_.view && options_.on_view)
    options_.on_view(view_change::left);
}

// Nothing hangs on the view: where it cannot be shown or has died, lines take its place.
void supervisor::look_after_display() {
  if (display_ == nullptr) return;
  const auto ended = display_->reap();
  if (!ended) return;
  const bool was_view = options_.view;
  end_display(!ended->by_signal);
  if (!was_view || stop_requested_) return;
  if (*ended == exit_status{}) return request_stop();
  options_.view = false;
  options_.status_lines = true;
  show_site();
}

void supervisor::end_display(bool in_order) {
  if (display_ == nullptr) return;
  display_.reset();
  if (options_.view && options_.on_view)
    options_.on_view(in_order ? view_change::left : view_change::lost);
}

} // namespace voltaic::nodes::process
