#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

#include "laboratory/bench.hpp"
#include "laboratory/controller_order.hpp"
#include "laboratory/peer.hpp"

namespace link_commands_test {

using can_support::eventually;
using can_support::temporary_folder;
using laboratory::listener;
using laboratory::mended_controller;
using laboratory::order;
using laboratory::run;

/// What `voltaic doctor` and `voltaic sniff` say of an interface of the kernel, without a site.
class bench {
 public:
  bench(const std::string& interface_name, int bitrate)
      : laboratory_(std::getenv("LABORATORY")), // NOLINT(concurrency-mt-unsafe)
        file_(laboratory_ + "/links_" + interface_name + ".toml") {
    std::ofstream(file_) << "[site]\nname = \"links\"\n"
                         << "[[bus]]\nname = \"plant\"\nport = \"socketcan:" << interface_name
                         << "\"\nbitrate = " << bitrate << "\n";
    ::setenv("VOLTAIC_RUNTIME_DIR", folder_.path().c_str(), 1); // NOLINT(concurrency-mt-unsafe)
  }
  /// Whether the doctor's answer has these words, and it ends with this code.
  [[nodiscard]] bool finds(const std::string& words, int code) const {
    const std::string said = laboratory_ + "/doctor.txt";
    const int status =
        run(laboratory_ + "/voltaic doctor " + file_ + " plant --json > " + said + " 2>&1");
    std::ifstream text(said);
    std::string line;
    std::getline(text, line);
    UNSCOPED_INFO(line);
    return WEXITSTATUS(status) == code && line.find(words) != std::string::npos;
  }
  [[nodiscard]] std::string sniff(const std::string& rest) const {
    return laboratory_ + "/voltaic sniff plant --site " + file_ + " " + rest;
  }

 private:
  const std::string laboratory_;
  const std::string file_;
  temporary_folder folder_;
};

TEST_CASE("the doctor compares bitrate and state of a controller with the site file",
          "[controller]") {
  const mended_controller afterwards;
  CHECK(bench("can0", 500'000).finds(R"("findings":[])", 0));
  CHECK(bench("can0", 250'000).finds("runs at 500000 bit/s and the site file says 250000", 1));
  const bench at("can0", 500'000);
  order("can0 warning 100 0");
  CHECK(eventually([&] { return at.finds("bus_warn", 1); }));
  order("can0 passive 0 130");
  CHECK(eventually([&] { return at.finds("error_passive", 1); }));
  order("can0 off");
  CHECK(eventually([&] { return at.finds("bus_off", 1); }));
}

TEST_CASE("the doctor tells an interface that is down from one that is not there") {
  const bench at("vcan0", 500'000);
  CHECK(at.finds(R"("findings":[])", 0));
  REQUIRE(run("ip link set vcan0 down") == 0);
  CHECK(at.finds("interface_down", 1));
  REQUIRE(run("ip link set vcan0 up") == 0);
  CHECK(bench("vcan7", 500'000).finds("interface_absent", 1));
  CHECK(bench("lo", 500'000).finds("interface_kind", 1));
}

TEST_CASE("sniff hears what cansend sends, and sends nothing itself") {
  const bench at("vcan0", 500'000);
  const listener others("candump -L vcan0");
  const listener sniffed(at.sniff("2>&1"));
  CHECK(eventually([&] {
    (void)run("cansend vcan0 123#0102");
    return sniffed.heard("0x123");
  }));
  CHECK(eventually([&] { return others.heard("123#0102"); }));
  for (const auto& line : others.lines()) CHECK(line.find("123#0102") != std::string::npos);
}

} // namespace link_commands_test
