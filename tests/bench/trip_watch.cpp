#include "bench/trip_watch.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

#include "bench/harness.hpp"

namespace voltaic::bench::trip_bench {
namespace {

constexpr std::int64_t period_us = 1'000;
/// A wake-up that is later than this is worth a note.
constexpr std::int64_t late_us = 300;
constexpr std::size_t notes_max = 4'096;
constexpr std::size_t sightings_max = 512;
constexpr std::int64_t ns_per_us = 1'000;

/// For how long the calling thread has waited behind others, in its whole life.
class waiting_meter {
 public:
  waiting_meter() : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
  ~waiting_meter() {
    if (file_ >= 0) ::close(file_);
  }
  waiting_meter(const waiting_meter&) = delete;
  waiting_meter& operator=(const waiting_meter&) = delete;

  [[nodiscard]] std::int64_t read_us() const {
    std::array<char, 128> text{};
    if (file_ < 0 || ::pread(file_, text.data(), text.size() - 1, 0) <= 0) return 0;
    char* end = nullptr;
    (void)std::strtoll(text.data(), &end, 10); // what it ran
    return std::strtoll(end, nullptr, 10) / ns_per_us;
  }

 private:
  int file_;
};

} // namespace

core_watch::core_watch() {
  cpu_set_t mine;
  sched_getaffinity(0, sizeof mine, &mine);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &mine)) threads_.emplace_back([this, core] { watch(core); });
  }
}

core_watch::~core_watch() {
  stopping_ = true;
  for (auto& one : threads_) one.join();
}

void core_watch::watch(int core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  pthread_setaffinity_np(pthread_self(), sizeof only, &only);
  const waiting_meter meter;
  auto waited_us = meter.read_us();
  while (!stopping_) {
    const auto due_us = now_us() + period_us;
    const timespec pause{0, period_us * ns_per_us};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    const auto woke_us = now_us();
    const auto waited_now_us = meter.read_us();
    if (woke_us - due_us > late_us) note({core, due_us, woke_us, waited_now_us - waited_us});
    waited_us = waited_now_us;
  }
}

void core_watch::note(const standstill& one) {
  const std::lock_guard lock(mutex_);
  if (seen_.size() == notes_max) seen_.pop_front();
  seen_.push_back(one);
  if (one.until_us - one.from_us > longest_.until_us - longest_.from_us) longest_ = one;
}

std::vector<standstill> core_watch::between(std::int64_t from_us, std::int64_t until_us) const {
  const std::lock_guard lock(mutex_);
  std::vector<standstill> found;
  std::ranges::copy_if(seen_, std::back_inserter(found), [&](const standstill& one) {
    return one.until_us >= from_us && one.from_us <= until_us;
  });
  std::ranges::sort(found, std::greater{},
                    [](const standstill& one) { return one.until_us - one.from_us; });
  return found;
}

standstill core_watch::longest() const {
  const std::lock_guard lock(mutex_);
  return longest_;
}

std::int64_t stolen_us() {
  constexpr int steal_column = 8;
  constexpr std::int64_t us_per_s = 1'000'000;
  std::ifstream file("/proc/stat");
  std::string name;
  std::int64_t ticks = 0;
  file >> name;
  for (int column = 0; column < steal_column && file; ++column) file >> ticks;
  return file ? ticks * us_per_s / ::sysconf(_SC_CLK_TCK) : 0;
}

void sightings::add(sighting one) {
  const std::lock_guard lock(mutex_);
  if (seen_.size() == sightings_max) seen_.pop_front();
  seen_.push_back(std::move(one));
}

std::vector<sighting> sightings::since(std::int64_t from_us) const {
  const std::lock_guard lock(mutex_);
  std::vector<sighting> found;
  std::ranges::copy_if(seen_, std::back_inserter(found),
                       [&](const sighting& one) { return one.heard_us >= from_us; });
  return found;
}

} // namespace voltaic::bench::trip_bench
