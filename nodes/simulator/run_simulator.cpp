#include "nodes/simulator/run_simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "actors/simulator/random_sequence.hpp"
#include "bus/control/ready.hpp"
#include "messages/time.hpp"
#include "nodes/simulator/carried_current.hpp"
#include "nodes/simulator/simulated_bus.hpp"
#include "nodes/simulator/simulated_inverter.hpp"
#include "nodes/simulator/simulated_pack.hpp"
#include "nodes/simulator/stop_signal.hpp"

namespace voltaic::nodes::simulator {
namespace {

// Slow enough to cost nothing, fast enough for what is polled every 100 ms.
constexpr int equipment_period_ms = 50;
// A scenario may pause for days; waiting in parts keeps the number small.
constexpr int idle_ms_max = 60'000;

std::int64_t monotonic_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

actors::simulator::rack_options rack_options_of(const simulator_options& options,
                                                const rack_place& place) {
  actors::simulator::rack_options result;
  result.id_offset = place.id_offset;
  result.identifiers = place.identifiers;
  result.cell_period_us = place.cell_period_us;
  result.pack.soc_percent = options.soc_percent;
  result.pack.temperature_c = options.temperature_c;
  result.pack.scatter = options.scatter;
  result.noise = options.noise;
  result.noise_seed = result.pack.seed = actors::simulator::seed_of(options.seed, place.name);
  result.controller.initially_closed = options.initially_closed;
  return result;
}

/// All that is simulated, and what a scenario makes of it.
class played_site {
 public:
  explicit played_site(const simulator_options& options) : options_(options) {}

  /// Empty when it plays, else why not.
  std::string open() {
    std::map<std::string, std::vector<played_rack>> members;
    std::map<std::string, std::shared_ptr<shared_dc_bus>> dc_buses;
    for (const rack_place& place : options_.racks) {
      auto& on_bus = members[place.uri];
      racks_[place.name] = {place.uri, on_bus.size()};
      on_bus.push_back({rack_options_of(options_, place), nullptr});
      if (place.dc_bus.empty()) continue;
      auto& shared = dc_buses[place.dc_bus];
      if (shared == nullptr) shared = std::make_shared<shared_dc_bus>();
      on_bus.back().dc_bus = shared;
    }
    for (const auto& [uri, racks] : members) {
      bus::can::port_options port;
      port.uri = uri;
      port.runtime_folder = options_.runtime_folder;
      for (const auto& rack : racks) {
        for (auto id = actors::simulator::first_order_id; id <= actors::simulator::last_order_id;
             ++id) {
          const auto place = rack.options.identifiers.on_bus({rack.options.id_offset + id, false});
          port.listens_to.push_back({place.id, place.id, place.extended});
        }
      }
      auto opened = simulated_bus::open(port, racks);
      if (!opened) return opened.error().text;
      buses_[uri] = *std::move(opened);
    }
    for (const auto& place : options_.inverters) {
      bus::can::port_options port;
      port.uri = place.uri;
      port.runtime_folder = options_.runtime_folder;
      auto opened = simulated_inverter::open(port, {place.profile, place.wire});
      if (!opened) return opened.error().text;
      inverters_[place.name] = *std::move(opened);
    }
    for (const auto& place : options_.packs) {
      bus::can::port_options port;
      port.uri = place.uri;
      port.runtime_folder = options_.runtime_folder;
      auto opened = simulated_pack::open(
          port, actors::simulator::make_pack(place.kind, place.profile, place.id_offset));
      if (!opened) return opened.error().text;
      packs_[place.name] = *std::move(opened);
    }
    auto equipment = simulated_equipment::open(options_.equipment);
    if (!equipment) return equipment.error().text;
    equipment_ = *std::move(equipment);
    start_us_ = options_.deeds_start_us.value_or(monotonic_us());
    return "";
  }

  void step(std::int64_t now_us) {
    std::map<std::string, std::vector<std::pair<std::size_t, simulate::overlay>>> laid;
    for (; next_ < options_.deeds.size() && due_us(next_) <= now_us; ++next_) {
      const auto& what = options_.deeds[next_].what;
      if (const auto* over = std::get_if<simulate::equipment_overlay>(&what)) {
        const auto pack = packs_.find(over->device);
        if (pack != packs_.end())
          pack->second->set(over->point, over->index, over->effect, over->value);
        else
          equipment_->set(*over);
      }
      if (const auto* over = std::get_if<simulate::inverter_overlay>(&what);
          over != nullptr && inverters_.contains(over->inverter))
        inverters_.at(over->inverter)->set(over->effect);
      const auto* over = std::get_if<simulate::overlay>(&what);
      if (over != nullptr) carried_.take(*over);
      // Others play what is not here.
      if (over == nullptr || !racks_.contains(over->rack)) continue;
      const auto& [uri, place] = racks_.at(over->rack);
      laid[uri].emplace_back(place, *over);
    }
    for (auto& [uri, each] : laid) buses_.at(uri)->set(std::move(each));
    carry();
    equipment_->step(now_us);
  }

  /// How long nothing happens by itself; -1: for ever.
  [[nodiscard]] int idle_ms(std::int64_t now_us) const {
    int result = options_.equipment.empty() ? -1 : equipment_period_ms;
    if (next_ == options_.deeds.size()) return result;
    const auto left_us = std::max<std::int64_t>(0, due_us(next_) - now_us);
    const auto left_ms =
        static_cast<int>(std::min<std::int64_t>(left_us / messages::us_per_ms + 1, idle_ms_max));
    return result < 0 ? left_ms : std::min(result, left_ms);
  }

 private:
  /// Inverters measure what flows through the racks behind them.
  void carry() {
    for (const auto& place : options_.inverters)
      if (!place.racks.empty()) inverters_.at(place.name)->carry(carried_.sum_a(place.racks));
    for (const auto& line : options_.equipment)
      for (const auto& [unit, played] : line.units)
        if (!played.racks.empty()) equipment_->carry(played.device, carried_.sum_a(played.racks));
  }

  struct rack_at {
    std::string uri;       ///< of its bus
    std::size_t place = 0; ///< among the bus's racks
  };
  [[nodiscard]] std::int64_t due_us(std::size_t deed) const {
    return start_us_ + options_.deeds[deed].t_ms * messages::us_per_ms;
  }

  const simulator_options& options_;
  std::map<std::string, rack_at> racks_; ///< by name
  std::map<std::string, std::unique_ptr<simulated_bus>> buses_;
  std::map<std::string, std::unique_ptr<simulated_inverter>> inverters_;
  std::map<std::string, std::unique_ptr<simulated_pack>> packs_;
  std::unique_ptr<simulated_equipment> equipment_;
  carried_current carried_;
  std::int64_t start_us_ = 0;
  std::size_t next_ = 0; ///< of the deeds
};

void print_places(const simulator_options& options) {
  for (const rack_place& place : options.racks)
    fmt::print("{} is simulated on {} from {}\n", place.name, place.uri,
               messages::profiles::to_text(place.identifiers.on_bus(
                   {actors::simulator::first_order_id + place.id_offset, false})));
  for (const inverter_place& place : options.inverters)
    fmt::print("{} is simulated on {}\n", place.name, place.uri);
  for (const pack_place& place : options.packs)
    fmt::print("{} is simulated on {}\n", place.name, place.uri);
  for (const equipment_line& line : options.equipment)
    for (const auto& [unit, played] : line.units)
      fmt::print("{}: {} is simulated at {}\n", line.name, played.kind,
                 line.path.empty() ? fmt::format("{}:{} unit {}", line.host, line.port, unit)
                                   : fmt::format("{} address {}", line.path, unit));
  std::fflush(stdout);
}

} // namespace

cli::exit_code run_simulator(const simulator_options& options) {
  stop_signal stop(options.parent);
  played_site played(options);
  if (const auto reason = played.open(); !reason.empty()) {
    fmt::print(stderr, "voltaic sim: {}\n", reason);
    return cli::exit_code::refused;
  }
  print_places(options);
  bus::control::notify_ready();
  do {
    played.step(monotonic_us());
  } while (!stop.wait(played.idle_ms(monotonic_us())));
  return cli::exit_code::done;
}

} // namespace voltaic::nodes::simulator
