#include "bench/trip.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "bench/benchmarks.hpp"
#include "bus/can/virtual/virtual_bus.hpp"
#include "bus/can/virtual/virtual_port.hpp"
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
namespace voltaic::bench {
namespace {

using namespace trip_bench;
using messages::can::frame;

constexpr std::int64_t ready_within_us = 20'000'000;
constexpr std::int64_t missed_after_us = 2'000'000;
constexpr std::int64_t closed_within_us = 20'000'000;
constexpr std::int64_t ask_again_us = 50'000;
/// For a scan to be judged, so that the command to close finds it granted.
constexpr unsigned judged_within_us = 2'000;
/// Values of the rack while it waits: each is an instant at which the chain acts.
constexpr std::int64_t keep_alive_us = 3'000;
constexpr std::int64_t command_life_us = 1'000'000;
constexpr std::uint8_t contactor_open = 0;
constexpr std::uint8_t contactor_close = 2;

/// The rack: its frames, its contactors, and when the bus carried what.
class rack_player {
 public:
  explicit rack_player(const nodes::site::plan& plan) {
    bus::can::port_options options;
    options.name = "can0";
    options.uri = "virtual:can0";
    options.runtime_folder = plan.folders.runtime;
    // The sender never hears itself, so one port watches the other.
    auto ears = bus::can::open_virtual_port(options, "can0",
                                            [this](bus::can::batch&& batch) { hear(batch); });
    auto mouth = bus::can::open_virtual_port(options, "can0", [](bus::can::batch&&) {});
    if (!ears || !mouth) throw std::runtime_error("the virtual bus is not there");
    const std::lock_guard lock(mutex_);
    mouth_ = *std::move(mouth);
    ears_ = *std::move(ears);
  }

  void send(std::span<const frame> frames) { (void)mouth_->send_all(frames); }
  void send_values() { send(answer_to(position_)); }

  /// The contactors' position, after the rack has told it.
  [[nodiscard]] std::uint8_t position() const { return position_; }
  /// Waits for a position; keeps the rack's values fresh meanwhile.
  bool wait_for(std::uint8_t wanted, std::int64_t within_us) {
    const auto until_us = now_us() + within_us;
    while (now_us() < until_us) {
      std::unique_lock lock(mutex_);
      const auto pause = std::chrono::microseconds(keep_alive_us);
      if (changed_.wait_for(lock, pause, [&] { return position_ == wanted; })) return true;
      lock.unlock();
      send_values();
    }
    return false;
  }

  void arm() {
    const std::lock_guard lock(mutex_);
    high_us_.reset();
    opened_us_.reset();
  }
  /// Bus time from the frame with the high cell to the order; nothing: missed.
  [[nodiscard]] std::optional<double> latency_us() const {
    const std::lock_guard lock(mutex_);
    if (!high_us_ || !opened_us_) return std::nullopt;
    return static_cast<double>(*opened_us_ - *high_us_);
  }

 private:
  void hear(const bus::can::batch& batch) {
    for (const auto& one : batch.frames) {
      if (one.id == last_cells_id) {
        const auto last_mv = static_cast<std::uint16_t>(one.data[6] | one.data[7] << 8);
        const std::lock_guard lock(mutex_);
        if (last_mv == high_cell_mv && !high_us_) high_us_ = one.time_us;
      } else if (one.id == order_id) {
        follow(one.data[order_contactor_byte], one.time_us);
      }
    }
  }

  void follow(std::uint8_t ordered, std::int64_t time_us) {
    {
      const std::lock_guard lock(mutex_);
      if (ordered == contactor_open && high_us_ && !opened_us_) opened_us_ = time_us;
      if (ordered == position_ || ordered > contactor_close || mouth_ == nullptr) return;
      position_ = ordered;
    }
    send_values();
    changed_.notify_one();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::uint8_t> position_ = contactor_open;
  std::optional<std::int64_t> high_us_;
  std::optional<std::int64_t> opened_us_;
  std::unique_ptr<bus::can::port> mouth_;
  std::unique_ptr<bus::can::port> ears_; ///< first to go: its thread uses the rest
};

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
      auto content = std::make_shared<actors::runtime::received>();
      content->from = actors::runtime::plane::commands;
      content->message.header.time = time.now();
      command.deadline_utc_us = content->message.header.time.utc_us + command_life_us;
      content->message.payload = std::move(command);
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
  const auto good = cell_frames(good_cell_mv);
  const auto high = cell_frames(high_cell_mv);
  const auto until_us = now_us() + closed_within_us;
  do {
    if (now_us() > until_us) throw std::runtime_error("the rack does not close");
    rack.send(good);
    usleep(judged_within_us);
    chain.ask_to_close();
  } while (!rack.wait_for(contactor_close, ask_again_us));
  rack.arm();
  rack.send(std::span(high).first(high.size() - 1));
  // Not in step with the port's ticks or anything else.
  usleep(static_cast<unsigned>(200 + number * 7919 % 1000));
  rack.send(std::span(high).last(1));
  rack.wait_for(contactor_open, missed_after_us);
  return rack.latency_us();
}

struct outcome {
  std::vector<double> p50, raw_p50;
  std::vector<double> all, raw;
  std::uint64_t missed = 0;
};

outcome run(rights asked, std::size_t trips) {
  const two_cores cores;
  const process hog_a(keep_a_core_busy);
  const process hog_b(keep_a_core_busy);
  raw_hops hops(asked);
  trip_chain chain(asked);
  const borrowed_rights own;
  rack_player rack(chain.plan());
  outcome seen;
  const auto per_block = std::max<std::size_t>(trips / rounds, 1);
  for (std::size_t block = 0; block < rounds; ++block) {
    const auto raw = hops.block(per_block);
    seen.raw.insert(seen.raw.end(), raw.begin(), raw.end());
    seen.raw_p50.push_back(median(raw));
    std::vector<double> latency_us;
    for (std::size_t n = 0; n < per_block; ++n) {
      const auto latency = trip_once(chain, rack, block * per_block + n);
      latency ? latency_us.push_back(*latency) : void(++seen.missed);
    }
    if (latency_us.empty()) throw std::runtime_error("no trip of a block was seen");
    seen.p50.push_back(median(latency_us));
    seen.all.insert(seen.all.end(), latency_us.begin(), latency_us.end());
  }
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
  constexpr double p999_goal_us = 500;
  constexpr double worst_goal_us = 2'000;
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
  return {p50, state(how + "/p99", percentile(seen.all, 0.99), percentile(seen.raw, 0.99), samples),
          p999, worst, missed};
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
