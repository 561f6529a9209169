#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "bus/storage/log_check.hpp"
#include "support/open_journal.hpp"
#include "support/temporary_folder.hpp"

// Damage of the write-ahead log: SQLite alone would take a log that is damaged
// somewhere for one that ends there, and forget what was acknowledged.
namespace voltaic::bus::storage::journal_log_test {
namespace {

namespace files = std::filesystem;

constexpr std::uintmax_t header_bytes = 32;
constexpr std::uintmax_t frame_bytes = 24 + 4'096;
constexpr int records = 12;

void write_record(journal& store, int number) {
  store.append(
      {0, "latches", fmt::format("{}", number), 0, std::string(500, 'x')},
      [](const append_result& result) { REQUIRE(result.status == append_status::durable); });
}

/// What a killed writer leaves behind: the files as they are while it lives.
class remains {
 public:
  remains() {
    const auto store = tests::must_open_synchronous(folder_ / "alive");
    for (int number = 0; number < records; ++number) {
      write_record(*store, number);
      if (number == records - 2) before_last_ = files::file_size(folder_ / "alive-wal");
    }
    for (const char* suffix : {"", "-wal", "-shm"})
      files::copy_file(folder_ / "alive" + suffix, folder_ / "dead" + suffix);
  }
  /// A copy of them.
  std::string lay_out() {
    auto path = folder_ / fmt::format("round-{}", ++round_);
    for (const char* suffix : {"", "-wal", "-shm"})
      files::copy_file(folder_ / "dead" + suffix, path + suffix);
    return path;
  }
  /// Where the last transaction begins.
  [[nodiscard]] std::uintmax_t before_last() const { return before_last_; }
  [[nodiscard]] std::uintmax_t log_bytes() const { return files::file_size(folder_ / "dead-wal"); }

 private:
  tests::temporary_folder folder_;
  std::uintmax_t before_last_ = 0;
  int round_ = 0;
};

void flip(const std::string& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

std::size_t found(const std::string& path) {
  return tests::must_open_synchronous(path)->newest("latches").size();
}

} // namespace

TEST_CASE("F-110 damage anywhere in the log of a killed writer is noticed at boot") {
  remains left;
  REQUIRE(left.log_bytes() > header_bytes + records * frame_bytes);
  CHECK_FALSE(find_log_damage(left.lay_out()));
  CHECK(found(left.lay_out()) == records);
  // In the frame's number, its checksum, its page; and in the log's own header.
  std::vector<std::uintmax_t> places{3, 9, 17, 25};
  for (auto frame = header_bytes; frame < left.log_bytes(); frame += frame_bytes)
    for (const std::uintmax_t within : {1u, 9u, 17u, 24u, 4'000u}) places.push_back(frame + within);
  for (const auto place : places) {
    CAPTURE(place);
    const auto path = left.lay_out();
    flip(path + "-wal", place);
    CHECK(tests::must_open_synchronous(path)->boot().corrupt_set_aside == path + ".corrupt-1");
    CHECK(files::exists(path + ".corrupt-1-wal"));
  }
}

TEST_CASE("F-110 a log that is cut short or taken away is noticed at boot") {
  remains left;
  for (auto bytes = header_bytes; bytes < left.log_bytes(); bytes += frame_bytes / 2) {
    const auto path = left.lay_out();
    files::resize_file(path + "-wal", bytes);
    CHECK(tests::must_open_synchronous(path)->boot().corrupt_set_aside);
  }
  const auto path = left.lay_out();
  files::remove(path + "-wal");
  CHECK(tests::must_open_synchronous(path)->boot().corrupt_set_aside);
}

TEST_CASE(
    "F-110 after a power cut, without the log's index, all but the newest transaction counts") {
  remains left;
  for (auto frame = header_bytes; frame < left.log_bytes(); frame += frame_bytes) {
    const auto path = left.lay_out();
    files::remove(path + "-shm");
    flip(path + "-wal", frame + 100);
    // Damage of the newest one looks like what a power cut leaves of a
    // transaction that nobody was told of.
    const bool newest = frame >= left.before_last();
    CHECK(tests::must_open_synchronous(path)->boot().corrupt_set_aside.has_value() == !newest);
    if (newest) CHECK(found(path) == records - 1);
  }
}

TEST_CASE("F-109 what a power cut leaves of a transaction in the log is no damage") {
  remains left;
  for (const std::uintmax_t rest : {std::uintmax_t{1}, frame_bytes / 2, frame_bytes}) {
    const auto path = left.lay_out();
    std::ofstream(path + "-wal", std::ios::binary | std::ios::app)
        << std::string(static_cast<std::size_t>(rest), 'z');
    CHECK_FALSE(find_log_damage(path));
    CHECK(found(path) == records);
  }
}

} // namespace voltaic::bus::storage::journal_log_test
