#include "bus/can/virtual/virtual_bus.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "bus/can/clock.hpp"
#include "bus/can/load_meter.hpp"
#include "bus/can/stranger_table.hpp"
#include "bus/can/virtual/arbiter.hpp"
#include "bus/can/virtual/packet.hpp"
#include "bus/can/virtual/socket.hpp"
#include "bus/thread_name.hpp"
#include "messages/can/frame_bits.hpp"

namespace voltaic::bus::can {
namespace {

constexpr std::size_t clients_max = 256;
/// Bit times are shorter than the 50 us by which Linux delays an ordinary timer.
constexpr unsigned long timer_slack_ns = 1'000;
constexpr std::int64_t accept_pause_us = 100'000;
/// Who listens to nothing of what passes hears this often how much it was.
constexpr std::int64_t passed_period_us = 100'000;
constexpr std::int64_t never_us = std::numeric_limits<std::int64_t>::max();

struct client {
  int id = 0;
  file_descriptor socket;
  std::optional<id_filter> filter; ///< nothing: it listens to everything
  std::vector<id_range> knows;     ///< as it says; empty: it does not
  std::deque<frame> outgoing;
  passed_frames passed;
  std::uint64_t told_frames = 0; ///< of `passed`, in the last packet
  std::int64_t told_us = 0;      ///< when that was
  passing_strangers told;        ///< in that packet
  bool greeted = false;
  bool blocked = false; ///< its socket is full; wait until it reads
  bool gone = false;
};

class served_bus final : public virtual_bus {
 public:
  served_bus(const virtual_bus_options& options, std::string path, file_descriptor listener,
             file_descriptor wake)
      : options_(options),
        path_(std::move(path)),
        listener_(std::move(listener)),
        wake_(std::move(wake)),
        arbiter_({options.bit_times ? options.bitrate : 0, options.age_max_us,
                  options.send_queue_max, options.data_bitrate}),
        thread_([this] {
          name_thread("virtual bus");
          run();
        }) {}

  ~served_bus() override {
    stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
    thread_.join();
    ::unlink(path_.c_str());
  }

  [[nodiscard]] virtual_bus_statistics read_statistics() const override {
    const std::lock_guard lock(mutex_);
    virtual_bus_statistics result = statistics_;
    result.load_percent = load_.percent(monotonic_now_us(), options_.bitrate);
    return result;
  }

 private:
  void run();
  [[nodiscard]] std::int64_t next_due_us() const;
  void wait(std::int64_t until_us);
  void accept_clients();
  void read_client(client& from);
  void take_packet(client& from, std::span<const std::byte> bytes);
  void learn_known();
  [[nodiscard]] passing_strangers strangers() const;
  void carry(std::int64_t now_us);
  void flush(client& to, std::int64_t now_us);
  void flush_all(std::int64_t now_us);
  void forget_gone();

  const virtual_bus_options options_;
  const std::string path_;
  file_descriptor listener_;
  file_descriptor wake_;
  arbiter arbiter_;
  std::vector<client> clients_;
  std::vector<pollfd> polled_;
  std::vector<frame> read_;
  packet_receiver receiver_;
  packet packet_;
  id_filter known_; ///< to some client; no ranges: nobody says what it knows
  stranger_table strangers_;
  int next_id_ = 0;
  std::int64_t accept_after_us_ = 0;
  std::int64_t flush_due_us_ = never_us;
  std::int64_t tell_due_us_ = never_us; ///< somebody has not heard yet what passed
  mutable std::mutex mutex_;
  virtual_bus_statistics statistics_;
  mutable load_meter load_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

void served_bus::run() {
  if (options_.bit_times || options_.packing_us > 0) ::prctl(PR_SET_TIMERSLACK, timer_slack_ns);
  while (!stopping_) {
    wait(next_due_us());
    for (std::size_t i = 0; i + 2 < polled_.size(); ++i) {
      const short events = polled_[i + 2].revents;
      if ((events & POLLOUT) != 0) clients_[i].blocked = false;
      if ((events & POLLIN) != 0) {
        read_client(clients_[i]);
      } else if ((events & (POLLHUP | POLLERR)) != 0) {
        clients_[i].gone = true;
      }
    }
    if ((polled_[0].revents & POLLIN) != 0) accept_clients();
    const std::int64_t now_us = monotonic_now_us();
    carry(now_us);
    flush_all(now_us);
    forget_gone();
  }
}

std::int64_t served_bus::next_due_us() const {
  if (flush_due_us_ != never_us) return flush_due_us_;
  // The end of a frame need not be seen before its delivery is due: the arbiter
  // catches up, on the stamps of what arrived meanwhile.
  const auto end_us = arbiter_.next_us();
  if (end_us) return std::min(*end_us + options_.packing_us, tell_due_us_);
  // Nobody else tells that it became quiet.
  if (strangers_.babbling()) return monotonic_now_us() + passed_period_us;
  return tell_due_us_;
}

void served_bus::wait(std::int64_t until_us) {
  if (accept_after_us_ <= monotonic_now_us()) accept_after_us_ = 0;
  const bool accepting = clients_.size() < clients_max && accept_after_us_ == 0;
  if (accept_after_us_ != 0) until_us = std::min(until_us, accept_after_us_);
  polled_.assign({{accepting ? listener_.get() : -1, POLLIN, 0}, {wake_.get(), POLLIN, 0}});
  for (const client& each : clients_) {
    const int read = arbiter_.has_room(each.id) ? POLLIN : 0;
    const int write = each.blocked ? POLLOUT : 0;
    polled_.push_back({each.socket.get(), static_cast<short>(read | write), 0});
  }
  timespec timeout{};
  if (until_us != never_us) {
    const std::int64_t left_us = std::max<std::int64_t>(0, until_us - monotonic_now_us());
    timeout.tv_sec = left_us / 1'000'000;
    timeout.tv_nsec = left_us % 1'000'000 * 1'000;
  }
  if (::ppoll(polled_.data(), polled_.size(), until_us == never_us ? nullptr : &timeout, nullptr) <=
      0) {
    for (pollfd& each : polled_) each.revents = 0;
  }
}

void served_bus::accept_clients() {
  while (clients_.size() < clients_max) {
    file_descriptor socket(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.valid()) {
      // Without a free descriptor the caller keeps waiting: look again later.
      accept_after_us_ = errno == EAGAIN ? 0 : monotonic_now_us() + accept_pause_us;
      return;
    }
    client& added = clients_.emplace_back();
    added.id = next_id_++;
    added.socket = std::move(socket);
  }
}

void served_bus::read_client(client& from) {
  while (arbiter_.has_room(from.id)) {
    const socket_outcome outcome = receiver_.receive(from.socket.get());
    if (outcome == socket_outcome::would_block) return;
    if (outcome == socket_outcome::closed) from.gone = true;
    read_.clear();
    const std::int64_t now_us = monotonic_now_us();
    for (const auto bytes : receiver_.packets()) take_packet(from, bytes);
    for (const frame& item : read_) arbiter_.push(from.id, item, now_us);
    if (from.gone || receiver_.packets().size() < packet_receiver::packets_max) return;
  }
}

void served_bus::take_packet(client& from, std::span<const std::byte> bytes) {
  packet_header header;
  if (read_packet(bytes, header, read_)) return;
  if (auto said = read_filter(bytes)) {
    if (said->what == said_of_ids::listens_to) {
      from.filter.emplace(std::move(said->ranges));
    } else {
      from.knows = std::move(said->ranges);
      learn_known();
    }
    return;
  }
  from.gone = true;
  const std::lock_guard lock(mutex_);
  ++statistics_.refused;
}

void served_bus::learn_known() {
  std::vector<id_range> all;
  for (const client& each : clients_)
    if (!each.gone) all.insert(all.end(), each.knows.begin(), each.knows.end());
  known_ = id_filter(std::move(all));
  strangers_.forget(known_);
}

passing_strangers served_bus::strangers() const {
  if (known_.ranges().empty()) return {};
  passing_strangers said;
  said.watched = 1;
  said.count = strangers_.count();
  if (const auto& babbling = strangers_.babbling()) {
    said.babbler = babbling->id | (babbling->extended ? extended_babbler : 0);
    said.frames_per_s = static_cast<std::uint32_t>(babbling->frames_per_s);
  }
  return said;
}

void served_bus::carry(std::int64_t now_us) {
  const std::uint64_t expired_before = arbiter_.expired();
  std::uint64_t frames = 0;
  std::uint64_t bits = 0;
  std::uint64_t lost = 0;
  arbiter_.advance(now_us, [&](int sender, const frame& item) {
    if (flush_due_us_ == never_us) flush_due_us_ = item.time_us + options_.packing_us;
    ++frames;
    const std::uint32_t item_bits =
        messages::can::exact_bits(item, {options_.bitrate, options_.data_bitrate});
    bits += item_bits;
    if (!known_.ranges().empty() && !known_.wants(item)) strangers_.heard(item);
    for (client& each : clients_) {
      if (each.id == sender) continue;
      const bool wanted = !each.filter || each.filter->wants(item);
      if (wanted && each.outgoing.size() >= options_.receive_queue_max) {
        ++each.passed.lost;
        ++lost;
        continue;
      }
      ++each.passed.frames;
      each.passed.bytes += item.length;
      each.passed.bits += item_bits;
      if (wanted) each.outgoing.push_back(item);
    }
  });
  strangers_.step(now_us, options_.bitrate);
  const std::lock_guard lock(mutex_);
  statistics_.frames += frames;
  statistics_.bits += bits;
  statistics_.lost += lost;
  statistics_.expired += arbiter_.expired() - expired_before;
  load_.add(now_us, static_cast<std::uint32_t>(bits));
}

void served_bus::flush(client& to, std::int64_t now_us) {
  const auto seen = strangers();
  const bool has_news =
      to.passed.frames != to.told_frames || (!to.knows.empty() && seen != to.told);
  bool untold = has_news && now_us - to.told_us >= passed_period_us;
  if (has_news && !untold) tell_due_us_ = std::min(tell_due_us_, to.told_us + passed_period_us);
  while (!to.blocked && !to.gone && (!to.outgoing.empty() || !to.greeted || untold)) {
    packet_.clear();
    for (const frame& item : to.outgoing) {
      if (!packet_.add(item)) break;
    }
    const auto bytes = packet_.finish(options_.bitrate, to.passed, seen);
    const socket_outcome outcome = send_packet(to.socket.get(), bytes);
    to.blocked = outcome == socket_outcome::would_block;
    to.gone = outcome == socket_outcome::closed;
    if (outcome != socket_outcome::done) return;
    to.greeted = true;
    to.told_frames = to.passed.frames;
    to.told_us = now_us;
    to.told = seen;
    untold = false;
    const auto sent = static_cast<std::ptrdiff_t>(packet_.count());
    to.outgoing.erase(to.outgoing.begin(), to.outgoing.begin() + sent);
  }
}

void served_bus::flush_all(std::int64_t now_us) {
  if (flush_due_us_ <= now_us) flush_due_us_ = never_us;
  if (flush_due_us_ == never_us) tell_due_us_ = never_us;
  for (client& each : clients_) {
    if (flush_due_us_ == never_us || !each.greeted) flush(each, now_us);
  }
}

void served_bus::forget_gone() {
  for (const client& each : clients_) {
    if (each.gone) arbiter_.remove(each.id);
  }
  const auto is_gone = [](const client& each) { return each.gone; };
  const bool forgets = std::ranges::any_of(
      clients_, [&](const client& each) { return is_gone(each) && !each.knows.empty(); });
  if (forgets) learn_known();
  std::erase_if(clients_, is_gone);
  const std::lock_guard lock(mutex_);
  statistics_.clients = clients_.size();
}

} // namespace

messages::expected<std::unique_ptr<virtual_bus>> virtual_bus::start(
    const virtual_bus_options& options) {
  auto path = virtual_bus_path(options.runtime_folder, options.name);
  if (!path) return path.error();
  if (options.bitrate == 0) {
    return messages::failure{fmt::format("virtual:{}: the bitrate is 0", options.name)};
  }
  if (connect_to_bus(*path).valid()) {
    return messages::failure{fmt::format("virtual:{}: {} is already served", options.name, *path)};
  }
  ::unlink(path->c_str()); // left behind by a bus that was killed
  file_descriptor listener = listen_at(*path);
  file_descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!listener.valid() || !wake.valid()) {
    return messages::failure{
        fmt::format("virtual:{}: {}: {}", options.name, *path, std::strerror(errno))};
  }
  return std::unique_ptr<virtual_bus>(
      new served_bus(options, std::move(*path), std::move(listener), std::move(wake)));
}

} // namespace voltaic::bus::can
