#include "scenarios/property/workers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace voltaic::tests::property {
namespace {

using nlohmann::json;

constexpr unsigned workers_max = 64;

/// What parent and workers see of each other while they work.
struct board {
  std::atomic<std::uint64_t> next = 0; ///< the seed that nobody took yet
  std::atomic<bool> enough = false;
  std::array<std::atomic<std::uint64_t>, workers_max> playing{}; ///< by worker
};

class shared_board {
 public:
  shared_board() {
    auto* pages =
        ::mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::runtime_error("no memory to share");
    board_ = new (pages) board;
  }
  ~shared_board() { ::munmap(board_, sizeof(board)); }
  shared_board(const shared_board&) = delete;
  shared_board& operator=(const shared_board&) = delete;
  board* operator->() const { return board_; }
  board& operator*() const { return *board_; }

 private:
  board* board_;
};

/// One worker process, and the end of the pipe on which it tells line by line.
struct worker {
  pid_t pid = -1;
  int pipe = -1;
  std::string heard; ///< the line that is not whole yet
};

void write_line(int to, const json& what) {
  const auto line = what.dump() + "\n";
  for (std::size_t done = 0; done < line.size();) {
    const auto wrote = ::write(to, line.data() + done, line.size() - done);
    if (wrote <= 0) ::_exit(EXIT_FAILURE);
    done += static_cast<std::size_t>(wrote);
  }
}

json outcome_of(std::uint64_t seed, player with) {
  hit_counters hits;
  std::string failure;
  try {
    const auto what = make_schedule(seed);
    const auto broken = with(what, hits);
    if (!broken.empty()) failure = describe(what, broken, with);
  } catch (const std::exception& problem) {
    failure = fmt::format("seed {}: {}", seed, problem.what());
  }
  return {{"hits", hits}, {"failure", failure}};
}

[[noreturn]] void work(board& shared, unsigned number, std::uint64_t end, player with, int tell) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (!shared.enough) {
    const auto seed = shared.next++;
    if (seed >= end) break;
    shared.playing.at(number) = seed;
    write_line(tell, outcome_of(seed, with));
  }
  ::_exit(EXIT_SUCCESS);
}

worker start_worker(board& shared, unsigned number, std::uint64_t end, player with) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe to a worker");
  const auto pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    work(shared, number, end, with, ends[1]);
  }
  ::close(ends[1]);
  if (pid < 0) throw std::runtime_error("no worker could be started");
  return {pid, ends[0], {}};
}

void take_line(const std::string& line, harvest& whole) {
  const auto said = json::parse(line);
  ++whole.played;
  for (const auto& [name, times] : said["hits"].items()) {
    whole.hits[name] += times.get<std::uint64_t>();
  }
  if (const auto failure = said["failure"].get<std::string>(); !failure.empty()) {
    whole.failures.push_back(failure);
  }
}

/// False: it said everything and ended.
bool hear(worker& from, harvest& whole, const progress& tell) {
  std::array<char, 4096> bytes;
  const auto count = ::read(from.pipe, bytes.data(), bytes.size());
  if (count <= 0) return false;
  from.heard.append(bytes.data(), static_cast<std::size_t>(count));
  for (auto end = from.heard.find('\n'); end != std::string::npos; end = from.heard.find('\n')) {
    take_line(from.heard.substr(0, end), whole);
    from.heard.erase(0, end + 1);
    tell(whole);
  }
  return true;
}

void bury(worker& ended, std::uint64_t seed, harvest& whole) {
  ::close(std::exchange(ended.pipe, -1));
  int status = 0;
  ::waitpid(ended.pid, &status, 0);
  if (status != 0) {
    whole.failures.push_back(fmt::format("seed {}: its worker ended by signal {}, exit {}", seed,
                                         WTERMSIG(status), WEXITSTATUS(status)));
  }
}

} // namespace

harvest play_in_workers(std::uint64_t first, std::uint64_t count, unsigned workers, player with,
                        const progress& tell) {
  const shared_board shared;
  shared->next = first;
  std::vector<worker> all;
  for (unsigned i = 0; i < std::clamp(workers, 1u, workers_max); ++i) {
    all.push_back(start_worker(*shared, i, first + count, with));
  }
  harvest whole;
  for (auto living = all.size(); living > 0;) {
    std::vector<pollfd> pipes;
    for (const auto& one : all) pipes.push_back({one.pipe, POLLIN, 0});
    ::poll(pipes.data(), pipes.size(), -1);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (pipes[i].revents == 0 || hear(all[i], whole, tell)) continue;
      bury(all[i], shared->playing.at(i), whole);
      --living;
    }
    if (whole.failures.size() >= failures_max) shared->enough = true;
  }
  return whole;
}

} // namespace voltaic::tests::property
