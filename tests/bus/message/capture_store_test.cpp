#include "bus/message/record/capture_store.hpp"

#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "support/temporary_folder.hpp"

namespace capture_store_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using tests::temporary_folder;

namespace {

namespace files = std::filesystem;

messages::captured_message record_of(std::size_t bytes, std::int64_t time_us = 1) {
  return {time_us, false,
          std::make_shared<const messages::frame>(std::vector<std::uint64_t>(bytes / 8, 7))};
}

messages::captured_piece piece_of(std::vector<messages::captured_message> records) {
  return std::make_shared<const std::vector<messages::captured_message>>(std::move(records));
}

capture_job job_of(const std::string& id, std::size_t bytes = 1024) {
  return {"rack_0", id, true, {piece_of({record_of(bytes, 1)}), piece_of({record_of(bytes, 2)})}};
}

std::unique_ptr<capture_store> must_open(capture_store_options options) {
  options.synchronous = true;
  auto opened = capture_store::open(std::move(options));
  REQUIRE(opened);
  return *std::move(opened);
}

capture_result put(capture_store& store, capture_job job) {
  store.put(std::move(job));
  auto results = store.take_results();
  REQUIRE(results.size() == 1);
  return results.front();
}

std::size_t records_in(const std::string& path) {
  auto source = recording::open(path);
  REQUIRE(source);
  recorded one;
  std::size_t count = 0;
  while (source->next(one)) ++count;
  CHECK_FALSE(source->torn());
  return count;
}

std::vector<std::string> ids_in(const std::string& folder) {
  std::vector<std::string> ids;
  for (const auto& each : list_captures(folder)) ids.push_back(each.id);
  return ids;
}

} // namespace

TEST_CASE("a capture is a recording in the folder of its rack, numbered and named by its event") {
  const temporary_folder place;
  const auto folder = place / "captures";
  CHECK(list_captures(folder).empty());
  {
    const auto store = must_open({.folder = folder});
    CHECK(put(*store, job_of("rack_0-a-7")).file == "000001_rack_0-a-7.rec");
    CHECK(put(*store, job_of("rack_0-a-9")).file == "000002_rack_0-a-9.rec");
  }
  const auto later = must_open({.folder = folder});
  CHECK(put(*later, job_of("rack_0-b-3")).file == "000003_rack_0-b-3.rec");
  const auto all = list_captures(folder);
  REQUIRE(all.size() == 3);
  CHECK(all[1].number == 2);
  CHECK(all[1].rack == "rack_0");
  CHECK(all[1].id == "rack_0-a-9");
  CHECK(all[1].bytes == files::file_size(all[1].path));
  CHECK(records_in(all[1].path) == 2);
}

TEST_CASE("a capture that is written again takes the place of what it was") {
  const temporary_folder place;
  const auto store = must_open({.folder = place / "captures"});
  auto begun = job_of("rack_0-a-7");
  begun.is_whole = false;
  CHECK_FALSE(put(*store, begun).is_whole);
  auto whole = job_of("rack_0-a-7");
  whole.pieces.push_back(piece_of({record_of(8, 3)}));
  CHECK(put(*store, whole).file == "000001_rack_0-a-7.rec");
  const auto all = list_captures(place / "captures");
  REQUIRE(all.size() == 1);
  CHECK(records_in(all.front().path) == 3);
}

TEST_CASE("what was to be written is given back to its maker, whatever became of it") {
  const temporary_folder place;
  auto options = capture_store_options{.folder = place / "captures"};
  const auto job = job_of("rack_0-a-7");
  CHECK(put(*must_open(options), job).pieces == job.pieces);
  options.room_min = std::uint64_t{1} << 62U;
  const auto refused = put(*must_open(options), job);
  CHECK(refused.file.empty());
  CHECK(refused.pieces == job.pieces);
}

TEST_CASE("captures of a rack are bounded in number and bytes, and the oldest give way") {
  const temporary_folder place;
  const auto folder = place / "captures";
  SECTION("number") {
    const auto store = must_open({.folder = folder, .files_max = 3});
    for (int each = 1; each <= 3; ++each)
      CHECK(put(*store, job_of("e" + std::to_string(each))).removed.empty());
    CHECK(put(*store, job_of("e4")).removed == std::vector<std::string>{"000001_e1.rec"});
    CHECK(ids_in(folder) == std::vector<std::string>{"e2", "e3", "e4"});
    SECTION("those of another rack stay") {
      put(*store, {"rack_1", "f1", true, {piece_of({record_of(8)})}});
      CHECK(ids_in(folder) == std::vector<std::string>{"e2", "e3", "e4", "f1"});
    }
  }
  SECTION("bytes") {
    const auto store = must_open({.folder = folder, .bytes_max = 10'000});
    put(*store, job_of("e1", 2'000));
    put(*store, job_of("e2", 2'000));
    CHECK(put(*store, job_of("e3", 4'000)).removed ==
          std::vector<std::string>{"000001_e1.rec", "000002_e2.rec"});
    SECTION("the newest stays, whatever it takes") {
      CHECK(put(*store, job_of("e4", 20'000)).removed.size() == 1);
      CHECK(ids_in(folder) == std::vector<std::string>{"e4"});
    }
  }
}

TEST_CASE(
    "F-106 a capture for which a disk has no room is refused with a reason and leaves nothing") {
  const temporary_folder place;
  const auto folder = place / "captures";
  SECTION("less than is left to events and latches") {
    const auto store = must_open({.folder = folder, .room_min = std::uint64_t{1} << 60U});
    const auto refused = put(*store, job_of("e1"));
    CHECK(refused.file.empty());
    CHECK(refused.reason.find("MiB left") != std::string::npos);
    CHECK(list_captures(folder).empty());
  }
  SECTION("a folder that cannot be made") {
    std::ofstream(place / "captures") << "a file";
    const auto store = must_open({.folder = folder});
    CHECK(put(*store, job_of("e1")).file.empty());
  }
  SECTION("a small file system that is really full") {
    const auto mounted = place / "small";
    files::create_directory(mounted);
    if (::mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=1m") != 0) {
      WARN("SKIPPED: mounting needs root; the other ways are tested all the same");
      return;
    }
    {
      const auto store = must_open({.folder = mounted + "/captures", .room_min = 0});
      CHECK(put(*store, job_of("e1", 64 * 1024)).file == "000001_e1.rec");
      std::ofstream(mounted + "/filler") << std::string(900'000, 'x');
      const auto refused = put(*store, job_of("e2", 64 * 1024));
      CHECK(refused.file.empty());
      CHECK_FALSE(refused.reason.empty());
      CHECK(ids_in(mounted + "/captures") == std::vector<std::string>{"e1"});
      files::remove(mounted + "/filler");
      CHECK(put(*store, job_of("e3", 64 * 1024)).file == "000002_e3.rec");
    }
    CHECK(::umount(mounted.c_str()) == 0);
  }
}

TEST_CASE("a capture is there whole or not at all when its process is killed") {
  const temporary_folder place;
  const auto folder = place / "captures";
  for (int round = 0; round < 10; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = capture_store::open({.folder = folder, .synchronous = true});
      if (!store) ::_exit(1);
      for (int each = 0; each < 10'000; ++each) {
        (*store)->put(job_of(std::to_string(round) + "-" + std::to_string(each), 100'000));
      }
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + 7 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    for (const auto& each : list_captures(folder)) CHECK(records_in(each.path) == 2);
  }
  CHECK_FALSE(list_captures(folder).empty());
  // What the last life left half written is taken over.
  const auto store = must_open({.folder = folder});
  CHECK_FALSE(put(*store, job_of("last")).file.empty());
}

TEST_CASE("who puts a capture waits for no disk, and more than can wait are refused") {
  const temporary_folder place;
  std::size_t stored = 0;
  std::size_t refused = 0;
  {
    auto store = capture_store::open({.folder = place / "captures", .files_max = 100});
    REQUIRE(store);
    for (int each = 0; each < 30; ++each)
      (*store)->put(job_of("e" + std::to_string(each), 1 << 20));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (stored + refused < 30 && std::chrono::steady_clock::now() < end) {
      for (const auto& each : (*store)->take_results()) ++(each.file.empty() ? refused : stored);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    // What waits when the store goes is written all the same.
    (*store)->put(job_of("last"));
  }
  CHECK(stored + refused == 30);
  CHECK(stored >= captures_waiting_max);
  const auto kept = ids_in(place / "captures");
  CHECK(kept.size() == stored + 1);
  CHECK(kept.back() == "last");
}

} // namespace capture_store_test
