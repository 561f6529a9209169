#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "actors/modbus_device/line_answers.hpp"
#include "actors/modbus_device/modbus_device_model.hpp"
#include "actors/modbus_device/unit_plans.hpp"
#include "actors/simulator/serial_battery_model.hpp"
#include "bench/benchmarks.hpp"
#include "bench/harness.hpp"
#include "bus/modbus/line.hpp"
#include "bus/serial/pty_line.hpp"
#include "messages/profiles/load.hpp"
#include "messages/serial/receiver.hpp"
#include "support/temporary_folder.hpp"

// From the last byte that a battery puts on a line of plain RS-485 to its points, decoded with
// their qualities: the port's thread and the device's model, on a pseudo terminal.
namespace voltaic::bench {
namespace {

using clock = std::chrono::steady_clock;
namespace modbus = bus::modbus;
namespace device = actors::modbus_device;

constexpr std::uint8_t address = 2;
constexpr std::size_t samples = 2'000;
constexpr double goal_us = 10'000;
constexpr auto patience = std::chrono::seconds(300);

std::shared_ptr<const messages::profiles::device_profile> profile() {
  const std::string path = VOLTAIC_SOURCE_FOLDER "/configs/profiles/pylontech_rs485.json";
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto loaded = messages::profiles::load_profile(text, path);
  auto* read = std::get_if<messages::profiles::device_profile>(&loaded);
  if (read == nullptr) throw std::runtime_error(path + " cannot be read");
  for (auto& question : read->questions) question.period_ms = 50;
  for (auto& point : read->points) point.period_ms = 50;
  return std::make_shared<const messages::profiles::device_profile>(std::move(*read));
}

} // namespace

std::vector<row> serial_latency() {
  const tests::temporary_folder folder;
  const auto described = profile();
  actors::simulator::serial_battery_model battery(described, address);
  messages::serial::receiver heard(*described->framing, messages::serial::direction::request);
  std::atomic<std::int64_t> sent_us{0};
  std::unique_ptr<bus::serial::pty_line> wire;
  auto served = bus::serial::serve_pty(folder / "line", [&](std::span<const std::uint8_t> bytes) {
    heard.push(bytes);
    for (auto found = heard.next(); found; found = heard.next()) {
      const auto* asked = std::get_if<messages::serial::frame>(&*found);
      if (asked == nullptr) continue;
      const auto said = battery.answer(*asked);
      sent_us = now_us();
      wire->speak(said.bytes);
    }
    return std::vector<bus::serial::sent_piece>{};
  });
  if (!served) throw std::runtime_error(served.error().text);
  wire = std::move(served).value();
  device::model_options options;
  options.name = "bms_0";
  options.profile = described;
  auto model = device::model::create(options);
  auto plans = device::make_unit_plans(options, address);
  if (!model || !plans) throw std::runtime_error("no model");
  modbus::line_options line_options;
  line_options.name = "bench";
  line_options.transport = modbus::transport::framed;
  line_options.serial.device = folder / "line";
  line_options.serial.baud = 115'200;
  line_options.units = *plans;
  std::mutex mutex;
  std::vector<double> latencies_us;
  auto line = modbus::open_line(
      line_options,
      [&](modbus::poll&& round) {
        std::vector<device::read_result> results;
        for (const auto& each : round.answers)
          results.push_back(device::as_read_result(each, each.reason));
        const auto points = model->apply(round.first_read, results, round.now_us);
        if (!points || round.answers[0].outcome != modbus::outcome::done) return;
        const std::scoped_lock lock(mutex);
        latencies_us.push_back(static_cast<double>(now_us() - sent_us));
      },
      [](modbus::write_answer&&) {});
  if (!line) throw std::runtime_error(line.error().text);
  for (const auto end = clock::now() + patience; clock::now() < end;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const std::scoped_lock lock(mutex);
    if (latencies_us.size() >= samples) break;
  }
  (*line).reset();
  wire.reset();
  if (latencies_us.size() < samples) throw std::runtime_error("the battery was hardly heard");
  std::ranges::sort(latencies_us);
  row worst{"serial_latency/last byte on the line to points, p99",
            latencies_us[latencies_us.size() * 99 / 100], "us"};
  worst.samples = latencies_us.size();
  worst.goal = "< 10 ms";
  worst.pass = worst.value < goal_us;
  row usual{"serial_latency/last byte on the line to points, median", median(latencies_us), "us"};
  usual.samples = latencies_us.size();
  return {usual, worst};
}

} // namespace voltaic::bench
