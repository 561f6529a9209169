#include "nodes/process/process_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "messages/event_codes.hpp"
#include "nodes/process/log_tail.hpp"
#include "nodes/process/process_entry.hpp"
#include "nodes/process/site_events.hpp"

namespace voltaic::nodes::process {

namespace {

namespace codes = messages::event_codes;

// A single process that is replaced or removed gets this long to end by itself.
constexpr std::int64_t single_stop_us = 1'000'000;
// The exit code of a child that could not become its program.
constexpr int exec_failed = 127;
// Beyond this many refusals the pause before the next start grows no longer.
constexpr std::uint32_t refusals_counted_max = 8;
constexpr std::int64_t memory_kills_period_us = 1'000'000;
constexpr const char* memory_kill_reason =
    "it was killed while the kernel ended processes for want of memory; give the machine or its "
    "control group more (MemoryMax=, memory.max), or find who takes it";

std::string last_words(const std::string& log_path) {
  const auto words = last_line(log_path);
  return words.empty() ? "" : "; its last words: " + words;
}

} // namespace

std::uint32_t restarts_of_this_process() {
  const char* text = std::getenv(restarts_variable);
  return text == nullptr ? 0 : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

messages::event process_set::entry::down(const exit_status& status, std::string reason) const {
  auto event = system_event(is_node() ? codes::node_down : codes::process_down, spec.name,
                            std::move(reason));
  event.pid = child == nullptr ? 0 : child->pid();
  if (status.by_signal)
    event.signal = static_cast<std::uint8_t>(status.value);
  else
    event.exit_code = status.value;
  return event;
}

std::string_view to_string(process_state state) {
  switch (state) {
    case process_state::waiting:
      return "waiting";
    case process_state::starting:
      return "starting";
    case process_state::running:
      return "running";
    case process_state::backoff:
      return "backoff";
    case process_state::failed:
      return "failed";
    case process_state::stopping:
      return "stopping";
    case process_state::stopped:
      return "stopped";
  }
  return "stopped";
}

process_set::entry* process_set::find(std::string_view name) {
  for (auto& item : entries_)
    if (item->spec.name == name) return item.get();
  return nullptr;
}

void process_set::add(process_spec spec) {
  if (auto* leaving = find(spec.name); leaving != nullptr) {
    leaving->successor = std::move(spec); // the name is free once it has ended
    return;
  }
  entries_.push_back(std::make_shared<entry>(std::move(spec)));
}

void process_set::remove(std::string_view name) {
  if (auto* item = find(name); item != nullptr) {
    item->forget = true;
    item->successor.reset();
    item->due_us = 0; // step asks it to stop
  }
}

void process_set::replace(process_spec spec) {
  auto* item = find(spec.name);
  if (item == nullptr) return add(std::move(spec));
  item->forget = true;
  item->due_us = 0;
  item->successor = std::move(spec);
}

void process_set::set_bounds(const process_spec& spec) {
  auto* item = find(spec.name);
  if (item == nullptr) return;
  item->spec.wedge_ms = spec.wedge_ms;
  item->spec.start_timeout_ms = spec.start_timeout_ms;
  item->spec.restarts_max = spec.restarts_max;
  item->spec.restarts_window_ms = spec.restarts_window_ms;
  item->restart = actors::runtime::restart_model(restart_policy_of(item->spec), {{{}, 1}});
  item->progress = progress_watch(std::int64_t{spec.wedge_ms} * 1000);
}

void process_set::add_to(std::vector<pollfd>& polled) const {
  for (const auto& item : entries_) {
    if (item->child == nullptr) continue;
    polled.push_back({item->child->exit_file(), POLLIN, 0});
    // Once it runs nobody reads this any more: what lies there would wake us without end.
    if (item->state == process_state::starting && item->child->ready_file() >= 0)
      polled.push_back({item->child->ready_file(), POLLIN, 0});
  }
}

bool process_set::stage_reached(process_role role) const {
  return std::all_of(entries_.begin(), entries_.end(), [&](const auto& item) {
    return item->spec.role >= role || item->spec.role == process_role::node || item->was_ready ||
           item->state == process_state::failed || item->forget;
  });
}

void process_set::start(entry& item, std::int64_t now_us) {
  item.kill_reason.clear();
  item.page.reset();
  item.progress.reset();
  item.started_us = now_us;
  item.figure_us = 0;
  auto environment = item.spec.environment;
  environment.push_back(fmt::format("{}={}", restarts_variable, item.restarts));
  auto lacks = shortage::none;
  auto child = child_process::start(
      {item.spec.arguments, item.spec.log_path, std::move(environment)}, &lacks);
  if (!child && lacks != shortage::none) return refused(item, lacks, child.error().text, now_us);
  if (!child) {
    item.kill_reason = child.error().text;
    return ended(item, {false, exec_failed}, now_us);
  }
  item.refusals = 0;
  for (auto& over : shortages_.started(item.spec.name)) report_(std::move(over));
  item.child = *std::move(child);
  item.state = process_state::starting;
}

// The system has no room for it now. That is no failure of its own: it costs nothing of
// its restarts.
void process_set::refused(entry& item, shortage lacks, const std::string& reason,
                          std::int64_t now_us) {
  if (auto told = shortages_.refused(lacks, item.spec.name, reason)) report_(*std::move(told));
  item.last_exit = reason;
  item.state = process_state::backoff;
  item.due_us = now_us + std::min(backoff_min_us << std::min(item.refusals, refusals_counted_max),
                                  backoff_max_us);
  ++item.refusals;
}

// Looks for kills of the kernel's now and then, and where a death may be one.
void process_set::look_for_memory_kills(std::int64_t now_us) {
  memory_kills_due_us_ = now_us + memory_kills_period_us;
  if (const auto count = read_memory_kills()) memory_kills_.look(now_us, *count);
}

bool process_set::is_memory_kill(const entry& item, const exit_status& status,
                                 std::int64_t now_us) {
  if (status != exit_status{true, SIGKILL} || !item.kill_reason.empty()) return false;
  look_for_memory_kills(now_us);
  return memory_kills_.explain(now_us);
}

void process_set::ended(entry& item, const exit_status& status, std::int64_t now_us) {
  item.last_exit = item.kill_reason.empty()
                       ? status.text()
                       : fmt::format("{}, {}", item.kill_reason, status.text());
  if (is_memory_kill(item, status, now_us)) {
    *item.last_exit += ", probably out of memory";
    auto event = system_event(codes::out_of_memory, item.spec.name, memory_kill_reason);
    event.pid = item.child->pid();
    report_(std::move(event));
  }
  auto down = item.down(status, *item.last_exit);
  item.child.reset();
  if (stopping_ || item.forget) {
    item.state = process_state::stopped;
    const bool as_asked = status == exit_status{} || status == exit_status{true, SIGTERM};
    if (!as_asked) report_(std::move(down));
    return;
  }
  const auto decision = item.restart.on_exit(0, now_us);
  if (!decision.escalate) {
    ++item.restarts;
    down.reason += fmt::format("; restart {} in {} ms", item.restarts, decision.delay_us / 1000);
    if (item.has_words(status)) down.reason += last_words(item.spec.log_path);
  }
  report_(std::move(down));
  if (decision.escalate) {
    item.state = process_state::failed;
    auto given_up =
        system_event(codes::restart_budget, item.spec.name,
                     fmt::format("more than {} restarts in {} s; it is not started again{}",
                                 item.spec.restarts_max, item.spec.restarts_window_ms / 1000,
                                 last_words(item.spec.log_path)));
    given_up.state = to_string(item.state);
    return report_(std::move(given_up));
  }
  item.state = process_state::backoff;
  item.due_us = now_us + decision.delay_us;
}

void process_set::kill(entry& item, std::string_view code, std::string why) {
  auto event = system_event(code, item.spec.name, why + "; it is killed");
  event.pid = item.child->pid();
  report_(std::move(event));
  item.kill_reason = std::move(why);
  item.child->signal(SIGKILL);
}

void process_set::tell_up(const entry& item) {
  auto event = system_event(item.is_node() ? codes::node_up : codes::process_up, item.spec.name,
                            fmt::format("restart {}", item.restarts));
  event.pid = item.child->pid();
  report_(std::move(event));
}

void process_set::watch(entry& item, std::int64_t now_us) {
  if (!item.kill_reason.empty()) return; // dying
  if (item.page == nullptr && !item.spec.progress_path.empty()) {
    if (auto page = actors::runtime::progress_page::open(item.spec.progress_path);
        page && (*page)->layout().pid == item.child->pid())
      item.page = *std::move(page);
  }
  const bool runs = item.page != nullptr && item.page->layout().running == 1;
  if (item.state == process_state::starting) {
    if (item.child->take_ready() || runs) {
      item.state = process_state::running;
      item.was_ready = true;
      if (item.restarts > 0) tell_up(item);
    } else if (now_us - item.started_us > std::int64_t{item.spec.start_timeout_ms} * 1000) {
      kill(item, codes::start_timeout,
           fmt::format("not ready within {} ms", item.spec.start_timeout_ms));
    }
    return;
  }
  if (item.page == nullptr) return;
  if (const auto wedged = item.progress.look(item.page->layout(), item.child->pid(), now_us))
    kill(item, codes::actor_wedged,
         fmt::format("{} made no progress for {} ms", *wedged, item.spec.wedge_ms));
}

void process_set::step(std::int64_t now_us) {
  if (now_us >= memory_kills_due_us_) look_for_memory_kills(now_us);
  for (auto& item : entries_) {
    if (item->child != nullptr)
      if (const auto status = item->child->reap()) ended(*item, *status, now_us);
    if (item->state == process_state::stopping && item->child != nullptr) {
      if (now_us >= item->due_us && item->kill_reason.empty())
        kill(*item, codes::stop_timeout, "did not stop in time");
      continue;
    }
    if (item->forget && item->state != process_state::stopped) {
      ask_to_stop(*item, now_us, single_stop_us);
      continue;
    }
    if (stopping_) continue;
    const bool due = item->state == process_state::backoff && now_us >= item->due_us;
    if (due || (item->state == process_state::waiting && stage_reached(item->spec.role)))
      start(*item, now_us);
    if (item->child != nullptr) watch(*item, now_us);
  }
  for (auto& item : entries_)
    if (item->forget && item->state == process_state::stopped && item->successor && !stopping_)
      item = std::make_shared<entry>(*std::move(item->successor));
  std::erase_if(entries_, [](const auto& item) {
    return item->forget && item->state == process_state::stopped;
  });
  if (stopping_) step_stop(now_us);
}

bool process_set::settled() const {
  return std::all_of(entries_.begin(), entries_.end(), [](const auto& item) {
    return item->state == process_state::running || item->state == process_state::failed;
  });
}

bool process_set::any_failed() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const auto& item) { return item->state == process_state::failed; });
}

std::vector<std::string> process_set::failed() const {
  std::vector<std::string> names;
  for (const auto& item : entries_)
    if (item->state == process_state::failed) names.push_back(item->spec.name);
  return names;
}

bool process_set::quiet() const {
  return std::none_of(entries_.begin(), entries_.end(),
                      [](const auto& item) { return item->forget; });
}

std::vector<process_view> process_set::view(std::int64_t now_us) {
  constexpr std::int64_t figure_period_us = 500'000;
  std::vector<process_view> result;
  for (auto& item : entries_) {
    process_view one{item->spec.name, item->spec.role, item->state, 0, item->restarts, 0, 0, 0,
                     item->last_exit};
    if (item->child != nullptr) {
      one.pid = item->child->pid();
      one.uptime_s = static_cast<double>(now_us - item->started_us) / 1e6;
      if (const auto figures = read_figures(one.pid)) {
        one.rss_kb = figures->rss_kb;
        const auto since_us = item->figure_us == 0 ? item->started_us : item->figure_us;
        const auto base_s = item->figure_us == 0 ? 0.0 : item->figure_cpu_s;
        if (now_us - since_us >= figure_period_us) {
          item->cpu_percent =
              (figures->cpu_seconds - base_s) * 1e8 / static_cast<double>(now_us - since_us);
          item->figure_us = now_us;
          item->figure_cpu_s = figures->cpu_seconds;
        }
        one.cpu_percent = item->cpu_percent;
      }
    }
    result.push_back(std::move(one));
  }
  return result;
}

} // namespace voltaic::nodes::process
