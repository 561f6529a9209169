#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "bus/storage/database.hpp"
#include "bus/storage/journal.hpp"
#include "support/open_journal.hpp"
#include "support/temporary_folder.hpp"

namespace voltaic::bus::storage::journal_retention_test {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::size_t all = 1'000'000;

/// With bounds that a test reaches.
std::unique_ptr<journal> must_open(const std::string& path) {
  return tests::must_open_synchronous(path, {50, 0}, {20, 3'000 * second_us});
}

void append(journal& store, const std::string& stream, const std::string& key, int second) {
  store.append(
      {0, stream, key, second * second_us, fmt::format("{}", second)},
      [](const append_result& result) { REQUIRE(result.status == append_status::durable); });
}

/// Numbers in the bodies of a stream's records, first and last.
std::pair<int, int> ends(journal& store, const std::string& stream) {
  const auto records = store.since(stream, 0, all);
  REQUIRE_FALSE(records.empty());
  return {std::stoi(records.front().body), std::stoi(records.back().body)};
}

TEST_CASE("events that grow without end lose the oldest, latches and counters nothing") {
  const tests::temporary_folder folder;
  const std::string path = folder / "a.journal";
  constexpr int rounds = 6'000;
  std::uint64_t last = 0;
  {
    const auto store = must_open(path);
    append(*store, "latches", "rack_0/protection/cell_overvoltage/fault", 0);
    append(*store, "counters", "epoch", 0);
    for (int second = 1; second <= rounds; ++second) {
      append(*store, "events", fmt::format("{:020}", second), second);
      if (second % 100 == 0) append(*store, "latches", "another", second);
    }
    // Looked at now and then: never more than the bound and what came since.
    const auto events = store->since("events", 0, all);
    CHECK(events.size() >= 50);
    CHECK(events.size() <= 50 + trim_period_records);
    CHECK(ends(*store, "events").second == rounds);
    CHECK(store->since("latches", 0, all).size() == 1 + rounds / 100);
    CHECK(store->since("counters", 0, all).size() == 1);
    last = store->since("events", 0, all).back().sequence;
  }
  const auto store = must_open(path);
  CHECK_FALSE(store->boot().corrupt_set_aside);
  CHECK(store->boot().removed > 4'000);
  CHECK(store->boot().last_sequence == store->boot().records + store->boot().removed);
  CHECK(store->boot().last_sequence >= last);
  REQUIRE(store->newest("latches").size() == 2);
  CHECK(store->newest("latches").back().body == "0");
  append(*store, "events", "next", rounds + 1);
  CHECK(store->since("events", 0, all).back().sequence == store->boot().last_sequence + 1);
}

TEST_CASE("a state that changes without end keeps the newest of each key") {
  const tests::temporary_folder folder;
  const std::string path = folder / "a.journal";
  constexpr int rounds = 6'000;
  {
    const auto store = must_open(path);
    append(*store, "latches", "old and rare", 0);
    append(*store, "counters", "epoch", 0);
    for (int second = 1; second <= rounds; ++second) {
      append(*store, "counters", second % 2 == 0 ? "energy" : "starts", second);
    }
    const auto kept = store->since("counters", 0, all).size();
    CHECK(kept >= superseded_bound);
    CHECK(kept <= superseded_bound + trim_period_records + 1);
  }
  const auto store = must_open(path);
  CHECK_FALSE(store->boot().corrupt_set_aside);
  CHECK(store->boot().last_sequence == store->boot().records + store->boot().removed);
  CHECK(store->boot().last_sequence == rounds + 2);
  REQUIRE(store->newest("counters").size() == 3);
  CHECK(store->newest("counters")[0].body == std::to_string(rounds));
  CHECK(store->newest("counters")[1].body == "0");
  CHECK(store->newest("counters")[2].body == std::to_string(rounds - 1));
  CHECK(store->newest("latches").size() == 1);
}

TEST_CASE("a journal of many events does not grow any more") {
  const tests::temporary_folder folder;
  const std::string path = folder / "a.journal";
  const auto store = must_open(path);
  const auto write = [&] {
    for (int second = 0; second < 5'000; ++second) append(*store, "events", "", second);
    return std::filesystem::file_size(path);
  };
  const auto first = write();
  for (int round = 0; round < 3; ++round) CHECK(write() <= first + first / 2);
}

TEST_CASE("safety rule 7: a command's key is kept as long as its deadline may be ahead") {
  const tests::temporary_folder folder;
  const auto store = must_open(folder / "a.journal");
  for (int second = 1; second <= 5'000; ++second) {
    append(*store, "commands/rack_0", fmt::format("key-{}", second), second);
  }
  // Far more than 20 are left, because they are young, and no older ones.
  const auto [first, last] = ends(*store, "commands/rack_0");
  CHECK(last == 5'000);
  CHECK(first <= 2'001);
  CHECK(first >= 2'001 - static_cast<int>(trim_period_records));
}

TEST_CASE("F-110 a record that is missing is damage, however many were removed on purpose") {
  const tests::temporary_folder folder;
  const std::string path = folder / "a.journal";
  {
    const auto store = must_open(path);
    for (int second = 0; second < 3'000; ++second) append(*store, "events", "", second);
    append(*store, "latches", "one", 1);
    append(*store, "events", "", 3'000);
  }
  {
    SQLite::Database other(path, SQLite::OPEN_READWRITE);
    CHECK(other.exec("DELETE FROM record WHERE stream = 'latches'") == 1);
  }
  CHECK(must_open(path)->boot().corrupt_set_aside);
}

TEST_CASE("a journal from before anything was removed opens as it is") {
  const tests::temporary_folder folder;
  const std::string path = folder / "a.journal";
  append(*must_open(path), "events", "", 1);
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("DROP TABLE removed");
  for (int round = 0; round < 2; ++round) {
    const auto store = must_open(path);
    CHECK_FALSE(store->boot().corrupt_set_aside);
    CHECK(store->boot().records == 1);
  }
}

} // namespace
} // namespace voltaic::bus::storage::journal_retention_test
