#include "bus/message/peer.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "bus/message/client.hpp"
#include "bus/message/relay.hpp"
#include "messages/command_priority.hpp"
#include "support/message_bus.hpp"

namespace peer_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

constexpr auto everything = {plane::telemetry, plane::events, plane::health, plane::snapshot};

messages::command forged() {
  messages::command asked;
  asked.id = "1";
  asked.key = "k";
  asked.target = "command";
  asked.operation = "approve";
  asked.point = "rack_0/1";
  asked.user = "root";
  asked.role = "service";
  asked.reply_to = "forger";
  return asked;
}

frame_ptr frame_of(const messages::payload& said) {
  messages::header header;
  header.source = "forger";
  return messages::encode(header, said);
}

} // namespace

TEST_CASE("a peer is read from what the library tells of it") {
  CHECK(peer_in("localhost:33:34:4711") == peer{33, 34});
  CHECK(peer_in(":0:0:1") == peer{0, 0});
  for (const auto* none : {"", "127.0.0.1", "::1", "host:1:2", "host:1:2:", "a:b:c:d"})
    CHECK_FALSE(peer_in(none));
}

TEST_CASE("a command of another user bears his name and role, whatever it claims") {
  const auto said = as_said_by({"ada", "operator"}, frame_of(forged()));
  REQUIRE(said != nullptr);
  const auto decoded = messages::decode(*said);
  REQUIRE(decoded);
  const auto& command = std::get<messages::command>(decoded->payload);
  CHECK(command.user == "ada");
  CHECK(command.role == "operator");
  CHECK(command.priority == messages::command_priority::person);
  CHECK(command.operation == "approve");
}

TEST_CASE("another user asks for the full state, and says nothing else of a site") {
  const peer_identity ada{"ada", "service"};
  messages::snapshot asked;
  asked.kind = messages::snapshot_kind::request;
  CHECK(as_said_by(ada, frame_of(asked)) != nullptr);
  asked.kind = messages::snapshot_kind::end;
  CHECK(as_said_by(ada, frame_of(asked)) == nullptr);
  messages::health health;
  health.node = "rack_0";
  CHECK(as_said_by(ada, frame_of(health)) == nullptr);
  CHECK(as_said_by(ada, frame_of(messages::result{})) == nullptr);
}

TEST_CASE("a relay believes its own user alone, and knows the others by the kernel") {
  folder place;
  zmq_context context;
  relay_options options{{place.relay()}};
  options.owner = ::geteuid() + 1; // this process is somebody else
  options.identify = [](const peer& who) {
    return peer_identity{who.user == ::geteuid() ? "ada" : "nobody", "operator"};
  };
  auto hub = make_relay(context, options);
  REQUIRE(hub);
  struct stat socket {};
  REQUIRE(::stat((place.relay().substr(6) + ".cmd").c_str(), &socket) == 0);
  CHECK((socket.st_mode & ALLPERMS) == 0660);

  collector ears;
  auto made = make_zmq_endpoint(context, {"forger", place.relay(), everything}, ears);
  REQUIRE(made);
  std::uint64_t sequence = 0;
  // What it publishes and what it registers as are refused, what it asks for is answered.
  CHECK(eventually([&] {
    (*made)->publish(plane::telemetry, words_frame("bms_0", ++sequence, {1, 2, 3}));
    messages::health health;
    health.node = "command";
    static_cast<void>((*made)->send(frame_of(health)));
    static_cast<void>((*made)->send(frame_of(forged())));
    std::this_thread::sleep_for(1ms);
    const auto sum = (*hub)->statistics();
    return sum.foreign > 10 && sum.frames == 0 && sum.unroutable > 0;
  }));
  CHECK((*hub)->statistics().frames == 0);
}

TEST_CASE("a relay that nobody shares has sockets of its own") {
  folder place;
  zmq_context context;
  auto hub = make_relay(context, {{place.relay()}});
  REQUIRE(hub);
  struct stat socket {};
  REQUIRE(::stat((place.relay().substr(6) + ".sub").c_str(), &socket) == 0);
  CHECK((socket.st_mode & ALLPERMS) == 0600);
}

} // namespace peer_test
