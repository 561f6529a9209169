#include "bus/message/peer.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

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
  const auto said = as_said_by({"ada", "operator"}, "client-1", frame_of(forged()));
  CHECK(said.refusal.empty());
  REQUIRE(said.frame != nullptr);
  const auto decoded = messages::decode(*said.frame);
  REQUIRE(decoded);
  const auto& command = std::get<messages::command>(decoded->payload);
  CHECK(command.user == "ada");
  CHECK(command.role == "operator");
  CHECK(command.priority == messages::command_priority::person);
  CHECK(command.operation == "approve");
  CHECK(command.reply_to == "client-1"); // to his own socket alone
}

TEST_CASE("a command of another user goes to the dispatcher and to nobody who acts") {
  auto direct = forged();
  direct.operation = GENERATE("close", "open", "reset", "beat", "set");
  direct.target =
      GENERATE("rack_0/contactor", "rack_0/protection", "inverter_0", "rack_0", "command2", "");
  const auto said = as_said_by({"ada", "service"}, "client-1", frame_of(direct));
  REQUIRE(said.frame != nullptr);
  CHECK(said.refusal == direct.target +
                            " takes commands of the site's own processes alone: "
                            "users send theirs to command");
  auto question = forged();
  question.operation = "confirm_close";
  CHECK_FALSE(as_said_by({"ada", "service"}, "client-1", frame_of(question)).refusal.empty());
}

TEST_CASE("another user asks for the full state, and says nothing else of a site") {
  const peer_identity ada{"ada", "service"};
  messages::snapshot asked;
  asked.kind = messages::snapshot_kind::request;
  CHECK(as_said_by(ada, "ada", frame_of(asked)).frame != nullptr);
  asked.kind = messages::snapshot_kind::end;
  CHECK(as_said_by(ada, "ada", frame_of(asked)).frame == nullptr);
  messages::health health;
  health.node = "rack_0";
  CHECK(as_said_by(ada, "ada", frame_of(health)).frame == nullptr);
  CHECK(as_said_by(ada, "ada", frame_of(messages::result{})).frame == nullptr);
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

namespace {

/// A relay whose sockets in the folder are somebody else's, and its own within this process.
struct shared_relay {
  shared_relay() {
    relay_options options{{place.relay(), within}};
    options.owner = ::geteuid() + 1;
    options.identify = [](const peer&) { return peer_identity{"ada", "service"}; };
    auto made = make_relay(context, options);
    REQUIRE(made);
    hub = std::move(*made);
  }
  static constexpr const char* within = "inproc://shared/relay";
  folder place;
  zmq_context context;
  std::unique_ptr<relay> hub;
};

/// A client that knows the wire protocol in its version of 2010, which tells nothing of its peer.
class old_client {
 public:
  explicit old_client(const std::string& path) : file_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(file_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~old_client() { ::close(file_); }
  old_client(const old_client&) = delete;
  old_client& operator=(const old_client&) = delete;
  void say(std::string_view bytes) const {
    static_cast<void>(::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  /// Whether the other side ended the connection. Reads what it said until now.
  [[nodiscard]] bool is_refused() const {
    char sink[256];
    const auto got = ::recv(file_, sink, sizeof sink, MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  }

 private:
  int file_;
};

} // namespace

TEST_CASE("a relay refuses a user's command for who acts, in words, and routes his others") {
  shared_relay site;
  collector rack;
  auto node = make_zmq_endpoint(site.context, {"rack_0", site.within, everything}, rack);
  REQUIRE(node);
  client_options options;
  options.relay = site.place.relay();
  auto asker = connect_client(site.context, options);
  REQUIRE(asker);
  auto direct = forged();
  direct.reply_to.clear();
  direct.target = "rack_0/contactor";
  direct.operation = "close";
  const auto answer = (*asker)->request(direct, 20s);
  CHECK(answer.outcome == messages::outcome::rejected);
  REQUIRE(answer.reasons.size() == 1);
  CHECK(answer.reasons[0].starts_with("rack_0/contactor takes commands of the site's own"));
  direct.target = "command"; // that nobody is, here
  const auto other = (*asker)->request(direct, 20s);
  CHECK(other.reasons == std::vector<std::string>{"no such actor: command"});
}

TEST_CASE("a user who bears the name of a node gets nothing that is meant for it") {
  shared_relay site;
  collector rack;
  auto node = make_zmq_endpoint(site.context, {"rack_0-4711", site.within, everything}, rack);
  REQUIRE(node);
  (*node)->send(health_frame("rack_0", 0, {"rack_0/contactor"}));
  messages::command open;
  open.id = open.key = "open";
  open.target = "rack_0/contactor";
  open.operation = "open";
  collector dispatcher;
  auto own = make_zmq_endpoint(site.context, {"site", site.within, everything}, dispatcher);
  REQUIRE(own);
  const auto heard_of = [](const collector& ears) {
    std::size_t count = 0;
    for (const auto& each : ears.all()) count += each.from == plane::commands ? 1 : 0;
    return count;
  };
  const auto reaches_rack = [&] {
    const auto before = heard_of(rack);
    return eventually([&] {
      static_cast<void>((*own)->send(frame_of(open)));
      std::this_thread::sleep_for(1ms);
      return heard_of(rack) > before;
    });
  };
  REQUIRE(reaches_rack());
  collector thief;
  auto forger = make_zmq_endpoint(site.context, {"rack_0", site.place.relay(), everything}, thief);
  REQUIRE(forger);
  // It is there, and refused, once its words are counted as another user's.
  REQUIRE(eventually([&] {
    static_cast<void>((*forger)->send(frame_of(forged())));
    std::this_thread::sleep_for(1ms);
    return site.hub->statistics().foreign > 0;
  }));
  CHECK(reaches_rack());
  CHECK(heard_of(thief) == 0);
}

TEST_CASE("who speaks an old version of the protocol, which tells no peer, is not let in") {
  shared_relay site;
  // Signature, revision 1 (ZMTP 2.0), the kind of socket and an empty identity.
  const char kind = GENERATE('\x01', '\x05'); // PUB, DEALER
  const auto path = site.place.relay().substr(6) + (kind == '\x01' ? ".pub" : ".cmd");
  const old_client client(path);
  const std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x01", 11);
  client.say(greeting + kind + std::string("\0\0", 2));
  CHECK(eventually([&] { return client.is_refused(); }));
  CHECK(site.hub->statistics().frames == 0);
}

TEST_CASE("an address of the network is one, and nothing else is") {
  for (const auto* one : {"127.0.0.1", "::1", "10.0.0.7", "fe80::1%eth0"})
    CHECK(is_of_network(one));
  for (const auto* none : {"", "localhost", "localhost:0:0:1", ":33:34:4711", "127.0.0.1:8"})
    CHECK_FALSE(is_of_network(none));
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
