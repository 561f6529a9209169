#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "bench/benchmarks.hpp"
#include "bench/running_site.hpp"
#include "bus/message/client.hpp"
#include "messages/time.hpp"
#include "support/demo_site.hpp"
#include "support/own_ports.hpp"

/// Whole sites of many racks under `voltaic up` and `voltaic run`: what they lose, what
/// they cost, and how fast they start.
namespace voltaic::bench {
namespace {

using messages::us_per_s;

constexpr std::size_t cells = 480;
constexpr std::int64_t ready_within_us = 60 * us_per_s;
constexpr std::int64_t settle_us = 5 * us_per_s;
constexpr std::int64_t measure_us = 20 * us_per_s;
constexpr std::size_t updates_max = 1'000'000;

constexpr int large_racks = 32;
constexpr int large_cell_period_ms = 100;
constexpr double cpu_percent_max = 50;
constexpr double rack_memory_mb_max = 6;
constexpr double one_process_mb_max = 200;
constexpr double growth_ratio_max = 1.1;

void tell(const std::string& what) {
  fmt::print(stderr, "  {}\n", what);
}

/// 32 racks, four on each of eight buses of 1 Mbit/s.
std::string large_site() {
  return fmt::format(R"([site]
name = "large"
[range]
rack = "0..{}"
[[bus]]
name = "can{{rack/4}}"
port = "virtual:can{{rack/4}}"
bitrate = 1000000
[[device]]
name = "bms_{{rack}}"
profile = "profiles/demo_rack.json"
bus = "can{{rack/4}}"
id_offset = "{{rack%4}}*0xC0"
[[rack]]
name = "rack_{{rack}}"
device = "bms_{{rack}}"
protection = "protection/lfp.toml"
[simulator]
initial = "open"
)",
                     large_racks - 1) +
         tests::own_ports();
}

void make_cells_fast(const std::string& configs) {
  const auto path = configs + "/profiles/demo_rack.json";
  auto profile = nlohmann::ordered_json::parse(std::ifstream(path));
  profile["points"]["cell_voltage"]["period_ms"] = large_cell_period_ms;
  for (auto& message : profile["messages"])
    if (message["name"] == "cells") message["period_ms"] = large_cell_period_ms;
  std::ofstream(path) << profile.dump(2);
}

/// What a listener at the relay heard of a site.
class listener {
 public:
  explicit listener(const nodes::site::plan& plan) : plan_(plan) {
    auto client = bus::message::connect_client(context_, {plan.relay_address(), "", updates_max});
    if (!client) throw std::runtime_error(client.error().text);
    client_ = *std::move(client);
  }

  void follow(std::int64_t for_us) {
    const auto until_us = now_us() + for_us;
    while (now_us() < until_us) next();
  }
  /// When the last rack's protection was ready; throws when that takes longer.
  std::int64_t protected_us(std::int64_t within_us) {
    const auto until_us = now_us() + within_us;
    while (ready_.size() < plan_.racks.size()) {
      if (now_us() > until_us) throw std::runtime_error("not every rack gets protected");
      next();
    }
    return now_us();
  }
  void forget() {
    scans_ = 0;
    missed_ = 0;
    lost_before_ = lost();
  }
  [[nodiscard]] std::uint64_t scans() const { return scans_; }
  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  /// Frames that ports had no room for.
  [[nodiscard]] std::uint64_t lost_frames() const { return lost() - lost_before_; }
  /// Frames that all buses carried so far.
  [[nodiscard]] std::uint64_t carried() const {
    std::map<std::string, std::uint64_t> most;
    for (const auto& [node, buses] : buses_)
      for (const auto& bus : buses) most[bus.name] = std::max(most[bus.name], bus.rx + bus.tx);
    std::uint64_t sum = 0;
    for (const auto& [name, frames] : most) sum += frames;
    return sum;
  }

 private:
  void next() {
    const auto update = client_->next(std::chrono::milliseconds(5));
    if (!update) return;
    if (update->kind == bus::message::update::kind::gap) missed_ += update->missing;
    if (update->kind != bus::message::update::kind::message) return;
    const auto& payload = update->message.payload;
    if (const auto* health = std::get_if<messages::health>(&payload))
      buses_[health->node] = health->buses;
    if (const auto* limits = std::get_if<messages::limits>(&payload)) {
      const bool waits = std::ranges::find(limits->reasons, "not_ready") != limits->reasons.end();
      if (!waits) ready_.insert(limits->rack);
    }
    const auto* told = std::get_if<messages::telemetry>(&payload);
    if (told == nullptr) return;
    for (const auto& block : told->blocks) {
      const auto* words = std::get_if<messages::block::words>(&block.values);
      if (words != nullptr && words->size() == cells && block.quality == messages::quality::good)
        ++scans_;
    }
  }
  [[nodiscard]] std::uint64_t lost() const {
    std::uint64_t sum = 0;
    for (const auto& [node, buses] : buses_)
      for (const auto& bus : buses) sum += bus.rx_overflow;
    return sum;
  }

  const nodes::site::plan& plan_;
  bus::message::zmq_context context_;
  std::unique_ptr<bus::message::client> client_;
  std::set<std::string> ready_;
  std::map<std::string, std::vector<messages::bus_health>> buses_;
  std::uint64_t scans_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t lost_before_ = 0;
};

/// A site that was watched for a while.
struct measured {
  double seconds = 0;
  double nodes_percent = 0;  ///< CPU of all nodes, of one core
  double others_percent = 0; ///< of buses and simulators
  double busiest_percent = 0;
  process_cost rack; ///< of the costliest node of a rack
  std::size_t files = 0;
  std::uint64_t frames = 0, lost = 0, scans = 0, missed = 0;
};

measured measure(const running_site& site, listener& ears) {
  ears.follow(settle_us);
  const auto members = site.members();
  const auto before = cpu_of(members);
  const auto carried = ears.carried();
  ears.forget();
  const auto begin_us = now_us();
  ears.follow(measure_us);
  const auto seconds = static_cast<double>(now_us() - begin_us) * 1e-6;
  measured result;
  result.seconds = seconds;
  for (const auto& each : members) {
    const auto cost = cost_of(each.pid);
    const auto percent = (cost.cpu_s - before.at(each.pid)) * 100 / seconds;
    (each.is_node ? result.nodes_percent : result.others_percent) += percent;
    if (!each.name.starts_with("rack_")) continue;
    result.busiest_percent = std::max(result.busiest_percent, percent);
    result.rack.rss_mb = std::max(result.rack.rss_mb, cost.rss_mb);
    result.rack.pss_mb = std::max(result.rack.pss_mb, cost.pss_mb);
    result.rack.private_mb = std::max(result.rack.private_mb, cost.private_mb);
  }
  result.frames = ears.carried() - carried;
  result.lost = ears.lost_frames();
  result.scans = ears.scans();
  result.missed = ears.missed();
  return result;
}

row state(const std::string& name, double value, const std::string& unit) {
  row one;
  one.name = name;
  one.value = value;
  one.unit = unit;
  one.samples = 1;
  return one;
}

row below(const std::string& name, double value, const std::string& unit, double most) {
  auto one = state(name, value, unit);
  one.goal = fmt::format("<= {} {}", most, unit);
  one.pass = value <= most;
  return one;
}

measured measure_large(const std::string& mode) {
  tell(fmt::format("{} racks by voltaic {}", large_racks, mode));
  const running_site site(large_site(), mode, make_cells_fast);
  listener ears(site.plan());
  site.wait_until_ready(ready_within_us);
  (void)ears.protected_us(ready_within_us);
  auto seen = measure(site, ears);
  // In one process the nodes are what the command itself is.
  if (mode == "run") seen.rack = cost_of(site.pid());
  return seen;
}

} // namespace

std::vector<row> site_32_racks() {
  const std::string name = "site_32_racks/";
  const auto up = measure_large("up");
  const double awaited =
      large_racks * up.seconds * 1000 / static_cast<double>(large_cell_period_ms);
  std::vector<row> rows;
  rows.push_back(
      state(name + "frames on all buses", static_cast<double>(up.frames) / up.seconds, "1/s"));
  rows.push_back(below(name + "frames lost", static_cast<double>(up.lost), "", 0));
  rows.push_back(state(name + "whole good scans heard, of those awaited",
                       100 * static_cast<double>(up.scans) / awaited, "%"));
  rows.push_back(
      below(name + "messages lost to a listener", static_cast<double>(up.missed), "", 0));
  rows.push_back(below(name + "cpu of all nodes", up.nodes_percent, "%", cpu_percent_max));
  rows.push_back(state(name + "cpu of the busiest rack", up.busiest_percent, "%"));
  rows.push_back(state(name + "cpu of buses and simulators", up.others_percent, "%"));
  rows.push_back(
      below(name + "memory of a rack's process (PSS)", up.rack.pss_mb, "MB", rack_memory_mb_max));
  rows.push_back(state(name + "memory of a rack's process (private)", up.rack.private_mb, "MB"));
  rows.push_back(state(name + "memory of a rack's process (RSS)", up.rack.rss_mb, "MB"));
  const auto run = measure_large("run");
  rows.push_back(
      below(name + "memory in one process (RSS)", run.rack.rss_mb, "MB", one_process_mb_max));
  rows.push_back(state(name + "cpu in one process", run.nodes_percent, "%"));
  return rows;
}

std::vector<row> growth() {
  std::vector<row> rows;
  double first = 0;
  for (const int racks : {4, 16, 64}) {
    tell(fmt::format("{} racks", racks));
    const running_site site(tests::demo_site(racks) + tests::own_ports());
    listener ears(site.plan());
    const auto protected_us = ears.protected_us(ready_within_us) - site.started_us();
    site.wait_until_ready(ready_within_us);
    const auto seen = measure(site, ears);
    const auto per_rack = seen.nodes_percent / racks;
    if (first == 0) first = per_rack;
    auto cpu =
        state(fmt::format("growth/cpu of all nodes per rack, {} racks", racks), per_rack, "%");
    cpu.reference = first;
    cpu.ratio = per_rack / first;
    cpu.noise = fmt::format("all nodes {:.1f} %, buses and simulators {:.1f} %", seen.nodes_percent,
                            seen.others_percent);
    if (racks > 4) {
      cpu.goal = fmt::format("<= {} times that of 4", growth_ratio_max);
      cpu.pass = cpu.ratio <= growth_ratio_max;
    }
    rows.push_back(cpu);
    const auto start_s = static_cast<double>(protected_us) / us_per_s;
    const auto start = fmt::format("start/command to every rack protected, {} racks", racks);
    if (racks == 4)
      rows.push_back(below(start, start_s, "s", 3));
    else if (racks == 64)
      rows.push_back(below(start, start_s, "s", 6));
    else
      rows.push_back(state(start, start_s, "s"));
  }
  return rows;
}

} // namespace voltaic::bench
