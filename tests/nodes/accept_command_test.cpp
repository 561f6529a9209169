#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <variant>

#include "nodes/cli/shown_identity.hpp"
#include "nodes/site/load.hpp"

namespace accept_command_test {

using namespace voltaic;
using namespace voltaic::nodes;
using nlohmann::json;
namespace configuration = messages::configuration;

namespace {

const configuration::approver ada{"ada", "service", "nameplate compared", 1'700'000'000'000'000};

site::plan plan_of(const std::string& file) {
  auto loaded = site::load(VOLTAIC_SOURCE_FOLDER "/configs/" + file);
  if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(wrong->front().text);
  return std::get<site::plan>(std::move(loaded));
}

} // namespace

TEST_CASE("F-171 programs are told which device is there, which was accepted, and what to name") {
  const configuration::kept_identity swapped{
      {{"serial", "4711"}, {"version", "3"}}, ada, {{"serial", "4712"}}, false};
  const json told = cli::identity_json("rack_0", swapped);
  CHECK(told["rack"] == "rack_0");
  CHECK(told["hash"] == configuration::hash_of({{"serial", "4712"}, {"version", "3"}}));
  CHECK(told["accepted"] == false);
  CHECK(told["known"] == json{{"serial", "4711"}, {"version", "3"}});
  CHECK(told["said"] == json{{"serial", "4712"}});
  CHECK(told["differences"] == json::array({"serial: 4711 -> 4712"}));
  CHECK(told["accepted_by"]["user"] == "ada");
  CHECK(told["accepted_by"]["reason"] == "nameplate compared");
  CHECK(told["lost"] == false);

  const configuration::identity same{{"serial", "4711"}};
  CHECK(json(cli::identity_json("rack_0", {same, ada, same, false}))["accepted"] == true);
  const json first = cli::identity_json("rack_0", {same, std::nullopt, same, false});
  CHECK(first["accepted"] == false);
  CHECK(first["accepted_by"].is_null());
}

TEST_CASE("F-171 people are told the same in words") {
  const configuration::identity same{{"serial", "4711"}};
  CHECK(cli::identity_text("rack_0", {same, ada, same, false}).find("accepted by ada (service)") !=
        std::string::npos);
  const auto swapped = cli::identity_text("rack_0", {same, ada, {{"serial", "4712"}}, false});
  CHECK(swapped.find("waits for somebody who accepts it") != std::string::npos);
  CHECK(swapped.find("serial: 4711 -> 4712") != std::string::npos);
  CHECK(cli::identity_text("rack_0", {same, std::nullopt, same, false})
            .find("nobody accepted the one that was heard first") != std::string::npos);
}

TEST_CASE("F-171 accept says which racks there are none of, and whose profile names no identity") {
  const auto plan = plan_of("hot_rack.toml");
  CHECK(cli::no_identity_of(plan, "nosuch") == "the site has no rack nosuch");
  CHECK(cli::no_identity_of(plan, "rack_0") ==
        "the profile of rack_0's device, voltaic-demo-rack, names no point of its identity: there "
        "is nothing to accept");
  auto named = plan;
  auto profile = *named.find_device("bms_0")->profile;
  profile.identity = {"soh"};
  for (auto& each : named.devices)
    if (each.name == "bms_0")
      each.profile = std::make_shared<const messages::profiles::device_profile>(profile);
  CHECK(cli::no_identity_of(named, "rack_0").empty());
}

} // namespace accept_command_test
