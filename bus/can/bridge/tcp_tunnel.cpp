#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bus/can/bridge/tunnel.hpp"
#include "bus/can/clock.hpp"
#include "bus/can/file_descriptor.hpp"
#include "messages/can/cannelloni.hpp"

namespace voltaic::bus::can {
namespace {

namespace wire = messages::can::cannelloni;

constexpr std::int64_t reconnect_period_us = 500'000;
constexpr std::size_t receive_bytes = 16'384;
/// Of these at once; what more has come is taken the next time, and orders go out between.
constexpr int receives_at_once = 16;
constexpr int accepts_at_once = 4;
/// A partner that has not taken the connection and greeted by then is tried anew: the kernel's own
/// patience is minutes.
constexpr std::int64_t greeting_us_max = 2'000'000;
/// What the kernel did not take at once of the frames that are being sent; no frame waits longer.
constexpr std::size_t unsent_bytes_max = 16'384;
/// While the partner's machine has not confirmed what was written so long ago, nothing more is
/// written. A confirmation that is held back comes within 200 ms.
constexpr std::int64_t unconfirmed_us_max = 250'000;
/// Then the connection is given up with all that waits in it: a rack's lease is as long.
constexpr std::int64_t stalled_us_max = 500'000;
/// A connection on which nothing comes is probed after so many seconds, as often, so many times.
constexpr int probe_seconds = 1;
constexpr int probes_max = 3;

class tcp_tunnel final : public tunnel {
 public:
  tcp_tunnel(file_descriptor listener, const network_address& partner)
      : listener_(std::move(listener)), partner_(partner), buffer_(receive_bytes) {}

  [[nodiscard]] std::vector<int> descriptors() const override {
    return {listener_.valid() ? listener_.get() : -1, stream_.valid() ? stream_.get() : -1};
  }
  [[nodiscard]] bool is_up() const override { return greeted_; }
  [[nodiscard]] const tunnel_counters& counters() const override { return counters_; }

  void receive(std::vector<messages::can::frame>& into, std::int64_t now_us) override {
    accept_partner();
    if (!stream_.valid() && !listener_.valid() && now_us >= reconnect_us_) {
      reconnect_us_ = now_us + reconnect_period_us;
      connect_to_partner();
    }
    if (!stream_.valid()) return;
    if (!greeted_ && now_us - begun_us_ > greeting_us_max) return close_stream();
    for (int i = 0; i < receives_at_once; ++i) {
      const auto bytes = ::recv(stream_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (bytes < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINTR)) break;
      if (bytes <= 0) return close_stream();
      waiting_.insert(waiting_.end(), buffer_.begin(), buffer_.begin() + bytes);
      if (!take_stream(into)) return close_stream();
    }
    (void)flush();
    if (unconfirmed_us(now_us) > stalled_us_max) close_stream();
  }

  [[nodiscard]] send_result send(std::span<const messages::can::frame> frames) override {
    if (!greeted_) return send_result::down;
    if (!flush()) return send_result::down;
    const auto now_us = monotonic_now_us();
    if (!unsent_.empty() || unconfirmed_us(now_us) > unconfirmed_us_max) return send_result::full;
    for (const auto& one : frames)
      if (!wire::append(unsent_, one, unsent_bytes_max)) return send_result::full;
    return flush() ? send_result::sent : send_result::down;
  }

 private:
  void accept_partner() {
    for (int i = 0; listener_.valid() && i < accepts_at_once; ++i) {
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      file_descriptor fresh(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&from), &size,
                                      SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fresh.valid()) return;
      const auto who = from_kernel(from);
      if (who.host != partner_.host || (partner_.port != 0 && who.port != partner_.port)) {
        ++counters_.foreign;
        continue;
      }
      // The newer connection counts: the partner has given the former one up.
      close_stream();
      begin(std::move(fresh));
    }
  }

  void connect_to_partner() {
    file_descriptor fresh(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fresh.valid()) return;
    const auto place = to_kernel(partner_);
    const int done =
        ::connect(fresh.get(), reinterpret_cast<const sockaddr*>(&place), sizeof(place));
    if (done != 0 && errno != EINPROGRESS) return;
    begin(std::move(fresh));
  }

  void begin(file_descriptor fresh) {
    const auto set = [&](int level, int option, const auto& value) {
      (void)::setsockopt(fresh.get(), level, option, &value, sizeof(value));
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    // Whoever ends a connection, this process when it is killed among them, ends it with what waits
    // in it: an order that comes when the partner listens again is none any more.
    set(SOL_SOCKET, SO_LINGER, linger{1, 0});
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, probe_seconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, probe_seconds);
    set(IPPROTO_TCP, TCP_KEEPCNT, probes_max);
    stream_ = std::move(fresh);
    begun_us_ = monotonic_now_us();
    written_bytes_ = 0;
    marked_bytes_ = 0;
    unsent_.assign(wire::greeting.begin(), wire::greeting.end());
    (void)flush();
  }

  void close_stream() {
    stream_.reset();
    greeted_ = false;
    waiting_.clear();
    unsent_.clear();
  }

  /// False: the stream is none of the protocol.
  [[nodiscard]] bool take_stream(std::vector<messages::can::frame>& into) {
    std::span<const std::uint8_t> rest(waiting_);
    if (!greeted_) {
      const auto known = std::min(rest.size(), wire::greeting.size());
      if (!std::equal(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(known),
                      wire::greeting.begin())) {
        ++counters_.broken;
        return false;
      }
      if (known < wire::greeting.size()) return true;
      greeted_ = true;
      rest = rest.subspan(known);
    }
    for (;;) {
      const auto next = wire::next_frame(rest);
      if (!next) {
        ++counters_.broken;
        return false;
      }
      if (!next->whole) break;
      into.push_back(*next->whole);
      rest = rest.subspan(next->bytes);
    }
    waiting_.erase(waiting_.begin(),
                   waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_.size() - rest.size()));
    return true;
  }

  /// For how long something that was written is not confirmed, at least. Seen by a mark, which is
  /// the end of what was written at one look; the next one is set when all up to it is confirmed.
  [[nodiscard]] std::int64_t unconfirmed_us(std::int64_t now_us) {
    int waiting = 0;
    if (!greeted_ || ::ioctl(stream_.get(), SIOCOUTQ, &waiting) != 0) return 0;
    const auto confirmed = written_bytes_ - static_cast<std::uint64_t>(waiting);
    if (confirmed >= marked_bytes_) {
      marked_bytes_ = written_bytes_ + unsent_.size();
      marked_us_ = now_us;
    }
    return confirmed >= marked_bytes_ ? 0 : now_us - marked_us_;
  }

  /// False: the stream has ended.
  [[nodiscard]] bool flush() {
    while (stream_.valid() && !unsent_.empty()) {
      const auto bytes =
          ::send(stream_.get(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (bytes < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINTR)) return true;
      if (bytes < 0) {
        close_stream();
        return false;
      }
      unsent_.erase(unsent_.begin(), unsent_.begin() + bytes);
      written_bytes_ += static_cast<std::uint64_t>(bytes);
    }
    return stream_.valid();
  }

  file_descriptor listener_; ///< invalid: we connect
  network_address partner_;
  file_descriptor stream_;
  bool greeted_ = false; ///< by the partner, on this stream
  std::int64_t begun_us_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::vector<std::uint8_t> waiting_; ///< came, and is no whole frame yet
  std::vector<std::uint8_t> unsent_;
  std::uint64_t written_bytes_ = 0; ///< into this stream
  std::uint64_t marked_bytes_ = 0;
  std::int64_t marked_us_ = 0;
  std::int64_t reconnect_us_ = 0;
  tunnel_counters counters_;
};

} // namespace

messages::expected<std::unique_ptr<tunnel>> open_tcp_tunnel(
    const std::optional<network_address>& here, const network_address& partner) {
  file_descriptor listener;
  if (here) {
    listener = file_descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int yes = 1;
    (void)::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    const auto place = to_kernel(*here);
    constexpr int backlog = 4;
    if (!listener.valid() ||
        ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) != 0 ||
        ::listen(listener.get(), backlog) != 0)
      return messages::failure{fmt::format("{}: {}", to_text(*here), std::strerror(errno))};
  }
  return std::unique_ptr<tunnel>(std::make_unique<tcp_tunnel>(std::move(listener), partner));
}

} // namespace voltaic::bus::can
