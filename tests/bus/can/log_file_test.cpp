#include "bus/can/logs/log_file.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

#include "bus/can/can_support.hpp"

namespace log_file_test {

using namespace voltaic::bus::can;
using can_support::temporary_folder;
using voltaic::messages::can::log_entry;
using outcome = log_file::outcome;

namespace {

std::string write_file(const temporary_folder& folder, const std::string& text) {
  auto path = folder.path() + "/can.log";
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  return path;
}

log_file open_good(const std::string& path) {
  auto opened = log_file::open(path);
  REQUIRE(opened.has_value());
  return *std::move(opened);
}

} // namespace

TEST_CASE("a bad line is told by file and line and does not end the log") {
  const temporary_folder folder;
  const auto path = write_file(folder,
                               "(1.000000) can0 123#01\n\nnonsense\n"
                               "(1.000001) can0 123#02"); // without an end
  auto log = open_good(path);
  log_entry entry;
  REQUIRE(log.next(entry) == outcome::frame);
  CHECK(entry.frame.data[0] == 1);
  REQUIRE(log.next(entry) == outcome::bad);
  CHECK(log.complaint().starts_with(path + ":3: "));
  CHECK(log.complaint().ends_with("\"nonsense\""));
  REQUIRE(log.next(entry) == outcome::frame);
  CHECK(entry.frame.data[0] == 2);
  CHECK(log.next(entry) == outcome::end);
  CHECK(log.next(entry) == outcome::end);
  CHECK(log.counts().lines == 4);
  CHECK(log.counts().frames == 2);
  CHECK(log.counts().bad == 1);
}

TEST_CASE("lines of any length are read in bounded memory and refused once") {
  const temporary_folder folder;
  for (const std::size_t length : {1'025u, 262'143u, 262'144u, 262'145u, 1'000'000u}) {
    auto log = open_good(write_file(folder, "(1.000000) can0 123#01\n" + std::string(length, '\0') +
                                                "\n(1.000001) can0 123#02\n"));
    log_entry entry;
    CHECK(log.next(entry) == outcome::frame);
    CHECK(log.next(entry) == outcome::bad);
    CHECK(log.complaint().find(":2: line is too long") != std::string::npos);
    CHECK(log.next(entry) == outcome::frame);
    CHECK(log.next(entry) == outcome::end);
  }
  auto endless = open_good(write_file(folder, std::string(700'000, 'x')));
  log_entry entry;
  CHECK(endless.next(entry) == outcome::bad);
  CHECK(endless.next(entry) == outcome::end);
}

TEST_CASE("lines across the reader's buffer are not torn") {
  const temporary_folder folder;
  std::string text;
  constexpr unsigned count = 30'000; // several buffers
  for (unsigned i = 0; i < count; ++i) {
    char line[64];
    std::snprintf(line, sizeof line, "(%u.%06u) can0 %08X#%s\n", i, i, i, i % 3 == 0 ? "" : "11");
    text += line;
  }
  auto log = open_good(write_file(folder, text));
  log_entry entry;
  for (unsigned i = 0; i < count; ++i) {
    REQUIRE(log.next(entry) == outcome::frame);
    REQUIRE(entry.frame.id == i);
  }
  CHECK(log.next(entry) == outcome::end);
}

TEST_CASE("losses and other things of a log are counted, and what is no file is named") {
  const temporary_folder folder;
  auto log = open_good(write_file(
      folder,
      " can0  123   [1]  11\nDROPCOUNT: dropped 7 CAN frames on 'can0' socket (total 7)\n"));
  log_entry entry;
  CHECK(log.next(entry) == outcome::frame);
  CHECK(log.next(entry) == outcome::lost);
  CHECK(log.next(entry) == outcome::end);
  CHECK(log.counts().lost == 7);
  const auto absent = log_file::open("/nonexistent/can.log");
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().text.find("/nonexistent/can.log: No such file") != std::string::npos);
  CHECK_FALSE(log_file::open(folder.path()).has_value());
}

} // namespace log_file_test
