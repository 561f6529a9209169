#include "bus/modbus/server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "bus/serial/terminal.hpp"
#include "bus/thread_name.hpp"
#include "messages/modbus/frame.hpp"

namespace voltaic::bus::modbus {
namespace {

namespace wire = messages::modbus;
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using bytes = std::vector<std::uint8_t>;

constexpr int look_period_ms = 100;
// While answers wait for their time.
constexpr int delayed_look_period_ms = 10;
// Answers of one client that wait; more are not given.
constexpr std::size_t delayed_max = 64;
// Answers that a client does not fetch; then it is closed.
constexpr std::size_t unsent_bytes_max = 16 * wire::tcp_frame_bytes_max;
constexpr int backlog = 16;

std::string text_of(int error) {
  return std::strerror(error);
}

struct delayed_answer {
  clock::time_point due;
  bytes frame;
};

struct client {
  int descriptor = -1;
  std::uint32_t peer = 0; ///< IPv4 address; 0: the terminal
  bool rtu = false;
  bytes received;
  bytes unsent;
  std::vector<delayed_answer> delayed;
  clock::time_point last_frame;
  clock::time_point frame_began; ///< of what is in `received`
};

class poll_server final : public server {
 public:
  poll_server(server_options options, unit_handler handler)
      : options_(std::move(options)), handler_(std::move(handler)) {}

  ~poll_server() override {
    if (thread_.joinable()) {
      const std::uint64_t one = 1;
      (void)!::write(wake_, &one, sizeof(one));
      thread_.join();
    }
    for (const auto& each : clients_) ::close(each.descriptor);
    for (const int each : {listener_, terminal_side_, wake_})
      if (each >= 0) ::close(each);
    if (!options_.terminal.empty()) ::unlink(options_.terminal.c_str());
  }

  /// Empty when it serves, else why not.
  std::string start() {
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ < 0) return text_of(errno);
    std::string mistake = options_.terminal.empty() ? listen() : open_terminal();
    if (!mistake.empty()) return mistake;
    try {
      thread_ = std::thread([this] {
        name_thread("modbus server");
        run();
      });
    } catch (const std::system_error& refused) {
      return fmt::format("no thread for it: {}", refused.what());
    }
    return "";
  }

  std::uint16_t port() const override { return port_; }

  server_statistics read_statistics() const override {
    const std::scoped_lock lock(mutex_);
    return statistics_;
  }

 private:
  std::string listen() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    if (::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1)
      return fmt::format("{} is no IPv4 address in numbers", options_.host);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener_ < 0) return text_of(errno);
    const int reuse = 1;
    (void)::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof(address);
    if (::bind(listener_, generic, length) != 0 || ::listen(listener_, backlog) != 0 ||
        ::getsockname(listener_, generic, &length) != 0)
      return fmt::format("{}:{}: {}", options_.host, options_.port, text_of(errno));
    port_ = ntohs(address.sin_port);
    return "";
  }

  std::string open_terminal() {
    serial::terminal opened;
    auto mistake = serial::open_terminal(options_.terminal, opened);
    terminal_side_ = opened.other;
    if (opened.mine < 0) return mistake;
    client made;
    made.descriptor = opened.mine;
    made.rtu = true;
    clients_.push_back(std::move(made));
    return mistake;
  }

  void run() {
    std::vector<pollfd> polled;
    while (true) {
      polled.assign(1, {wake_, POLLIN, 0});
      if (listener_ >= 0) polled.push_back({listener_, POLLIN, 0});
      const auto first = polled.size();
      for (const auto& each : clients_)
        polled.push_back({each.descriptor,
                          static_cast<short>(each.unsent.empty() ? POLLIN : POLLIN | POLLOUT), 0});
      const bool any_waits =
          std::ranges::any_of(clients_, [](const client& each) { return !each.delayed.empty(); });
      (void)::poll(polled.data(), static_cast<nfds_t>(polled.size()),
                   any_waits ? delayed_look_period_ms : look_period_ms);
      if (polled[0].revents != 0) return;
      const auto now = clock::now();
      std::erase_if(clients_, [&, i = first](client& each) mutable {
        const bool served = polled[i++].revents == 0 || serve(each, now);
        const bool keeps = served && send_due(each, now);
        if (keeps && !is_expired(each, now)) return false;
        ::close(each.descriptor);
        return true;
      });
      if (listener_ >= 0 && polled[1].revents != 0) accept(now);
      const std::scoped_lock lock(mutex_);
      statistics_.connections = clients_.size();
    }
  }

  void accept(clock::time_point now) {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    const int descriptor = ::accept4(listener_, reinterpret_cast<sockaddr*>(&address), &length,
                                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    const auto peer = ntohl(address.sin_addr.s_addr);
    const auto of_peer = static_cast<std::size_t>(
        std::ranges::count(clients_, peer, [](const client& each) { return each.peer; }));
    if (clients_.size() >= options_.connections_max ||
        of_peer >= options_.connections_per_peer_max) {
      ::close(descriptor);
      count(&server_statistics::refused);
      return;
    }
    const int no_delay = 1;
    (void)::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay));
    client made;
    made.descriptor = descriptor;
    made.peer = peer;
    made.rtu = options_.rtu_frames;
    made.last_frame = now;
    clients_.push_back(std::move(made));
  }

  bool is_expired(client& each, clock::time_point now) {
    const bool slow =
        !each.received.empty() && now - each.frame_began > milliseconds(options_.frame_timeout_ms);
    if (each.peer == 0) {
      // A terminal has nobody to hang up on: what did not end is forgotten.
      if (slow) each.received.clear();
      return false;
    }
    const bool idle = now - each.last_frame > milliseconds(options_.idle_timeout_ms);
    if (slow || idle) count(&server_statistics::expired);
    return slow || idle;
  }

  /// False when the client is to be closed.
  bool serve(client& each, clock::time_point now) {
    std::array<std::uint8_t, 1024> incoming{};
    const auto length = ::read(each.descriptor, incoming.data(), incoming.size());
    if (length == 0) return each.peer == 0;
    if (length < 0 && errno != EAGAIN && errno != EINTR) return each.peer == 0;
    if (length > 0) {
      if (each.received.empty()) each.frame_began = now;
      each.received.insert(each.received.end(), incoming.begin(), incoming.begin() + length);
    }
    while (!each.received.empty()) {
      const auto state = each.rtu ? answer_rtu(each) : answer_tcp(each);
      if (state == wire::framing::incomplete) break;
      if (state == wire::framing::broken) {
        count(&server_statistics::broken);
        if (!each.rtu) return false;
        each.received.clear(); // the next frame begins after the silence
        break;
      }
      each.last_frame = each.frame_began = now;
    }
    return send(each);
  }

  wire::framing answer_tcp(client& each) {
    auto parsed = wire::parse_tcp(each.received);
    if (parsed.state != wire::framing::complete) return parsed.state;
    forget(each, parsed.bytes);
    auto said = handler_(parsed.frame.unit, parsed.frame.pdu);
    if (!said.pdu.empty())
      reply(each,
            wire::encode_tcp({parsed.frame.transaction, parsed.frame.unit, std::move(said.pdu)}),
            said.delay_us);
    return parsed.state;
  }

  wire::framing answer_rtu(client& each) {
    const auto expected = wire::rtu_request_bytes(each.received);
    if (!expected) return wire::framing::incomplete;
    // What nobody knows the length of is taken as it came.
    const auto length = *expected == 0 ? each.received.size() : *expected;
    if (each.received.size() < length) return wire::framing::incomplete;
    const auto frame = wire::parse_rtu(std::span(each.received).first(length));
    if (!frame) return wire::framing::broken;
    forget(each, length);
    auto said = handler_(frame->unit, frame->pdu);
    if (!said.pdu.empty() && frame->unit != wire::broadcast_unit)
      reply(each, wire::encode_rtu({frame->unit, std::move(said.pdu)}), said.delay_us);
    return wire::framing::complete;
  }

  static void forget(client& each, std::size_t count) {
    each.received.erase(each.received.begin(),
                        each.received.begin() + static_cast<std::ptrdiff_t>(count));
  }

  void reply(client& each, const bytes& frame, std::int64_t delay_us) {
    if (delay_us > 0) {
      if (each.delayed.size() < delayed_max)
        each.delayed.push_back({clock::now() + std::chrono::microseconds(delay_us), frame});
      return;
    }
    each.unsent.insert(each.unsent.end(), frame.begin(), frame.end());
    count(&server_statistics::answered);
  }

  /// False when the client is to be closed.
  bool send_due(client& each, clock::time_point now) {
    if (each.delayed.empty()) return true;
    std::erase_if(each.delayed, [&](const delayed_answer& waiting) {
      if (waiting.due > now) return false;
      reply(each, waiting.frame, 0);
      return true;
    });
    return send(each);
  }

  static bool send(client& each) {
    while (!each.unsent.empty()) {
      const auto length = ::write(each.descriptor, each.unsent.data(), each.unsent.size());
      if (length < 0 && errno == EAGAIN) return each.unsent.size() <= unsent_bytes_max;
      if (length <= 0) return each.peer == 0;
      each.unsent.erase(each.unsent.begin(), each.unsent.begin() + length);
    }
    return true;
  }

  void count(std::uint64_t server_statistics::*what) {
    const std::scoped_lock lock(mutex_);
    ++(statistics_.*what);
  }

  const server_options options_;
  const unit_handler handler_;
  int listener_ = -1;
  int terminal_side_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::vector<client> clients_; ///< of the thread
  mutable std::mutex mutex_;
  server_statistics statistics_;
  std::thread thread_;
};

} // namespace

messages::expected<std::unique_ptr<server>> start_server(const server_options& options,
                                                         unit_handler handler) {
  auto made = std::make_unique<poll_server>(options, std::move(handler));
  if (auto mistake = made->start(); !mistake.empty())
    return messages::failure{fmt::format("Modbus server {}: {}", options.name, mistake)};
  return std::unique_ptr<server>(std::move(made));
}

} // namespace voltaic::bus::modbus
