#include "bench/trip.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <stdexcept>

#include "bench/benchmarks.hpp"
#include "bench/trip_rack.hpp"
#include "bench/trip_watch.hpp"
#include "bus/can/virtual/virtual_bus.hpp"
#include "bus/message/relay.hpp"
#include "messages/time.hpp"
#include "nodes/process/local_site.hpp"
#include "nodes/process/node.hpp"

/// From the frame with a cell over its limit to the order to open, both as the
/// virtual bus stamps them: the bus hands the frame to the port of the rack's
/// node; port, device, protection, contactor, device and port follow; the order
/// reaches the bus. Bus, relay and node are processes of their own, two more keep
/// the two cores busy that all of them share. The benchmark plays the rack: it
/// follows each order at once, completes scans of 480 cells, and has the
/// contactor closed again after each trip, through precharge, by a command.
///
/// A thread on each core watches whether the core runs what is due on it. A trip
/// over the goal is told on stderr with what the bus carried and where the cores
/// stood still meanwhile.
namespace voltaic::bench {
namespace {

using namespace trip_bench;

constexpr std::int64_t ready_within_us = 20'000'000;
constexpr std::int64_t missed_after_us = 2'000'000;
constexpr std::int64_t cells_period_us = 200'000;
constexpr std::int64_t closed_within_us = 20'000'000;
constexpr std::int64_t ask_again_us = 50'000;
/// For a scan to be judged, so that the command to close finds it granted.
constexpr unsigned judged_within_us = 2'000;
constexpr std::int64_t command_life_us = 1'000'000;
constexpr double p999_goal_us = 500;
constexpr double worst_goal_us = 2'000;

/// Everything but the rack, in processes of their own.
class trip_chain {
 public:
  explicit trip_chain(rights asked) : asked_(asked) {
    bus_.emplace([&] { run_bus(); });
    relay_.emplace([&] { run_relay(); });
    wait_for(2);
    node_.emplace([&] { run_node(); });
    wait_for(3);
  }
  ~trip_chain() { ::close(close_asked_); }
  trip_chain(const trip_chain&) = delete;
  trip_chain& operator=(const trip_chain&) = delete;

  [[nodiscard]] const nodes::site::plan& plan() const { return site_.plan(); }
  void ask_to_close() {
    const std::uint64_t one = 1;
    (void)!::write(close_asked_, &one, sizeof one);
  }

 private:
  void wait_for(int processes) {
    if (!wait_until([&] { return *ready_ == processes; }, ready_within_us)) {
      throw std::runtime_error("the trip benchmark's processes did not start");
    }
  }

  void run_bus() {
    take(asked_);
    bus::can::virtual_bus_options options;
    options.name = "can0";
    options.runtime_folder = plan().folders.runtime;
    const auto bus = bus::can::virtual_bus::start(options);
    if (bus) ++*ready_;
    pause();
  }

  void run_relay() {
    bus::message::zmq_context context;
    const auto relay = bus::message::make_relay(context, {{plan().relay_address()}});
    if (relay) ++*ready_;
    pause();
  }

  void run_node() {
    take(asked_);
    bus::message::zmq_context context;
    nodes::process::node_options options;
    options.plan = &plan();
    options.name = "rack_0";
    options.relay = plan().relay_address();
    options.make_endpoint = nodes::process::zmq_endpoints(context);
    const auto node = nodes::process::node::start(std::move(options));
    if (!node) return;
    const auto& engine = (*node)->engine();
    wait_until([&] { return engine.ready(); }, ready_within_us);
    const auto contactor = engine.find("rack_0/contactor");
    const actors::runtime::system_clock time;
    ++*ready_;
    std::uint64_t asked = 0;
    for (std::uint64_t more = 0; ::read(close_asked_, &more, sizeof more) == sizeof more;) {
      messages::command command;
      command.id = command.key = fmt::format("close-{}", ++asked);
      command.target = "rack_0/contactor";
      command.operation = "close";
      command.role = "operator";
      auto content = std::make_shared<messages::message>();
      content->header.time = time.now();
      command.deadline_utc_us = content->header.time.utc_us + command_life_us;
      content->payload = std::move(command);
      contactor->post(actors::runtime::received_ptr(std::move(content)));
    }
  }

  rights asked_;
  trip_site site_;
  shared<std::atomic<int>> ready_;
  int close_asked_ = ::eventfd(0, EFD_CLOEXEC);
  std::optional<process> bus_;
  std::optional<process> relay_;
  std::optional<process> node_;
};

void keep_a_core_busy() {
  for (std::atomic<std::uint64_t> n = 0;; ++n) {
  }
}

/// One trip and back; nothing: missed.
std::optional<double> trip_once(trip_chain& chain, rack_player& rack, std::size_t number) {
  const auto mild = temperature_frames();
  const auto good = cell_frames(good_cell_mv);
  const auto high = cell_frames(high_cell_mv);
  const auto until_us = now_us() + closed_within_us;
  do {
    if (now_us() > until_us) throw std::runtime_error("the rack does not close");
    rack.send(mild);
    rack.send(good);
    usleep(judged_within_us);
    chain.ask_to_close();
  } while (!rack.wait_for(contactor_close, ask_again_us));
  rack.arm();
  rack.send(std::span(high).first(high.size() - 1));
  // Not in step with the port's ticks or anything else.
  usleep(static_cast<unsigned>(200 + number * 7919 % 1000));
  rack.send(std::span(high).last(1));
  // The cells' next scans come when they are due, as those of any rack do.
  const auto missed_us = now_us() + missed_after_us;
  while (!rack.wait_for(contactor_open, cells_period_us) && now_us() < missed_us) rack.send(high);
  return rack.latency_us();
}

/// A trip that took too long: what the bus carried, and whether the cores ran.
void explain(std::size_t number, std::optional<double> latency_us, const rack_player& rack,
             const core_watch& cores, std::int64_t stolen_before_us) {
  constexpr std::size_t standstills_told = 8;
  fmt::print(stderr, "trip {}: {}; the machine was stolen {} us from\n{}", number,
             latency_us ? fmt::format("{:.0f} us", *latency_us) : "missed",
             stolen_us() - stolen_before_us, rack.history());
  auto still = cores.between(rack.armed_us(), now_us());
  still.resize(std::min(still.size(), standstills_told));
  for (const auto& one : still) {
    fmt::print(
        stderr,
        "  core {} stood still for {} us from {} us after arming, {} us of it behind threads\n",
        one.core, one.until_us - one.from_us, one.from_us - rack.armed_us(), one.waited_us);
  }
  if (still.empty()) fmt::print(stderr, "  both cores ran\n");
}

struct outcome {
  std::vector<double> p50, raw_p50;
  std::vector<double> all, raw;
  std::uint64_t missed = 0;
  double standstill_us = 0; ///< the longest of a core
};

outcome run(rights asked, std::size_t trips) {
  const two_cores cores;
  const process hog_a(keep_a_core_busy);
  const process hog_b(keep_a_core_busy);
  raw_hops hops(asked);
  trip_chain chain(asked);
  const borrowed_rights own;
  rack_player rack(chain.plan());
  const core_watch watch;
  outcome seen;
  const auto per_block = std::max<std::size_t>(trips / rounds, 1);
  for (std::size_t block = 0; block < rounds; ++block) {
    const auto raw = hops.block(per_block);
    seen.raw.insert(seen.raw.end(), raw.begin(), raw.end());
    seen.raw_p50.push_back(median(raw));
    std::vector<double> latency_us;
    for (std::size_t n = 0; n < per_block; ++n) {
      const auto number = block * per_block + n;
      const auto stolen_before_us = stolen_us();
      const auto latency = trip_once(chain, rack, number);
      latency ? latency_us.push_back(*latency) : void(++seen.missed);
      const bool slow =
          asked == rights::real_time && latency.value_or(missed_after_us) > worst_goal_us;
      if (slow) explain(number, latency, rack, watch, stolen_before_us);
    }
    if (latency_us.empty()) throw std::runtime_error("no trip of a block was seen");
    seen.p50.push_back(median(latency_us));
    seen.all.insert(seen.all.end(), latency_us.begin(), latency_us.end());
  }
  const auto longest = watch.longest();
  seen.standstill_us = static_cast<double>(longest.until_us - longest.from_us);
  return seen;
}

row state(const std::string& name, double value, double reference, std::uint64_t samples) {
  row one;
  one.name = name;
  one.value = value;
  one.unit = "us";
  one.reference = reference;
  one.ratio = reference > 0 ? value / reference : 0;
  one.samples = samples;
  return one;
}

std::vector<row> rows_of(const outcome& seen, rights asked) {
  const bool judged = asked == rights::real_time;
  const std::string how = judged ? "trip, real-time rights" : "trip, no real-time rights";
  const auto samples = seen.all.size() + seen.missed;
  const auto middle = compare(seen.p50, seen.raw_p50);
  auto p50 = state(how + "/p50", middle.subject, middle.reference, samples);
  p50.ratio = middle.ratio;
  p50.noise = noise_of(middle);
  auto p999 =
      state(how + "/p99.9", percentile(seen.all, 0.999), percentile(seen.raw, 0.999), samples);
  auto worst = state(how + "/worst", percentile(seen.all, 1), percentile(seen.raw, 1), samples);
  auto missed = state(how + "/missed", static_cast<double>(seen.missed), 0, samples);
  missed.unit = "trips";
  missed.goal = "0";
  missed.pass = seen.missed == 0;
  if (judged) {
    p999.goal = fmt::format("< {} us", p999_goal_us);
    p999.pass = p999.value < p999_goal_us;
    worst.goal = fmt::format("< {} us", worst_goal_us);
    worst.pass = worst.value < worst_goal_us;
  }
  const auto p99 =
      state(how + "/p99", percentile(seen.all, 0.99), percentile(seen.raw, 0.99), samples);
  const auto still = state(how + "/longest standstill of a core", seen.standstill_us, 0, samples);
  return {p50, p99, p999, worst, missed, still};
}

} // namespace

std::vector<row> trip(std::size_t trips) {
  // Without rights a wake takes milliseconds on a busy core, and figures need fewer of them.
  constexpr std::size_t without_rights_part = 50;
  std::vector<row> rows;
  trips = std::min(trips, samples_max);
  if (real_time_is_granted()) {
    rows = rows_of(run(rights::real_time, trips), rights::real_time);
  } else {
    fmt::print(stderr, "trip: SCHED_FIFO or locked memory was refused, so it runs without\n");
  }
  const auto ordinary = rows_of(run(rights::none, trips / without_rights_part), rights::none);
  rows.insert(rows.end(), ordinary.begin(), ordinary.end());
  return rows;
}

} // namespace voltaic::bench
