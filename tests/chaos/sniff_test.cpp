#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <sstream>
#include <thread>
#include <utility>

#include "bus/can/file_descriptor.hpp"
#include "chaos/live_site.hpp"
#include "chaos/terminal.hpp"

namespace sniff_test {

using namespace chaos;

namespace {

/// A socket of UDP at a port of this machine, and where that is.
std::pair<voltaic::bus::can::file_descriptor, sockaddr_in> bound_socket() {
  voltaic::bus::can::file_descriptor made(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(place);
  REQUIRE(::bind(made.get(), reinterpret_cast<sockaddr*>(&place), size) == 0);
  REQUIRE(::getsockname(made.get(), reinterpret_cast<sockaddr*>(&place), &size) == 0);
  return {std::move(made), place};
}

/// Ends a thread that looks at `stops`, also when the test failed.
struct stop_with_scope {
  std::atomic<bool>& stops;
  std::thread& thread;
  ~stop_with_scope() {
    stops = true;
    thread.join();
  }
};

} // namespace

TEST_CASE("sniff shows a running site's virtual bus on a terminal, and every frame in JSON") {
  live_site site;
  site.up();
  const auto said = site.voltaic({"sniff", "can0", "--site", site.file(), "--for", "1s", "--json"});
  INFO(said.errors);
  CHECK(said.code == 0);
  std::istringstream lines(said.output);
  json last;
  bool is_decoded = false;
  for (std::string line; std::getline(lines, line);) {
    last = json::parse(line);
    if (last.contains("id")) CHECK(last["known"] == true);
    is_decoded = is_decoded || last.value("message", json()) == "bms_1 values";
  }
  CHECK(is_decoded);
  CHECK(last["frames"] > 0);
  CHECK(last["lost"] == 0);

  terminal_child screen({"sniff", "can0", "--site", site.file()},
                        {"VOLTAIC_RUNTIME_DIR=" + site.runtime_root(), "VOLTAIC_STATE_DIR="});
  CHECK(screen.shows("virtual:can0"));
  // Of a row that changes only what differs is drawn; a new size draws all of it.
  int columns = 118;
  CHECK(eventually([&] {
    const auto from = screen.written().size();
    screen.resize(++columns, 40);
    return screen.shows("bms_0 status", from, 1s);
  }));
  screen.press("q");
  CHECK(screen.wait(10s) == 0);
  CHECK(screen.is_as_before());
}

TEST_CASE("sniff and capture listen to a running site's bus over Ethernet by the site") {
  live_site site;
  const auto gateway_socket = bound_socket();
  const auto gateway = ntohs(gateway_socket.second.sin_port);
  // Nobody has this one once it is closed again.
  const auto here = ntohs(bound_socket().second.sin_port);
  site.add(
      fmt::format("[[bus]]\nname = \"far\"\nport = \"udp:127.0.0.1:{}\"\n"
                  "peer = \"127.0.0.1:{}\"\nbitrate = 500000\n"
                  "[[device]]\nname = \"car\"\nbus = \"far\"\n"
                  "profile = \"profiles/kona_bus0.json\"\n",
                  here, gateway));
  std::atomic<bool> stops{false};
  std::thread speaker([&] {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(here));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::uint8_t sequence = 0; !stops; ++sequence) {
      // One packet of data with one frame: 0x595, 8 bytes.
      const std::uint8_t packet[] = {2, 0, sequence, 0, 1, 0,    0, 5,    0x95,
                                     8, 0, 1,        0, 0, 0x0C, 0, 0xDE, 0x0D};
      (void)::sendto(gateway_socket.first.get(), packet, sizeof(packet), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof(to));
      std::this_thread::sleep_for(20ms);
    }
  });
  const stop_with_scope ends{stops, speaker};
  site.launch_up();
  REQUIRE(eventually([&] {
    const auto said = site.points("car/voltage");
    return said.contains("car/voltage") && said.at("car/voltage")["quality"] == "good";
  }));
  const auto log = site.folder() + "/far.log";
  const auto sniffed =
      site.voltaic({"sniff", "far", "--site", site.file(), "--for", "1s", "--json"});
  const auto captured = site.voltaic({"capture", "far", "--out", log, "--for", "1s"});
  CHECK(site.points("car/voltage").at("car/voltage")["quality"] == "good");
  INFO(sniffed.errors << captured.errors);
  CHECK(sniffed.code == 0);
  CHECK(sniffed.output.find("car pack_values") != std::string::npos);
  CHECK(read_file(log).find("595#000100000C00DE0D") != std::string::npos);
}

} // namespace sniff_test
