#include "actors/command/inverter_gate_model.hpp"

#include <catch2/catch.hpp>

#include "messages/points/catalogue.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::command::inverter_gate_model_test {

namespace {

messages::command to_close(const std::string& rack) {
  messages::command made;
  made.operation = "close";
  made.point = rack;
  return made;
}

} // namespace

TEST_CASE("no rack is closed behind an inverter that said that it does not fit") {
  inverter_gate_model gate({{"rack_0", "inverter_0"}, {"rack_1", "inverter_1"}});
  CHECK(gate.sources() == std::vector<std::string>{"inverter_0/link", "inverter_1/link"});
  const auto described = messages::points::make_catalogue(
      "inverter_0/link",
      {messages::points::describe("inverter_0", {"compatibility", "Compatibility", "", 0, "text"},
                                  messages::us_per_s)});
  gate.learn(described);
  const auto say = [&](const std::string& word) {
    messages::block block;
    block.quality = messages::quality::good;
    block.values = word;
    gate.take({"inverter_0/link", described.fingerprint, {block}});
  };
  CHECK(gate.refuse(to_close("rack_0")).empty()); // nobody said anything yet
  for (const auto* fine : {"unknown", "awaited", "compatible"}) {
    say(fine);
    CHECK(gate.refuse(to_close("rack_0")).empty());
  }
  say("incompatible");
  CHECK(gate.refuse(to_close("rack_0")) ==
        std::vector<std::string>{
            "inverter_incompatible: inverter_0 does not work with this battery"});
  CHECK(gate.refuse(to_close("rack_1")).empty());
  CHECK(gate.refuse(to_close("rack_2")).empty());
  auto opening = to_close("rack_0");
  opening.operation = "open";
  CHECK(gate.refuse(opening).empty());
  auto set = to_close("rack_0/contactor");
  set.operation = "set";
  set.value = std::string("close");
  CHECK(gate.refuse(set).size() == 1);
}

} // namespace voltaic::actors::command::inverter_gate_model_test
