#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <string>

#include "messages/can/checksum.hpp"
#include "messages/points/output.hpp"
#include "nodes/simulate/simulation.hpp"
#include "support/loaded_site.hpp"

// Batteries of one kind in one site: the same identifiers on buses of their own, and others behind
// a bridge on one bus.
namespace identical_test {

using namespace voltaic;
using namespace voltaic::nodes;

namespace {

constexpr std::int64_t ms = messages::us_per_ms;

/// "values" and "state" of a guarded pack, moved by a bridge.
messages::can::frame values_frame(std::uint32_t id, std::uint16_t decivolts, int counter,
                                  std::int64_t time_us) {
  static const messages::can::checksum rule(messages::can::autosar_profile_1_at(0, 0x0181));
  messages::can::frame frame;
  frame.id = id;
  frame.length = 8;
  frame.time_us = time_us;
  frame.data[1] = static_cast<std::uint8_t>(counter % 15);
  frame.data[2] = static_cast<std::uint8_t>(decivolts);
  frame.data[3] = static_cast<std::uint8_t>(decivolts >> 8);
  rule.write(std::span(frame.data.data(), 8), 0);
  return frame;
}

messages::can::frame state_frame(std::uint32_t id, std::uint8_t raw, std::int64_t time_us) {
  messages::can::frame frame;
  frame.id = id;
  frame.length = 2;
  frame.time_us = time_us;
  frame.data[0] = raw;
  return frame;
}

struct sender {
  const char* bus;
  std::uint32_t values;
  std::uint32_t state;
};
constexpr std::array senders{sender{"can0", 0x181, 0x182}, sender{"can1", 0x181, 0x182},
                             sender{"can2", 0x181, 0x182}, sender{"can3", 0x181, 0x182},
                             sender{"can3", 0x281, 0x282}, sender{"can3", 0x390, 0x18FF0382}};

std::map<std::string, bus::can::recording, std::less<>> traffic() {
  std::map<std::string, bus::can::recording, std::less<>> all;
  constexpr int rounds = 100;
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < senders.size(); ++i) {
      const auto time_us = round * 100 * ms + static_cast<std::int64_t>(i) * ms;
      auto& frames = all[senders[i].bus].frames;
      frames.push_back(values_frame(senders[i].values, static_cast<std::uint16_t>(4000 + 10 * i),
                                    round + static_cast<int>(i), time_us));
      auto state = state_frame(senders[i].state, static_cast<std::uint8_t>(100 + i), time_us);
      state.extended = senders[i].state > 0x7FF;
      if (round % 10 == 0) frames.push_back(state);
    }
  for (auto& [bus, each] : all) each.span_us = rounds * 100 * ms;
  return all;
}

constexpr const char* packs = R"([site]
name = "packs"
[[bus]]
name = "can{0..3}"
port = "virtual:can{0..3}"
[[device]]
name = "pack_{0..3}"
profile = "profiles/guarded_pack.json"
bus = "can{0..3}"
[[device]]
name = "pack_4"
profile = "profiles/guarded_pack.json"
bus = "can3"
id_map = { "0x181" = "0x281", "0x182" = "0x282" }
[[device]]
name = "pack_5"
profile = "profiles/guarded_pack.json"
bus = "can3"
id_map = { "0x181" = "0x390", "0x182" = "0x18FF0382" }
)";

const std::string place = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/packs.toml";

} // namespace

TEST_CASE("F-066 six packs that all send 0x181, on three buses and behind a bridge, are six") {
  const auto plan = tests::sound(site::load_text(packs, place));
  simulate::simulated_site_options options;
  options.recordings = traffic();
  simulate::simulated_site site(plan, std::move(options));
  const auto until_us = site.now().monotonic_us + 5'000 * ms;
  while (site.now().monotonic_us < until_us) site.step();
  for (std::size_t i = 0; i < senders.size(); ++i) {
    const auto name = fmt::format("pack_{}/", i);
    INFO(name);
    const auto voltage = site.points().find(name + "voltage");
    REQUIRE(voltage);
    CHECK(voltage->numbers.at(0) == Approx(400.0 + static_cast<double>(i)));
    CHECK(site.points().find(name + "soc")->numbers.at(0) ==
          Approx(50.0 + 0.5 * static_cast<double>(i)));
    CHECK(site.points().find(name + "bad_counter_frames")->numbers.at(0) == 0);
  }
}

TEST_CASE("F-065 check refuses two packs of one bus with the same identifiers, also by an id_map") {
  auto text = std::string(packs);
  text.replace(text.find("0x390"), 5, "0x281");
  const auto loaded = site::load_text(text, place);
  const auto* found = std::get_if<messages::findings>(&loaded);
  REQUIRE(found != nullptr);
  REQUIRE(found->size() == 1);
  CHECK(found->front().text == "id_map: pack_4 and pack_5 both use identifier 0x281 on can3");
}

TEST_CASE("F-066 of identical racks on four buses only the one that is asked closes") {
  const auto plan = tests::sound(
      site::load(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/identical_racks.toml"));
  simulate::simulated_site site(plan, {});
  for (int steps = 0; steps < 300; ++steps) site.step();
  auto asked = simulate::make_command("close", "rack_4", 1);
  asked.deadline_utc_us = site.now().utc_us + simulate::command_deadline_us;
  site.send(std::move(asked));
  REQUIRE(site.set("rack_1", "cell_voltage", 7, actors::simulator::override_kind::value, 3.3125));
  for (int steps = 0; steps < 400; ++steps) site.step();
  for (int i = 0; i < 6; ++i) {
    const auto name = fmt::format("rack_{}/", i);
    INFO(name);
    CHECK(site.points().find(name + "contactor")->text == (i == 4 ? "closed" : "open"));
    const auto seventh = site.points().find(name + "cell_voltage")->numbers.at(7);
    CHECK((std::abs(seventh - 3.3125) < 0.001) == (i == 1));
  }
}

TEST_CASE("F-066 racks are played behind a bridge by the identifiers of their id_map") {
  const auto plan =
      tests::sound(site::load(std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/remapped_racks.toml"));
  simulate::simulated_site site(plan, {});
  for (int steps = 0; steps < 300; ++steps) site.step();
  auto asked = simulate::make_command("close", "rack_2", 1);
  asked.deadline_utc_us = site.now().utc_us + simulate::command_deadline_us;
  site.send(std::move(asked));
  REQUIRE(site.set("rack_1", "cell_voltage", 479, actors::simulator::override_kind::value, 3.3125));
  for (int steps = 0; steps < 400; ++steps) site.step();
  for (int i = 0; i < 3; ++i) {
    const auto name = fmt::format("rack_{}/", i);
    INFO(name);
    CHECK(site.points().find(name + "contactor")->text == (i == 2 ? "closed" : "open"));
    const auto last = site.points().find(name + "cell_voltage")->numbers.at(479);
    CHECK((std::abs(last - 3.3125) < 0.001) == (i == 1));
  }
}

TEST_CASE("a rack on a bus that is read only is watched, and nothing is sent to it") {
  std::string text = R"([site]
name = "watched"
[[bus]]
name = "can0"
port = "virtual:can0"
read_only = true
[[device]]
name = "bms_0"
profile = "profiles/demo_rack.json"
bus = "can0"
[[rack]]
name = "rack_0"
device = "bms_0"
protection = "protection/lfp.toml"
)";
  const auto plan = tests::sound(site::load_text(text, place));
  CHECK_FALSE(plan.takes_orders(plan.racks.front()));
  CHECK_FALSE(plan.racks.front().close_allowed);
  REQUIRE(plan.warnings.size() == 1);
  CHECK(plan.warnings.front().text ==
        "rack_0 can neither be closed nor opened: the bus can0 is read_only");
  simulate::simulated_site site(plan, {});
  for (int steps = 0; steps < 300; ++steps) site.step();
  CHECK(site.points().find("rack_0/cell_voltage")->numbers.at(7) > 3);
}

} // namespace identical_test
