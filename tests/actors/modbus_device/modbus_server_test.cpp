#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "actors/modbus_device/modbus_device_actor.hpp"
#include "actors/modbus_device/unit_plans.hpp"
#include "messages/points/point_table.hpp"
#include "support/modbus_test_profile.hpp"
#include "support/pymodbus_server.hpp"
#include "support/test_node.hpp"

// A stranger's server, a real line, and the actor in a node whose clock follows
// the machine's: what the line tells is shifted to the node's time.
namespace voltaic::actors::modbus_device::modbus_server_test {
namespace {

using std::chrono::milliseconds;
using wall = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(20);

std::int64_t wall_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(wall::now().time_since_epoch())
      .count();
}

struct fixture {
  explicit fixture(std::uint16_t port) : node({group()}) {
    last_us = wall_us();
    bus::modbus::line_options options;
    options.name = "plant";
    options.host = "127.0.0.1";
    options.port = port;
    options.response_timeout_ms = 200;
    options.reconnect_min_ms = 20;
    options.reconnect_max_ms = 100;
    options.probe_min_ms = 50;
    options.probe_max_ms = 200;
    auto units = make_unit_plans({"meter_0", tests::modbus_test_profile()}, 1);
    REQUIRE(units);
    options.units = *std::move(units);
    auto opened = bus::modbus::open_line(
        options, [this](bus::modbus::poll&& round) { push(std::move(round)); },
        [this](bus::modbus::write_answer&& answer) { push(std::move(answer)); });
    REQUIRE(opened);
    line = *std::move(opened);
  }

  runtime::group_spec group() {
    runtime::group_spec made;
    made.children.push_back({"meter_0", "modbus_device", [this](runtime::context& context) {
                               actor_options options;
                               options.model = {"meter_0", tests::modbus_test_profile()};
                               options.write = [this](bus::modbus::write_request request) {
                                 request.deadline_us -= shift_us();
                                 return line->write(std::move(request));
                               };
                               return std::make_unique<modbus_device_actor>(context,
                                                                            std::move(options));
                             }});
    return made;
  }

  std::int64_t shift_us() const { return node.clock.now().monotonic_us - last_us; }

  template <class Item>
  void push(Item&& item) {
    const std::scoped_lock lock(mutex);
    told.emplace_back(std::forward<Item>(item));
  }

  /// Lets the node live until the condition holds.
  template <class Condition>
  bool live_until(Condition holds) {
    const auto end = wall::now() + patience;
    while (!holds()) {
      if (wall::now() > end) return false;
      std::this_thread::sleep_for(milliseconds(5));
      const auto passed_us = wall_us() - last_us;
      node.advance(passed_us);
      last_us += passed_us;
      deliver();
    }
    return true;
  }

  void deliver() {
    std::deque<std::variant<bus::modbus::poll, bus::modbus::write_answer>> batch;
    {
      const std::scoped_lock lock(mutex);
      batch.swap(told);
    }
    for (auto& each : batch) {
      if (auto* poll = std::get_if<bus::modbus::poll>(&each)) {
        poll->now_us += shift_us();
        poll->utc_offset_us = node.clock.now().utc_us - node.clock.now().monotonic_us;
        for (auto& answer : poll->answers) answer.time_us += shift_us();
        node.post("meter_0", std::make_shared<const bus::modbus::poll>(std::move(*poll)));
      } else {
        node.post("meter_0", std::make_shared<const bus::modbus::write_answer>(
                                 std::get<bus::modbus::write_answer>(std::move(each))));
      }
    }
  }

  /// A point as any observer of the bus knows it.
  messages::points::point_state point(const std::string& name) {
    for (; seen < node.outside.published.size(); ++seen)
      if (auto message = messages::decode(*node.outside.published[seen].second))
        table.apply(*message);
    auto found = table.find(name);
    return found ? *std::move(found) : messages::points::point_state{};
  }
  bool is(const std::string& name, messages::quality quality) {
    return point(name).quality == quality;
  }
  double value(const std::string& name) { return point(name).numbers.at(0); }

  messages::result set(const std::string& key, double wanted) {
    messages::command made;
    made.id = made.key = key;
    made.target = "meter_0";
    made.operation = "set";
    made.point = "meter_0/SetCurrentLimit";
    made.value = wanted;
    made.role = "engineer";
    made.deadline_utc_us = node.clock.now().utc_us + 10 * messages::us_per_s;
    node.hear(bus::message::plane::commands, {"client", 1, 0, node.clock.now(), {}}, made);
    std::optional<messages::result> answer;
    REQUIRE(live_until([&] {
      for (const auto& frame : std::exchange(node.outside.sent, {})) {
        const auto opened = messages::decode(*frame);
        if (auto* each = std::get_if<messages::result>(&opened->payload)) answer = *each;
      }
      return answer.has_value();
    }));
    return *answer;
  }

  std::mutex mutex;
  std::deque<std::variant<bus::modbus::poll, bus::modbus::write_answer>> told;
  messages::points::point_table table;
  std::size_t seen = 0;
  std::int64_t last_us = 0;
  tests::test_node node;
  std::unique_ptr<bus::modbus::line> line; ///< ends before what it tells to
};

TEST_CASE("a pymodbus server is read and written through a Modbus profile with exact values") {
  if (!tests::pymodbus_server::installed()) {
    WARN("SKIPPED: python3-pymodbus and python3-serial-asyncio are missing; run ./dev setup");
    return;
  }
  using messages::quality;
  auto server = std::make_unique<tests::pymodbus_server>();
  const auto port = server->port();
  server->tell("set 6 17142"); // 123.456 as a float: 0x42F6E979
  server->tell("set 7 59769");
  server->tell("set 9 64536"); // -1000
  fixture site(port);

  REQUIRE(site.live_until([&] { return site.is("meter_0/voltage", quality::good); }));
  CHECK(site.value("meter_0/voltage") == Approx(200.0).epsilon(0).margin(1e-9));
  CHECK(site.value("meter_0/energy") == 1002 * 65536 + 1003);
  CHECK(site.value("meter_0/swapped") == 1005 * 65536 + 1004);
  CHECK(site.value("meter_0/frequency") == static_cast<double>(123.456F));
  CHECK(site.point("meter_0/string_current").numbers.at(1) == Approx(-10).epsilon(0).margin(1e-9));
  // Exception 02: no value, at once, and nothing else suffers.
  CHECK(site.is("meter_0/absent", quality::invalid));

  const auto done = site.set("a", 12.5);
  CHECK(done.outcome == messages::outcome::done);
  CHECK(done.read_back == "12.5");
  CHECK(server->tell("get 50") == "125");
  CHECK(site.live_until([&] {
    const auto limit = site.point("meter_0/CurrentLimit");
    return limit.quality == quality::good && std::abs(limit.numbers.at(0) - 12.5) < 1e-9;
  }));
  CHECK(site.set("b", 141).outcome == messages::outcome::rejected);
  CHECK(site.set("a", 12.5).outcome == messages::outcome::done);
  CHECK(server->tell("writes") == "1");

  server->tell("silent");
  REQUIRE(site.live_until([&] { return site.is("meter_0/voltage", quality::stale); }));
  CHECK(site.is("meter_0/absent", quality::invalid));
  server->tell("normal");
  REQUIRE(site.live_until([&] { return site.is("meter_0/voltage", quality::good); }));

  server.reset();
  REQUIRE(site.live_until([&] { return site.is("meter_0/voltage", quality::stale); }));
  CHECK(site.set("c", 13).outcome == messages::outcome::rejected);
  server = std::make_unique<tests::pymodbus_server>(port);
  REQUIRE(site.live_until([&] { return site.is("meter_0/voltage", quality::good); }));
  CHECK(server->tell("get 50") == "1050");
}

} // namespace
} // namespace voltaic::actors::modbus_device::modbus_server_test
