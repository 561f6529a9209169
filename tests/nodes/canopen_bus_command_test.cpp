#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "bus/can/clock.hpp"
#include "bus/can/port.hpp"
#include "bus/can/virtual/virtual_bus.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/sdo_server.hpp"
#include "nodes/process/field_ports.hpp"
#include "nodes/site/folders.hpp"
#include "nodes/site/load.hpp"
#include "support/command_line.hpp"
#include "support/lss_device.hpp"

namespace canopen_bus_command_test {

using namespace voltaic;
using namespace voltaic::messages::canopen;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

/// What a node serves: objects that can be read; 2000:00 and a program can be written.
class objects final : public object_dictionary {
 public:
  [[nodiscard]] std::variant<object_bytes, abort_code> read(
      const object_address& of) const override {
    const auto found = values.find(of);
    if (found == values.end()) return abort_code::no_object;
    return found->second;
  }
  [[nodiscard]] std::optional<abort_code> refusal_to_write(
      const object_address& to, std::optional<std::size_t> /*size*/) const override {
    if (!values.contains(to)) return abort_code::no_object;
    const bool is_free = to.index == 0x2000 || to.index == 0x1F50;
    return is_free ? std::nullopt : std::optional(abort_code::read_only);
  }
  [[nodiscard]] std::optional<abort_code> write(const object_address& to,
                                                std::span<const std::uint8_t> value) override {
    values[to].assign(value.begin(), value.end());
    return std::nullopt;
  }
  std::map<object_address, object_bytes> values;
};

object_bytes number_bytes(std::uint32_t number) {
  object_bytes bytes;
  for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  return bytes;
}

/// A simulated node on the bus: an SDO server, and LSS. Node 255 has no id yet.
class simulated_node {
 public:
  simulated_node(const bus::can::port_options& bus, std::uint8_t node, std::uint32_t serial)
      : lss_({0x360, 7, 0x10002, serial}) {
    lss_.node = node;
    objects_.values[{0x1000, 0}] = number_bytes(0x1A2);
    objects_.values[{0x1018, 1}] = number_bytes(0x360);
    objects_.values[{0x1018, 4}] = number_bytes(serial);
    objects_.values[{0x1008, 0}] = {'P', 'a', 'c', 'k', ' ', 'o', 'f', ' ', 'A', 'c', 'm', 'e'};
    objects_.values[{0x1F50, 1}] = object_bytes(1'000, 0xA5);
    objects_.values[{0x2000, 0}] = number_bytes(1);
    auto opened = bus::can::open_port(bus, [this](bus::can::batch&& said) { take(said); });
    REQUIRE(opened);
    const std::lock_guard lock(mutex_);
    port_ = *std::move(opened);
  }
  ~simulated_node() {
    std::unique_ptr<bus::can::port> ended;
    {
      const std::lock_guard lock(mutex_);
      ended = std::move(port_);
    }
  }
  simulated_node(const simulated_node&) = delete;
  simulated_node& operator=(const simulated_node&) = delete;

  [[nodiscard]] std::uint32_t value_of_2000() const {
    const std::lock_guard lock(mutex_);
    std::uint32_t value = 0;
    for (const auto byte : objects_.values.at({0x2000, 0})) value = value << 8 | byte;
    return value;
  }
  [[nodiscard]] std::pair<int, int> node_and_stored() const {
    const std::lock_guard lock(mutex_);
    return {lss_.node, lss_.stored};
  }

 private:
  void take(const bus::can::batch& said) {
    const std::lock_guard lock(mutex_);
    if (port_ == nullptr) return;
    for (const auto& each : said.frames) {
      if (each.id == 0x7E5)
        if (const auto answer = lss_.take(each)) static_cast<void>(port_->send(*answer));
      if (lss_.node <= node_max && each.id == 0x600u + lss_.node)
        server_.receive({each.data.data(), each.length}, said.now_us);
      say(said.now_us);
    }
    server_.tick(said.now_us);
    say(said.now_us);
  }
  void say(std::int64_t now_us) {
    while (const auto next = server_.next_frame(now_us)) {
      messages::can::frame frame;
      frame.id = 0x580u + lss_.node;
      frame.length = 8;
      std::copy(next->begin(), next->end(), frame.data.begin());
      static_cast<void>(port_->send(frame));
    }
  }

  mutable std::mutex mutex_;
  tests::lss_device lss_;
  objects objects_;
  sdo_server server_{objects_};
  std::unique_ptr<bus::can::port> port_;
};

/// A site with a virtual bus that the test serves itself.
class bench {
 public:
  explicit bench(const std::string& of_bus = "", const std::string& of_site = "") {
    std::ofstream(file()) << "[site]\nname = \"bench\"\n"
                          << of_site << "[[bus]]\nname = \"can0\"\nport = \"virtual:can0\"\n"
                          << of_bus;
    ::setenv("VOLTAIC_RUNTIME_DIR", (place_ / "run").c_str(), 1);
    auto loaded = nodes::site::load(file());
    ::unsetenv("VOLTAIC_RUNTIME_DIR");
    REQUIRE(std::holds_alternative<nodes::site::plan>(loaded));
    const auto& plan = std::get<nodes::site::plan>(loaded);
    std::filesystem::create_directories(plan.folders.runtime);
    std::filesystem::create_directories(plan.folders.log);
    log_ = plan.folders.log + "/comm.log";
    port_ = nodes::process::port_options_of(plan, *plan.find_bus("can0"));
    port_.read_only = false;
    bus::can::virtual_bus_options options;
    options.name = "can0";
    options.runtime_folder = plan.folders.runtime;
    auto started = bus::can::virtual_bus::start(options);
    REQUIRE(started);
    bus_ = *std::move(started);
  }
  tests::command_outcome run(const std::string& command) {
    return tests::run_voltaic(place_, fmt::format("canopen {} --site {}", command, file()),
                              "VOLTAIC_RUNTIME_DIR=" + (place_ / "run"));
  }
  std::unique_ptr<simulated_node> add(std::uint8_t node, std::uint32_t serial) {
    return std::make_unique<simulated_node>(port_, node, serial);
  }
  [[nodiscard]] std::string file_beside(const std::string& name) const { return place_ / name; }
  [[nodiscard]] std::string log() const { return tests::contents(log_); }

 private:
  [[nodiscard]] std::string file() const { return place_ / "site.toml"; }
  tests::temporary_folder place_;
  std::string log_;
  bus::can::port_options port_;
  std::unique_ptr<bus::can::virtual_bus> bus_;
};

std::vector<json> objects_of(const std::string& text) {
  std::vector<json> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line));
  return all;
}

} // namespace

TEST_CASE("F-065 canopen scan shows who is on a bus, and two nodes with one id") {
  bench by;
  const auto battery = by.add(5, 77);
  const auto alone = by.run("scan can0 --json");
  INFO(alone.errors);
  CHECK(alone.code == 0);
  auto told = objects_of(alone.output);
  REQUIRE(told.size() == 1);
  CHECK(told[0].at("node") == 5);
  CHECK(told[0].at("device_type") == "0x000001A2");
  CHECK(told[0].at("serial_number") == "0x0000004D");
  CHECK(told[0].at("product_code").is_null()); // it aborts that

  const auto first = by.add(9, 1);
  const auto second = by.add(9, 2);
  const auto both = by.run("scan can0 --json");
  CHECK(both.code == 1);
  told = objects_of(both.output);
  REQUIRE(told.size() == 2);
  CHECK(told[0].at("is_double") == false);
  CHECK(told[1].at("is_double") == true);
  CHECK_THAT(by.run("scan can0").output, Contains("TWO NODES WITH THIS ID"));
  CHECK(by.run("scan can1").code == 2);
}

TEST_CASE("canopen sdo reads in one frame, in segments and in blocks with a CRC") {
  bench by;
  const auto battery = by.add(5, 77);
  const auto type = by.run("sdo can0 5 read 0x1000:0 --type UNSIGNED32");
  INFO(type.errors);
  CHECK(type.code == 0);
  CHECK_THAT(type.output, Contains("node 5  0x1000:00  418"));
  const auto name = by.run("sdo can0 5 read 0x1008:0 --type VISIBLE_STRING --json");
  CHECK(json::parse(name.output).at("value") == "Pack of Acme");
  const auto program = json::parse(by.run("sdo can0 5 read 0x1F50:1 --block --json").output);
  CHECK(program.at("data").get<std::string>().size() == 2'000);
}

TEST_CASE("F-073 canopen sdo tells an abort in words, and a node that does not answer") {
  bench by;
  const auto battery = by.add(5, 77);
  const auto absent = by.run("sdo can0 5 read 0x3000:0");
  CHECK(absent.code == 1);
  CHECK_THAT(absent.output, Contains("object does not exist (0x06020000)"));
  const auto refused =
      by.run("sdo can0 5 write 0x1000:0 1 --type UNSIGNED32 --reason 'commissioning'");
  CHECK(refused.code == 4);
  CHECK_THAT(refused.output, Contains("0x06010002"));
  const auto silent = by.run("sdo can0 6 read 0x1000:0 --timeout 50ms");
  CHECK(silent.code == 1);
  CHECK_THAT(silent.output, Contains("0x05040000"));
  CHECK(by.run("sdo can0 6 write 0x2000:0 1 --type UNSIGNED32 --timeout 50ms --reason x").code ==
        6);
}

TEST_CASE("canopen sdo writes with a reason and the role for it, which the site logs") {
  bench by;
  const auto battery = by.add(5, 77);
  CHECK(by.run("sdo can0 5 write 0x2000:0 0x11223344 --type UNSIGNED32").code == 2);
  CHECK(by.run("sdo can0 5 write 0x2000:0 1 --reason x").code == 2);
  CHECK(battery->value_of_2000() == 0x01000000);
  const auto written =
      by.run("sdo can0 5 write 0x2000:0 0x11223344 --type UNSIGNED32 --reason 'new cells'");
  INFO(written.errors);
  CHECK(written.code == 0);
  CHECK(battery->value_of_2000() == 0x44332211);
  CHECK_THAT(by.log(),
             Contains("node 5, 0x2000:00 was written: 44332211") && Contains("new cells"));
}

TEST_CASE("canopen sdo writes a program from a file, in blocks, and tells its size") {
  bench by;
  const auto battery = by.add(5, 77);
  std::string program;
  for (int i = 0; i < 3'000; ++i) program += static_cast<char>(i * 7);
  std::ofstream(by.file_beside("program.bin"), std::ios::binary) << program;
  const auto path = by.file_beside("program.bin");
  const auto written =
      by.run("sdo can0 5 write 0x1F50:1 --from " + path + " --json --reason 'new program'");
  INFO(written.errors);
  CHECK(written.code == 0);
  CHECK(json::parse(written.output).at("bytes") == 3'000);
  const auto read = json::parse(by.run("sdo can0 5 read 0x1F50:1 --block --json").output);
  std::string expected;
  for (const char each : program)
    expected += fmt::format("{:02X}", static_cast<std::uint8_t>(each));
  CHECK(read.at("data") == expected);
  CHECK_THAT(by.log(), Contains("0x1F50:01 was written: 3000 bytes of " + path));
  for (const auto* wrong :
       {"write 0x1F50:1 --from /nowhere --reason x", "write 0x1F50:1 00 --from /nowhere --reason x",
        "read 0x1F50:1 --from /nowhere"})
    CHECK(by.run(std::string("sdo can0 5 ") + wrong).code == 2);
}

TEST_CASE("canopen changes nothing on a bus that is only read, and without the role") {
  bench quiet("read_only = true\n");
  const auto one = quiet.add(5, 77);
  const auto refused = quiet.run("sdo can0 5 write 0x2000:0 1 --type UNSIGNED32 --reason x");
  CHECK(refused.code == 4);
  CHECK_THAT(refused.errors, Contains("is only read by bench"));
  CHECK(quiet.run("scan can0").code == 4);
  CHECK(quiet.run("lss can0 set-node-id 7 --alone --reason x").code == 4);
  CHECK(quiet.run("scan can0 --listen --timeout 100ms").code == 1); // nobody says a heartbeat
  CHECK(one->value_of_2000() == 0x01000000);

  bench owned("", "[roles]\noperator = [\"root\"]\n");
  const auto other = owned.add(5, 77);
  const auto denied = owned.run("sdo can0 5 write 0x2000:0 1 --type UNSIGNED32 --reason x");
  CHECK(denied.code == 4);
  CHECK_THAT(denied.errors, Contains("needs role service"));
  CHECK(owned.run("sdo can0 5 read 0x2000:0").code == 0);
  CHECK(other->value_of_2000() == 0x01000000);
}

TEST_CASE("canopen lss finds two devices without a node id, and gives each its own") {
  bench by;
  const auto first = by.add(255, 0x1001);
  const auto second = by.add(255, 0xF0000002);
  const auto found = by.run("lss can0 scan --json --timeout 20ms --reason 'first start'");
  INFO(found.errors);
  CHECK(found.code == 0);
  const auto told = objects_of(found.output);
  REQUIRE(told.size() == 2);
  for (const auto& each : told) {
    const auto identity = each.at("identity").get<std::string>();
    const bool is_first = identity.ends_with("0x00001001");
    CHECK((is_first || identity.ends_with("0xF0000002")));
    CHECK(by.run(fmt::format("lss can0 set-node-id {} --store --identity {} --reason 'first start'",
                             is_first ? 11 : 12, identity))
              .code == 0);
  }
  CHECK(first->node_and_stored() == std::pair(11, 11));
  CHECK(second->node_and_stored() == std::pair(12, 12));
  const auto who = by.run("lss can0 inquire --identity 0x360:7:0x10002:0x1001 --reason look");
  CHECK(who.code == 0);
  CHECK_THAT(who.output, Contains("node 11"));
}

TEST_CASE("canopen lss refuses an id that is taken, and to guess which device is meant") {
  bench by;
  const auto settled = by.add(11, 0x1001);
  const auto fresh = by.add(255, 0x1002);
  const std::string identity = "--identity 0x360:7:0x10002:0x1002 --reason start";
  const auto taken = by.run("lss can0 set-node-id 11 " + identity);
  CHECK(taken.code == 4);
  CHECK_THAT(taken.errors, Contains("there is a node 11 on can0 already"));
  CHECK(by.run("lss can0 set-node-id 12 --reason start").code == 2);
  CHECK(by.run("lss can0 set-node-id 128 " + identity).code == 2);
  CHECK(by.run("lss can0 set-node-id 12 --identity 1:2:3:4 --timeout 50ms --reason x").code == 1);
  CHECK(fresh->node_and_stored() == std::pair(255, 255));
}

TEST_CASE("canopen asks no node of a site that runs, which would be taken for two nodes") {
  tests::temporary_folder place;
  const auto before = "VOLTAIC_RUNTIME_DIR=" + (place / "run");
  const char* program = std::getenv("VOLTAIC");
  REQUIRE(program != nullptr);
  const auto start =
      fmt::format("{} {} up {}/configs/canopen_pack.toml --for 60s > {} 2>&1 & echo $! > {}",
                  before, program, VOLTAIC_SOURCE_FOLDER, place / "up.log", place / "pid");
  REQUIRE(std::system(start.c_str()) == 0);
  const auto pid = std::stoi(tests::contents(place / "pid"));
  const auto run = [&](const std::string& command) {
    return tests::run_voltaic(place, command, before);
  };
  bool is_operational = false;
  for (int i = 0; i < 200 && !is_operational; ++i) {
    const auto states = run("points 'bms_*/canopen_state'").output;
    const auto first = states.find("operational");
    is_operational =
        first != std::string::npos && states.find("operational", first + 1) != std::string::npos;
    if (!is_operational) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(is_operational);
  const auto scan = run("canopen scan can0");
  CHECK(scan.code == 0);
  CHECK_THAT(scan.errors, Contains("the site does so itself: node 1, 2"));
  CHECK_THAT(scan.output, Contains("node   2  operational"));
  const auto read = run("canopen sdo can0 1 read 0x1018:4");
  CHECK(read.code == 4);
  CHECK_THAT(read.errors, Contains("runs and asks node 1 itself"));
  CHECK(run("canopen lss can0 store --alone --reason x").code == 4);
  CHECK_THAT(run("events --since 1m").output, !Contains("DUP_NODE"));
  ::kill(pid, SIGTERM);
  for (int i = 0; i < 100 && ::kill(pid, 0) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

} // namespace canopen_bus_command_test
