#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "chaos/device_bench.hpp"
#include "chaos/live_site.hpp"

namespace command_test {

using namespace chaos;

namespace {

std::vector<std::string> limit_order(const live_site& site, int value, const std::string& key) {
  return {"set",
          "rack_0/charge_current_limit",
          std::to_string(value),
          "--key",
          key,
          "--json",
          "--site",
          site.file()};
}

std::uintmax_t bytes_of_journal(const std::string& journal) {
  std::uintmax_t sum = 0;
  for (const auto* part : {"", "-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(journal + part, error);
    sum += error ? 0 : size;
  }
  return sum;
}

} // namespace

TEST_CASE("F-005: the gateway of commands dies on accepted ones, and the same key acts once") {
  live_site site;
  site.add("[supervision]\nrestarts_max = 50\n");
  device_bench devices(site);
  site.up({"--no-simulator"});
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  // What one command does at the device, and its repetition does not.
  REQUIRE(site.voltaic(limit_order(site, 20, "first")).code == 0);
  const int once = devices.limit_orders(0);
  CHECK(once > 0);
  const auto repeated = site.voltaic(limit_order(site, 20, "first"));
  CHECK(repeated.code == 0);
  CHECK(devices.limit_orders(0) == once);
  // Nor does the same limit asked for anew: not one frame on the wire.
  for (const auto* key : {"second", "third"}) {
    const auto again = site.voltaic(limit_order(site, 20, key));
    INFO(again.output << again.errors);
    CHECK(again.code == 0);
  }
  CHECK(devices.limit_orders(0) == once);

  const auto journal = site.state_folder() + "/site.journal";
  std::vector<std::unique_ptr<child>> callers;
  for (int round = 1; round <= 5; ++round) {
    INFO("round " << round);
    const auto key = "round-" + std::to_string(round);
    const int before = devices.limit_orders(0);
    const pid_t pid = site.pid_of("site");
    REQUIRE(pid > 0);
    const auto bytes = bytes_of_journal(journal);
    callers.push_back(site.begin(limit_order(site, 20 + round, key), site.folder() + "/" + key));
    // Accepted means journalled; from then on until dispatched takes no longer than this.
    REQUIRE(eventually([&] { return bytes_of_journal(journal) != bytes; }));
    ::kill(pid, SIGKILL);
    REQUIRE(site.wait_for_successor("site", pid) > 0);
    const auto retried = site.voltaic(limit_order(site, 20 + round, key));
    INFO(retried.output << retried.errors);
    CHECK(retried.code == 0);
    CHECK(devices.limit_orders(0) == before + once);
    const auto seen = site.points("rack_0/reported_charge_current_limit");
    CHECK(seen.begin()->second["value"] == 20 + round);
  }
  // Those who asked first heard the truth, or that nobody knows.
  for (const auto& caller : callers) {
    const auto code = caller->wait(10s);
    CHECK((code == 0 || code == 6));
  }
}

TEST_CASE("A command that comes too late never acts, and its exit code says so") {
  live_site site;
  site.add("[supervision]\nwedge_safety = \"10s\"\n");
  device_bench devices(site);
  site.up({"--no-simulator"});
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  const int before = devices.limit_orders(0);
  const pid_t pid = site.pid_of("rack_0");
  ::kill(pid, SIGSTOP);
  auto caller = site.begin(limit_order(site, 33, "late"), site.folder() + "/late");
  // Commands of people live for 5 s.
  std::this_thread::sleep_for(5'300ms);
  ::kill(pid, SIGCONT);
  const auto code = caller->wait(10s);
  const auto said = read_file(site.folder() + "/late");
  INFO(said);
  const auto parsed = json::parse(said, nullptr, false);
  REQUIRE(parsed.is_object());
  CHECK_FALSE(parsed["reasons"].empty());
  if (parsed["result"] == "expired")
    CHECK(code == 5);
  else
    CHECK((parsed["result"] == "unknown" && code == 6));
  REQUIRE(eventually([&] { return site.good("rack_0"); }));
  CHECK(devices.limit_orders(0) == before);
}

TEST_CASE(
    "where nobody is asked, a key that was given is unknown, and a command without is refused") {
  live_site site;
  site.add("[supervision]\nrestarts_max = 1\n");
  site.up();
  REQUIRE(eventually([&] {
    if (const pid_t pid = site.pid_of("site"); pid > 0) ::kill(pid, SIGKILL);
    return site.wait_for_state("site", "failed", 500ms);
  }));
  const auto with_key = site.voltaic(limit_order(site, 20, "tried"));
  INFO(with_key.output << with_key.errors);
  CHECK(with_key.code == 6);
  const auto said = json::parse(with_key.output, nullptr, false);
  REQUIRE(said.is_object());
  CHECK(said["result"] == "unknown");
  CHECK(said["reasons"].back() == "an earlier try with this key may have acted");
  const auto without =
      site.voltaic({"set", "rack_0/charge_current_limit", "20", "--site", site.file()});
  INFO(without.output << without.errors);
  CHECK(without.code == 4);
}

} // namespace command_test
