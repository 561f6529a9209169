#include "bus/can/replay/replay_port.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <mutex>
#include <thread>

#include "bus/can/clock.hpp"
#include "bus/can/file_descriptor.hpp"
#include "bus/can/load_meter.hpp"
#include "bus/can/replay/timeline.hpp"
#include "bus/thread_name.hpp"
#include "messages/can/frame_bits.hpp"

namespace voltaic::bus::can {
namespace {

/// Pause between ticks at speed 0: leaves the receiver time to take them.
constexpr std::int64_t unpaced_pause_us = 200;

class replay_port final : public port {
 public:
  replay_port(const port_options& options, recording source, file_descriptor wake,
              batch_handler handler)
      : options_(options),
        timeline_(std::move(source), options.epoch_utc_us ? epoch_monotonic_us : monotonic_now_us(),
                  options.loop),
        wake_(std::move(wake)),
        handler_(std::move(handler)) {
    statistics_.bitrate = options.bitrate;
    statistics_.state = controller_state::error_active;
    thread_ = std::thread([this] {
      name_thread("port");
      run();
    });
  }

  ~replay_port() override {
    stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
    thread_.join();
  }

  [[nodiscard]] send_result send(const messages::can::frame&) override {
    const std::lock_guard lock(mutex_);
    ++statistics_.tx_dropped;
    return send_result::down;
  }

  [[nodiscard]] statistics read_statistics() const override {
    const std::lock_guard lock(mutex_);
    statistics result = statistics_;
    result.load_percent = load_.percent(played_us_, result.bitrate);
    return result;
  }

 private:
  void run();
  void sleep_until(std::int64_t wall_us);
  void count(const batch& played);

  const port_options options_;
  replay_timeline timeline_;
  file_descriptor wake_;
  const batch_handler handler_;
  utc_offset_clock utc_;
  mutable std::mutex mutex_;
  statistics statistics_;
  mutable load_meter load_;
  std::int64_t played_us_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

void replay_port::run() {
  // At `anchor_wall_us` the timeline stood at `anchor_us`.
  std::int64_t anchor_wall_us = monotonic_now_us();
  std::int64_t anchor_us = timeline_.next_us() - tick_period_us;
  bool ended = false;
  while (!stopping_) {
    if (timeline_.ended() && !ended) {
      ended = true; // from here on ticks keep to the wall's clock
      anchor_us = timeline_.next_us() - tick_period_us;
      anchor_wall_us = monotonic_now_us();
    }
    const double speed = ended ? 1 : options_.speed;
    if (speed > 0) {
      const auto recorded_us = static_cast<double>(timeline_.next_us() - anchor_us);
      sleep_until(anchor_wall_us + static_cast<std::int64_t>(recorded_us / speed));
    } else {
      sleep_until(monotonic_now_us() + unpaced_pause_us);
    }
    if (stopping_) return;
    batch next = timeline_.next();
    next.utc_offset_us = options_.epoch_utc_us ? *options_.epoch_utc_us - epoch_monotonic_us
                                               : utc_.offset_us(monotonic_now_us());
    count(next);
    handler_(std::move(next));
  }
}

void replay_port::sleep_until(std::int64_t wall_us) {
  const std::int64_t left_us = wall_us - monotonic_now_us();
  if (left_us <= 0) return;
  const timespec timeout{left_us / 1'000'000, left_us % 1'000'000 * 1'000};
  pollfd polled{wake_.get(), POLLIN, 0};
  (void)::ppoll(&polled, 1, &timeout, nullptr);
}

void replay_port::count(const batch& played) {
  const std::lock_guard lock(mutex_);
  played_us_ = played.now_us;
  for (const messages::can::frame& item : played.frames) {
    const std::uint32_t bits =
        messages::can::exact_bits(item, {options_.bitrate, options_.data_bitrate});
    ++statistics_.rx;
    statistics_.bytes += item.length;
    statistics_.rx_bits += bits;
    load_.add(item.time_us, bits);
  }
  if (timeline_.ended()) statistics_.state = controller_state::down;
}

} // namespace

messages::expected<recording> load_replayed(const std::string& uri) {
  const auto file_and_bus = uri.substr(uri.find(':') + 1);
  const std::size_t mark = file_and_bus.rfind('#');
  const std::string path = file_and_bus.substr(0, mark);
  const std::string bus = mark == std::string::npos ? "" : file_and_bus.substr(mark + 1);
  auto source = load_recording(path, bus);
  if (!source) return messages::failure{fmt::format("{}: {}", uri, source.error().text)};
  return source;
}

messages::expected<std::unique_ptr<port>> open_replay_port(const port_options& options,
                                                           batch_handler handler) {
  if (!std::isfinite(options.speed) || options.speed < 0) {
    return messages::failure{fmt::format("{}: a speed is 0 or more", options.uri)};
  }
  auto source = load_replayed(options.uri);
  if (!source) return source.error();
  file_descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) {
    return messages::failure{fmt::format("{}: {}", options.uri, std::strerror(errno))};
  }
  return std::unique_ptr<port>(std::make_unique<replay_port>(options, std::move(*source),
                                                             std::move(wake), std::move(handler)));
}

} // namespace voltaic::bus::can
