#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <utility>

#include "actors/runtime/caf_compat.hpp"
#include "bench/harness.hpp"
#include "bench/trip.hpp"

namespace voltaic::bench::trip_bench {
namespace {

struct token {
  std::int64_t sent_us = 0;
};

} // namespace
} // namespace voltaic::bench::trip_bench

namespace caf {
template <>
struct allowed_unsafe_message_type<voltaic::bench::trip_bench::token> : std::true_type {};
} // namespace caf

namespace voltaic::bench::trip_bench {
namespace {

namespace compat = actors::runtime::compat;

constexpr unsigned pass_spacing_us = 1'000;

caf::behavior passer(caf::event_based_actor*, caf::actor next) {
  return {[next = std::move(next)](const token& one) { compat::tell(next, one); }};
}

caf::behavior sender(caf::event_based_actor*, int socket) {
  return {[socket](const token& one) { (void)!::send(socket, &one, sizeof one, 0); }};
}

token wait_for_token(int socket) {
  pollfd polled{socket, POLLIN, 0};
  token one;
  while (::recv(socket, &one, sizeof one, MSG_DONTWAIT) != sizeof one) ::poll(&polled, 1, -1);
  return one;
}

} // namespace

raw_hops::raw_hops(rights asked) : process_([this, asked] { work(*memory_, asked); }) {}

void raw_hops::work(page& memory, rights asked) {
  take(asked);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
  const auto [outer, inner] = std::pair(ends[0], ends[1]);
  compat::system_config config(compat::system_config::scheduling::threaded);
  caf::actor_system system(config);
  const auto last = system.spawn(sender, inner);
  const auto middle = system.spawn(passer, last);
  const auto first = system.spawn(passer, middle);
  std::thread port([&, inner = inner] {
    while (true) compat::tell(first, wait_for_token(inner));
  });
  while (true) {
    wait_until([&] { return memory.asked > memory.done; }, INT64_MAX / 2);
    const auto until = memory.asked.load();
    for (auto n = memory.done.load(); n < until; ++n) {
      usleep(pass_spacing_us);
      const token one{now_us()};
      (void)!::send(outer, &one, sizeof one, 0);
      const auto back = wait_for_token(outer);
      memory.latency_us[n % samples_max] = static_cast<double>(now_us() - back.sent_us);
      memory.done = n + 1;
    }
  }
}

std::vector<double> raw_hops::block(std::size_t passes) {
  const auto first = memory_->done.load();
  memory_->asked = first + passes;
  wait_until([&] { return memory_->done == memory_->asked; }, INT64_MAX / 2);
  std::vector<double> latency_us;
  for (auto n = first; n < first + passes; ++n) {
    latency_us.push_back(memory_->latency_us[n % samples_max]);
  }
  return latency_us;
}

} // namespace voltaic::bench::trip_bench
