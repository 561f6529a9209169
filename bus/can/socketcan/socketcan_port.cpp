#include "bus/can/socketcan/socketcan_port.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "bus/can/clock.hpp"
#include "bus/can/hand_over.hpp"
#include "bus/can/load_meter.hpp"
#include "bus/can/socketcan/error_frame.hpp"
#include "bus/can/socketcan/error_throttle.hpp"
#include "bus/can/socketcan/interface.hpp"
#include "bus/can/socketcan/interface_counters.hpp"
#include "bus/can/socketcan/link_diagnosis.hpp"
#include "bus/can/socketcan/raw_socket.hpp"
#include "bus/can/socketcan/send_window.hpp"
#include "bus/can/socketcan/setup_request.hpp"
#include "bus/can/socketcan/state_refresh.hpp"
#include "bus/can/socketcan/stranger_watch.hpp"
#include "bus/thread_name.hpp"
#include "messages/can/frame_bits.hpp"

namespace voltaic::bus::can {
namespace {

using messages::can::frame;

/// One batch holds no more: a long backlog comes in several.
constexpr std::size_t frames_per_batch_max = 4096;
/// The interface's counters are read this often.
constexpr std::int64_t count_period_us = error_throttle::period_us;
/// Where the kernel's queue is full of what others send, we try again after this time.
constexpr std::int64_t retry_period_us = 1'000;
/// While the controller is bus-off, a restart is asked for this often.
constexpr std::int64_t request_period_us = 500'000;
/// A kernel that keeps an interface from us is asked again after this time.
constexpr std::int64_t reconnect_period_us = 250'000;

class socketcan_port final : public port {
 public:
  socketcan_port(const port_options& options, std::string interface_name, file_descriptor wake,
                 batch_handler handler)
      : interface_name_(std::move(interface_name)),
        wanted_(options.listens_to),
        known_(options.known),
        runtime_folder_(options.runtime_folder),
        wake_(std::move(wake)),
        hand_over_(std::move(handler), options.tick_pause_us) {
    statistics_.bitrate = options.bitrate;
    data_bitrate_ = options.data_bitrate;
  }

  /// What the kernel refuses at the start is told; later it is tried again.
  [[nodiscard]] std::optional<messages::failure> start() {
    if (auto refused = connect()) return refused;
    thread_ = std::thread([this] {
      name_thread("port");
      run();
    });
    return {};
  }

  ~socketcan_port() override {
    stopping_ = true;
    wake_up();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] send_result send(const frame& item) override;
  [[nodiscard]] statistics read_statistics() const override;

 private:
  void run();
  [[nodiscard]] std::optional<messages::failure> connect();
  void disconnect();
  void follow_interface();
  void refresh_state(std::int64_t now_us);
  void take_interface(const interface_state& seen);
  void set_state(controller_state state);
  void wait();
  void drain();
  void accept(const received_frame& one, std::int64_t utc_offset_us);
  void accept_error(const frame& error);
  void learn(const frame& item);
  void filter();
  void pump();
  void count_traffic(std::int64_t now_us);
  void ask_for_restart(std::int64_t now_us);
  [[nodiscard]] std::uint64_t read_errors() const {
    const std::lock_guard lock(mutex_);
    return statistics_.errors;
  }
  [[nodiscard]] std::uint32_t bitrate() const {
    const std::lock_guard lock(mutex_);
    return statistics_.bitrate;
  }
  void wake_up() const {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
  }

  const std::string interface_name_;
  const id_filter wanted_;
  const id_filter known_;            ///< to anybody of the site
  const std::string runtime_folder_; ///< where `voltaic canctl` listens
  file_descriptor wake_;
  hand_over hand_over_;

  mutable std::mutex mutex_; ///< guards what `send` and the readers share
  file_descriptor socket_;   ///< changed by the thread alone
  statistics statistics_;
  std::uint32_t data_bitrate_ = 0;
  mutable load_meter load_;
  send_window window_;
  state_refresh refresh_;
  mutable link_diagnosis diagnosis_;
  std::optional<frame> last_error_;
  std::optional<frame> wire_fault_; ///< the last one by which the transceiver told it
  std::vector<id_range> sent_;      ///< what we sent: the kernel shows it when it was on the wire

  // Of the thread alone:
  interface_watch watch_;
  std::optional<interface_counters> counters_;
  std::optional<stranger_watch> strangers_;
  int interface_index_ = 0;
  unheard_traffic unheard_;
  error_throttle throttle_;
  bool hears_all_errors_ = true;
  frame_receiver receiver_;
  std::uint32_t overflow_ = 0;
  std::int64_t heard_us_ = 0;   ///< when the last frame of somebody else came
  std::int64_t drained_us_ = 0; ///< nothing older waits in the socket
  std::int64_t counted_us_ = 0;
  std::int64_t reconnect_due_us_ = 0;
  std::int64_t request_due_us_ = 0;
  bool backlog_ = false; ///< more waits in the socket than one batch holds
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

send_result socketcan_port::send(const frame& item) {
  bool waits = false;
  {
    const std::lock_guard lock(mutex_);
    const bool open = statistics_.state != controller_state::down &&
                      statistics_.state != controller_state::bus_off;
    if (!open) {
      ++statistics_.tx_dropped;
      return send_result::down;
    }
    learn(item);
    if (!window_.offer(item, monotonic_now_us())) return send_result::full;
    pump();
    waits = window_.waiting() && !window_.given_us();
  }
  // Nobody else will say when there is room again.
  if (waits) wake_up();
  return send_result::sent;
}

statistics socketcan_port::read_statistics() const {
  const std::lock_guard lock(mutex_);
  statistics result = statistics_;
  result.tx_dropped += window_.dropped();
  const std::int64_t now_us = monotonic_now_us();
  result.load_percent = load_.percent(now_us, result.bitrate);
  result.trouble = diagnosis_.trouble(now_us);
  // What makes many more errors is told before them.
  const auto& told = result.trouble == link_trouble::transceiver ? wire_fault_ : last_error_;
  if (told) result.last_error = describe_error_frame(*told);
  return result;
}

void socketcan_port::run() {
  while (!stopping_) {
    if (!backlog_) wait();
    follow_interface();
    drain();
    const std::int64_t now_us = monotonic_now_us();
    refresh_state(now_us);
    {
      const std::lock_guard lock(mutex_);
      pump();
    }
    if (now_us - counted_us_ >= count_period_us) count_traffic(now_us);
    ask_for_restart(now_us);
    hand_over_.say(drained_us_, backlog_);
  }
}

/// Looks for the interface and binds to it. A failure is none of the interface, but of the kernel.
std::optional<messages::failure> socketcan_port::connect() {
  reconnect_due_us_ = monotonic_now_us() + reconnect_period_us;
  auto asked = read_interface(interface_name_);
  if (!asked) return asked.error();
  // Also without an interface: whether the kernel has CAN at all is known at the start.
  auto opened = open_raw_socket(*asked && (*asked)->is_can ? (*asked)->index : 0);
  if (!opened) return opened.error();
  if (!*asked) return {};
  const interface_state& seen = **asked;
  if (!seen.is_can) return messages::failure{fmt::format("{} is no CAN interface", seen.name)};
  interface_index_ = seen.index;
  counters_.emplace(interface_name_, seen.kind);
  strangers_.emplace(seen.index, known_);
  unheard_.begin(counters_->read().value_or(passed_traffic{}));
  receiver_.forget_overflow();
  overflow_ = 0;
  const std::lock_guard lock(mutex_);
  socket_ = std::move(*opened);
  hears_all_errors_ = true;
  filter();
  take_interface(seen);
  return {};
}

void socketcan_port::disconnect() {
  counters_.reset();
  strangers_.reset();
  const std::lock_guard lock(mutex_);
  socket_.reset();
  set_state(controller_state::down);
  diagnosis_.stated(controller_state::down);
}

void socketcan_port::follow_interface() {
  const auto news = watch_.news_of(interface_name_);
  if (watch_.take_loss()) {
    const std::lock_guard lock(mutex_);
    refresh_.doubt();
  }
  if (!socket_.valid()) {
    if (news || monotonic_now_us() >= reconnect_due_us_) (void)connect();
    return;
  }
  if (!news) return;
  // Gone, or another of the same name.
  if (news->index != interface_index_) return disconnect();
  const std::lock_guard lock(mutex_);
  take_interface(*news);
}

/// Not before the socket is empty: an older error frame would overwrite what was read.
void socketcan_port::refresh_state(std::int64_t now_us) {
  if (!socket_.valid() || backlog_) return;
  {
    const std::lock_guard lock(mutex_);
    if (!refresh_.due(statistics_.state, now_us)) return;
    refresh_.asked(now_us);
  }
  const auto asked = read_interface(interface_name_);
  if (!asked) return;
  if (!*asked || (*asked)->index != interface_index_) return disconnect();
  const std::lock_guard lock(mutex_);
  take_interface(**asked);
}

/// With the lock held.
void socketcan_port::take_interface(const interface_state& seen) {
  if (seen.bitrate != 0) statistics_.bitrate = seen.bitrate;
  if (seen.counters) {
    statistics_.transmit_errors = seen.counters->transmit;
    statistics_.receive_errors = seen.counters->receive;
  }
  set_state(seen.up ? seen.state.value_or(controller_state::error_active) : controller_state::down);
  diagnosis_.stated(statistics_.state);
}

/// With the lock held. What waited goes out neither later nor elsewhere.
void socketcan_port::set_state(controller_state state) {
  if (state == statistics_.state) return;
  if (state == controller_state::bus_off) ++statistics_.bus_off;
  statistics_.state = state;
  if (state != controller_state::bus_off && state != controller_state::down) return;
  window_.drop_waiting();
  window_.doubt();
}

void socketcan_port::wait() {
  std::int64_t until_us = hand_over_.due_us();
  const std::int64_t now_us = monotonic_now_us();
  {
    const std::lock_guard lock(mutex_);
    if (window_.waiting() && !window_.given_us())
      until_us = std::min(until_us, now_us + retry_period_us);
  }
  pollfd polled[3] = {
      {wake_.get(), POLLIN, 0}, {watch_.descriptor(), POLLIN, 0}, {socket_.get(), POLLIN, 0}};
  const std::int64_t left_us = std::max<std::int64_t>(0, until_us - now_us);
  const timespec timeout{left_us / 1'000'000, left_us % 1'000'000 * 1'000};
  (void)::ppoll(polled, 3, &timeout, nullptr);
  std::uint64_t ignored = 0;
  if ((polled[0].revents & POLLIN) != 0) (void)!::read(wake_.get(), &ignored, sizeof(ignored));
}

void socketcan_port::drain() {
  backlog_ = false;
  drained_us_ = monotonic_now_us();
  while (socket_.valid()) {
    const std::int64_t asked_us = monotonic_now_us();
    const auto outcome = receiver_.receive(socket_.get());
    if (outcome == frame_receiver::outcome::closed) return disconnect();
    const std::lock_guard lock(mutex_);
    if (outcome == frame_receiver::outcome::interface_down) {
      // It may be up again already: that was told by a message which was taken before this.
      set_state(controller_state::down);
      refresh_.doubt();
    }
    const std::int64_t utc_offset_us = utc_offset_now_us();
    for (const received_frame& one : receiver_.frames()) accept(one, utc_offset_us);
    // Error frames that told the state were lost as well, and that a frame of ours went out.
    if (receiver_.overflow() != overflow_) {
      refresh_.doubt();
      window_.doubt();
    }
    statistics_.rx_overflow += receiver_.overflow() - overflow_;
    overflow_ = receiver_.overflow();
    if (outcome == frame_receiver::outcome::would_block) {
      drained_us_ = asked_us;
      return;
    }
    drained_us_ = monotonic_now_us();
    backlog_ = hand_over_.waiting.frames.size() >= frames_per_batch_max;
    if (backlog_) return;
  }
}

/// With the lock held.
void socketcan_port::accept(const received_frame& one, std::int64_t utc_offset_us) {
  if (one.item.error) return accept_error(one.item);
  const std::uint32_t bits =
      messages::can::exact_bits(one.item, {statistics_.bitrate, data_bitrate_});
  const std::int64_t now_us = monotonic_now_us();
  load_.add(now_us, bits);
  diagnosis_.heard(1, now_us);
  statistics_.bytes += one.item.length;
  statistics_.rx_bits += bits;
  unheard_.heard(one.item.extended, one.item.length);
  if (one.own) {
    ++statistics_.tx;
    if (window_.confirmed(one.item)) pump();
    return;
  }
  ++statistics_.rx;
  heard_us_ = now_us;
  if (!wanted_.ranges().empty() && !wanted_.wants(one.item)) return;
  hand_over_.waiting.frames.push_back(one.item);
  hand_over_.waiting.frames.back().time_us = one.utc_us == 0 ? now_us : one.utc_us - utc_offset_us;
}

/// With the lock held.
void socketcan_port::accept_error(const frame& error) {
  const error_report said = read_error_frame(error);
  diagnosis_.reported(said, monotonic_now_us());
  if (said.counters) {
    statistics_.transmit_errors = said.counters->transmit;
    statistics_.receive_errors = said.counters->receive;
  }
  if (!said.arbitration_lost && !said.restarted) {
    ++statistics_.errors;
    last_error_ = error;
  }
  if (said.transceiver) wire_fault_ = error;
  if (said.controller_overflow) ++statistics_.rx_overflow;
  // Told also while the interface goes down; then it is down.
  if (said.state && statistics_.state != controller_state::down) set_state(*said.state);
}

/// With the lock held. The kernel shows us only what our filters pass, also of our own frames.
void socketcan_port::learn(const frame& item) {
  if (wanted_.ranges().empty()) return;
  const id_range one{item.id, item.id, item.extended};
  if (id_filter(sent_).wants(item)) return;
  sent_.push_back(one);
  filter();
}

/// With the lock held.
void socketcan_port::filter() {
  if (!socket_.valid()) return;
  std::vector<id_range> all = wanted_.ranges();
  if (!all.empty()) all.insert(all.end(), sent_.begin(), sent_.end());
  set_filters(socket_.get(), id_filter(std::move(all)));
}

/// With the lock held: gives the kernel what may go out.
void socketcan_port::pump() {
  const std::int64_t now_us = monotonic_now_us();
  if (window_.is_overdue(now_us, heard_us_) && !holds_unsent(socket_.get())) window_.released();
  while (const frame* item = window_.next(now_us)) {
    switch (write_frame(socket_.get(), *item)) {
      case write_outcome::taken:
        window_.written(now_us);
        break;
      case write_outcome::unfit:
        window_.refused();
        break;
      case write_outcome::full:
        return;
      case write_outcome::down:
        refresh_.doubt();
        return set_state(controller_state::down);
    }
  }
}

/// What passed unheard: the kernel counts it, and how many bits it had is estimated.
void socketcan_port::count_traffic(std::int64_t now_us) {
  counted_us_ = now_us;
  const auto read = counters_ ? counters_->read() : std::nullopt;
  if (!read) return;
  if (strangers_) strangers_->look(now_us, bitrate());
  const bool hears_all = throttle_.hears_all(read_errors(), now_us);
  if (std::exchange(hears_all_errors_, hears_all) != hears_all)
    set_error_classes(socket_.get(), hears_all);
  const std::lock_guard lock(mutex_);
  statistics_.unknown_ids = strangers_ ? strangers_->count() : std::nullopt;
  statistics_.babbler = strangers_ ? strangers_->babbling() : std::nullopt;
  const passed_traffic fresh = unheard_.fresh(*read);
  const std::uint64_t bits = estimated_bits(fresh, unheard_.extended_share());
  diagnosis_.heard(fresh.frames, now_us);
  statistics_.rx += fresh.frames;
  statistics_.bytes += fresh.bytes;
  statistics_.rx_bits += bits;
  load_.add(now_us, static_cast<std::uint32_t>(bits));
}

/// It takes rights that a port does not have. Where nobody listens, the bus stays off until
/// somebody restarts it.
void socketcan_port::ask_for_restart(std::int64_t now_us) {
  {
    const std::lock_guard lock(mutex_);
    if (statistics_.state != controller_state::bus_off || now_us < request_due_us_) return;
  }
  request_due_us_ = now_us + request_period_us;
  (void)ask_setup(runtime_folder_, {setup_request::verb::restart, interface_name_});
}

} // namespace

messages::expected<std::unique_ptr<port>> open_socketcan_port(const port_options& options,
                                                              const std::string& interface_name,
                                                              batch_handler handler) {
  file_descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid())
    return messages::failure{fmt::format("{}: {}", options.uri, std::strerror(errno))};
  auto result = std::make_unique<socketcan_port>(options, interface_name, std::move(wake),
                                                 std::move(handler));
  if (const auto refused = result->start())
    return messages::failure{fmt::format("{}: {}", options.uri, refused->text)};
  return std::unique_ptr<port>(std::move(result));
}

} // namespace voltaic::bus::can
