#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <zmq.hpp>

#include "bench/benchmarks.hpp"
#include "bench/bus_parts.hpp"
#include "bench/bus_way.hpp"

/// One frame at a time, from the call that publishes it to a handler's thread
/// in another process, encode and open included. The reference sends messages
/// of the same size through a raw proxy into the same mailbox.
namespace voltaic::bench {
namespace {

constexpr std::size_t frames_per_block = 1500;
constexpr std::int64_t spacing_us = 400;
constexpr int latency_rounds = 9;

struct page {
  std::atomic<bool> ready{false};
  std::atomic<std::uint64_t> order{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<std::uint64_t> heard{0};
  std::atomic<std::size_t> count{0};
  std::array<double, frames_per_block> latency_us{};
};

/// What stands between a receiving thread and a handler, as in an actor system.
template <class T>
class mailbox {
 public:
  void put(T one) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(one));
    }
    filled_.notify_one();
  }
  T take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !waiting_.empty(); });
    T one = std::move(waiting_.front());
    waiting_.pop_front();
    return one;
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> waiting_;
};

void note(page& memory, std::int64_t sent_us) {
  ++memory.heard;
  const std::size_t at = memory.count;
  if (at >= frames_per_block || sent_us == 0) return;
  memory.latency_us[at] = static_cast<double>(now_us() - sent_us);
  memory.count = at + 1;
}

/// `send` sends one frame that carries the time; 0 is not measured.
void publish_blocks(page& memory, const std::function<void(std::int64_t)>& send) {
  while (memory.heard == 0) {
    send(0);
    usleep(1000);
  }
  usleep(50'000);
  memory.ready = true;
  while (true) {
    wait_until([&] { return memory.order > memory.done; }, INT64_MAX / 2);
    std::int64_t next = now_us();
    for (std::size_t n = 0; n < frames_per_block; ++n) {
      // Not in step with anything else on the machine.
      next += spacing_us + static_cast<std::int64_t>(n * 7919 % 200);
      while (now_us() < next) usleep(static_cast<unsigned>(next - now_us()));
      send(now_us());
    }
    wait_until([&] { return memory.count == frames_per_block; }, 5'000'000);
    ++memory.done;
  }
}

struct chain : bus_way {
  shared<page> memory;
  std::vector<double> block() {
    memory->count = 0;
    ++memory->order;
    wait_until([&] { return memory->done == memory->order; }, 60'000'000);
    const auto begin = memory->latency_us.begin();
    return {begin, begin + static_cast<std::ptrdiff_t>(memory->count.load())};
  }
};

class posting_listener final : public bus::message::listener {
 public:
  explicit posting_listener(mailbox<bus::message::frame_ptr>& to) : to_(to) {}
  void on_frame(bus::message::plane, const bus::message::frame_ptr& frame) override {
    to_.put(frame);
  }

 private:
  mailbox<bus::message::frame_ptr>& to_;
};

void start_subject(chain& to) {
  using namespace bus::message;
  page& memory = *to.memory;
  to.start_relay();
  to.subscriber.emplace([&] {
    mailbox<frame_ptr> box;
    posting_listener ears(box);
    std::thread receiver([&] { listen_at(to.relay(), "ears", ears); });
    while (true) {
      const auto message = messages::decode(*box.take());
      if (message) note(memory, message->header.time.monotonic_us);
    }
  });
  to.publisher.emplace([&] {
    publish_at(to.relay(), [&](endpoint& door) {
      const messages::payload content = small_telemetry();
      auto header = small_header();
      publish_blocks(memory, [&](std::int64_t time_us) {
        ++header.sequence;
        header.time.monotonic_us = time_us;
        door.publish(plane::telemetry, messages::encode(header, content));
      });
    });
  });
}

void start_reference(chain& to) {
  constexpr int high_water = 1000;
  page& memory = *to.memory;
  to.start_proxy(high_water);
  to.subscriber.emplace([&] {
    mailbox<zmq::message_t> box;
    std::thread receiver([&] {
      zmq::context_t context;
      auto socket = raw_ears(context, to, high_water);
      zmq::message_t message;
      while (socket.recv(message)) box.put(std::move(message));
    });
    while (true) note(memory, raw_time_us(box.take()));
  });
  to.publisher.emplace([&] {
    zmq::context_t context;
    auto socket = raw_mouth(context, to, high_water);
    std::uint64_t sequence = 0;
    publish_blocks(memory, [&](std::int64_t time_us) {
      auto message = raw_message(++sequence, time_us);
      socket.send(message, zmq::send_flags::none);
    });
  });
}

} // namespace

std::vector<row> bus_latency() {
  chain subject;
  chain reference;
  start_reference(reference);
  start_subject(subject);
  wait_until([&] { return subject.memory->ready && reference.memory->ready; }, ready_within_us);
  std::vector<double> p50, raw_p50, p99, raw_p99;
  std::uint64_t samples = 0;
  for (int n = 0; n < latency_rounds; ++n) {
    const auto raw = reference.block();
    const auto own = subject.block();
    if (raw.empty() || own.empty()) continue;
    samples += own.size();
    raw_p50.push_back(percentile(raw, 0.5));
    raw_p99.push_back(percentile(raw, 0.99));
    p50.push_back(percentile(own, 0.5));
    p99.push_back(percentile(own, 0.99));
  }
  const auto middle = compare(p50, raw_p50);
  const auto tail = compare(p99, raw_p99);
  const bool whole = samples == latency_rounds * frames_per_block;
  return {
      {"bus_latency/p50", middle.subject, "us", middle.reference, middle.ratio, "<= 1.4",
       whole && middle.ratio <= 1.4, samples, noise_of(middle)},
      {"bus_latency/p99", tail.subject, "us", tail.reference, tail.ratio, "<= 1.4",
       whole && tail.ratio <= 1.4, samples, noise_of(tail)},
  };
}

} // namespace voltaic::bench
