#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "actors/runtime/progress_page.hpp"
#include "bench/harness.hpp"
#include "bench/restart.hpp"
#include "bus/can/virtual/virtual_port.hpp"
#include "support/demo_site.hpp"
#include "support/own_ports.hpp"

namespace voltaic::bench::restart_bench {
namespace {

constexpr const char* victim_node = "rack_0";
constexpr const char* victim_device = "bms_0";
constexpr const char* other_device = "bms_1";
constexpr std::size_t cells = 480;

constexpr std::uint32_t status_id = 0x084;
constexpr std::uint32_t status_id_step = 0x0C0;
constexpr std::uint8_t state_closed = 2;

constexpr std::int64_t closed_within_us = 30'000'000;
constexpr std::int64_t ask_again_us = 500'000;
constexpr std::int64_t command_life_us = 5'000'000;
constexpr std::size_t updates_max = 200'000;

// A node may fail here as often as it likes, and each time counts as its first: the distances
// to the next start grow with the deaths in the window, and the benchmark stays outside of it.
constexpr const char* patience = "\n[supervision]\nrestarts_max = 100\nrestarts_window = \"1s\"\n";

std::int64_t utc_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

std::string demo_text() {
  return tests::demo_site(static_cast<int>(racks)) + patience + tests::own_ports();
}

watcher::watcher(const nodes::site::plan& plan) : plan_(plan) {
  bus::can::port_options options;
  options.name = "can0";
  options.uri = "virtual:can0";
  options.runtime_folder = plan.folders.runtime;
  auto port = bus::can::open_virtual_port(options, "can0",
                                          [this](bus::can::batch&& batch) { hear(batch); });
  auto client = bus::message::connect_client(context_, {plan.relay_address(), "", updates_max});
  if (!port || !client) throw std::runtime_error("the demo is not reached");
  client_ = *std::move(client);
  port_ = *std::move(port);
}

void watcher::hear(const bus::can::batch& batch) {
  for (const auto& one : batch.frames) {
    for (std::size_t rack = 0; rack < racks; ++rack) {
      if (one.id != status_id + status_id_step * rack) continue;
      auto& known = contactors_[rack];
      const bool is_closed = one.data[0] == state_closed;
      if (is_closed == known.closed) continue;
      known.changed_us = one.time_us;
      if (!is_closed) ++known.openings;
      known.closed = is_closed;
    }
  }
}

void watcher::close(std::size_t rack) {
  const auto until_us = now_us() + closed_within_us;
  while (!closed(rack)) {
    if (now_us() > until_us) throw std::runtime_error("a rack of the demo does not close");
    messages::command command;
    command.id = command.key = fmt::format("bench-{}", ++commands_);
    command.target = nodes::site::command_actor;
    command.operation = "close";
    command.point = fmt::format("rack_{}", rack);
    command.role = "service";
    command.user = "bench";
    command.deadline_utc_us = utc_us() + command_life_us;
    (void)client_->request(command, std::chrono::milliseconds(command_life_us / 1000));
    follow([&] { return closed(rack); }, ask_again_us);
  }
}

void watcher::kill_node() {
  const auto page = actors::runtime::progress_page::open(plan_.progress_path(victim_node));
  if (!page) throw std::runtime_error(page.error().text);
  killed_incarnation_ = incarnation_;
  other_openings_before_ = contactors_[1].openings;
  seen_ = {};
  seen_.killed_us = now_us();
  kill(static_cast<pid_t>((*page)->layout().pid.load()), SIGKILL);
}

bool watcher::follow(const std::function<bool()>& holds, std::int64_t within_us) {
  const auto until_us = now_us() + within_us;
  while (!holds()) {
    if (now_us() > until_us) return false;
    if (const auto update = client_->next(std::chrono::milliseconds(5))) take(*update);
    seen_.other_openings = contactors_[1].openings - other_openings_before_;
  }
  return true;
}

void watcher::take(const bus::message::update& update) {
  if (update.kind == bus::message::update::kind::gap && update.source == other_device) {
    seen_.other_lost += update.missing;
  }
  if (update.kind != bus::message::update::kind::message) return;
  const auto* told = std::get_if<messages::telemetry>(&update.message.payload);
  if (told == nullptr) return;
  for (const auto& block : told->blocks) {
    const auto* words = std::get_if<messages::block::words>(&block.values);
    if (words == nullptr || words->size() != cells) continue;
    if (told->owner == other_device) take_other(update.message.header.time.monotonic_us);
    if (told->owner == victim_device) take_victim(update, block.quality);
  }
}

void watcher::take_victim(const bus::message::update& update, messages::quality quality) {
  if (quality != messages::quality::good) return;
  incarnation_ = update.message.header.incarnation;
  if (seen_.good_us == 0 && incarnation_ > killed_incarnation_) seen_.good_us = now_us();
}

void watcher::take_other(std::int64_t scanned_us) {
  if (other_scanned_us_ != 0 && seen_.killed_us != 0) {
    seen_.other_gap_us = std::max(seen_.other_gap_us, scanned_us - other_scanned_us_);
  }
  other_scanned_us_ = scanned_us;
}

} // namespace voltaic::bench::restart_bench
