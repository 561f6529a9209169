#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "nodes/process/process_log.hpp"
#include "support/temporary_folder.hpp"

namespace process_log_test {

using namespace voltaic::nodes::process;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("a log is rotated at its size and keeps so many older ones") {
  const voltaic::tests::temporary_folder folder;
  const auto log = open_process_log(folder.path().string(), "rack_0", false);
  const std::string line(64 * 1024, 'x');
  for (std::size_t sum = 0; sum < (log_files_max + 2) * log_file_bytes_max; sum += line.size())
    log->info(line);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++files;
    CHECK(entry.file_size() <= log_file_bytes_max);
  }
  CHECK(files == log_files_max + 1);
}

TEST_CASE("a flood of refused input is one line a period, and nothing is left uncounted") {
  const voltaic::tests::temporary_folder folder;
  const auto log = open_process_log(folder.path().string(), "rack_0", false);
  growth_log refused(log);
  std::int64_t now_us = 1'000'000;
  refused.look(now_us, "frames refused", 0);
  for (std::uint64_t count = 1; count <= 1'000; ++count)
    refused.look(++now_us, "frames refused", count);
  refused.look(now_us + growth_log::period_us, "frames refused", 1'000);
  refused.look(now_us + 3 * growth_log::period_us, "frames refused", 1'000);
  const auto text = text_of(folder.path() / "rack_0.log");
  CHECK(text.find("warning 1 frames refused") != std::string::npos);
  CHECK(text.find("warning 999 frames refused") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
}

TEST_CASE("without a folder for it a log is stderr alone") {
  const voltaic::tests::temporary_folder folder;
  std::ofstream(folder.path() / "file") << "in the way";
  CHECK_NOTHROW(open_process_log((folder.path() / "file").string(), "rack_0")->info("hello"));
}

} // namespace process_log_test
