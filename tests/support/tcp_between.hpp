#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <list>
#include <stdexcept>
#include <thread>
#include <vector>

namespace voltaic::test {

/// A socket on loopback that listens, or is connected, by its port.
inline int listen_on(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in at{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0 &&
      ::listen(descriptor, 16) == 0) {
    return descriptor;
  }
  ::close(descriptor);
  return -1;
}

/// The first of `count` ports in a row that nobody uses. They are not taken yet:
/// tests that run beside this one, with a process number close by, look elsewhere.
inline std::uint16_t free_ports(std::uint16_t count) {
  constexpr int first_port = 20'000; // below those that the system gives to clients
  constexpr int ports_each = 8;
  constexpr int processes = 1'500;
  const auto own = first_port + ::getpid() % processes * ports_each;
  for (auto first = static_cast<std::uint16_t>(own); first < 60'000;
       first = static_cast<std::uint16_t>(first + count)) {
    std::vector<int> taken;
    for (std::uint16_t i = 0; i < count; ++i) {
      taken.push_back(listen_on(static_cast<std::uint16_t>(first + i)));
    }
    bool all = true;
    for (const int each : taken) {
      all = all && each >= 0;
      if (each >= 0) ::close(each);
    }
    if (all) return first;
  }
  throw std::runtime_error("no free ports");
}

/// Stands between clients and the ports of a server, and loses what flows in
/// one direction when told to; the connections stay as they are.
class tcp_between {
 public:
  static constexpr std::uint16_t ports = 3;

  tcp_between(std::uint16_t own, std::uint16_t server) : server_(server) {
    for (std::uint16_t i = 0; i < ports; ++i) {
      doors_.at(i) = listen_on(static_cast<std::uint16_t>(own + i));
      if (doors_.at(i) < 0) throw std::runtime_error("a port is taken");
    }
    thread_ = std::thread([this] { run(); });
  }
  ~tcp_between() {
    stopping_ = true;
    thread_.join();
    for (const int each : doors_) ::close(each);
    for (const auto& each : pairs_) end(each);
  }
  tcp_between(const tcp_between&) = delete;
  tcp_between& operator=(const tcp_between&) = delete;

  std::atomic<bool> loses_answers = false;  ///< from the server
  std::atomic<bool> loses_requests = false; ///< to the server
  std::atomic<std::uint64_t> lost_bytes = 0;

 private:
  struct pair {
    int client = -1;
    int server = -1;
  };
  static constexpr int look_again_ms = 20;

  static void end(const pair& over) {
    ::close(over.client);
    ::close(over.server);
  }

  void run() {
    while (!stopping_) {
      std::vector<pollfd> all;
      for (const int each : doors_) all.push_back({each, POLLIN, 0});
      for (const auto& each : pairs_) {
        all.push_back({each.client, POLLIN, 0});
        all.push_back({each.server, POLLIN, 0});
      }
      ::poll(all.data(), all.size(), look_again_ms);
      std::size_t at = ports;
      std::erase_if(pairs_, [&](const pair& each) {
        const bool client = all[at++].revents != 0;
        const bool server = all[at++].revents != 0;
        const bool lives = (!client || pass(each.client, each.server, loses_requests)) &&
                           (!server || pass(each.server, each.client, loses_answers));
        if (!lives) end(each);
        return !lives;
      });
      for (std::uint16_t i = 0; i < ports; ++i) {
        if (all[i].revents != 0) join(i);
      }
    }
  }

  void join(std::uint16_t door) {
    const int client = ::accept(doors_.at(door), nullptr, nullptr);
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{
        AF_INET, htons(static_cast<std::uint16_t>(server_ + door)), {htonl(INADDR_LOOPBACK)}, {}};
    if (::connect(server, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0) {
      pairs_.push_back({client, server});
    } else {
      end({client, server});
    }
  }

  /// False: one side ended the connection.
  bool pass(int from, int to, bool loses) {
    std::array<char, 65'536> bytes;
    const auto count = ::read(from, bytes.data(), bytes.size());
    if (count <= 0) return false;
    if (loses) {
      lost_bytes += static_cast<std::uint64_t>(count);
      return true;
    }
    for (ssize_t done = 0; done < count;) {
      const auto sent =
          ::send(to, bytes.data() + done, static_cast<std::size_t>(count - done), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      done += sent;
    }
    return true;
  }

  std::uint16_t server_;
  std::array<int, ports> doors_{};
  std::list<pair> pairs_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace voltaic::test
