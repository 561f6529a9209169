#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "bus/storage/journal.hpp"
#include "support/temporary_folder.hpp"

// A child writes as fast as it can and reports each acknowledgement through a
// pipe; it is killed at a random moment: a while after it told so many
// acknowledgements, however long the machine takes for them. Whatever was
// acknowledged must be in the journal afterwards, under the sequence that the
// handler was told.
namespace voltaic::bus::storage::journal_crash_test {
namespace {

struct acknowledgement {
  std::uint64_t number = 0;
  std::uint64_t sequence = 0;
};

[[noreturn]] void write_until_killed(const std::string& path, std::uint64_t first, int pipe_end) {
  journal_options options;
  options.path = path;
  auto opened = open_journal(options);
  if (!opened) ::_exit(1);
  for (std::uint64_t number = first;; ++number) {
    (*opened)->append({0, "events", "", 0, fmt::format("{}", number)},
                      [=](const append_result& result) {
                        if (result.status != append_status::durable) return;
                        const acknowledgement told{number, result.sequence};
                        if (::write(pipe_end, &told, sizeof(told)) != sizeof(told)) ::_exit(1);
                      });
    if ((*opened)->health().queued > 100)
      std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

/// Kills the child `more` after it acknowledged `enough`; 0: after its start.
std::vector<acknowledgement> run_and_kill(const std::string& path, std::uint64_t first,
                                          std::size_t enough, std::chrono::microseconds more) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(path, first, ends[1]);
  }
  ::close(ends[1]);
  std::vector<acknowledgement> told;
  const auto hear_one = [&] {
    acknowledgement next;
    if (::read(ends[0], &next, sizeof(next)) != sizeof(next)) return false;
    told.push_back(next);
    return true;
  };
  while (told.size() < enough && hear_one()) continue;
  std::thread killer([=] {
    std::this_thread::sleep_for(more);
    ::kill(child, SIGKILL);
  });
  while (hear_one()) continue;
  killer.join();
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return told;
}

TEST_CASE("F-006 kill -9 of a writer loses no acknowledged record and leaves no gap or double") {
  constexpr int rounds = 60;
  /// Every so many rounds the child may die before it acknowledged anything.
  constexpr int rounds_per_early_death = 4;
  constexpr std::size_t acknowledgements_max = 400;
  const tests::temporary_folder folder;
  const std::string path = folder / "a.journal";
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::size_t> enough(1, acknowledgements_max);
  std::uniform_int_distribution<int> more_us(0, 10'000);
  std::uint64_t next_number = 1;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    const std::size_t wanted = round % rounds_per_early_death == 0 ? 0 : enough(random);
    const auto told =
        run_and_kill(path, next_number, wanted, std::chrono::microseconds(more_us(random)));
    REQUIRE(told.size() >= wanted);
    journal_options options;
    options.path = path;
    const auto store = open_journal(options);
    if (!store) FAIL(store.error().text);
    REQUIRE_FALSE((*store)->boot().corrupt_set_aside);
    const auto records = (*store)->since("events", 0, SIZE_MAX);
    REQUIRE(records.size() == (*store)->boot().last_sequence);
    std::set<std::string> bodies;
    for (std::size_t index = 0; index < records.size(); ++index) {
      if (records[index].sequence != index + 1) FAIL("a gap before " << records[index].sequence);
      if (!bodies.insert(records[index].body).second) FAIL("twice: " << records[index].body);
    }
    for (const auto& each : told) {
      if (each.sequence > records.size() ||
          records[each.sequence - 1].body != fmt::format("{}", each.number))
        FAIL("acknowledged and lost: " << each.number << " as " << each.sequence);
    }
    // The next child must not repeat a number that this one may have written.
    for (const auto& each : records)
      next_number = std::max<std::uint64_t>(next_number, std::stoull(each.body) + 1);
  }
}

} // namespace
} // namespace voltaic::bus::storage::journal_crash_test
