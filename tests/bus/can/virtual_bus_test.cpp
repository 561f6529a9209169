#include "bus/can/virtual/virtual_bus.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "bus/can/can_support.hpp"
#include "bus/can/clock.hpp"
#include "bus/can/virtual/packet.hpp"
#include "bus/can/virtual/socket.hpp"
#include "messages/can/frame_bits.hpp"

namespace virtual_bus_test {

using namespace voltaic::bus::can;
using namespace can_support;

namespace {

bool up(const port& who) {
  return who.read_statistics().state == controller_state::error_active;
}

virtual_bus_options plain(const temporary_folder& folder, const std::string& name = "can0") {
  virtual_bus_options options;
  options.name = name;
  options.runtime_folder = folder.path();
  return options;
}

/// Reads a raw client's socket until `done` says that it is enough.
template <class Done>
bool read_until(const file_descriptor& socket, packet_header& header, std::vector<frame>& got,
                Done&& done) {
  packet_receiver receiver;
  return eventually([&] {
    if (receiver.receive(socket.get()) == socket_outcome::done) {
      for (const auto bytes : receiver.packets()) CHECK(read_packet(bytes, header, got));
    }
    return done();
  });
}

bool wait_for_clients(const virtual_bus& bus, std::uint64_t count) {
  return eventually([&] { return bus.read_statistics().clients == count; });
}

} // namespace

TEST_CASE("two ports exchange frames through a bus and nobody hears himself") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector heard_a;
  collector heard_b;
  const auto a = open(folder.path(), "virtual:can0", heard_a.handler());
  const auto b = open(folder.path(), "virtual:can0", heard_b.handler());
  REQUIRE(wait_for_clients(*bus, 2));
  const std::int64_t before_us = monotonic_now_us();
  for (std::uint8_t i = 0; i < 100; ++i) CHECK(a->send(make_frame(0x100, i)) == send_result::sent);
  CHECK(b->send(make_frame(0x18FF50E5, 42, true)) == send_result::sent);
  REQUIRE(heard_b.wait_for_frames(100));
  REQUIRE(heard_a.wait_for_frames(1));
  const auto got = heard_b.frames();
  REQUIRE(got.size() == 100);
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].data[0] == i);
    CHECK(got[i].time_us >= (i == 0 ? before_us : got[i - 1].time_us));
  }
  CHECK(heard_a.frames().front().id == 0x18FF50E5);
  CHECK(heard_a.frames().front().extended);
  const statistics counted = b->read_statistics();
  CHECK(counted.rx == 100);
  CHECK(counted.tx == 1);
  CHECK(counted.bitrate == 500'000);
  CHECK(counted.rx_overflow == 0);
  CHECK(bus->read_statistics().frames == 101);
}

TEST_CASE("CAN FD: a frame of 64 bytes crosses a virtual bus") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector other;
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", other.handler());
  const auto b = open(folder.path(), "virtual:can0", heard.handler());
  REQUIRE(wait_for_clients(*bus, 2));
  auto sent = make_frame(0x123);
  sent.fd = sent.bit_rate_switch = true;
  sent.length = 64;
  for (std::uint8_t i = 0; i < 64; ++i) sent.data[i] = i;
  CHECK(a->send(sent) == send_result::sent);
  REQUIRE(heard.wait_for_frames(1));
  auto got = heard.frames().front();
  got.time_us = sent.time_us;
  CHECK(got == sent);
}

TEST_CASE("several frames sent at once arrive in their order") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto b = open(folder.path(), "virtual:can0", heard.handler());
  REQUIRE(wait_for_clients(*bus, 2));
  std::vector<frame> burst;
  for (int i = 0; i < 200; ++i) burst.push_back(make_frame(0x300, static_cast<std::uint8_t>(i)));
  CHECK(a->send_all(burst) == send_result::sent);
  REQUIRE(heard.wait_for_frames(200));
  const auto got = heard.frames();
  for (std::size_t i = 0; i < 200; ++i) CHECK(got[i].data[0] == i);
}

TEST_CASE("a port's batches rise in time and ticks come without frames") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto b = open(folder.path(), "virtual:can0", heard.handler());
  REQUIRE(wait_for_clients(*bus, 2));
  for (int i = 0; i < 20; ++i) {
    CHECK(a->send(make_frame(0x1)) == send_result::sent);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  REQUIRE(heard.wait_for_frames(20));
  REQUIRE(heard.wait_for_batches(40));
  std::int64_t last_us = 0;
  for (const batch& each : heard.batches()) {
    for (const frame& item : each.frames) {
      CHECK(item.time_us >= last_us);
      last_us = item.time_us;
    }
    CHECK(each.now_us >= last_us);
    last_us = each.now_us;
    CHECK(each.utc_offset_us > 1'500'000'000'000'000);
  }
}

TEST_CASE("F-066 the same identifier on two buses does not cross") {
  const temporary_folder folder;
  const auto bus_0 = serve(plain(folder, "can0"));
  const auto bus_1 = serve(plain(folder, "can1"));
  collector heard_0;
  collector heard_1;
  const auto from_0 = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto from_1 = open(folder.path(), "virtual:can1", [](batch&&) {});
  const auto to_0 = open(folder.path(), "virtual:can0", heard_0.handler());
  const auto to_1 = open(folder.path(), "virtual:can1", heard_1.handler());
  REQUIRE(wait_for_clients(*bus_0, 2));
  REQUIRE(wait_for_clients(*bus_1, 2));
  for (int i = 0; i < 50; ++i) {
    CHECK(from_0->send(make_frame(0x595, 0xA0)) == send_result::sent);
    CHECK(from_1->send(make_frame(0x595, 0xB1)) == send_result::sent);
  }
  REQUIRE(heard_0.wait_for_frames(50));
  REQUIRE(heard_1.wait_for_frames(50));
  for (const frame& item : heard_0.frames()) CHECK(item.data[0] == 0xA0);
  for (const frame& item : heard_1.frames()) CHECK(item.data[0] == 0xB1);
}

TEST_CASE("F-063 a virtual bus tells its ports of strangers, and of one that babbles") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector heard;
  port_options knowing;
  knowing.uri = "virtual:can0";
  knowing.runtime_folder = folder.path();
  knowing.listens_to = {{0x100, 0x10F}};
  knowing.known = {{0x100, 0x17F}};
  const auto at_home = open_port(knowing, heard.handler());
  REQUIRE(at_home.has_value());
  const auto watched = [&] { return (*at_home)->read_statistics(); };
  REQUIRE(eventually([&] { return watched().unknown_ids.has_value(); }));
  collector all;
  const auto stranger = open(folder.path(), "virtual:can0", all.handler());
  REQUIRE(wait_for_clients(*bus, 2));
  CHECK_FALSE(stranger->read_statistics().unknown_ids); // it does not say what it knows
  for (const std::uint32_t id : {0x100U, 0x17FU, 0x180U, 0x0FFU, 0x180U})
    CHECK(stranger->send(make_frame(id)) == send_result::sent);
  CHECK(eventually([&] { return watched().unknown_ids == 2U; }));
  CHECK_FALSE(watched().babbler);

  // As much as the bus takes, until it is noticed.
  std::atomic<bool> stopping{false};
  std::thread babbling([&] {
    while (!stopping) {
      (void)stranger->send(make_frame(0x000));
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  });
  const bool is_seen = eventually([&] { return watched().babbler.has_value(); });
  stopping = true;
  babbling.join();
  REQUIRE(is_seen);
  CHECK(eventually([&] { return !watched().babbler.has_value(); }));
  CHECK(watched().unknown_ids == 3U);
  // Who knows them comes, and goes.
  auto wise = knowing;
  wise.known = {{0x000, 0x17F}};
  auto guest = open_port(wise, [](batch&&) {});
  REQUIRE(guest.has_value());
  CHECK(eventually([&] { return watched().unknown_ids == 1U; }));
}

TEST_CASE("a port that listens to some identifiers is handed no others and counts them all") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  port_options choosy;
  choosy.uri = "virtual:can0";
  choosy.runtime_folder = folder.path();
  choosy.listens_to = {{0x100, 0x10F}};
  const auto b = open_port(choosy, heard.handler());
  REQUIRE(b.has_value());
  REQUIRE(wait_for_clients(*bus, 2));
  // The bus may carry the first frames before it has read what the port listens to.
  std::size_t before = 0;
  // A frame behind it that is wanted tells that it has passed.
  REQUIRE(eventually([&] {
    before = heard.frames().size();
    CHECK(a->send(make_frame(0x200)) == send_result::sent);
    CHECK(a->send(make_frame(0x105)) == send_result::sent);
    REQUIRE(eventually([&] {
      const auto got = heard.frames();
      return got.size() > before && got.back().id == 0x105;
    }));
    return heard.frames().size() == before + 1;
  }));
  CHECK((*b)->read_statistics().rx > before);
  before = heard.frames().size();
  for (std::uint8_t i = 0; i < 20; ++i) {
    CHECK(a->send(make_frame(0x200, i)) == send_result::sent);
    CHECK(a->send(make_frame(0x105, i)) == send_result::sent);
    CHECK(a->send(make_frame(0x105, i, true)) == send_result::sent);
  }
  REQUIRE(heard.wait_for_frames(before + 20));
  const auto got = heard.frames();
  REQUIRE(got.size() == before + 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(got[before + i].id == 0x105);
    CHECK_FALSE(got[before + i].extended);
    CHECK(got[before + i].data[0] == i);
  }
  // The load of a bus is that of everything on it, also when nothing is for this port.
  const std::uint64_t bits = voltaic::messages::can::exact_bits(make_frame(0x200));
  const auto rx_bits = (*b)->read_statistics().rx_bits;
  CHECK(eventually([&] {
    CHECK(a->send(make_frame(0x200)) == send_result::sent);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return (*b)->read_statistics().rx_bits >= rx_bits + 20 * bits;
  }));
  CHECK(heard.frames().size() == before + 20);
  CHECK((*b)->read_statistics().rx_overflow == 0);
}

TEST_CASE("a port whose ticks pause after frames says none between steady frames") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  port_options options;
  options.uri = "virtual:can0";
  options.runtime_folder = folder.path();
  options.tick_pause_us = 1'000'000;
  const auto b = open_port(options, heard.handler());
  REQUIRE(b.has_value());
  REQUIRE(wait_for_clients(*bus, 2));
  REQUIRE(heard.wait_for_batches(3)); // nothing is there to wait for
  for (int i = 0; i < 30; ++i) {
    CHECK(a->send(make_frame(0x100)) == send_result::sent);
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
  }
  REQUIRE(heard.wait_for_frames(30));
  const auto silent = heard.batches().size();
  REQUIRE(heard.wait_for_batches(silent + 3)); // and ticks go on after the last
  bool spoken = false;
  std::int64_t last_us = 0;
  for (const batch& each : heard.batches()) {
    if (spoken && each.frames.empty()) CHECK(each.now_us - last_us >= options.tick_pause_us);
    if (each.frames.empty()) continue;
    spoken = true;
    last_us = each.now_us;
  }
  CHECK(spoken);
}

TEST_CASE("bit times pace the bus and its load is measured") {
  const temporary_folder folder;
  virtual_bus_options options = plain(folder);
  options.bit_times = true;
  options.packing_us = 1'000;
  const auto bus = serve(options);
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto b = open(folder.path(), "virtual:can0", heard.handler());
  const file_descriptor raw = connect_to_bus(*virtual_bus_path(folder.path(), "can0"));
  REQUIRE(wait_for_clients(*bus, 3));
  const std::uint32_t bits = voltaic::messages::can::exact_bits(make_frame(0x123));
  // Eight frames in each 10 ms for 1.5 s: about 800 frames/s.
  const std::int64_t start_us = monotonic_now_us();
  std::size_t sent = 0;
  double load_percent = 0;
  for (int slot = 0; slot < 150; ++slot) {
    const std::vector<frame> burst(8, make_frame(0x123));
    if (a->send_all(burst) == send_result::sent) sent += burst.size();
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(
        std::chrono::microseconds(start_us + (slot + 1) * 10'000)));
  }
  load_percent = b->read_statistics().load_percent;
  const std::int64_t end_us = monotonic_now_us();
  REQUIRE(heard.wait_for_frames(sent));
  std::vector<frame> got;
  packet_header header;
  REQUIRE(read_until(raw, header, got, [&] { return got.size() == sent; }));
  for (std::size_t i = 1; i < got.size(); ++i) {
    CHECK(got[i].time_us - got[i - 1].time_us >= bits * 2 - 1);
  }
  CHECK(b->read_statistics().rx_bits == sent * bits);
  // A busy machine stretches the run; the load falls with it.
  const double paced = 100.0 * 800 * bits / 500'000;
  if (end_us - start_us < 1'600'000) CHECK(load_percent > 0.8 * paced);
  CHECK(load_percent < 1.25 * paced);
}

TEST_CASE("a stopped client loses its own frames only and is told how many") {
  const temporary_folder folder;
  virtual_bus_options options = plain(folder);
  options.receive_queue_max = 500;
  const auto path = virtual_bus_path(folder.path(), "can0");
  REQUIRE(path.has_value());

  const pid_t stopped = ::fork(); // before there is a thread that could hold a lock
  if (stopped == 0) {
    file_descriptor socket;
    while (!socket.valid()) socket = connect_to_bus(*path);
    for (;;) ::pause();
  }
  REQUIRE(stopped > 0);
  const auto bus = serve(options);
  REQUIRE(wait_for_clients(*bus, 1));
  REQUIRE(::kill(stopped, SIGSTOP) == 0);

  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto b = open(folder.path(), "virtual:can0", heard.handler());
  file_descriptor slow = connect_to_bus(*path);
  REQUIRE(slow.valid());
  REQUIRE(wait_for_clients(*bus, 4));
  constexpr std::size_t count = 40'000;
  for (std::size_t i = 0; i < count; i += 50) {
    REQUIRE(a->send_all(std::vector<frame>(50, make_frame(0x200))) == send_result::sent);
    REQUIRE(heard.wait_for_frames(i + 50));
  }
  CHECK(b->read_statistics().rx_overflow == 0);
  CHECK(bus->read_statistics().lost > 0);

  // The one that slept wakes up: what it got and what it lost is everything.
  std::vector<frame> got;
  packet_header header;
  CHECK(read_until(slow, header, got, [&] { return got.size() + header.passed.lost == count; }));
  CHECK(header.passed.lost > 0);

  ::kill(stopped, SIGKILL);
  ::waitpid(stopped, nullptr, 0);
  CHECK(wait_for_clients(*bus, 3));
  CHECK(a->send(make_frame(0x201)) == send_result::sent);
  CHECK(heard.wait_for_frames(count + 1));
}

TEST_CASE("garbage on the socket ends its sender and nobody else") {
  const temporary_folder folder;
  const auto bus = serve(plain(folder));
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto b = open(folder.path(), "virtual:can0", heard.handler());
  const file_descriptor hostile = connect_to_bus(*virtual_bus_path(folder.path(), "can0"));
  REQUIRE(wait_for_clients(*bus, 3));
  const std::vector<std::byte> junk(100, std::byte{0x5A});
  CHECK(send_packet(hostile.get(), junk) == socket_outcome::done);
  CHECK(wait_for_clients(*bus, 2));
  CHECK(bus->read_statistics().refused == 1);
  CHECK(a->send(make_frame(0x1)) == send_result::sent);
  CHECK(heard.wait_for_frames(1));
}

TEST_CASE("ports come back when the bus restarts and never send what was refused") {
  const temporary_folder folder;
  collector heard;
  const auto a = open(folder.path(), "virtual:can0", [](batch&&) {});
  const auto b = open(folder.path(), "virtual:can0", heard.handler());
  CHECK(a->read_statistics().state == controller_state::down);
  CHECK(a->send(make_frame(0x1, 1)) == send_result::down);
  REQUIRE(heard.wait_for_batches(3)); // ticks go on without a bus

  auto bus = serve(plain(folder));
  REQUIRE(eventually([&] { return up(*a) && up(*b); }));
  REQUIRE(wait_for_clients(*bus, 2));
  CHECK(a->send(make_frame(0x1, 2)) == send_result::sent);
  REQUIRE(heard.wait_for_frames(1));

  bus.reset();
  REQUIRE(eventually([&] { return !up(*a) && !up(*b); }));
  CHECK(a->send(make_frame(0x1, 3)) == send_result::down);
  bus = serve(plain(folder));
  REQUIRE(eventually([&] { return up(*a) && up(*b); }));
  REQUIRE(wait_for_clients(*bus, 2));
  CHECK(a->send(make_frame(0x1, 4)) == send_result::sent);
  REQUIRE(heard.wait_for_frames(2));
  const auto got = heard.frames();
  REQUIRE(got.size() == 2);
  CHECK(got[0].data[0] == 2);
  CHECK(got[1].data[0] == 4);
  CHECK(a->read_statistics().tx_dropped == 2);
}

TEST_CASE("a bus that is served already is refused and a dead one's socket is not") {
  const temporary_folder folder;
  {
    const auto bus = serve(plain(folder));
    const auto second = virtual_bus::start(plain(folder));
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().text.find("already served") != std::string::npos);
  }
  // What a killed bus leaves behind.
  { const file_descriptor leftover = listen_at(*virtual_bus_path(folder.path(), "can0")); }
  CHECK(virtual_bus::start(plain(folder)).has_value());
}

TEST_CASE("an unknown kind of port and a socket path that is too long are refused by name") {
  port_options options;
  options.uri = "carrier-pigeon:can0";
  const auto unknown = open_port(options, [](batch&&) {});
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().text.find("carrier-pigeon") != std::string::npos);
  options.uri = "virtual:can0";
  options.runtime_folder = "/tmp/" + std::string(120, 'x');
  const auto too_long = open_port(options, [](batch&&) {});
  REQUIRE_FALSE(too_long.has_value());
  CHECK(too_long.error().text.find("longer than 107") != std::string::npos);
}

} // namespace virtual_bus_test
