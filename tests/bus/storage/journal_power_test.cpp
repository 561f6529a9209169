#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "support/faulty_disk.hpp"
#include "support/open_journal.hpp"
#include "support/temporary_folder.hpp"

// The power is cut at every single write: whatever is on the disk then must be
// a journal with everything that was acknowledged.
namespace voltaic::bus::storage::journal_power_test {
namespace {

namespace files = std::filesystem;
using tests::disk_change;
using tests::faulty_disk;
using contents = std::map<std::string, std::string>; ///< by the end of the path

constexpr int records = 12;

void append(journal& store, int number) {
  store.append(
      {0, number % 3 == 0 ? "latches" : "events", "key", 0,
       fmt::format("{:04}{}", number, std::string(700, 'x'))},
      [](const append_result& result) { REQUIRE(result.status == append_status::durable); });
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What was done to the files of one journal, and how far it was acknowledged.
struct history {
  contents before;
  std::vector<disk_change> changes;
  std::vector<std::size_t> acknowledged; ///< changes until each record was
};

history record_history(const std::string& path) {
  for (int number = 0; number < 3; ++number) append(*tests::must_open_synchronous(path), number);
  history made;
  made.before[""] = content_of(path);
  faulty_disk disk;
  disk.on_change = [&](disk_change change) {
    if (!change.path.starts_with(path)) return;
    change.path.erase(0, path.size());
    made.changes.push_back(std::move(change));
  };
  {
    const auto store = tests::must_open_synchronous(path);
    for (int number = 3; number < records; ++number) {
      append(*store, number);
      made.acknowledged.push_back(made.changes.size());
    }
  } // the end moves the log into the main file
  return made;
}

void do_to(contents& to, const disk_change& one) {
  if (one.what == disk_change::kind::remove) to.erase(one.path);
  if (one.what == disk_change::kind::truncate) {
    to[one.path].resize(static_cast<std::size_t>(one.offset));
  }
  if (one.what != disk_change::kind::write) return;
  auto& file = to[one.path];
  const auto end = static_cast<std::size_t>(one.offset) + one.bytes.size();
  if (file.size() < end) file.resize(end);
  file.replace(static_cast<std::size_t>(one.offset), one.bytes.size(), one.bytes);
}

/// What the disk may hold after these changes when the power goes.
enum class disk_kind { keeps_all, tears_last, keeps_synced };

contents after(const history& of, std::size_t count, disk_kind kind) {
  auto left = of.before;
  const auto done = std::span(of.changes).first(count);
  for (std::size_t i = 0; i < done.size(); ++i) {
    auto one = done[i];
    if (kind == disk_kind::tears_last && i + 1 == done.size()) {
      one.bytes.resize(one.bytes.size() / 2);
    }
    if (kind == disk_kind::keeps_synced && one.what != disk_change::kind::remove) {
      const auto later = done.subspan(i);
      const bool synced = std::ranges::any_of(later, [&](const disk_change& each) {
        return each.what == disk_change::kind::sync && each.path == one.path;
      });
      if (!synced) continue;
    }
    do_to(left, one);
  }
  return left;
}

} // namespace

TEST_CASE("F-109 the power cut at every write loses nothing that was acknowledged") {
  const tests::temporary_folder folder;
  const auto played = record_history(folder / "alive");
  REQUIRE(played.changes.size() > 4 * (records - 3)); // the cuts really are between writes
  int cuts = 0;
  for (const auto kind : {disk_kind::keeps_all, disk_kind::tears_last, disk_kind::keeps_synced}) {
    for (std::size_t count = 0; count <= played.changes.size(); ++count) {
      const auto path = folder / fmt::format("cut-{}", ++cuts);
      for (const auto& [suffix, bytes] : after(played, count, kind)) {
        std::ofstream(path + suffix, std::ios::binary) << bytes;
      }
      CAPTURE(static_cast<int>(kind), count);
      int known = 3;
      for (const auto at : played.acknowledged) known += at <= count ? 1 : 0;
      const auto store = tests::must_open_synchronous(path);
      REQUIRE_FALSE(store->boot().corrupt_set_aside);
      REQUIRE_FALSE(store->boot().created);
      REQUIRE(store->boot().records >= static_cast<std::uint64_t>(known));
      // At most the one that was just being written is there as well.
      REQUIRE(store->boot().records <= static_cast<std::uint64_t>(known) + 1);
      const auto newest = store->newest("latches");
      REQUIRE(newest.size() == 1);
      const int latch = std::stoi(newest[0].body.substr(0, 4));
      CHECK(latch >= (known - 1) / 3 * 3);
      append(*store, 999);
    }
  }
}

} // namespace voltaic::bus::storage::journal_power_test
