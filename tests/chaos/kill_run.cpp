#include "chaos/kill_run.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "actors/runtime/progress_page.hpp"
#include "bus/can/clock.hpp"
#include "bus/message/client.hpp"

namespace chaos {

namespace {

namespace bus_message = voltaic::bus::message;

// Two racks of the demo share a bus, and their identifiers lie so far apart.
constexpr std::size_t racks_on_a_bus = 2;
constexpr std::uint32_t status_id = 0x084;
constexpr std::uint32_t id_step = 0xC0;
// In the status frame: 0 is open, 3 a fault, and whatever lies between conducts or is about to.
constexpr std::uint8_t state_open = 0;
constexpr std::uint8_t state_fault = 3;

constexpr std::chrono::milliseconds command_life{3'000};
// A status frame comes every 100 ms, and on a busy machine later.
constexpr std::int64_t status_late_us = 500'000;
constexpr int closes_percent = 70;
constexpr std::int64_t pause_ms_max = 600;
constexpr std::int64_t kill_pause_ms_min = 50;
constexpr std::int64_t kill_pause_ms_max = 900;

std::int64_t pick(std::mt19937_64& random, std::int64_t smallest, std::int64_t largest) {
  return std::uniform_int_distribution<std::int64_t>(smallest, largest)(random);
}

std::int64_t utc_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

contactor_watch::contactor_watch(const live_site& site, std::size_t racks) : open_(racks, true) {
  for (std::size_t bus = 0; bus * racks_on_a_bus < racks; ++bus) {
    voltaic::bus::can::port_options options;
    options.name = fmt::format("can{}", bus);
    options.uri = "virtual:" + options.name;
    options.runtime_folder = site.runtime_folder();
    auto port = voltaic::bus::can::open_port(
        options, [this, bus](voltaic::bus::can::batch&& batch) { hear(bus, batch); });
    REQUIRE(port);
    ports_.push_back(*std::move(port));
  }
}

void contactor_watch::hear(std::size_t bus, const voltaic::bus::can::batch& batch) {
  const std::lock_guard lock(mutex_);
  for (const auto& frame : batch.frames) {
    for (std::size_t place = 0; place < racks_on_a_bus; ++place) {
      const auto rack = bus * racks_on_a_bus + place;
      if (frame.id != status_id + place * id_step || rack >= open_.size()) continue;
      const bool is_open = frame.data[0] == state_open || frame.data[0] == state_fault;
      if (open_[rack] && !is_open) closings_.push_back({rack, frame.time_us});
      open_[rack] = is_open;
    }
  }
}

std::vector<contactor_watch::closing> contactor_watch::closings() const {
  const std::lock_guard lock(mutex_);
  return closings_;
}

event_watch::event_watch(const live_site& site) {
  const auto relay = "ipc://" + site.runtime_folder() + "/relay";
  thread_ = std::thread([this, relay] { listen(relay); });
}

event_watch::~event_watch() {
  stop_ = true;
  thread_.join();
}

void event_watch::listen(const std::string& relay) {
  bus_message::zmq_context context;
  bus_message::client_options options;
  options.relay = relay;
  const auto client = bus_message::connect_client(context, options);
  while (client && !stop_) {
    const auto heard = (*client)->next(50ms);
    if (!heard || heard->kind != bus_message::update::kind::message) continue;
    const auto* event = std::get_if<voltaic::messages::event>(&heard->message.payload);
    if (event == nullptr) continue;
    const std::lock_guard lock(mutex_);
    ids_.insert(event->id);
  }
}

std::set<std::string> event_watch::ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

person::person(const live_site& site, std::size_t racks, std::uint64_t seed)
    : racks_(racks), random_(seed) {
  const auto relay = "ipc://" + site.runtime_folder() + "/relay";
  thread_ = std::thread([this, relay] { live(relay); });
}

void person::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void person::live(const std::string& relay) {
  using voltaic::messages::outcome;
  bus_message::zmq_context context;
  bus_message::client_options options;
  options.relay = relay;
  const auto client = bus_message::connect_client(context, options);
  for (int number = 0; client && !stop_; ++number) {
    const auto rack = static_cast<std::size_t>(pick(random_, 0, static_cast<int>(racks_) - 1));
    voltaic::messages::command command;
    command.id = command.key = fmt::format("kills-{}", number);
    command.target = "command";
    command.operation = pick(random_, 1, 100) <= closes_percent ? "close" : "open";
    command.point = fmt::format("rack_{}", rack);
    command.role = "service";
    command.user = "kills";
    const auto life_us = std::chrono::microseconds(command_life).count();
    command.deadline_utc_us = utc_now_us() + life_us;
    const auto begin_us = voltaic::bus::can::monotonic_now_us();
    const auto said = (*client)->request(command, command_life);
    const auto end_us = said.outcome == outcome::unknown ? begin_us + life_us
                                                         : voltaic::bus::can::monotonic_now_us();
    if (command.operation == "close") {
      const std::lock_guard lock(mutex_);
      windows_.push_back({rack, begin_us, end_us});
      if (said.outcome == outcome::done) done_.push_back(command.key);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(pick(random_, 0, pause_ms_max)));
  }
}

std::vector<person::window> person::windows() const {
  const std::lock_guard lock(mutex_);
  return windows_;
}

std::vector<std::string> person::done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

killer::killer(const live_site& site, std::uint64_t seed)
    : progress_folder_(site.runtime_folder() + "/progress"), random_(seed) {
  for (const auto& entry : std::filesystem::directory_iterator(progress_folder_))
    nodes_.push_back(entry.path().filename().string());
  std::ranges::sort(nodes_);
}

bool killer::kill_one() {
  std::this_thread::sleep_for(
      std::chrono::milliseconds(pick(random_, kill_pause_ms_min, kill_pause_ms_max)));
  const auto& node =
      nodes_[static_cast<std::size_t>(pick(random_, 0, static_cast<int>(nodes_.size()) - 1))];
  const auto page = voltaic::actors::runtime::progress_page::open(progress_folder_ + "/" + node);
  if (!page) return false;
  const auto pid = static_cast<pid_t>((*page)->layout().pid.load());
  if (pid <= 0 || !alive(pid) || ::kill(pid, SIGKILL) != 0) return false;
  ++killed_[node];
  return true;
}

std::vector<std::string> wrong_closings(const std::vector<contactor_watch::closing>& seen,
                                        const std::vector<person::window>& asked) {
  std::vector<std::string> wrong;
  for (const auto& one : seen) {
    const bool was_asked = std::ranges::any_of(asked, [&](const person::window& window) {
      return window.rack == one.rack && window.begin_us <= one.time_us &&
             one.time_us <= window.end_us + status_late_us;
    });
    if (!was_asked)
      wrong.push_back(fmt::format("rack_{} closed at {} us unasked", one.rack, one.time_us));
  }
  return wrong;
}

std::vector<std::string> lost_events(const std::set<std::string>& heard,
                                     const std::vector<std::string>& done_keys,
                                     const std::vector<json>& journals) {
  std::set<std::string> ids;
  std::set<std::string> keys;
  std::map<std::string, std::set<std::uint64_t>> numbers; // by node
  for (const auto& event : journals) {
    const auto id = event.value("id", "");
    ids.insert(id);
    keys.insert(event.value("key", ""));
    numbers[event.value("node", "")].insert(std::stoull(id.substr(id.rfind('-') + 1)));
  }
  std::vector<std::string> lost;
  for (const auto& id : heard)
    if (!ids.contains(id)) lost.push_back("heard, but in no journal: " + id);
  for (const auto& key : done_keys)
    if (!keys.contains(key)) lost.push_back("done, but in no journal: " + key);
  for (const auto& [node, of] : numbers)
    if (*of.rbegin() != of.size())
      lost.push_back(fmt::format("{}: {} events up to number {}", node, of.size(), *of.rbegin()));
  return lost;
}

} // namespace chaos
