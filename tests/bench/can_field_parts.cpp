#include <fmt/format.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "bench/can_field.hpp"
#include "bench/harness.hpp"
#include "bus/can/port.hpp"
#include "bus/can/virtual/virtual_bus.hpp"
#include "bus/message/relay.hpp"
#include "messages/can/frame_bits.hpp"
#include "messages/time.hpp"
#include "nodes/process/local_site.hpp"
#include "nodes/process/node.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"
#include "support/own_ports.hpp"

namespace voltaic::bench::can_field {
namespace {

using messages::us_per_s;
using messages::can::frame;

constexpr const char* folder_variable = "VOLTAIC_RUNTIME_DIR";
constexpr std::uint32_t bitrate = 1'000'000;
constexpr std::uint32_t first_id = 0x100;
constexpr std::int64_t slot_us = 250;
/// A wake that is later than this is a standstill.
constexpr std::int64_t standstill_us = 20'000;
constexpr std::int64_t waits_for_wire_us = 60 * us_per_s;
constexpr std::int64_t ready_within_us = 20 * us_per_s;
constexpr std::int64_t ns_per_us = 1'000;

std::string bus_name(std::uint32_t number) {
  return fmt::format("can{}", number);
}

nlohmann::ordered_json described_message(const paged_message& one, std::uint32_t id) {
  auto signals = nlohmann::ordered_json::array();
  for (std::uint32_t i = 0; i < values_a_frame; ++i) {
    nlohmann::ordered_json signal = {
        {"point", one.point}, {"index", i}, {"start", 16 * (i + 1)}, {"length", 16}};
    if (one.pages > 1) signal["mux"] = 0;
    signals.push_back(std::move(signal));
  }
  nlohmann::ordered_json made = {{"name", one.point},
                                 {"id", fmt::format("0x{:03X}", id)},
                                 {"length", 8},
                                 {"period_ms", one.period_us / messages::us_per_ms},
                                 {"counter", {{"start", 8}, {"length", 8}}},
                                 {"signals", std::move(signals)}};
  if (one.pages > 1) {
    made["multiplexer"] = {{"start", 0}, {"length", 8}};
    made["repeat"] = {{"count", one.pages}, {"mux_step", 1}, {"index_step", values_a_frame}};
  }
  return made;
}

nlohmann::ordered_json profile_of(const field_layout& layout) {
  nlohmann::ordered_json points;
  auto messages = nlohmann::ordered_json::array();
  auto id = first_id;
  for (const auto& one : layout.messages) {
    auto channel = one.point;
    channel.front() = static_cast<char>(std::toupper(channel.front()));
    points[one.point] = {{"channel", channel}, {"unit", "V"},
                         {"type", "u16"},      {"count", one.values()},
                         {"scale", 0.001},     {"period_ms", one.period_us / messages::us_per_ms},
                         {"valid", {0, 5}},    {"sentinels", {65535}}};
    messages.push_back(described_message(one, id++));
  }
  return {{"name", layout.name},  {"version", 1},     {"protocol", "can"},
          {"commissioned", true}, {"points", points}, {"messages", messages}};
}

std::string site_text(const field_layout& layout) {
  return fmt::format(R"([site]
name = "field"
[range]
bus = "0..{}"
pack = "0..{}"
[[bus]]
name = "can{{bus}}"
port = "virtual:can{{bus}}"
bitrate = {}
[[device]]
name = "pack_{{pack}}"
profile = "pack.json"
bus = "can{{pack/{}}}"
id_offset = "{{pack%{}}}*{}"
)",
                     buses - 1, buses * layout.devices - 1, bitrate, layout.devices, layout.devices,
                     layout.messages.size()) +
         tests::own_ports();
}

/// Notes when telemetry of a device is said: every actor of the node has it then, and the
/// endpoint is to send it.
class noting_endpoint final : public bus::message::endpoint {
 public:
  noting_endpoint(std::unique_ptr<bus::message::endpoint> real, blackboard& board)
      : real_(std::move(real)), board_(board) {}

  bus::message::publish_result publish(bus::message::plane to, messages::frame_ptr said) override {
    if (to == bus::message::plane::telemetry && board_.noting) note(*said);
    return real_->publish(to, std::move(said));
  }
  bus::message::publish_result send(messages::frame_ptr said) override {
    return real_->send(std::move(said));
  }
  [[nodiscard]] bus::message::endpoint_statistics statistics() const override {
    return real_->statistics();
  }

 private:
  void note(const messages::frame& said) {
    const auto content = messages::content_of(said);
    if (content && std::holds_alternative<messages::telemetry>((*content)->payload))
      board_.said.note(now_us() - (*content)->header.time.monotonic_us);
  }

  std::unique_ptr<bus::message::endpoint> real_;
  blackboard& board_;
};

/// A frame that is due at this time of each second.
struct due_frame {
  std::int64_t at_us = 0;
  std::uint32_t id = 0;
  std::uint32_t page = 0;
  std::uint32_t round = 0;    ///< of this second
  std::uint32_t rounds = 0;   ///< in a second
  std::uint32_t of_id = 0;    ///< which frame of its identifier in this second
  std::uint32_t ids_rate = 0; ///< frames of its identifier in a second
};

/// Every page in its period, pages and devices evenly apart.
std::vector<due_frame> second_of(const field_layout& layout) {
  std::vector<due_frame> all;
  for (std::uint32_t device = 0; device < layout.devices; ++device) {
    auto id = first_id + device * static_cast<std::uint32_t>(layout.messages.size());
    for (const auto& one : layout.messages) {
      const auto rounds = static_cast<std::uint32_t>(us_per_s / one.period_us);
      const auto apart_us = one.period_us / one.pages;
      const auto phase_us = apart_us * device / layout.devices;
      for (std::uint32_t round = 0; round < rounds; ++round)
        for (std::uint32_t page = 0; page < one.pages; ++page)
          all.push_back({phase_us + round * one.period_us + page * apart_us, id, page, round,
                         rounds, round * one.pages + page, rounds * one.pages});
      ++id;
    }
  }
  std::ranges::stable_sort(all, {}, &due_frame::at_us);
  return all;
}

frame frame_of(const due_frame& due, std::uint64_t second) {
  frame made;
  made.id = due.id;
  made.length = 8;
  made.data[0] = static_cast<std::uint8_t>(due.page);
  made.data[1] = static_cast<std::uint8_t>(second * due.ids_rate + due.of_id);
  for (std::uint32_t i = 0; i < values_a_frame; ++i) {
    const auto value = value_of(second * due.rounds + due.round, due.page * values_a_frame + i);
    made.data[2 + 2 * i] = static_cast<std::uint8_t>(value);
    made.data[3 + 2 * i] = static_cast<std::uint8_t>(value >> 8);
  }
  return made;
}

/// A port, and what its bus had no room for yet.
struct sender {
  std::unique_ptr<bus::can::port> port;
  std::vector<frame> waiting;
};

void send_waiting(sender& by, blackboard& board) {
  if (by.waiting.empty()) return;
  const auto refused_before = by.port->read_statistics().tx_dropped;
  (void)by.port->send_all(by.waiting);
  const auto refused = by.port->read_statistics().tx_dropped - refused_before;
  // The last ones of them; they are sent again, as a controller does.
  const auto taken = by.waiting.size() - refused;
  by.waiting.erase(by.waiting.begin(), by.waiting.begin() + static_cast<std::ptrdiff_t>(taken));
  board.sent += taken;
  board.again += refused;
}

std::unique_ptr<bus::can::port> open_port(const field_site& site, const std::string& bus,
                                          bus::can::batch_handler handler) {
  bus::can::port_options options;
  options.name = bus;
  options.uri = "virtual:" + bus;
  options.runtime_folder = site.plan().folders.runtime;
  auto opened = bus::can::open_port(options, std::move(handler));
  if (!opened) _exit(1);
  return *std::move(opened);
}

} // namespace

void delays::note(std::int64_t us) {
  const auto at = count_.load(std::memory_order_relaxed);
  if (at >= us_.size()) return;
  us_[at] = static_cast<std::int32_t>(us);
  count_.store(at + 1, std::memory_order_release);
}

std::vector<double> delays::all() const {
  return {us_.begin(), us_.begin() + static_cast<std::ptrdiff_t>(count_.load())};
}

field_site::field_site(const field_layout& layout) {
  const auto folder = folder_.path();
  std::ofstream(folder + "/pack.json") << profile_of(layout);
  std::ofstream(folder + "/field.toml") << site_text(layout);
  setenv(folder_variable, folder.c_str(), 1);
  auto loaded = nodes::site::load(folder + "/field.toml");
  if (const auto* findings = std::get_if<messages::findings>(&loaded))
    throw std::runtime_error(nodes::site::to_string(findings->front()));
  plan_ = std::get<nodes::site::plan>(std::move(loaded));
  if (const auto made = nodes::site::create(plan_.folders); !made)
    throw std::runtime_error(made.error().text);
}

field_site::~field_site() {
  unsetenv(folder_variable);
}

void run_buses(const field_site& site, const field_layout& layout, blackboard& board) {
  std::vector<std::unique_ptr<bus::can::virtual_bus>> served;
  for (std::uint32_t i = 0; i < buses; ++i) {
    bus::can::virtual_bus_options options;
    options.name = bus_name(i);
    options.runtime_folder = site.plan().folders.runtime;
    options.bitrate = bitrate;
    options.bit_times = true;
    options.packing_us = layout.packing_us;
    // A bus that stands still holds its senders up and drops nothing of theirs.
    options.age_max_us = waits_for_wire_us;
    auto started = bus::can::virtual_bus::start(options);
    if (!started) _exit(1);
    served.push_back(*std::move(started));
  }
  for (++board.ready;; usleep(100'000)) {
    std::uint64_t bits = 0;
    for (const auto& one : served) bits += one->read_statistics().bits;
    board.bits = bits;
  }
}

void run_relay(const field_site& site, blackboard& board) {
  bus::message::zmq_context context;
  const auto relay = bus::message::make_relay(context, {{site.plan().relay_address()}});
  if (!relay) _exit(1);
  ++board.ready;
  pause();
}

void run_node(const field_site& site, blackboard& board) {
  bus::message::zmq_context context;
  const auto real = nodes::process::zmq_endpoints(context);
  nodes::process::node_options options;
  options.plan = &site.plan();
  options.name = "site";
  options.relay = site.plan().relay_address();
  options.own_process = true;
  options.make_endpoint =
      [&](const auto& asked,
          auto& to) -> messages::expected<std::unique_ptr<bus::message::endpoint>> {
    auto made = real(asked, to);
    if (!made) return made.error();
    return std::unique_ptr<bus::message::endpoint>(
        std::make_unique<noting_endpoint>(*std::move(made), board));
  };
  const auto node = nodes::process::node::start(std::move(options));
  if (!node) _exit(1);
  wait_until([&] { return (*node)->engine().ready(); }, ready_within_us);
  for (++board.ready;; usleep(100'000)) (*node)->tend();
}

void run_bare_ports(const field_site& site, blackboard& board) {
  std::vector<std::unique_ptr<bus::can::port>> ports;
  for (std::uint32_t i = 0; i < buses; ++i) {
    ports.push_back(open_port(site, bus_name(i), [&board, i](bus::can::batch&& batch) {
      if (i != 0 || !board.noting) return;
      const auto now = now_us();
      for (const auto& one : batch.frames) board.bare.note(now - one.time_us);
    }));
  }
  ++board.ready;
  pause();
}

void run_player(const field_site& site, const field_layout& layout, blackboard& board) {
  std::vector<sender> senders;
  for (std::uint32_t i = 0; i < buses; ++i)
    senders.push_back({open_port(site, bus_name(i), [](bus::can::batch&&) {}), {}});
  const auto second = second_of(layout);
  ++board.ready;
  wait_until([&] { return board.playing.load(); }, 3 * ready_within_us);
  auto begin_us = now_us();
  std::uint64_t played = 0; // of one bus
  const auto due_us = [&] {
    return begin_us + static_cast<std::int64_t>(played / second.size()) * us_per_s +
           second[played % second.size()].at_us;
  };
  const auto is_waiting = [&] {
    return std::ranges::any_of(senders, [](const sender& one) { return !one.waiting.empty(); });
  };
  for (auto wake_us = begin_us; board.playing || is_waiting(); wake_us += slot_us) {
    const timespec until{wake_us / us_per_s, wake_us % us_per_s * ns_per_us};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const auto late_us = now_us() - wake_us;
    if (board.noting) board.late.note(late_us);
    // Where this process or a bus stood still, the devices did: nothing comes faster after it.
    auto held_us = late_us > standstill_us ? late_us : 0;
    wake_us += held_us;
    if (is_waiting()) {
      held_us += slot_us;
    } else {
      for (; board.playing && due_us() + held_us <= wake_us; ++played)
        for (auto& one : senders)
          one.waiting.push_back(frame_of(second[played % second.size()], played / second.size()));
    }
    begin_us += held_us;
    for (auto& one : senders) send_waiting(one, board);
  }
  pause();
}

} // namespace voltaic::bench::can_field
