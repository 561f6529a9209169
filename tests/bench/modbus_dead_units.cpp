#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/benchmarks.hpp"
#include "bench/harness.hpp"
#include "bus/modbus/line.hpp"
#include "bus/modbus/server.hpp"
#include "messages/modbus/served_unit.hpp"
#include "support/registers_unit.hpp"
#include "support/temporary_folder.hpp"

// What 31 dead units cost the one that lives on the same RTU line: both runs on
// a pseudo terminal, the live unit being asked last.
namespace voltaic::bench {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
namespace modbus = bus::modbus;

constexpr std::uint8_t units = 32;
constexpr std::uint8_t live_unit = 32;
constexpr std::uint32_t period_ms = 500;
constexpr std::uint32_t timeout_ms = 300;
constexpr double us_of_ms = 1'000;
/// Dead units are found and probed ever more rarely; the worst is at the beginning.
constexpr auto settle = 12s;
constexpr auto measure = 20s;
constexpr int blocks = 3;

struct periods {
  double median_ms = 0;
  double worst_ms = 0;
  std::size_t samples = 0;
};

/// When the rounds of the live unit were told.
class watch {
 public:
  void take(const modbus::poll& round) {
    if (round.unit != live_unit || round.answers[0].outcome != modbus::outcome::done) return;
    const std::scoped_lock lock(mutex_);
    told_us_.push_back(round.now_us);
  }
  void forget() {
    const std::scoped_lock lock(mutex_);
    told_us_.clear();
  }
  [[nodiscard]] periods read() {
    const std::scoped_lock lock(mutex_);
    if (told_us_.size() < 3) throw std::runtime_error("the live unit was hardly heard");
    std::vector<double> between;
    for (std::size_t i = 1; i < told_us_.size(); ++i)
      between.push_back(static_cast<double>(told_us_[i] - told_us_[i - 1]) / us_of_ms);
    return {median(between), *std::max_element(between.begin(), between.end()), between.size()};
  }

 private:
  std::mutex mutex_;
  std::vector<std::int64_t> told_us_;
};

periods run(bool with_dead) {
  const tests::temporary_folder folder;
  tests::registers_unit registers;
  modbus::server_options served;
  served.name = "bench";
  served.terminal = folder / "tty";
  const auto server =
      modbus::start_server(served, [&](std::uint8_t unit, std::span<const std::uint8_t> pdu) {
        return unit == live_unit ? messages::modbus::serve(registers, pdu)
                                 : std::vector<std::uint8_t>{};
      });
  if (!server) throw std::runtime_error(server.error().text);
  modbus::line_options options;
  options.name = "bench";
  options.transport = modbus::transport::rtu;
  options.serial.device = served.terminal;
  options.serial.baud = 115'200;
  options.response_timeout_ms = timeout_ms;
  for (std::uint8_t unit = with_dead ? 1 : live_unit; unit <= units; ++unit)
    options.units.push_back({unit, period_ms, {{modbus::table::holding, 0, 60}}});
  watch seen;
  const auto line = modbus::open_line(
      options, [&](modbus::poll&& round) { seen.take(round); }, [](modbus::write_answer&&) {});
  if (!line) throw std::runtime_error(line.error().text);
  std::this_thread::sleep_for(settle);
  seen.forget();
  std::this_thread::sleep_for(measure);
  return seen.read();
}

} // namespace

std::vector<row> modbus_dead_units() {
  std::vector<double> dead;
  std::vector<double> alone;
  double worst_dead = 0;
  double worst_alone = 0;
  std::size_t samples = 0;
  for (int block = 0; block < blocks; ++block) {
    const auto reference = run(false);
    const auto subject = run(true);
    alone.push_back(reference.median_ms);
    dead.push_back(subject.median_ms);
    worst_alone = std::max(worst_alone, reference.worst_ms);
    worst_dead = std::max(worst_dead, subject.worst_ms);
    samples += subject.samples;
  }
  const auto medians = compare(dead, alone);
  row usual{"modbus_dead_units/period of the live unit, median", medians.subject, "ms"};
  usual.reference = medians.reference;
  usual.ratio = medians.ratio;
  usual.samples = samples;
  usual.noise = noise_of(medians);
  row worst{"modbus_dead_units/period of the live unit, worst", worst_dead, "ms"};
  worst.reference = worst_alone;
  worst.ratio = worst_dead / worst_alone;
  worst.samples = samples;
  worst.goal = fmt::format("<= alone + {} ms", timeout_ms);
  // A hundredth of a period for the machine's own lateness.
  worst.pass = worst_dead <= worst_alone + timeout_ms + period_ms / 100.0;
  return {usual, worst};
}

} // namespace voltaic::bench
