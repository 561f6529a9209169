#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "bus/can/can_support.hpp"
#include "laboratory/kernel_j1939.hpp"
#include "laboratory/own_j1939.hpp"
#include "laboratory/peer.hpp"
#include "messages/can/logs/candump.hpp"
#include "messages/j1939/groups.hpp"

/// A recorded exchange, heard by the kernel's stack and by ours.
namespace j1939_recorded_test {

using can_support::eventually;
using can_support::temporary_folder;
using laboratory::kernel_device;
using laboratory::own_device;
using laboratory::run;
using namespace voltaic::messages::j1939;
using voltaic::messages::can::frame;

std::vector<std::uint8_t> bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> made(count);
  for (auto& byte : made) byte = static_cast<std::uint8_t>(random());
  return made;
}

/// An exchange of our own senders on virtual time: what was said, and the frames that said it.
class exchange {
 public:
  /// Devices of these addresses.
  explicit exchange(const std::vector<std::uint8_t>& addresses) {
    for (const auto each : addresses)
      devices_.push_back({each, transport({.own_address = each, .packet_gap_us = 5'000})});
  }
  /// The source has to be one of the devices.
  void say(const message& what) {
    transport_output out;
    REQUIRE(by(what.source).send(what, now_us_, out));
    carry(out);
  }
  void run_for(std::int64_t us) {
    for (const auto end_us = now_us_ + us; now_us_ < end_us; now_us_ += 1'000)
      for (auto& each : devices_) {
        transport_output out;
        each.speaks.step(now_us_, out);
        carry(out);
      }
  }
  /// For canplayer; of these sources alone where there are any.
  void write(const std::string& path, const std::vector<std::uint8_t>& only_of = {}) const {
    std::string text;
    for (const auto& each : frames_)
      if (only_of.empty() || std::ranges::count(only_of, each.id & 0xFF) > 0)
        voltaic::messages::can::write_candump_log(text, each, "vcan0", 1'000'000 + each.time_us);
    std::ofstream(path) << text;
  }
  [[nodiscard]] std::size_t frames() const { return frames_.size(); }

 private:
  struct device {
    std::uint8_t address = 0;
    transport speaks;
  };
  transport& by(std::uint8_t address) {
    const auto found = std::ranges::find(devices_, address, &device::address);
    if (found == devices_.end()) throw std::runtime_error("no such device");
    return found->speaks;
  }
  void carry(const transport_output& out) {
    for (const auto& each : out.packets) {
      frames_.push_back(frame_of(each));
      frames_.back().time_us = now_us_;
      transport_output answers;
      for (auto& other : devices_)
        if (other.address != each.id.source) other.speaks.take(each, now_us_, answers);
      carry(answers);
    }
  }

  std::vector<device> devices_;
  std::int64_t now_us_ = 0;
  std::vector<frame> frames_;
};

/// Single frames of both kinds, two broadcasts at once, and a transfer between two devices beside
/// them.
exchange some_exchange() {
  exchange made({0x20, 0x21, 0x22, 0x23});
  made.say({.pgn = 0xF090, .priority = 3, .source = 0x20, .payload = bytes(8, 1)});
  made.say(
      {.pgn = groups::request, .source = 0x21, .destination = 0x20, .payload = {0xCA, 0xFE, 0}});
  made.say({.pgn = groups::active_faults, .source = 0x20, .payload = bytes(38, 2)});
  made.say({.pgn = 0xFF10, .source = 0x21, .payload = bytes(9, 3)});
  made.say({.pgn = 0xEF00, .source = 0x22, .destination = 0x23, .payload = bytes(1'785, 4)});
  made.run_for(120'000);
  made.say({.pgn = 0x1F005, .priority = 0, .source = 0x23, .payload = bytes(1, 5)});
  made.say(
      {.pgn = 0xEF00, .priority = 7, .source = 0x23, .destination = 0x22, .payload = bytes(5, 6)});
  made.run_for(2'500'000);
  made.say({.pgn = 0xF091, .source = 0x20, .payload = bytes(8, 7)});
  return made;
}

bool carries_others(const message& each) {
  return each.pgn == groups::transfer_control || each.pgn == groups::transfer_data;
}

std::vector<message> messages_of(const std::vector<heard>& all) {
  std::vector<message> result;
  for (const auto& each : all)
    if (const auto* one = std::get_if<message>(&each)) result.push_back(*one);
  return result;
}

std::vector<message> without(std::vector<message> from, auto&& kind) {
  std::erase_if(from, kind);
  return from;
}

std::vector<std::uint8_t> bytes_of(const std::string& hex) {
  std::vector<std::uint8_t> result;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    result.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return result;
}

/// What `voltaic decode` makes of a log.
std::vector<message> decoded(const std::string& log, const temporary_folder& folder) {
  const std::string at = std::getenv("LABORATORY"); // NOLINT(concurrency-mt-unsafe)
  const std::string said = folder.path() + "/decoded";
  REQUIRE(run(at + "/voltaic decode --j1939 --json --log " + log + " > " + said) == 0);
  std::vector<message> result;
  std::ifstream file(said);
  for (std::string line; std::getline(file, line);) {
    const auto one = nlohmann::json::parse(line);
    if (!one.contains("data")) continue;
    result.push_back(
        {one["pgn"], one["priority"], one["source"], one["destination"], bytes_of(one["data"])});
  }
  return result;
}

/// What candump sees, as its own log.
class dumped {
 public:
  dumped() : peer_("candump -L vcan0") {
    // Of 11 bits, which is none of J1939's.
    REQUIRE(eventually([&] {
      (void)run("cansend vcan0 7FF#");
      return peer_.heard("7FF#");
    }));
  }
  [[nodiscard]] std::size_t frames() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        peer_.lines(), [](const auto& line) { return line.find(" 7FF#") == std::string::npos; }));
  }
  void write(const std::string& path) const {
    std::ofstream file(path);
    for (const auto& each : peer_.lines()) file << each;
  }

 private:
  laboratory::listener peer_;
};

TEST_CASE("a recorded exchange is the same to the kernel's J1939, to our stack and to decode",
          "[kernel_j1939]") {
  const temporary_folder folder;
  const auto played = some_exchange();
  played.write(folder.path() + "/played.log");
  own_device own({.own_address = 0xFD});
  kernel_device kernel(laboratory::no_address);
  {
    const dumped log;
    REQUIRE(run("canplayer -I " + folder.path() + "/played.log") == 0);
    REQUIRE(eventually([&] { return log.frames() == played.frames(); }));
    log.write(folder.path() + "/heard.log");
  }
  const auto of_log = decoded(folder.path() + "/heard.log", folder);
  REQUIRE(of_log.size() == 8);
  REQUIRE(eventually([&] { return messages_of(own.overheard()).size() == of_log.size(); }));
  CHECK(messages_of(own.overheard()) == of_log);
  CHECK(of_log == decoded(folder.path() + "/played.log", folder));
  // What others transport to each other the kernel hands over frame by frame (j1939_tp_recv in
  // net/can/j1939/transport.c takes only its own); a listener of ours puts it together.
  const auto is_of_others = [](const message& each) {
    return each.destination == 0x23 && each.payload.size() > packet_bytes_max;
  };
  const auto expected = without(of_log, is_of_others);
  CHECK(expected.size() == of_log.size() - 1);
  REQUIRE(eventually(
      [&] { return without(kernel.received(), carries_others).size() == expected.size(); }));
  CHECK(without(kernel.received(), carries_others) == expected);
  const auto frames_of_others = std::ranges::count_if(kernel.received(), carries_others);
  CHECK(frames_of_others == 1 + 1 + 255 + 1); // request, permission, packets, acknowledgement
}

TEST_CASE("a recorded sender is the same to the kernel's J1939 in its receiver's place",
          "[kernel_j1939]") {
  const temporary_folder folder;
  exchange played({0x22, 0x23, 0x24});
  const message first{
      .pgn = 0xEF00, .source = 0x22, .destination = 0x23, .payload = bytes(1'785, 4)};
  const message second{
      .pgn = 0x1EF00, .source = 0x24, .destination = 0x23, .payload = bytes(100, 5)};
  played.say(first);
  played.run_for(30'000);
  played.say(second);
  played.run_for(2'000'000);
  played.write(folder.path() + "/sender.log", {0x22, 0x24});
  own_device own({.own_address = 0xFD});
  kernel_device kernel(0x23);
  REQUIRE(run("canplayer -I " + folder.path() + "/sender.log") == 0);
  REQUIRE(eventually([&] { return kernel.received().size() == 2; }));
  REQUIRE(eventually([&] { return messages_of(own.overheard()).size() == 2; }));
  CHECK(messages_of(own.overheard()) == kernel.received());
  CHECK(kernel.received()[0].payload == second.payload);
  CHECK(kernel.received()[1].payload == first.payload);
}

} // namespace j1939_recorded_test
