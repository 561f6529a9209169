#include "bus/can/bridge/bridge_port.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "bus/can/bridge/tunnel.hpp"
#include "bus/can/clock.hpp"
#include "bus/can/file_descriptor.hpp"
#include "bus/can/hand_over.hpp"
#include "bus/can/load_meter.hpp"
#include "bus/can/virtual/bus_mirror.hpp"
#include "bus/thread_name.hpp"
#include "messages/can/frame_bits.hpp"

namespace voltaic::bus::can {
namespace {

using messages::can::frame;

class bridge_port final : public port {
 public:
  bridge_port(const port_options& options, std::unique_ptr<tunnel> way, file_descriptor wake,
              batch_handler handler)
      : wanted_(options.listens_to),
        known_(options.known),
        wake_(std::move(wake)),
        hand_over_(std::move(handler), options.tick_pause_us),
        way_(std::move(way)),
        mirror_(bus_mirror::start(options)) {
    statistics_.bitrate = options.bitrate;
    data_bitrate_ = options.data_bitrate;
    thread_ = std::thread([this] {
      name_thread("port");
      run();
    });
  }

  ~bridge_port() override {
    stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
    thread_.join();
  }

  [[nodiscard]] send_result send(const frame& item) override { return send_all({&item, 1}); }

  [[nodiscard]] send_result send_all(std::span<const frame> frames) override {
    const std::lock_guard lock(mutex_);
    const auto result = way_->send(frames);
    if (result != send_result::sent) {
      statistics_.tx_dropped += frames.size();
      return result;
    }
    for (const auto& one : frames) {
      ++statistics_.tx;
      count(one);
    }
    if (mirror_ != nullptr) mirror_->show(frames);
    return result;
  }

  [[nodiscard]] statistics read_statistics() const override {
    const std::lock_guard lock(mutex_);
    auto result = statistics_;
    result.state = way_->is_up() ? controller_state::error_active : controller_state::down;
    result.errors = way_->counters().foreign + way_->counters().broken;
    result.rx_overflow = way_->counters().lost;
    result.load_percent = load_.percent(monotonic_now_us(), result.bitrate);
    if (!known_.ranges().empty()) {
      result.unknown_ids = strangers_.count();
      result.babbler = strangers_.babbling();
    }
    return result;
  }

 private:
  void run() {
    while (!stopping_) {
      wait(hand_over_.due_us());
      receive();
      hand_over_.say(monotonic_now_us(), false);
    }
  }

  void wait(std::int64_t until_us) {
    std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}};
    {
      const std::lock_guard lock(mutex_);
      for (const int each : way_->descriptors()) polled.push_back({each, POLLIN, 0});
    }
    const std::int64_t left_us = std::max<std::int64_t>(0, until_us - monotonic_now_us());
    const timespec timeout{left_us / 1'000'000, left_us % 1'000'000 * 1'000};
    (void)::ppoll(polled.data(), polled.size(), &timeout, nullptr);
  }

  void receive() {
    const auto now_us = monotonic_now_us();
    const std::lock_guard lock(mutex_);
    way_->receive(hand_over_.waiting.frames, now_us);
    for (auto& one : hand_over_.waiting.frames) {
      one.time_us = now_us;
      ++statistics_.rx;
      count(one);
      if (!known_.ranges().empty() && !known_.wants(one)) strangers_.heard(one);
    }
    if (mirror_ != nullptr) mirror_->show(hand_over_.waiting.frames);
    strangers_.step(now_us, statistics_.bitrate);
    if (!wanted_.ranges().empty())
      std::erase_if(hand_over_.waiting.frames,
                    [&](const frame& one) { return !wanted_.wants(one); });
  }

  /// With the lock held.
  void count(const frame& one) {
    const auto bits = messages::can::exact_bits(one, {statistics_.bitrate, data_bitrate_});
    statistics_.bytes += one.length;
    statistics_.rx_bits += bits;
    load_.add(monotonic_now_us(), bits);
  }

  const id_filter wanted_;
  const id_filter known_; ///< to anybody of the site
  file_descriptor wake_;
  hand_over hand_over_;

  mutable std::mutex mutex_; ///< guards what `send` and the readers share
  std::unique_ptr<tunnel> way_;
  std::unique_ptr<bus_mirror> mirror_; ///< nothing: nobody can listen beside us
  statistics statistics_;
  std::uint32_t data_bitrate_ = 0;
  mutable load_meter load_;
  stranger_table strangers_;

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace

messages::expected<bridge_place> parse_bridge(std::string_view uri, std::string_view partner) {
  bridge_place result;
  const auto colon = uri.find(':');
  const auto rest = colon == std::string_view::npos ? std::string_view() : uri.substr(colon + 1);
  result.stream = uri.starts_with("tcp:");
  const bool connects = result.stream && rest == "connect";
  if (!connects) {
    result.here = parse_network_address(rest);
    if (!result.here || result.here->port == 0)
      return messages::failure{
          fmt::format("expected {}, found \"{}\"",
                      result.stream ? "tcp:ADDRESS:PORT or tcp:connect" : "udp:ADDRESS:PORT", uri)};
  }
  const auto address = parse_network_address(partner);
  if (!address) return messages::failure{"peer: expected ADDRESS:PORT, as 192.0.2.10:20000"};
  if (address->port == 0 && (connects || !result.stream))
    return messages::failure{"peer: the port of whom we send to is stated"};
  result.partner = *address;
  return result;
}

bool is_local(const bridge_place& place) {
  return is_loopback(place.partner) && (!place.here || is_loopback(*place.here));
}

messages::expected<std::unique_ptr<port>> open_bridge_port(const port_options& options,
                                                           batch_handler handler) {
  const auto place = parse_bridge(options.uri, options.peer);
  if (!place) return messages::failure{fmt::format("{}: {}", options.uri, place.error().text)};
  auto way = place->stream ? open_tcp_tunnel(place->here, place->partner)
                           : open_udp_tunnel(*place->here, place->partner);
  if (!way) return messages::failure{fmt::format("{}: {}", options.uri, way.error().text)};
  file_descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid())
    return messages::failure{fmt::format("{}: {}", options.uri, std::strerror(errno))};
  return std::unique_ptr<port>(
      std::make_unique<bridge_port>(options, *std::move(way), std::move(wake), std::move(handler)));
}

} // namespace voltaic::bus::can
