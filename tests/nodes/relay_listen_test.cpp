#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <variant>

#include "bus/message/client.hpp"
#include "nodes/process/local_site.hpp"
#include "nodes/site/load.hpp"
#include "support/message_bus.hpp"
#include "support/tcp_between.hpp"

namespace relay_listen_test {

using namespace voltaic;
using namespace voltaic::test;
namespace site = voltaic::nodes::site;

TEST_CASE("a site whose file lets the relay listen answers a client over tcp, others do not") {
  const folder place;
  ::setenv("VOLTAIC_RUNTIME_DIR", (place / "run").c_str(), 1);
  const auto port = free_ports(tcp_between::ports);
  const auto address = fmt::format("tcp://127.0.0.1:{}", port);
  for (const bool listens : {true, false}) {
    const auto text =
        fmt::format("[site]\nname = \"listening\"\n{}",
                    listens ? fmt::format("[relay]\nlisten = \"{}\"\n", address) : "");
    const auto loaded = site::load_text(text, place / "site.toml");
    REQUIRE(std::holds_alternative<site::plan>(loaded));
    const auto& plan = std::get<site::plan>(loaded);
    std::filesystem::create_directories(plan.folders.runtime);
    std::filesystem::create_directories(
        std::filesystem::path(plan.journal_path("site")).parent_path());
    auto running = nodes::process::local_site::start(plan, {});
    if (!running) FAIL(running.error().text);
    bus::message::zmq_context elsewhere;
    auto client = bus::message::connect_client(elsewhere, {address, "guest"});
    REQUIRE(client.has_value());
    if (!listens) {
      CHECK_FALSE((*client)->collect(500ms).has_value());
      continue;
    }
    CHECK(eventually([&] {
      const auto state = (*client)->collect(5s);
      return state && std::ranges::any_of(state->messages, [](const auto& message) {
               const auto* health = std::get_if<messages::health>(&message.payload);
               return health != nullptr && health->node == "site" && health->ready;
             });
    }));
  }
  ::unsetenv("VOLTAIC_RUNTIME_DIR");
}

} // namespace relay_listen_test
