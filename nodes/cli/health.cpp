#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "actors/runtime/progress_page.hpp"
#include "nodes/cli/load_site.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto look_period = 20ms;
/// Every actor of a node wakes several times a second; a busy machine gets longer.
constexpr auto patience = 3s;

struct options {
  std::string site;
  std::string name;
};

using actors::runtime::progress_layout;

std::vector<std::uint64_t> counters_of(const progress_layout& page) {
  std::vector<std::uint64_t> result;
  for (std::size_t i = 0; i < page.count && i < page.slots.size(); ++i)
    result.push_back(page.slots[i].progress);
  return result;
}

// The name of an actor that has not moved since; empty: all have.
std::string_view still_one(const progress_layout& page, const std::vector<std::uint64_t>& before) {
  for (std::size_t i = 0; i < before.size(); ++i)
    if (page.slots[i].progress == before[i]) return page.slots[i].name.data();
  return {};
}

exit_code unhealthy(const options& given, std::string_view reason) {
  fmt::print("{}: {}\n", given.name, reason);
  return exit_code::findings;
}

exit_code judge(const options& given) {
  const auto plan = load_site("health", given.site);
  if (!plan) return exit_code::findings;
  if (plan->find_node(given.name) == nullptr) {
    fmt::print(stderr, "voltaic health: the site {} has no node {}\n", plan->name, given.name);
    return exit_code::usage;
  }
  const auto page = actors::runtime::progress_page::open(plan->progress_path(given.name));
  if (!page) return unhealthy(given, "has not started");
  const auto& layout = (*page)->layout();
  if (::kill(static_cast<pid_t>(layout.pid), 0) != 0) return unhealthy(given, "has ended");
  if (layout.running != 1) return unhealthy(given, "is starting or stopping");
  const auto before = counters_of(layout);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!still_one(layout, before).empty()) {
    if (std::chrono::steady_clock::now() > end)
      return unhealthy(given, fmt::format("{} makes no progress", still_one(layout, before)));
    std::this_thread::sleep_for(look_period);
  }
  fmt::print("{}: {} actors make progress\n", given.name, before.size());
  return exit_code::done;
}

} // namespace

action declare_health(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("SITE", given->site, "The site file").type_name("FILE").required();
  app.add_option("NAME", given->name, "Name of the node").type_name("NODE").required();
  return [given] { return judge(*given); };
}

} // namespace voltaic::nodes::cli
