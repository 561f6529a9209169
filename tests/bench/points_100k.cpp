#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "bench/benchmarks.hpp"
#include "bench/process.hpp"
#include "bench/running_site.hpp"
#include "bus/can/port.hpp"
#include "bus/message/client.hpp"
#include "bus/modbus/server.hpp"
#include "messages/points/point_table.hpp"
#include "messages/time.hpp"
#include "support/own_ports.hpp"

/// 10,000 values every 100 ms and 100,000 every second, of CAN devices and Modbus
/// units, in one node: what that costs and whether all of them are fresh.
namespace voltaic::bench {
namespace {

using messages::us_per_s;

constexpr std::uint32_t values_a_frame = 4;
constexpr std::uint32_t fast_buses = 5;
constexpr std::uint32_t fast_values = 2'000; ///< of a bus, every 100 ms
constexpr std::uint32_t slow_buses = 4;
constexpr std::uint32_t slow_devices = 3;    ///< of a bus
constexpr std::uint32_t slow_values = 5'000; ///< of a device, every second
constexpr std::uint32_t lines = 8;
constexpr std::uint32_t line_values = 5'000; ///< every second
constexpr std::uint32_t all_values =
    fast_buses * fast_values + slow_buses * slow_devices * slow_values + lines * line_values;

constexpr std::uint32_t fast_id = 0x080;
constexpr std::uint32_t slow_id = 0x0001'0000;
constexpr std::uint32_t slow_id_step = slow_values / values_a_frame;

constexpr std::int64_t slot_us = 10'000;
constexpr std::int64_t fast_period_us = 100'000;
constexpr std::int64_t ready_within_us = 30 * us_per_s;
constexpr std::int64_t settle_us = 5 * us_per_s;
constexpr std::int64_t measure_us = 20 * us_per_s;
constexpr std::chrono::milliseconds collect_time{5'000};

constexpr double cpu_percent_max = 100;
constexpr double memory_mb_max = 200;

nlohmann::json can_profile(const std::string& name, const std::string& id, std::uint32_t count,
                           std::uint32_t period_ms) {
  nlohmann::json signals = nlohmann::json::array();
  for (std::uint32_t i = 0; i < values_a_frame; ++i)
    signals.push_back({{"point", "value"}, {"index", i}, {"start", 16 * i}, {"length", 16}});
  const nlohmann::json repeat = {
      {"count", count / values_a_frame}, {"id_step", 1}, {"index_step", values_a_frame}};
  return {{"name", name},
          {"version", 1},
          {"protocol", "can"},
          {"commissioned", true},
          {"points",
           {{"value",
             {{"channel", "Value"},
              {"unit", ""},
              {"type", "u16"},
              {"count", count},
              {"period_ms", period_ms}}}}},
          {"messages",
           {{{"name", "values"},
             {"id", id},
             {"length", 8},
             {"period_ms", period_ms},
             {"repeat", repeat},
             {"signals", signals}}}}};
}

nlohmann::json modbus_profile() {
  return {{"name", "many-registers"},
          {"version", 1},
          {"protocol", "modbus"},
          {"commissioned", true},
          {"points",
           {{"value",
             {{"channel", "Value"},
              {"unit", ""},
              {"type", "u16"},
              {"count", line_values},
              {"period_ms", 1000}}}}},
          {"registers",
           {{{"point", "value"},
             {"table", "holding"},
             {"address", 0},
             {"type", "u16"},
             {"count", line_values}}}}};
}

void write_profiles(const std::string& configs) {
  const auto folder = configs + "/profiles/";
  std::ofstream(folder + "fast.json") << can_profile("fast", "0x080", fast_values, 100);
  std::ofstream(folder + "slow.json") << can_profile("slow", "0x00010000", slow_values, 1000);
  std::ofstream(folder + "registers.json") << modbus_profile();
}

/// Of the lines' hosts, in a row; away from those of another run.
std::uint16_t free_ports() {
  return static_cast<std::uint16_t>(20'000 + ::getpid() % 20'000);
}

std::string site_text(std::uint16_t first_port) {
  auto text = fmt::format(R"([site]
name = "many"
[range]
fast = "0..{}"
slow = "0..{}"
[[bus]]
name = "fast{{fast}}"
port = "virtual:fast{{fast}}"
bitrate = 1000000
[[bus]]
name = "slow{{slow/{}}}"
port = "virtual:slow{{slow/{}}}"
bitrate = 1000000
[[device]]
name = "fast_{{fast}}"
profile = "profiles/fast.json"
bus = "fast{{fast}}"
[[device]]
name = "slow_{{slow}}"
profile = "profiles/slow.json"
bus = "slow{{slow/{}}}"
id_offset = "{{slow%{}}}*{}"
[simulator]
)",
                          fast_buses - 1, slow_buses * slow_devices - 1, slow_devices, slow_devices,
                          slow_devices, slow_devices, slow_id_step);
  for (std::uint32_t i = 0; i < lines; ++i)
    text += fmt::format(R"([[modbus]]
name = "line_{0}"
host = "127.0.0.1"
port = {1}
[[device]]
name = "unit_{0}"
profile = "profiles/registers.json"
line = "line_{0}"
unit = 1
)",
                        i, first_port + i);
  return text + tests::own_ports();
}

/// Frames of one bus, sent evenly over a period.
struct played_bus {
  std::unique_ptr<bus::can::port> port;
  std::vector<messages::can::frame> frames;
  std::int64_t period_us = 0;
  std::int64_t sent = 0;
};

messages::can::frame frame_of(std::uint32_t id, bool extended) {
  messages::can::frame one;
  one.id = id;
  one.extended = extended;
  one.length = 8;
  for (std::size_t i = 0; i < one.length; ++i) one.data[i] = static_cast<std::uint8_t>(id >> i);
  return one;
}

played_bus open_bus(const std::string& runtime, const std::string& name, std::uint32_t first,
                    std::uint32_t count, bool extended, std::int64_t period_us) {
  bus::can::port_options options;
  options.name = name;
  options.uri = "virtual:" + name;
  options.runtime_folder = runtime;
  auto opened = bus::can::open_port(options, [](bus::can::batch&&) {});
  if (!opened) _exit(1);
  played_bus made{*std::move(opened), {}, period_us, 0};
  for (std::uint32_t i = 0; i < count; ++i) made.frames.push_back(frame_of(first + i, extended));
  return made;
}

void play(played_bus& on, std::int64_t since_us) {
  const auto due = since_us * static_cast<std::int64_t>(on.frames.size()) / on.period_us;
  std::vector<messages::can::frame> batch;
  for (; on.sent < due; ++on.sent)
    batch.push_back(on.frames[static_cast<std::size_t>(on.sent) % on.frames.size()]);
  // What an absent bus refuses is gone; the next period comes soon.
  if (!batch.empty()) (void)on.port->send_all(batch);
}

/// Answers each read of holding registers with their own addresses.
std::vector<std::uint8_t> answer(std::span<const std::uint8_t> asked) {
  if (asked.size() != 5 || asked[0] != 3) return {};
  const int first = asked[1] << 8 | asked[2];
  const int count = asked[3] << 8 | asked[4];
  std::vector<std::uint8_t> said{3, static_cast<std::uint8_t>(2 * count)};
  for (int i = first; i < first + count; ++i) {
    said.push_back(static_cast<std::uint8_t>(i >> 8));
    said.push_back(static_cast<std::uint8_t>(i & 0xFF));
  }
  return said;
}

// In a process of its own, until it is killed.
void play_field(const std::string& runtime, std::uint16_t first_port) {
  std::vector<std::unique_ptr<bus::modbus::server>> servers;
  for (std::uint32_t i = 0; i < lines; ++i) {
    bus::modbus::server_options options;
    options.port = static_cast<std::uint16_t>(first_port + i);
    auto started = bus::modbus::start_server(
        options, [](std::uint8_t, std::span<const std::uint8_t> pdu) { return answer(pdu); });
    if (!started) _exit(1);
    servers.push_back(*std::move(started));
  }
  std::vector<played_bus> buses;
  for (std::uint32_t i = 0; i < fast_buses; ++i)
    buses.push_back(open_bus(runtime, fmt::format("fast{}", i), fast_id,
                             fast_values / values_a_frame, false, fast_period_us));
  for (std::uint32_t i = 0; i < slow_buses; ++i)
    buses.push_back(open_bus(runtime, fmt::format("slow{}", i), slow_id,
                             slow_devices * slow_id_step, true, us_per_s));
  for (const auto begin_us = now_us();;) {
    for (auto& each : buses) play(each, now_us() - begin_us);
    usleep(static_cast<unsigned>(slot_us));
  }
}

std::uint64_t good_values(bus::message::client& client) {
  const auto state = client.collect(collect_time);
  if (!state) throw std::runtime_error(state.error().text);
  messages::points::point_table table;
  for (const auto& message : state->messages) table.apply(message);
  std::uint64_t good = 0;
  for (const auto& point : table.select({"*/value"}))
    for (const auto quality : point.element_quality) good += quality == messages::quality::good;
  return good;
}

row below(const std::string& name, double value, const std::string& unit, double most) {
  row one{"points_100k/" + name, value, unit};
  one.goal = fmt::format("<= {} {}", most, unit);
  one.pass = value <= most;
  one.samples = 1;
  return one;
}

} // namespace

std::vector<row> points_100k() {
  const auto first_port = free_ports();
  const running_site site(site_text(first_port), "up", write_profiles);
  const process field([&] { play_field(site.plan().folders.runtime, first_port); });
  site.wait_until_ready(ready_within_us);
  usleep(static_cast<unsigned>(settle_us));
  const auto members = site.members();
  const auto before = cpu_of(members);
  const auto begin_us = now_us();
  usleep(static_cast<unsigned>(measure_us));
  const auto seconds = static_cast<double>(now_us() - begin_us) * 1e-6;
  double cpu_percent = 0;
  double buses_percent = 0;
  double memory_mb = 0;
  for (const auto& each : members) {
    const auto cost = cost_of(each.pid);
    const auto percent = (cost.cpu_s - before.at(each.pid)) * 100 / seconds;
    (each.is_node ? cpu_percent : buses_percent) += percent;
    if (each.is_node) memory_mb += cost.rss_mb;
  }
  bus::message::zmq_context context;
  const auto client =
      bus::message::connect_client(context, {site.plan().relay_address(), "", 100'000});
  if (!client) throw std::runtime_error(client.error().text);
  row good{"points_100k/values that are good", static_cast<double>(good_values(**client)), ""};
  good.goal = fmt::format("= {}", all_values);
  good.pass = good.value == all_values;
  good.samples = 1;
  row buses{"points_100k/cpu of the virtual buses", buses_percent, "%"};
  buses.samples = 1;
  return {good, below("cpu of all nodes", cpu_percent, "%", cpu_percent_max), buses,
          below("memory of all nodes (RSS)", memory_mb, "MB", memory_mb_max)};
}

} // namespace voltaic::bench
