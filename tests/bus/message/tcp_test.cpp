#include <fmt/format.h>

#include <catch2/catch.hpp>

#include <algorithm>

#include "bus/message/client.hpp"
#include "bus/message/relay.hpp"
#include "support/message_bus.hpp"
#include "support/tcp_between.hpp"

namespace tcp_test {

// The bus over tcp, which is how a relay is heard beyond its runtime folder.

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

std::string tcp_at(std::uint16_t port) {
  return fmt::format("tcp://127.0.0.1:{}", port);
}

/// A relay for nodes by ipc and for strangers by tcp, and a node of it.
struct site {
  site() {
    auto made = make_relay(context, {{place.relay(), tcp_at(port)}});
    if (!made) FAIL(made.error().text);
    hub = std::move(*made);
    auto node = make_zmq_endpoint(context, {"rack_0", place.relay(), {}}, ears);
    REQUIRE(node.has_value());
    speaker = std::move(*node);
    REQUIRE(eventually([&] { return speaker->statistics().linked; }));
  }
  void say(std::uint16_t value) {
    speaker->publish(plane::telemetry, words_frame("bms_0", ++sequence, {value}));
  }

  folder place;
  std::uint16_t port = free_ports(tcp_between::ports);
  zmq_context context;
  collector ears;
  std::unique_ptr<relay> hub;
  std::unique_ptr<endpoint> speaker;
  std::uint64_t sequence = 0;
};

std::optional<std::uint16_t> value_of(const messages::message& message) {
  const auto* said = std::get_if<messages::telemetry>(&message.payload);
  if (said == nullptr) return std::nullopt;
  return std::get<messages::block::words>(said->blocks[0].values)[0];
}

} // namespace

TEST_CASE("a client over tcp gets the full state, changes, and the answer to a command") {
  site running;
  running.speaker->send(health_frame("rack_0", 0, {"bms_0"}));
  running.say(41);
  zmq_context elsewhere;
  auto joined = connect_client(elsewhere, {tcp_at(running.port), "guest"});
  REQUIRE(joined.has_value());
  auto& client = **joined;
  bool known = false;
  REQUIRE(eventually([&] {
    const auto state = client.collect(20s);
    for (const auto& one : state ? state->messages : std::vector<messages::message>{}) {
      known = known || value_of(one) == 41;
    }
    return known;
  }));
  running.say(42);
  bool changed = false;
  CHECK(eventually([&] {
    while (const auto news = client.next(5ms)) changed = changed || value_of(news->message) == 42;
    return changed;
  }));

  messages::command command;
  command.key = "k";
  command.target = "bms_0";
  std::thread node([&] {
    eventually([&] {
      for (const auto& one : running.ears.all()) {
        const auto message = messages::decode(*one.frame);
        if (!message) continue;
        const auto* asked = std::get_if<messages::command>(&message->payload);
        if (asked == nullptr) continue;
        messages::result result;
        result.id = asked->id;
        result.reply_to = asked->reply_to;
        result.read_back = "done over tcp";
        running.speaker->send(messages::encode(header_of("bms_0", 0), result));
        return true;
      }
      return false;
    });
  });
  CHECK(client.request(command, 20s).read_back == "done over tcp");
  node.join();
}

TEST_CASE("F-033 a link that only works in one direction counts as down, until it works again") {
  const bool answers = GENERATE(true, false);
  site running;
  const auto door = free_ports(tcp_between::ports);
  tcp_between link(door, running.port);
  zmq_context elsewhere;
  collector ears;
  auto made = make_zmq_endpoint(elsewhere, {"rack_1", tcp_at(door), {plane::telemetry}}, ears);
  REQUIRE(made.has_value());
  auto& far = **made;
  REQUIRE(eventually([&] { return far.statistics().linked; }));
  (answers ? link.loses_answers : link.loses_requests) = true;
  // Also when nothing of ours is lost: an answer to our heartbeat is.
  CHECK(eventually([&] { return link.lost_bytes > 0 && !far.statistics().linked; }));
  // On a busy machine silence alone may have ended it, before the last answers came.
  std::this_thread::sleep_for(500ms);
  CHECK(eventually([&] { return !far.statistics().linked; }));
  const auto heard = ears.count();
  running.say(1);
  std::this_thread::sleep_for(200ms);
  CHECK(ears.count() == heard);
  // It never disturbs who is not behind that link.
  CHECK(running.speaker->statistics().linked);
  (answers ? link.loses_answers : link.loses_requests) = false;
  CHECK(eventually([&] { return far.statistics().linked; }));
  CHECK(eventually([&] {
    running.say(2);
    return ears.count() > heard;
  }));
  const auto links = ears.links();
  CHECK(links.front());
  CHECK(std::ranges::count(links, false) >= 1);
  CHECK(links.back());
}

} // namespace tcp_test
