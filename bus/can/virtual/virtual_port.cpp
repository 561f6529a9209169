#include "bus/can/virtual/virtual_port.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "bus/can/clock.hpp"
#include "bus/can/hand_over.hpp"
#include "bus/can/load_meter.hpp"
#include "bus/can/virtual/packet.hpp"
#include "bus/can/virtual/socket.hpp"
#include "bus/thread_name.hpp"
#include "messages/can/frame_bits.hpp"

namespace voltaic::bus::can {
namespace {

constexpr std::int64_t reconnect_period_us = 50'000;
/// One batch holds no more: a long backlog comes in several.
constexpr std::size_t frames_per_batch_max = 4096;

/// What to send to a bus on each connection; nothing where everything is listened to.
std::vector<std::byte> filter_of(const port_options& options) {
  const id_filter filter(options.listens_to);
  const std::size_t count = filter.ranges().size();
  if (count == 0 || count > filter_ranges_max) return {};
  return filter_packet(filter.ranges());
}

/// The same of what is no stranger to its site.
std::vector<std::byte> known_of(const port_options& options) {
  const id_filter known(options.known);
  const std::size_t count = known.ranges().size();
  if (count == 0 || count > filter_ranges_max) return {};
  return filter_packet(known.ranges(), said_of_ids::knows);
}

class virtual_port final : public port {
 public:
  virtual_port(const port_options& options, std::string path, file_descriptor wake,
               batch_handler handler)
      : path_(std::move(path)),
        filter_(filter_of(options)),
        known_(known_of(options)),
        wake_(std::move(wake)),
        hand_over_(std::move(handler), options.tick_pause_us) {
    statistics_.bitrate = options.bitrate;
    data_bitrate_ = options.data_bitrate;
    reconnect();
    thread_ = std::thread([this] {
      name_thread("port");
      run();
    });
  }

  ~virtual_port() override {
    stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
    thread_.join();
  }

  [[nodiscard]] send_result send(const frame& item) override { return send_all({&item, 1}); }
  [[nodiscard]] send_result send_all(std::span<const frame> frames) override;

  [[nodiscard]] statistics read_statistics() const override {
    const std::lock_guard lock(mutex_);
    statistics result = statistics_;
    result.load_percent = load_.percent(monotonic_now_us(), result.bitrate);
    return result;
  }

 private:
  void run();
  void reconnect();
  void disconnect();
  void wait(std::int64_t until_us);
  void drain();
  void accept_packets();
  void count(const passed_frames& passed, std::int64_t now_us);
  void take(const passing_strangers& said);

  const std::string path_;
  const std::vector<std::byte> filter_; ///< empty: none
  const std::vector<std::byte> known_;  ///< empty: it does not say
  file_descriptor wake_;
  hand_over hand_over_;

  mutable std::mutex mutex_; ///< guards what `send` and the readers share
  file_descriptor socket_;   ///< changed by the thread alone
  statistics statistics_;
  std::uint32_t data_bitrate_ = 0;
  mutable load_meter load_;
  packet outgoing_;
  passed_frames passed_; ///< on this connection

  packet_receiver receiver_;
  std::int64_t reconnect_due_us_ = 0;
  bool backlog_ = false; ///< more waits in the socket than one batch holds
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

send_result virtual_port::send_all(std::span<const frame> frames) {
  const std::lock_guard lock(mutex_);
  std::size_t at = 0;
  while (at < frames.size()) {
    const std::int64_t now_us = monotonic_now_us();
    outgoing_.clear();
    std::size_t end = at;
    for (; end < frames.size(); ++end) {
      frame stamped = frames[end];
      stamped.time_us = now_us;
      if (!outgoing_.add(stamped)) break;
    }
    const socket_outcome outcome = socket_.valid()
                                       ? send_packet(socket_.get(), outgoing_.finish(0, {}))
                                       : socket_outcome::closed;
    if (outcome != socket_outcome::done) {
      statistics_.tx_dropped += frames.size() - at;
      return outcome == socket_outcome::closed ? send_result::down : send_result::full;
    }
    for (; at < end; ++at) {
      ++statistics_.tx;
      statistics_.bytes += frames[at].length;
      load_.add(now_us,
                messages::can::exact_bits(frames[at], {statistics_.bitrate, data_bitrate_}));
    }
  }
  return send_result::sent;
}

void virtual_port::run() {
  while (!stopping_) {
    if (!backlog_) wait(hand_over_.due_us());
    if (!socket_.valid() && monotonic_now_us() >= reconnect_due_us_) reconnect();
    drain();
    hand_over_.say(monotonic_now_us(), backlog_);
  }
}

void virtual_port::reconnect() {
  reconnect_due_us_ = monotonic_now_us() + reconnect_period_us;
  file_descriptor fresh = connect_to_bus(path_);
  // A bus that takes no filter hands over everything, and the owner sorts.
  if (fresh.valid() && !filter_.empty()) (void)send_packet(fresh.get(), filter_);
  if (fresh.valid() && !known_.empty()) (void)send_packet(fresh.get(), known_);
  const std::lock_guard lock(mutex_);
  socket_ = std::move(fresh);
  passed_ = {};
  statistics_.state = socket_.valid() ? controller_state::error_active : controller_state::down;
}

void virtual_port::disconnect() {
  const std::lock_guard lock(mutex_);
  socket_.reset();
  statistics_.state = controller_state::down;
}

void virtual_port::wait(std::int64_t until_us) {
  pollfd polled[2] = {{wake_.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}};
  const std::int64_t left_us = std::max<std::int64_t>(0, until_us - monotonic_now_us());
  const timespec timeout{left_us / 1'000'000, left_us % 1'000'000 * 1'000};
  (void)::ppoll(polled, socket_.valid() ? 2 : 1, &timeout, nullptr);
}

void virtual_port::drain() {
  backlog_ = false;
  while (socket_.valid()) {
    const socket_outcome outcome = receiver_.receive(socket_.get());
    if (outcome == socket_outcome::would_block) return;
    accept_packets();
    if (outcome == socket_outcome::closed) return disconnect();
    if (receiver_.packets().size() < packet_receiver::packets_max) return;
    backlog_ = hand_over_.waiting.frames.size() >= frames_per_batch_max;
    if (backlog_) return;
  }
}

void virtual_port::accept_packets() {
  const std::int64_t now_us = monotonic_now_us();
  const std::lock_guard lock(mutex_);
  for (const auto bytes : receiver_.packets()) {
    packet_header header;
    if (!read_packet(bytes, header, hand_over_.waiting.frames)) {
      ++statistics_.errors;
      continue;
    }
    statistics_.bitrate = header.bitrate;
    count(header.passed, now_us);
    if (!known_.empty()) take(header.strangers);
  }
}

/// With the lock held.
void virtual_port::take(const passing_strangers& said) {
  statistics_.unknown_ids.reset();
  statistics_.babbler.reset();
  if (said.watched == 0) return;
  statistics_.unknown_ids = said.count;
  if (said.frames_per_s == 0) return;
  const bool extended = (said.babbler & extended_babbler) != 0;
  statistics_.babbler = {said.babbler & ~extended_babbler, extended,
                         static_cast<double>(said.frames_per_s)};
}

/// With the lock held.
void virtual_port::count(const passed_frames& passed, std::int64_t now_us) {
  const std::uint64_t bits = passed.bits - passed_.bits;
  statistics_.rx += passed.frames - passed_.frames;
  statistics_.bytes += passed.bytes - passed_.bytes;
  statistics_.rx_bits += bits;
  statistics_.rx_overflow += passed.lost - passed_.lost;
  load_.add(now_us, static_cast<std::uint32_t>(bits));
  passed_ = passed;
}

} // namespace

messages::expected<std::unique_ptr<port>> open_virtual_port(const port_options& options,
                                                            const std::string& name,
                                                            batch_handler handler) {
  if (name.empty() || name.find('/') != std::string::npos) {
    return messages::failure{fmt::format("{}: a virtual bus needs a name", options.uri)};
  }
  auto path = virtual_bus_path(options.runtime_folder, name);
  if (!path) return path.error();
  file_descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) {
    return messages::failure{fmt::format("{}: {}", options.uri, std::strerror(errno))};
  }
  return std::unique_ptr<port>(std::make_unique<virtual_port>(options, std::move(*path),
                                                              std::move(wake), std::move(handler)));
}

} // namespace voltaic::bus::can
