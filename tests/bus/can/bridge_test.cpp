#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "bus/can/bridge/bridge_port.hpp"
#include "bus/can/can_support.hpp"
#include "bus/can/file_descriptor.hpp"
#include "bus/can/virtual/bus_mirror.hpp"
#include "messages/can/cannelloni.hpp"

namespace bridge_test {

using namespace voltaic::bus::can;
using can_support::collector;
using can_support::eventually;
using can_support::make_frame;
namespace wire = voltaic::messages::can::cannelloni;

namespace {

/// A socket of this machine at a port that nobody else has.
struct place {
  explicit place(int kind) : socket(::socket(AF_INET, kind | SOCK_CLOEXEC, 0)) {
    auto wanted = to_kernel({0x7F000001, 0});
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&wanted), sizeof(wanted)) == 0);
    socklen_t size = sizeof(wanted);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&wanted), &size) == 0);
    address = from_kernel(wanted);
  }
  [[nodiscard]] std::string text() const { return to_text(address); }
  file_descriptor socket;
  network_address address;
};

/// A port that nobody has at the moment.
network_address free_place(int kind) {
  return place(kind).address;
}

port_options options_of(const std::string& uri, const std::string& partner) {
  port_options options;
  options.name = "can0";
  options.uri = uri;
  options.peer = partner;
  return options;
}

std::unique_ptr<port> open(const port_options& options, collector& heard) {
  auto opened = open_port(options, heard.handler());
  if (!opened) FAIL(opened.error().text);
  return *std::move(opened);
}

void send_packet(const place& from, const network_address& to, std::uint8_t sequence,
                 std::uint32_t id) {
  auto packet = wire::encode_header(wire::operation::data, sequence, 1);
  REQUIRE(wire::append(packet, make_frame(id), wire::packet_bytes_max));
  const auto where = to_kernel(to);
  REQUIRE(::sendto(from.socket.get(), packet.data(), packet.size(), 0,
                   reinterpret_cast<const sockaddr*>(&where),
                   sizeof(where)) == static_cast<ssize_t>(packet.size()));
}

} // namespace

TEST_CASE("two bridges carry frames to each other over UDP") {
  const auto a_place = to_text(free_place(SOCK_DGRAM));
  const auto b_place = to_text(free_place(SOCK_DGRAM));
  collector a_heard;
  collector b_heard;
  const auto a = open(options_of("udp:" + a_place, b_place), a_heard);
  const auto b = open(options_of("udp:" + b_place, a_place), b_heard);
  std::vector<voltaic::messages::can::frame> frames;
  for (std::uint32_t i = 0; i < 300; ++i) frames.push_back(make_frame(i, 1, i % 2 == 0));
  REQUIRE(a->send_all(frames) == send_result::sent);
  REQUIRE(b->send(make_frame(0x7FF)) == send_result::sent);
  REQUIRE(b_heard.wait_for_frames(300));
  REQUIRE(a_heard.wait_for_frames(1));
  const auto got = b_heard.frames();
  for (std::uint32_t i = 0; i < 300; ++i) {
    CHECK(got[i].id == i);
    CHECK(got[i].extended == (i % 2 == 0));
    CHECK(got[i].time_us > 0);
  }
  CHECK(a->read_statistics().tx == 300);
  CHECK(b->read_statistics().rx == 300);
  CHECK(b->read_statistics().rx_overflow == 0);
}

TEST_CASE("F-075 packets of others than the partner are dropped and counted, broken ones as well") {
  place partner(SOCK_DGRAM);
  place stranger(SOCK_DGRAM);
  const auto here = free_place(SOCK_DGRAM);
  collector heard;
  const auto opened = open(options_of("udp:" + to_text(here), partner.text()), heard);
  send_packet(stranger, here, 0, 0x111);
  const auto where = to_kernel(here);
  REQUIRE(::sendto(partner.socket.get(), "no", 2, 0, reinterpret_cast<const sockaddr*>(&where),
                   sizeof(where)) == 2);
  send_packet(partner, here, 5, 0x222);
  send_packet(partner, here, 8, 0x223); // two are missing
  REQUIRE(heard.wait_for_frames(2));
  CHECK(eventually([&] { return opened->read_statistics().errors == 2; }));
  CHECK(opened->read_statistics().rx_overflow == 2);
  for (const auto& one : heard.frames()) CHECK(one.id >= 0x222);
}

TEST_CASE("others on this machine listen to a bridge by its mirror, and cannot speak there") {
  const can_support::temporary_folder folder;
  const place partner(SOCK_DGRAM);
  const auto here = free_place(SOCK_DGRAM);
  auto options = options_of("udp:" + to_text(here), partner.text());
  options.runtime_folder = folder.path();
  collector heard;
  const auto bridge = open(options, heard);
  collector mirrored;
  const auto listener = open(mirror_of(options), mirrored);
  REQUIRE(eventually(
      [&] { return listener->read_statistics().state == controller_state::error_active; }));
  // The first ones may come before the listener is known.
  std::uint8_t sequence = 0;
  REQUIRE(eventually([&] {
    send_packet(partner, here, sequence++, 0x123);
    return !mirrored.frames().empty();
  }));
  const auto count = [](const collector& of, auto&& which) {
    return std::ranges::count_if(of.frames(), which, &voltaic::messages::can::frame::id);
  };
  std::vector<voltaic::messages::can::frame> sent;
  for (std::uint32_t i = 0; i < 200; ++i) sent.push_back(make_frame(i));
  REQUIRE(bridge->send_all(sent) == send_result::sent);
  // Some of the first ones may still be on their way.
  CHECK(eventually(
      [&] { return count(mirrored, [](std::uint32_t id) { return id < 200; }) == 200; }));
  CHECK(listener->send(make_frame(0x7FF)) == send_result::sent); // onto the mirror alone
  send_packet(partner, here, sequence++, 0x124);
  REQUIRE(
      eventually([&] { return count(heard, [](std::uint32_t id) { return id == 0x124; }) == 1; }));
  for (const auto& one : heard.frames()) CHECK(one.id != 0x7FF);
  CHECK(bridge->read_statistics().tx == 200);
}

TEST_CASE("a bridge runs without its mirror where that cannot be had") {
  const place partner(SOCK_DGRAM);
  const auto here = free_place(SOCK_DGRAM);
  auto options = options_of("udp:" + to_text(here), partner.text());
  options.runtime_folder = "/nowhere/at/all";
  collector heard;
  const auto bridge = open(options, heard);
  send_packet(partner, here, 0, 0x123);
  CHECK(heard.wait_for_frames(1));
}

TEST_CASE("a UDP partner that began anew is heard again, and what was overtaken is not") {
  const place partner(SOCK_DGRAM);
  const auto here = free_place(SOCK_DGRAM);
  collector heard;
  const auto bridge = open(options_of("udp:" + to_text(here), partner.text()), heard);
  for (std::uint8_t sequence = 100; sequence < 110; ++sequence)
    send_packet(partner, here, sequence, sequence);
  for (const auto overtaken : std::vector<std::uint8_t>{104, 102, 103})
    send_packet(partner, here, overtaken, 0x7FF);
  send_packet(partner, here, 110, 110);
  REQUIRE(heard.wait_for_frames(11));
  // Its first two are taken for overtaken ones.
  for (std::uint8_t sequence = 0; sequence < 6; ++sequence)
    send_packet(partner, here, sequence, sequence);
  REQUIRE(heard.wait_for_frames(15));
  CHECK(heard.frames()[11].id == 2);
  CHECK(heard.frames().back().id == 5);
  CHECK(bridge->read_statistics().errors == 5);
  CHECK(bridge->read_statistics().rx_overflow == 0);
}

TEST_CASE("F-063 a bridge counts identifiers that nobody of the site knows") {
  const place partner(SOCK_DGRAM);
  const auto here = free_place(SOCK_DGRAM);
  collector heard;
  auto options = options_of("udp:" + to_text(here), partner.text());
  options.listens_to = {{0x100, 0x10F}};
  const auto unwatched = [&] {
    const auto opened = open(options, heard);
    return opened->read_statistics().unknown_ids;
  }();
  CHECK_FALSE(unwatched);
  options.known = {{0x100, 0x17F}};
  const auto bridge = open(options, heard);
  CHECK(bridge->read_statistics().unknown_ids == 0U);
  std::uint8_t sequence = 0;
  for (const std::uint32_t id : {0x101U, 0x17FU, 0x000U, 0x7FFU, 0x000U})
    send_packet(partner, here, sequence++, id);
  CHECK(eventually([&] { return bridge->read_statistics().unknown_ids == 2U; }));
  CHECK_FALSE(bridge->read_statistics().babbler);
}

TEST_CASE("a bus that is read only hears, and refuses whatever is sent on it") {
  place partner(SOCK_DGRAM);
  const auto here = free_place(SOCK_DGRAM);
  auto options = options_of("udp:" + to_text(here), partner.text());
  options.read_only = true;
  collector heard;
  const auto opened = open(options, heard);
  CHECK(opened->send(make_frame(1)) == send_result::down);
  const auto frames = std::vector{make_frame(2), make_frame(3)};
  CHECK(opened->send_all(frames) == send_result::down);
  send_packet(partner, here, 0, 0x222);
  REQUIRE(heard.wait_for_frames(1));
  CHECK(opened->read_statistics().tx_dropped == 3);
  CHECK(opened->read_statistics().tx == 0);
}

TEST_CASE("a bridge over TCP connects, and again after its partner was gone") {
  const auto here = to_text(free_place(SOCK_STREAM));
  collector a_heard;
  collector b_heard;
  const auto b = open(options_of("tcp:connect", here), b_heard);
  CHECK(b->send(make_frame(1)) == send_result::down);
  for (int life = 0; life < 2; ++life) {
    auto listening = options_of("tcp:" + here, "127.0.0.1:0");
    const auto a = open(listening, a_heard);
    const auto by_a = a_heard.frames().size();
    const auto by_b = b_heard.frames().size();
    // What is sent before the death of the former one was noticed is lost with it.
    REQUIRE(eventually([&] {
      (void)b->send(make_frame(2));
      return a_heard.frames().size() > by_a;
    }));
    REQUIRE(eventually([&] {
      (void)a->send(make_frame(3));
      return b_heard.frames().size() > by_b;
    }));
  }
  REQUIRE(eventually([&] { return b->send(make_frame(4)) == send_result::down; }));
  CHECK(b->read_statistics().state == controller_state::down);
}

TEST_CASE("a TCP partner that takes a connection and never greets is tried anew") {
  const auto here = free_place(SOCK_STREAM);
  const file_descriptor mute(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto where = to_kernel(here);
  const int yes = 1;
  REQUIRE(::setsockopt(mute.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0);
  REQUIRE(::bind(mute.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0);
  REQUIRE(::listen(mute.get(), 4) == 0);
  collector heard;
  const auto bridge = open(options_of("tcp:connect", to_text(here)), heard);
  std::vector<file_descriptor> taken;
  CHECK(eventually([&] {
    file_descriptor fresh(::accept4(mute.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (fresh.valid()) taken.push_back(std::move(fresh));
    return taken.size() == 2;
  }));
  CHECK(bridge->read_statistics().state == controller_state::down);
}

TEST_CASE("a TCP partner that does not read is given up with all that waits for it") {
  const auto here = free_place(SOCK_STREAM);
  collector heard;
  const auto bridge = open(options_of("tcp:" + to_text(here), "127.0.0.1:0"), heard);
  const file_descriptor partner(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int small = 1;
  REQUIRE(::setsockopt(partner.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
  const auto where = to_kernel(here);
  REQUIRE(::connect(partner.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)) == 0);
  REQUIRE(::send(partner.get(), wire::greeting.data(), wire::greeting.size(), 0) > 0);
  REQUIRE(eventually(
      [&] { return bridge->read_statistics().state == controller_state::error_active; }));
  // More than its own machine takes, and far less than ours would keep.
  const std::vector<voltaic::messages::can::frame> orders(100, make_frame(1, 8));
  std::uint64_t given = 0;
  while (bridge->send_all(orders) == send_result::sent && given < 1'000) given += orders.size();
  REQUIRE(eventually([&] { return bridge->read_statistics().state == controller_state::down; }));
  CHECK(bridge->send(make_frame(2)) == send_result::down);
  // What comes late is what its own machine had taken, and then the end.
  std::array<std::uint8_t, 65'536> late{};
  std::size_t came = 0;
  ssize_t bytes = 0;
  while ((bytes = ::recv(partner.get(), late.data(), late.size(), 0)) > 0)
    came += static_cast<std::size_t>(bytes);
  CHECK(bytes == -1); // reset: a stream that ends in order would first deliver all
  std::vector<std::uint8_t> one;
  REQUIRE(wire::append(one, orders.front(), late.size()));
  CHECK(came < given * one.size());
}

TEST_CASE("a TCP partner that speaks another protocol, or is another, is not listened to") {
  const auto here = free_place(SOCK_STREAM);
  collector heard;
  const auto opened = open(options_of("tcp:" + to_text(here), "127.0.0.1:0"), heard);
  place client(SOCK_STREAM);
  const auto where = to_kernel(here);
  REQUIRE(::connect(client.socket.get(), reinterpret_cast<const sockaddr*>(&where),
                    sizeof(where)) == 0);
  REQUIRE(::send(client.socket.get(), "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL) == 16);
  REQUIRE(eventually([&] { return opened->read_statistics().errors == 1; }));
  CHECK(opened->read_statistics().state == controller_state::down);
  CHECK(heard.frames().empty());
  collector other_heard;
  const auto other_place = free_place(SOCK_STREAM);
  const auto other = open(options_of("tcp:" + to_text(other_place), "127.0.0.2:0"), other_heard);
  place stranger(SOCK_STREAM);
  const auto there = to_kernel(other_place);
  REQUIRE(::connect(stranger.socket.get(), reinterpret_cast<const sockaddr*>(&there),
                    sizeof(there)) == 0);
  CHECK(eventually([&] { return other->read_statistics().errors == 1; }));
}

TEST_CASE("a bridge's port and its partner are told by numbers, and what is none is refused") {
  CHECK(parse_bridge("udp:127.0.0.1:20000", "127.0.0.1:20001").has_value());
  CHECK(parse_bridge("tcp:0.0.0.0:20000", "192.0.2.1:0").has_value());
  CHECK(is_local(parse_bridge("tcp:connect", "127.0.0.1:1").value()));
  CHECK_FALSE(is_local(parse_bridge("udp:0.0.0.0:20000", "127.0.0.1:1").value()));
  CHECK_FALSE(is_local(parse_bridge("tcp:connect", "192.0.2.1:1").value()));
  for (const auto& [uri, partner] :
       std::vector<std::pair<std::string, std::string>>{{"udp:", "127.0.0.1:1"},
                                                        {"udp:127.0.0.1", "127.0.0.1:1"},
                                                        {"udp:127.0.0.1:0", "127.0.0.1:1"},
                                                        {"udp:localhost:20000", "127.0.0.1:1"},
                                                        {"udp:127.0.0.1:65536", "127.0.0.1:1"},
                                                        {"udp:127.0.0.1:20000", ""},
                                                        {"udp:127.0.0.1:20000", "127.0.0.1:0"},
                                                        {"tcp:connect", "127.0.0.1:0"},
                                                        {"tcp:connect", "gateway:1"}}) {
    INFO(uri << " " << partner);
    CHECK_FALSE(parse_bridge(uri, partner).has_value());
  }
}

} // namespace bridge_test
