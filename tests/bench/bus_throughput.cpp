#include <atomic>
#include <optional>
#include <zmq.hpp>

#include "bench/benchmarks.hpp"
#include "bench/bus_parts.hpp"
#include "bench/bus_way.hpp"

/// Bursts of small frames from one process through the relay's process to a
/// subscriber's, while a second subscriber does not read. The reference sends
/// messages of the same size, one a frame, through a raw proxy with high-water
/// marks that hold a burst; it neither encodes nor opens anything.
namespace voltaic::bench {
namespace {

constexpr std::uint64_t burst_frames = 50'000;
constexpr int bursts_per_block = 4;
constexpr std::int64_t burst_within_us = 20'000'000;
constexpr std::uint64_t paced_frames_per_s = 10'000;
constexpr std::uint64_t paced_frames_per_wake = 10;
constexpr std::uint64_t paced_frames = 2 * paced_frames_per_s;

struct page {
  std::atomic<std::uint64_t> newest{0}; ///< sequence heard last
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<bool> ready{false};
  std::atomic<std::uint64_t> order{0}; ///< blocks ordered
  std::atomic<std::uint64_t> done{0};  ///< blocks done
  std::atomic<bool> paced{false};
  std::atomic<std::int64_t> spent_us{0};
};

/// Runs blocks as they are ordered, once frames come through; `send` sends one
/// frame, numbered from 1.
void publish_blocks(page& memory, const std::function<void(std::uint64_t)>& send) {
  while (memory.newest == 0) {
    send(++memory.sent);
    usleep(1000);
  }
  wait_until([&] { return memory.newest >= memory.sent; }, 1'000'000);
  memory.ready = true;
  std::uint64_t sequence = memory.sent;
  const auto burst = [&](std::uint64_t frames) {
    for (std::uint64_t n = 0; n < frames; ++n) send(++sequence);
    memory.sent = sequence;
  };
  while (true) {
    wait_until([&] { return memory.order > memory.done; }, INT64_MAX / 2);
    const std::int64_t begin = now_us();
    if (memory.paced) {
      for (std::uint64_t n = 0; n < paced_frames; n += paced_frames_per_wake) {
        burst(paced_frames_per_wake);
        const auto next =
            static_cast<std::int64_t>((n + paced_frames_per_wake) * 1'000'000 / paced_frames_per_s);
        while (now_us() < begin + next) usleep(static_cast<unsigned>(begin + next - now_us()));
      }
    } else {
      for (int n = 0; n < bursts_per_block; ++n) {
        burst(burst_frames);
        wait_until([&] { return memory.newest >= memory.sent; }, burst_within_us);
      }
    }
    memory.spent_us = now_us() - begin;
    ++memory.done;
  }
}

/// The three processes whose work is measured, and the one that does not read.
struct chain : bus_way {
  shared<page> memory;
  std::optional<process> stalled;

  struct figures {
    double frames_per_s;
    double frames_per_cpu_s;
    double cpu_us_per_frame;
  };
  [[nodiscard]] double cpu_us() const {
    return middle->cpu_us() + subscriber->cpu_us() + publisher->cpu_us();
  }
  figures block(bool paced) {
    const double cpu_before = cpu_us();
    const std::uint64_t sent_before = memory->sent;
    memory->paced = paced;
    ++memory->order;
    wait_until([&] { return memory->done == memory->order; }, bursts_per_block * burst_within_us);
    wait_until([&] { return memory->newest >= memory->sent; }, 2'000'000);
    const double cpu = cpu_us() - cpu_before;
    const auto frames = static_cast<double>(memory->sent - sent_before);
    return {frames / static_cast<double>(memory->spent_us) * 1e6, frames / cpu * 1e6, cpu / frames};
  }
};

class counting_listener final : public bus::message::listener {
 public:
  explicit counting_listener(page& memory) : memory_(memory) {}
  void on_frame(bus::message::plane from, const bus::message::frame_ptr& frame) override {
    if (from != bus::message::plane::telemetry) return;
    const auto message = messages::decode(*frame);
    if (!message) return;
    const std::uint64_t sequence = message->header.sequence;
    if (last_ != 0) lost_ += sequence - last_ - 1;
    last_ = sequence;
  }
  void on_batch_end() override {
    memory_.lost = lost_;
    memory_.newest = last_;
  }

 private:
  page& memory_;
  std::uint64_t last_ = 0;
  std::uint64_t lost_ = 0;
};

void start_subject(chain& to) {
  using namespace bus::message;
  page& memory = *to.memory;
  to.start_relay();
  to.stalled.emplace([&] {
    struct : listener {
      void on_frame(plane, const frame_ptr&) override { pause(); }
    } deaf;
    listen_at(to.relay(), "deaf", deaf);
  });
  to.subscriber.emplace([&] {
    counting_listener ears(memory);
    listen_at(to.relay(), "ears", ears);
  });
  to.publisher.emplace([&] {
    publish_at(to.relay(), [&](endpoint& door) {
      const messages::payload content = small_telemetry();
      auto header = small_header();
      publish_blocks(memory, [&](std::uint64_t sequence) {
        header.sequence = sequence;
        const auto frame = messages::encode(header, content);
        while (door.publish(plane::telemetry, frame) != publish_result::queued) usleep(50);
      });
    });
  });
}

void start_reference(chain& to) {
  constexpr int holds_a_burst = 2 * static_cast<int>(burst_frames);
  page& memory = *to.memory;
  to.start_proxy(holds_a_burst);
  to.stalled.emplace([&] {
    zmq::context_t context;
    const auto socket = raw_ears(context, to, holds_a_burst);
    pause();
  });
  to.subscriber.emplace([&] {
    zmq::context_t context;
    auto socket = raw_ears(context, to, holds_a_burst);
    std::uint64_t last = 0;
    std::uint64_t lost = 0;
    zmq::message_t message;
    while (socket.recv(message)) {
      const std::uint64_t sequence = raw_sequence(message);
      if (last != 0) lost += sequence - last - 1;
      last = sequence;
      memory.lost = lost;
      memory.newest = sequence;
    }
  });
  to.publisher.emplace([&] {
    zmq::context_t context;
    auto socket = raw_mouth(context, to, holds_a_burst);
    publish_blocks(memory, [&](std::uint64_t sequence) {
      auto message = raw_message(sequence);
      socket.send(message, zmq::send_flags::none);
    });
  });
}

} // namespace

std::vector<row> bus_throughput() {
  chain subject;
  chain reference;
  start_reference(reference);
  start_subject(subject);
  wait_until([&] { return subject.memory->ready && reference.memory->ready; }, ready_within_us);
  std::vector<double> rate, raw_rate, per_cpu, raw_per_cpu, paced, raw_paced;
  const std::uint64_t lost_before = subject.memory->lost;
  const std::uint64_t sent_before = subject.memory->sent;
  for (int n = 0; n < rounds; ++n) {
    const auto raw = reference.block(false);
    const auto own = subject.block(false);
    raw_rate.push_back(raw.frames_per_s);
    raw_per_cpu.push_back(raw.frames_per_cpu_s);
    rate.push_back(own.frames_per_s);
    per_cpu.push_back(own.frames_per_cpu_s);
  }
  const std::uint64_t sent = subject.memory->sent - sent_before;
  for (int n = 0; n < rounds; ++n) {
    raw_paced.push_back(reference.block(true).cpu_us_per_frame);
    paced.push_back(subject.block(true).cpu_us_per_frame);
  }
  const std::uint64_t missing = subject.memory->sent - subject.memory->newest;
  const auto lost = static_cast<double>(subject.memory->lost - lost_before + missing);
  const auto by_time = compare(rate, raw_rate);
  const auto by_cpu = compare(per_cpu, raw_per_cpu);
  const auto by_pace = compare(paced, raw_paced);
  return {
      {"bus_throughput/lost_by_live_subscriber", lost, "frames",
       static_cast<double>(reference.memory->lost), 0, "0 lost", lost == 0, sent, ""},
      {"bus_throughput/frames_per_s", by_time.subject, "1/s", by_time.reference, by_time.ratio,
       ">= 0.9", by_time.ratio >= 0.9, sent, noise_of(by_time)},
      {"bus_throughput/frames_per_cpu_s", by_cpu.subject, "1/s", by_cpu.reference, by_cpu.ratio,
       ">= 0.7", by_cpu.ratio >= 0.7, sent, noise_of(by_cpu)},
      {"bus_throughput/cpu_per_frame_at_10000_per_s", by_pace.subject, "us", by_pace.reference,
       by_pace.ratio, "", true, rounds * paced_frames, noise_of(by_pace)},
  };
}

} // namespace voltaic::bench
