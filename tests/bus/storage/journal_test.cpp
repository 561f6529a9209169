#include "bus/storage/journal.hpp"

#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "support/open_journal.hpp"
#include "support/temporary_folder.hpp"

namespace voltaic::bus::storage::journal_test {
namespace {

namespace files = std::filesystem;
using tests::temporary_folder;

using tests::must_open;

std::unique_ptr<journal> must_open(const std::string& path) {
  return must_open(journal_options{.path = path});
}

append_result append_and_wait(journal& store, record entry) {
  std::promise<append_result> answer;
  store.append(std::move(entry), [&](const append_result& result) { answer.set_value(result); });
  return answer.get_future().get();
}

record make_record(std::string stream, std::string key, std::string body) {
  return {0, std::move(stream), std::move(key), 1'000, std::move(body)};
}

TEST_CASE("a journal gives gapless sequences and keeps records over a restart") {
  const temporary_folder folder;
  const std::string path = folder / "rack_0.journal";
  const std::string body("a\0b", 3);
  {
    const auto store = must_open(path);
    CHECK(store->boot().created);
    CHECK_FALSE(store->boot().lost);
    CHECK(append_and_wait(*store, make_record("events", "", body)).sequence == 1);
    CHECK(append_and_wait(*store, make_record("latches", "x", "")).sequence == 2);
    const auto third = append_and_wait(*store, make_record("latches", "x", "new"));
    CHECK(third.status == append_status::durable);
    CHECK(third.sequence == 3);
  }
  const auto store = must_open(path);
  CHECK_FALSE(store->boot().created);
  CHECK(store->boot().records == 3);
  CHECK(store->boot().last_sequence == 3);
  CHECK(append_and_wait(*store, make_record("events", "", "later")).sequence == 4);
  const auto events = store->since("events", 0, 10);
  REQUIRE(events.size() == 2);
  CHECK(events[0] == record{1, "events", "", 1'000, body});
  CHECK(store->since("events", 1, 10).size() == 1);
  CHECK(store->since("events", 0, 1).size() == 1);
  CHECK(store->since("events", UINT64_MAX, 10).empty());
  const auto latches = store->newest("latches");
  REQUIRE(latches.size() == 1);
  CHECK(latches[0].body == "new");
}

TEST_CASE("handlers of a journal run after the commit, in the order of the appends") {
  const temporary_folder folder;
  constexpr int threads_count = 4;
  constexpr int appends = 300;
  std::vector<std::uint64_t> order;
  std::vector<std::vector<std::uint64_t>> by_thread(threads_count);
  {
    const auto store = must_open(folder / "a.journal");
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < threads_count; ++thread)
      threads.emplace_back([&, thread] {
        for (int count = 0; count < appends; ++count)
          store->append(make_record("events", "", fmt::format("{}", count)),
                        [&, thread](const append_result& result) {
                          order.push_back(result.sequence);
                          by_thread[thread].push_back(result.sequence);
                        });
      });
    for (auto& thread : threads) thread.join();
  }
  REQUIRE(order.size() == threads_count * appends);
  for (std::size_t index = 0; index < order.size(); ++index) REQUIRE(order[index] == index + 1);
  for (const auto& sequences : by_thread) CHECK(std::is_sorted(sequences.begin(), sequences.end()));
}

TEST_CASE("a journal's queue is bounded and says full at once") {
  const temporary_folder folder;
  journal_options options;
  options.path = folder / "a.journal";
  options.queue_max = 8;
  std::promise<void> release;
  std::promise<void> entered;
  std::size_t durable = 0;
  std::atomic<std::size_t> full = 0;
  constexpr std::size_t excess = 5;
  {
    const auto store = must_open(options);
    // The first handler holds the writer, so that the queue fills up.
    store->append(make_record("events", "", ""), [&](const append_result&) {
      entered.set_value();
      release.get_future().wait();
    });
    entered.get_future().wait();
    for (std::size_t count = 0; count < options.queue_max + excess; ++count)
      store->append(make_record("events", "", ""), [&](const append_result& result) {
        if (result.status == append_status::full)
          ++full;
        else
          durable += result.status == append_status::durable;
      });
    CHECK(full == excess);
    CHECK(store->health().queued == options.queue_max);
    release.set_value();
  }
  CHECK(durable == options.queue_max);
}

TEST_CASE("a synchronous journal answers on the caller's thread, in memory too") {
  const temporary_folder folder;
  for (const std::string& path : {std::string(":memory:"), folder / "a.journal"}) {
    journal_options options;
    options.path = path;
    options.synchronous = true;
    const auto store = must_open(options);
    std::vector<std::uint64_t> order;
    const auto caller = std::this_thread::get_id();
    store->append(make_record("events", "", "1"), [&](const append_result& first) {
      CHECK(std::this_thread::get_id() == caller);
      store->append(make_record("events", "", "2"),
                    [&](const append_result& second) { order.push_back(second.sequence); });
      order.push_back(first.sequence);
      CHECK(store->since("events", 0, 10).size() == 1);
    });
    CHECK(order == std::vector<std::uint64_t>{1, 2});
    CHECK(store->since("events", 0, 10).size() == 2);
  }
  CHECK_FALSE(files::exists(":memory:"));
}

TEST_CASE("a journal in memory works with its own thread") {
  const auto store = must_open(std::string(":memory:"));
  CHECK(append_and_wait(*store, make_record("counters", "epoch", "1")).sequence == 1);
  CHECK(store->newest("counters").size() == 1);
}

TEST_CASE("an oversized record is refused") {
  const auto store = must_open(std::string(":memory:"));
  const auto result =
      append_and_wait(*store, make_record("events", "", std::string(record_bytes_max + 1, 'x')));
  CHECK(result.status == append_status::failed);
  CHECK(append_and_wait(*store, make_record("events", "", "x")).sequence == 1);
}

TEST_CASE("a second writer of the same journal is refused by name") {
  const temporary_folder folder;
  const auto store = must_open(folder / "a.journal");
  journal_options options;
  options.path = folder / "a.journal";
  const auto second = open_journal(options);
  REQUIRE_FALSE(second);
  CHECK(second.error().text.find("another process writes") != std::string::npos);
}

TEST_CASE("a journal in a folder that does not exist is a failure, not a crash") {
  journal_options options;
  options.path = "/nonexistent-voltaic/a.journal";
  const auto opened = open_journal(options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().text.find(options.path) != std::string::npos);
}

std::set<std::string> names_in(const files::path& folder) {
  std::set<std::string> names;
  for (const auto& each : files::directory_iterator(folder)) names.insert(each.path().filename());
  return names;
}

TEST_CASE("two readers follow a journal while it is written and after it stopped") {
  const temporary_folder folder;
  const std::string path = folder / "a#b %20?.journal";
  CHECK_FALSE(open_reader(path));
  auto store = must_open(path);
  const auto first = open_reader(path);
  const auto second = open_reader(path);
  REQUIRE(first);
  REQUIRE(second);
  constexpr std::uint64_t records = 200;
  std::uint64_t seen = 0;
  for (std::uint64_t count = 1; count <= records; ++count) {
    append_and_wait(*store, make_record("events", "", "x"));
    for (const auto* reader : {&*first, &*second}) {
      const auto found = (*reader)->since("events", count - 1, 10);
      REQUIRE(found);
      seen += found->size();
    }
  }
  CHECK(seen == 2 * records);
  store.reset();
  const auto before = names_in(folder.path());
  const auto all = (*first)->since("events", 0, 1'000);
  REQUIRE(all);
  CHECK(all->size() == records);
  CHECK(names_in(folder.path()) == before);
  store = must_open(path);
  append_and_wait(*store, make_record("events", "", "x"));
  CHECK((*second)->since("events", records, 10)->size() == 1);
}

} // namespace
} // namespace voltaic::bus::storage::journal_test
