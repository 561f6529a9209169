#include <sys/resource.h>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "actors/runtime/caf_compat.hpp"
#include "actors/runtime/engine.hpp"
#include "bench/benchmarks.hpp"
#include "messages/codec/codec.hpp"
#include "support/memory_journal.hpp"

namespace voltaic::bench {
namespace {

using namespace actors::runtime;

constexpr int frames_in_block = 20'000;
// A talker that did not wait for its readers would measure the memory of their queues.
constexpr int frames_at_once = 50;
constexpr std::size_t words = 480;

double cpu_us() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

messages::command go() {
  messages::command command;
  command.target = "talker";
  return command;
}

// Says a block of frames when it is told to, the next when all readers have read it.
class talker final : public actor {
 public:
  talker(context& with, int readers) : context_(with), readers_(readers), done_(readers - 1) {}
  using actor::receive;
  void receive(const messages::message& message) override {
    if (++done_ < readers_ || said_ == frames_in_block) {
      return;
    }
    done_ = 0;
    for (int i = 0; i < frames_at_once; ++i) {
      messages::block block;
      block.quality = messages::quality::good;
      block.values = messages::block::words(words, static_cast<std::uint16_t>(3300 + i % 50));
      messages::telemetry telemetry{"talker", 1, {}};
      telemetry.blocks.push_back(std::move(block));
      context_.say(plane::local, std::move(telemetry), message.header.time);
    }
    said_ += frames_at_once;
  }

 private:
  context& context_;
  int readers_;
  int done_; ///< readers that have read the last block; the first word counts as the last of them
  int said_ = 0;
};

// Reads every word of what it hears.
class reader final : public actor {
 public:
  reader(context& with, std::atomic<std::uint64_t>& read) : context_(with), read_(read) {
    with.listen("talker", kind::telemetry);
  }
  using actor::receive;
  void receive(const messages::message& message) override {
    const auto& telemetry = std::get<messages::telemetry>(message.payload);
    std::uint64_t sum = 0;
    for (const auto& block : telemetry.blocks) {
      for (const auto word : std::get<messages::block::words>(block.values)) {
        sum += word;
      }
    }
    sum_ += sum;
    ++read_;
    if (++read_here_ % frames_at_once == 0) {
      context_.send(go(), message.header.time);
    }
  }

 private:
  context& context_;
  std::atomic<std::uint64_t>& read_;
  std::uint64_t sum_ = 0;
  int read_here_ = 0;
};

// CPU time a frame, built, delivered and read, in microseconds.
double subject(int readers) {
  std::atomic<std::uint64_t> read = 0;
  group_spec group{strategy::one_for_one, {}};
  group.children.push_back({"talker", "talker", [readers](context& with) {
                              return std::make_unique<talker>(with, readers);
                            }});
  for (int i = 0; i < readers; ++i) {
    group.children.push_back({fmt::format("reader_{}", i), "reader", [&read](context& with) {
                                return std::make_unique<reader>(with, read);
                              }});
  }
  system_clock time;
  node_inbox inbox;
  tests::memory_journal journal;
  const auto progress = progress_page::anonymous();
  engine_options options;
  options.node = "bench";
  options.boot = "bench";
  options.groups = {group};
  options.time = &time;
  options.inbox = &inbox;
  options.journal = &journal;
  options.progress = progress.get();
  engine node(std::move(options));
  while (!node.ready()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto start_us = cpu_us();
  inbox.on_frame(plane::commands, messages::encode({"bench", 1, 0, {}, {}}, go()));
  const auto all =
      static_cast<std::uint64_t>(frames_in_block) * static_cast<std::uint64_t>(readers);
  while (read < all) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return (cpu_us() - start_us) / frames_in_block;
}

caf::behavior raw_reader(caf::event_based_actor*, std::atomic<std::uint64_t>* read) {
  return {[read](std::uint64_t) { ++*read; }};
}

// The same number of bare messages from one actor to the others.
double reference(int readers) {
  std::atomic<std::uint64_t> read = 0;
  compat::system_config config(compat::system_config::scheduling::threaded);
  caf::actor_system system(config);
  std::vector<caf::actor> all;
  for (int i = 0; i < readers; ++i) {
    all.push_back(system.spawn(raw_reader, &read));
  }
  const auto start_us = cpu_us();
  for (int i = 0; i < frames_in_block; ++i) {
    for (const auto& one : all) {
      compat::tell(one, static_cast<std::uint64_t>(i));
    }
  }
  const auto expected =
      static_cast<std::uint64_t>(frames_in_block) * static_cast<std::uint64_t>(readers);
  while (read < expected) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto used_us = cpu_us() - start_us;
  for (const auto& one : all) {
    compat::ask_to_end(one);
  }
  return used_us / frames_in_block;
}

row measure(int readers, double goal_us) {
  std::vector<double> subjects;
  std::vector<double> references;
  for (int i = 0; i < rounds; ++i) {
    references.push_back(reference(readers));
    subjects.push_back(subject(readers));
  }
  const auto compared = compare(subjects, references);
  row one;
  one.name = fmt::format("inside a node: 480 words built, told to {} and read", readers);
  one.value = compared.subject;
  one.unit = "us CPU";
  one.reference = compared.reference;
  one.ratio = compared.ratio;
  one.goal = fmt::format("<= {} us", goal_us);
  one.pass = compared.subject <= goal_us;
  one.samples = static_cast<std::uint64_t>(rounds) * frames_in_block;
  one.noise = noise_of(compared);
  return one;
}

} // namespace

std::vector<row> node_inside() {
  return {measure(1, 2.0), measure(3, 5.0)};
}

} // namespace voltaic::bench
