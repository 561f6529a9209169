#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "actors/runtime/caf_compat.hpp"
#include "actors/runtime/engine.hpp"
#include "bench/benchmarks.hpp"
#include "bench/bus_parts.hpp"
#include "bench/process.hpp"
#include "support/memory_journal.hpp"

/// One frame of 256 bytes at a time, from the call that says it to the last
/// subscriber's handler in the same node: encoded, opened and handed out on the
/// one side, a shared pointer in a bare CAF message on the other. Said by a
/// thread of its own, as frames come in from outside, and by another actor.
namespace voltaic::bench {
namespace {

using namespace actors::runtime;

constexpr std::size_t frames_per_block = 1000;
constexpr unsigned spacing_us = 200;
constexpr std::int64_t heard_within_us = 2'000'000;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

enum class mouth { thread, actor };

/// When the last subscriber heard a frame. Frames come one at a time.
struct ear {
  std::atomic<int> missing = 0;
  std::atomic<std::int64_t> heard_ns = 0;
  std::atomic<std::int64_t> said_ns = 0;
  void hear() {
    if (--missing == 0) heard_ns = now_ns();
  }
};

/// Latencies of a block. `say` says one frame and notes when it began.
std::vector<double> block(ear& of, int readers, const std::function<void()>& say) {
  std::vector<double> latency_us;
  for (std::size_t n = 0; n < frames_per_block; ++n) {
    usleep(spacing_us);
    of.missing = readers;
    say();
    if (!wait_until([&] { return of.missing == 0 && of.heard_ns > of.said_ns; }, heard_within_us)) {
      break;
    }
    latency_us.push_back(static_cast<double>(of.heard_ns - of.said_ns) * 1e-3);
  }
  return latency_us;
}

class reader final : public actor {
 public:
  reader(context& with, ear& of) : ear_(of) { with.listen("talker", kind::telemetry); }
  using actor::receive;
  void receive(const messages::message&) override { ear_.hear(); }

 private:
  ear& ear_;
};

class talker final : public actor {
 public:
  talker(context& with, ear& of) : context_(with), ear_(of) {}
  using actor::receive;
  void receive(const messages::message& message) override {
    ear_.said_ns = now_ns();
    context_.say(plane::telemetry, content_, message.header.time);
  }

 private:
  context& context_;
  ear& ear_;
  messages::telemetry content_ = small_telemetry();
};

std::vector<double> subject(mouth by, int readers) {
  ear hears;
  group_spec group{strategy::one_for_one, {}};
  for (int i = 0; i < readers; ++i) {
    group.children.push_back({fmt::format("reader_{}", i), "reader", [&hears](context& with) {
                                return std::make_unique<reader>(with, hears);
                              }});
  }
  group.children.push_back({"talker", "talker", [&hears](context& with) {
                              return std::make_unique<talker>(with, hears);
                            }});
  system_clock time;
  node_inbox inbox;
  tests::memory_journal journal;
  const auto progress = progress_page::anonymous();
  engine_options options;
  options.node = options.boot = "bench";
  options.groups = {group};
  options.time = &time;
  options.inbox = &inbox;
  options.journal = &journal;
  options.progress = progress.get();
  engine node(std::move(options));
  wait_until([&] { return node.ready(); }, heard_within_us);
  if (by == mouth::actor) {
    messages::command go;
    go.target = "talker";
    const auto order = std::make_shared<messages::message>();
    order->payload = go;
    const auto to = node.find("talker");
    return block(hears, readers, [&] { to->post(received_ptr(order)); });
  }
  speaker voice("talker", 1, messages::utc_quality::unknown);
  const messages::payload content = small_telemetry();
  return block(hears, readers, [&] {
    hears.said_ns = now_ns();
    node.bus().say(voice, plane::telemetry, messages::payload(content), time.now());
  });
}

struct bare_frame {
  std::array<char, small_frame_bytes> bytes{};
};
using bare_ptr = std::shared_ptr<const bare_frame>;
struct go_ahead {};

} // namespace
} // namespace voltaic::bench

namespace caf {
template <>
struct allowed_unsafe_message_type<voltaic::bench::bare_ptr> : std::true_type {};
template <>
struct allowed_unsafe_message_type<voltaic::bench::go_ahead> : std::true_type {};
} // namespace caf

namespace voltaic::bench {
namespace {

caf::behavior bare_reader(caf::event_based_actor*, ear* of) {
  return {[of](const bare_ptr&) { of->hear(); }};
}

caf::behavior bare_talker(caf::event_based_actor*, ear* of, std::vector<caf::actor> to) {
  return {[of, to = std::move(to)](go_ahead) {
    of->said_ns = now_ns();
    const auto frame = std::make_shared<const bare_frame>();
    for (const auto& one : to) compat::tell(one, frame);
  }};
}

std::vector<double> reference(mouth by, int readers) {
  ear hears;
  compat::system_config config(compat::system_config::scheduling::threaded);
  caf::actor_system system(config);
  std::vector<caf::actor> all;
  for (int i = 0; i < readers; ++i) all.push_back(system.spawn(bare_reader, &hears));
  const auto talks = system.spawn(bare_talker, &hears, all);
  auto latency_us = by == mouth::actor
                        ? block(hears, readers, [&] { compat::tell(talks, go_ahead{}); })
                        : block(hears, readers, [&] {
                            hears.said_ns = now_ns();
                            const auto frame = std::make_shared<const bare_frame>();
                            for (const auto& one : all) compat::tell(one, frame);
                          });
  compat::ask_to_end(talks);
  for (const auto& one : all) compat::ask_to_end(one);
  return latency_us;
}

row measure(mouth by, int readers) {
  constexpr double goal_ratio = 1.5;
  std::vector<double> own;
  std::vector<double> raw;
  std::uint64_t samples = 0;
  for (int n = 0; n < rounds; ++n) {
    const auto bare = reference(by, readers);
    const auto whole = subject(by, readers);
    samples += whole.size();
    if (bare.empty() || whole.empty()) continue;
    raw.push_back(percentile(bare, 0.5));
    own.push_back(percentile(whole, 0.5));
  }
  const auto compared = compare(own, raw);
  row one;
  one.name = fmt::format("node_latency/p50, said by {}, heard by {}",
                         by == mouth::thread ? "a thread" : "an actor", readers);
  one.value = compared.subject;
  one.unit = "us";
  one.reference = compared.reference;
  one.ratio = compared.ratio;
  one.goal = fmt::format("<= {}", goal_ratio);
  one.pass = samples == rounds * frames_per_block && compared.ratio <= goal_ratio;
  one.samples = samples;
  one.noise = noise_of(compared);
  return one;
}

} // namespace

std::vector<row> node_latency() {
  return {measure(mouth::thread, 1), measure(mouth::thread, 3), measure(mouth::actor, 1),
          measure(mouth::actor, 3)};
}

} // namespace voltaic::bench
