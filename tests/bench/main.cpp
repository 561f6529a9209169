#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>

#include "actors/runtime/real_time.hpp"
#include "bench/benchmarks.hpp"
#include "bench/harness.hpp"

using namespace voltaic::bench;

namespace {

void print_json(const row& one, const lateness& late) {
  nlohmann::ordered_json object;
  object["name"] = one.name;
  object["value"] = one.value;
  object["unit"] = one.unit;
  object["reference"] = one.reference;
  object["ratio"] = one.ratio;
  object["goal"] = one.goal;
  object["pass"] = one.pass;
  object["samples"] = one.samples;
  object["noise"] = one.noise;
  object["timer_late_p50_us"] = late.p50_us;
  object["timer_late_p99_us"] = late.p99_us;
  fmt::print("{}\n", object.dump());
}

void print_text(const row& one, const lateness& late) {
  const auto verdict = one.goal.empty() ? "stated" : one.pass ? "met" : "MISSED";
  fmt::print(
      "{:<52} {:>12.3f} {:<10} ref {:>12.3f}  ratio {:>6.3f} [{}]  {} {}  n={}  "
      "timer late {:.0f}/{:.0f} us\n",
      one.name, one.value, one.unit, one.reference, one.ratio, one.noise, one.goal, verdict,
      one.samples, late.p50_us, late.p99_us);
}

int run(int count, char** arguments) {
  bool json = false;
  std::string wanted;
  settings asked;
  for (int n = 1; n < count; ++n) {
    if (std::strcmp(arguments[n], "--json") == 0) {
      json = true;
    } else if (std::strcmp(arguments[n], "--trips") == 0 && n + 1 < count) {
      asked.trips = std::strtoul(arguments[++n], nullptr, 10);
    } else if (std::strcmp(arguments[n], "--minutes") == 0 && n + 1 < count) {
      asked.minutes = std::strtol(arguments[++n], nullptr, 10);
    } else if (std::strcmp(arguments[n], "--seconds") == 0 && n + 1 < count) {
      asked.seconds = std::strtol(arguments[++n], nullptr, 10);
    } else if (arguments[n][0] == '-' || !wanted.empty()) {
      fmt::print(stderr,
                 "usage: voltaic_bench [NAME] [--json] [--trips NUMBER] [--minutes NUMBER] "
                 "[--seconds NUMBER]\n");
      return 2;
    } else {
      wanted = arguments[n];
    }
  }
  bool any = false;
  bool all_pass = true;
  for (const auto& one : all_benchmarks(asked)) {
    if (one.name.find(wanted) == std::string::npos) continue;
    if (one.only_by_name && one.name != wanted) continue;
    any = true;
    const auto rows = one.run();
    const auto late = timer_lateness();
    for (const auto& result : rows) {
      json ? print_json(result, late) : print_text(result, late);
      all_pass = all_pass && result.pass;
    }
    std::fflush(stdout);
  }
  if (!any) {
    fmt::print(stderr, "no benchmark is called \"{}\"; there are:\n", wanted);
    for (const auto& one : all_benchmarks(asked)) fmt::print(stderr, "  {}\n", one.name);
  }
  return any && all_pass ? 0 : 1;
}

} // namespace

int main(int count, char** arguments) {
  // As every node does; it is in force for subjects and references alike.
  voltaic::actors::runtime::keep_freed_memory();
  try {
    return run(count, arguments);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "voltaic_bench: {}\n", failure.what());
    return 1;
  }
}
