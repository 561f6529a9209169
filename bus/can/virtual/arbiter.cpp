#include "bus/can/virtual/arbiter.hpp"

#include <algorithm>
#include <limits>

#include "messages/can/frame_bits.hpp"

namespace voltaic::bus::can {
namespace {

constexpr std::int64_t ns_per_us = 1'000;
constexpr std::int64_t ns_per_s = 1'000'000'000;

} // namespace

std::uint32_t arbitration_key(const frame& item) {
  // Base identifier (11), RTR or SRR (1), IDE (1), extension (18), RTR (1).
  const std::uint32_t remote = item.remote ? 1 : 0;
  if (!item.extended) return item.id << 21 | remote << 20;
  return (item.id >> 18) << 21 | 1u << 20 | 1u << 19 | (item.id & 0x3FFFFu) << 1 | remote;
}

bool arbiter::has_room(int client) const {
  const auto found = queues_.find(client);
  return found == queues_.end() || found->second.size() < options_.queue_max;
}

void arbiter::push(int client, const frame& item, std::int64_t arrival_us) {
  queues_[client].push_back({item, arrival_us * ns_per_us});
}

void arbiter::drop_expired(std::int64_t now_ns) {
  for (auto& [client, queue] : queues_) {
    while (!queue.empty() &&
           now_ns - queue.front().item.time_us * ns_per_us > options_.age_max_us * ns_per_us) {
      queue.pop_front();
      ++expired_;
    }
  }
}

bool arbiter::start(std::int64_t now_ns) {
  std::int64_t begin_ns = std::numeric_limits<std::int64_t>::max();
  for (const auto& [client, queue] : queues_) {
    if (!queue.empty()) begin_ns = std::min(begin_ns, queue.front().arrival_ns);
  }
  if (begin_ns > now_ns) return false;
  // Without bit times everything that waits competes at once.
  begin_ns = options_.bitrate > 0 ? std::max(begin_ns, free_ns_) : now_ns;
  if (begin_ns > now_ns) return false;
  std::deque<waiting>* winner = nullptr;
  int winner_client = 0;
  for (auto& [client, queue] : queues_) {
    if (queue.empty() || queue.front().arrival_ns > begin_ns) continue;
    if (winner != nullptr &&
        arbitration_key(queue.front().item) >= arbitration_key(winner->front().item)) {
      continue;
    }
    winner = &queue;
    winner_client = client;
  }
  flight_ = flight{winner->front().item, winner_client, begin_ns};
  winner->pop_front();
  if (options_.bitrate > 0) {
    flight_->end_ns += static_cast<std::int64_t>(messages::can::exact_bits(
                           flight_->item, {options_.bitrate, options_.data_bitrate})) *
                       ns_per_s / options_.bitrate;
  }
  return true;
}

void arbiter::advance(std::int64_t now_us, const deliver& on_frame) {
  const std::int64_t now_ns = now_us * ns_per_us;
  drop_expired(now_ns);
  for (;;) {
    if (flight_) {
      if (flight_->end_ns > now_ns) return;
      free_ns_ = flight_->end_ns;
      // Without bit times a frame ends when it is seen.
      flight_->item.time_us = options_.bitrate > 0 ? free_ns_ / ns_per_us : now_us;
      on_frame(flight_->client, flight_->item);
      flight_.reset();
    }
    if (!start(now_ns)) return;
  }
}

std::optional<std::int64_t> arbiter::next_us() const {
  if (!flight_) return std::nullopt;
  return flight_->end_ns / ns_per_us + 1;
}

} // namespace voltaic::bus::can
