#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "chaos/kill_run.hpp"

namespace kills_test {

using namespace chaos;

namespace {

constexpr std::size_t racks = 4;
constexpr int kills_short = 12;
constexpr int kills_long = 1'000;
constexpr std::uint64_t first_seed = 1;
constexpr auto progress_period = 10s;
// Of a long run they are long.
constexpr auto journals_bound = 120s;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void show(const killer& knife, int count, int wanted) {
  static auto shown = std::chrono::steady_clock::now();
  const auto now = std::chrono::steady_clock::now();
  if (count != wanted && now - shown < progress_period) return;
  shown = now;
  fmt::print("{} of {} kills:", count, wanted);
  for (const auto& [node, times] : knife.killed()) fmt::print(" {} {}", node, times);
  fmt::print("\n");
  std::fflush(stdout);
}

bool all_good(const live_site& site) {
  const auto seen = site.status();
  if (!seen.is_object()) return false;
  for (const auto& node : seen["nodes"])
    if (node["state"] != "running") return false;
  for (std::size_t rack = 0; rack < racks; ++rack)
    if (!site.good(fmt::format("rack_{}", rack))) return false;
  return true;
}

/// A demo whose nodes are killed while a person closes and opens its racks.
void survive_kills(int wanted, std::uint64_t seed, bool shows) {
  live_site site(live_site::equipment::none, racks);
  // As many deaths as come are no reason to give a node up.
  site.add("[supervision]\nrestarts_max = 100\nrestarts_window = \"1s\"\n");
  site.up();
  const contactor_watch contactors(site, racks);
  const event_watch events(site);
  person somebody(site, racks, seed);
  killer knife(site, seed);
  for (int count = 0; count < wanted;) {
    if (knife.kill_one()) ++count;
    if (shows) show(knife, count, wanted);
  }
  somebody.stop();
  INFO(site.log());
  CHECK(eventually([&] { return all_good(site); }, 30s));
  // What is on its way to a journal or to a listener arrives.
  std::this_thread::sleep_for(1s);
  const auto heard = events.ids();
  const auto asked = somebody.windows();
  const auto closed = contactors.closings();
  for (const auto& wrong : wrong_closings(closed, asked)) FAIL_CHECK(wrong);
  const auto journals = site.events(journals_bound);
  for (const auto& lost : lost_events(heard, somebody.done(), journals)) FAIL_CHECK(lost);
  CHECK_FALSE(heard.empty());
  CHECK_FALSE(closed.empty());
  site.close({"rack_0", "rack_1", "rack_2", "rack_3"});
  CHECK(site.stop() == 0);
  if (shows)
    fmt::print("{} closings, each asked for by one of {} commands; {} events heard, none lost\n",
               closed.size(), asked.size(), heard.size());
}

} // namespace

TEST_CASE("random nodes killed at random times close nothing unasked and lose no event") {
  survive_kills(kills_short, first_seed, false);
}

TEST_CASE("random nodes killed: as many as asked for", "[.kills]") {
  survive_kills(static_cast<int>(number_from("VOLTAIC_KILLS", kills_long)),
                number_from("VOLTAIC_KILLS_SEED", first_seed), true);
}

} // namespace kills_test
