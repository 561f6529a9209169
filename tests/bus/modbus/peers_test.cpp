#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include "bus/modbus/server.hpp"
#include "messages/modbus/served_unit.hpp"
#include "support/registers_unit.hpp"
#include "support/temporary_folder.hpp"

// Masters that others wrote, against the server: what they read and write is
// what it holds.
namespace voltaic::bus::modbus::peers_test {
namespace {

/// A server, and what it holds.
class served {
 public:
  explicit served(server_options options = {}) {
    options.name = "test";
    auto made = start_server(options, [this](std::uint8_t number, auto pdu) {
      const std::lock_guard lock(mutex_);
      return number == 1 ? messages::modbus::serve(unit_, pdu) : std::vector<std::uint8_t>{};
    });
    REQUIRE(made);
    server_ = *std::move(made);
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] std::uint16_t holding(std::size_t address) {
    const std::lock_guard lock(mutex_);
    return unit_.holding[address];
  }
  void hold(std::size_t address, std::uint16_t value) {
    const std::lock_guard lock(mutex_);
    unit_.holding[address] = value;
  }
  void measure(std::size_t address, std::uint16_t value) {
    const std::lock_guard lock(mutex_);
    unit_.input[address] = value;
  }

 private:
  std::mutex mutex_; ///< guards the unit, which the server serves on its thread
  tests::registers_unit unit_;
  std::unique_ptr<modbus::server> server_;
};

/// A server behind a TCP port and one behind a terminal.
class both_ways {
 public:
  [[nodiscard]] served& way(bool is_tcp) { return is_tcp ? tcp_ : rtu_; }
  [[nodiscard]] const std::string& terminal() const { return options_.terminal; }
  [[nodiscard]] std::string port() const { return std::to_string(tcp_.port()); }

 private:
  [[nodiscard]] static server_options at(const std::string& terminal) {
    server_options options;
    options.terminal = terminal;
    return options;
  }

  tests::temporary_folder folder_;
  served tcp_;
  server_options options_ = at(folder_ / "tty");
  served rtu_{options_};
};

/// What a command printed; its exit code is checked.
std::string output_of(const std::string& command) {
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string all;
  std::array<char, 512> part{};
  while (std::fgets(part.data(), static_cast<int>(part.size()), pipe) != nullptr)
    all += part.data();
  INFO(all);
  CHECK(::pclose(pipe) == 0);
  return all;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("mbpoll reads and writes what the server holds, over TCP and over RTU") {
  if (std::system("mbpoll -V >/dev/null 2>&1") != 0) {
    WARN("SKIPPED: mbpoll is missing; run ./dev setup");
    return;
  }
  both_ways servers;
  const std::string over_tcp = "mbpoll -m tcp -p " + servers.port() + " -a 1 -0 -q ";
  const std::string over_rtu = "mbpoll -m rtu -b 115200 -P none -a 1 -0 -q ";
  for (const bool is_tcp : {true, false}) {
    CAPTURE(is_tcp);
    const auto& before = is_tcp ? over_tcp : over_rtu;
    const auto peer = is_tcp ? std::string("127.0.0.1") : servers.terminal();
    auto& server = servers.way(is_tcp);
    server.measure(7, 0xFFFE);
    server.hold(20, 0x4049); // 3.14159274 as a float, high word first
    server.hold(21, 0x0FDB);
    server.hold(30, 0xFFFE); // -70000
    server.hold(31, 0xEE90);
    const auto input = output_of(before + "-t 3 -r 5 -c 3 -1 " + peer);
    CHECK(holds(input, "[5]: \t5\n"));
    CHECK(holds(input, "[7]: \t65534 (-2)\n"));
    CHECK(holds(output_of(before + "-t 4:float -B -r 20 -c 1 -1 " + peer), "[20]: \t3.14159\n"));
    CHECK(holds(output_of(before + "-t 4:int -B -r 30 -c 1 -1 " + peer), "[30]: \t-70000\n"));
    (void)output_of(before + "-t 4 -r 40 " + peer + " 1234 65535");
    CHECK(server.holding(40) == 1'234);
    CHECK(server.holding(41) == 65'535);
    (void)output_of(before + "-t 4:float -B -r 42 " + peer + " 3.1415927");
    CHECK(server.holding(42) == 0x4049);
    CHECK(server.holding(43) == 0x0FDB);
    CHECK(holds(output_of(before + "-t 4 -r 40 -c 2 -1 " + peer), "[41]: \t65535 (-1)\n"));
  }
}

TEST_CASE("pymodbus reads and writes what the server holds, over TCP and over RTU") {
  if (std::system("/usr/bin/python3 -c 'import pymodbus.client, serial' 2>/dev/null") != 0) {
    WARN("SKIPPED: python3-pymodbus is missing; run ./dev setup");
    return;
  }
  both_ways servers;
  const std::string script =
      "/usr/bin/python3 " VOLTAIC_SOURCE_FOLDER "/tests/support/pymodbus_client.py ";
  for (const bool is_tcp : {true, false}) {
    CAPTURE(is_tcp);
    auto& server = servers.way(is_tcp);
    server.measure(7, 0xFFFE);
    const auto peer = is_tcp ? "127.0.0.1:" + servers.port() : servers.terminal();
    CHECK(output_of(script + peer) == "done\n");
    CHECK(server.holding(50) == 4'711);
    CHECK(server.holding(61) == 65'535);
    CHECK(server.holding(4) == 0x17);
  }
}

} // namespace
} // namespace voltaic::bus::modbus::peers_test
