#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <thread>

#include "bus/message/client.hpp"
#include "chaos/live_site.hpp"
#include "messages/command_priority.hpp"

namespace configuration_test {

using namespace chaos;
using voltaic::messages::outcome;
namespace bus_message = voltaic::bus::message;

namespace {

constexpr auto answer_bound = 5s;

/// Somebody, as the message bus knows people: by what they say of themselves.
struct person {
  std::string user;
  std::string role;
};
const person ada{"ada", "engineer"};
const person eve{"eve", "service"};

/// People at a site who approve what waits for them.
class approvers {
 public:
  explicit approvers(const live_site& site) {
    bus_message::client_options options;
    options.relay = "ipc://" + site.runtime_folder() + "/relay";
    auto made = bus_message::connect_client(context_, options);
    REQUIRE(made);
    client_ = *std::move(made);
  }
  voltaic::messages::result approve(const person& who, const std::string& rack,
                                    const std::string& hash) {
    voltaic::messages::command asked;
    asked.key = who.user + hash + std::to_string(++count_);
    asked.target = "command";
    asked.operation = "approve";
    asked.point = rack + "/" + hash;
    asked.user = who.user;
    asked.role = who.role;
    asked.reason = "new cells";
    asked.priority = voltaic::messages::command_priority::person;
    const auto deadline = std::chrono::system_clock::now() + answer_bound;
    asked.deadline_utc_us =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline.time_since_epoch()).count();
    return client_->request(asked, answer_bound);
  }

 private:
  bus_message::zmq_context context_;
  std::unique_ptr<bus_message::client> client_;
  int count_ = 0;
};

/// `voltaic config RACK --json`, as soon as the rack's journal knows it and `has_come` says that it
/// is the awaited one: a version is written while the rack already runs by it.
json config(
    const live_site& site, const std::string& rack,
    const std::function<bool(const json&)>& has_come = [](const json&) { return true; }) {
  json known;
  answer said;
  const bool came = eventually([&] {
    said = site.voltaic({"config", rack, "--json", "--site", site.file()});
    known = json::parse(said.output, nullptr, false);
    return said.code == 0 && known.is_object() && has_come(known);
  });
  INFO(said.output << said.errors);
  CHECK(came);
  CHECK(said.errors.empty());
  return known.is_object() ? known : json::object();
}

json config_version(const live_site& site, const std::string& rack, int version) {
  return config(site, rack,
                [&](const json& known) { return known.value("version", 0) == version; });
}

/// The hash of what waits for approval.
std::string staged(const live_site& site, const std::string& rack) {
  return config(site, rack,
                [](const json& known) { return known.value("staged", json()).is_string(); })
      .value("staged", "");
}

bool has_fault_at(const json& configuration, const std::string& volts) {
  return configuration.value("text", "").find("fault = { set = " + volts + ",") !=
         std::string::npos;
}

/// Another limit in the protection file of all racks, and the site's file applied.
void change_limit(const live_site& site, const std::string& from, const std::string& to) {
  const auto path = site.folder() + "/configs/protection/lfp.toml";
  auto text = read_file(path);
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  std::ofstream(path) << text.replace(at, from.size(), to);
}

void wait_for_standby(const live_site& site) {
  for (const auto* rack : {"rack_0", "rack_1"})
    REQUIRE(eventually([&] { return site.good(rack) && site.contactor(rack) == "open"; }));
}

/// The racks are open before, because it touches none that may be closed, and after it.
void apply(const live_site& site) {
  wait_for_standby(site);
  const auto applied = site.voltaic({"apply", site.file()}, 40s);
  INFO(applied.output << applied.errors << site.log());
  REQUIRE(applied.code == 0);
  wait_for_standby(site);
}

bool has_reason(const voltaic::messages::result& told, const std::string& words) {
  for (const auto& each : told.reasons)
    if (each.find(words) != std::string::npos) return true;
  return false;
}

} // namespace

TEST_CASE("what loosens protection is staged until two persons approve it in standby") {
  live_site site;
  site.up();
  config_version(site, "rack_0", 1);
  change_limit(site, "fault = { set = 3.65,", "fault = { set = 3.66,");
  change_limit(site, "fault = { set = 2.50,", "fault = { set = 2.55,");
  apply(site);
  const auto hash = staged(site, "rack_0");
  auto known = config_version(site, "rack_0", 2); // the undervoltage is tighter, so it holds
  CHECK(has_fault_at(known, "2.55"));
  CHECK(has_fault_at(known, "3.65"));
  CHECK(site.points("rack_0/configuration")["rack_0/configuration"]["value"] ==
        "version 2, another is staged");
  CHECK(site.voltaic({"status", "--site", site.file()}).output.find("staged") != std::string::npos);
  CHECK(site.voltaic({"config", "rack_0", "--diff", "--site", site.file()})
            .output.find("cell_overvoltage/fault/set: 3.65 -> 3.66 (loosens)") !=
        std::string::npos);

  approvers people(site);
  CHECK(has_reason(people.approve({"kim", "operator"}, "rack_0", hash), "needs role engineer"));
  CHECK(has_reason(people.approve(ada, "rack_0", "0123456789abcdef"), "another configuration"));
  CHECK(people.approve(ada, "rack_0", hash).outcome == outcome::done);
  CHECK(has_reason(people.approve(ada, "rack_0", hash), "it takes a second person"));
  CHECK(has_reason(people.approve({"bob", "engineer"}, "rack_0", hash), "needs role service"));
  site.close({"rack_0"});
  CHECK(has_reason(people.approve(eve, "rack_0", hash), "not in standby"));
  CHECK(has_fault_at(config(site, "rack_0"), "3.65"));
  REQUIRE(site.voltaic({"set", "rack_0/contactor", "open", "--site", site.file()}).code == 0);
  REQUIRE(eventually([&] { return site.contactor("rack_0") == "open"; }));
  const auto approved = people.approve(eve, "rack_0", hash);
  INFO((approved.reasons.empty() ? "" : approved.reasons[0]));
  CHECK(approved.outcome == outcome::done);
  REQUIRE(eventually([&] {
    return site.points("rack_0/configuration")["rack_0/configuration"]["value"] == "version 3";
  }));
  known = config_version(site, "rack_0", 3);
  CHECK(known["hash"] == hash);
  CHECK(has_fault_at(known, "3.66"));
  REQUIRE(known["approvers"].size() == 2);
  CHECK(known["approvers"][0]["user"] == "ada");
  CHECK(known["approvers"][1]["role"] == "service");
  CHECK(has_fault_at(config(site, "rack_1"), "3.65")); // each rack by itself

  // Nobody loosens by stopping and starting.
  CHECK(site.stop() == 0);
  site.up();
  CHECK(has_fault_at(config(site, "rack_0"), "3.66"));
  CHECK(has_fault_at(config(site, "rack_1"), "3.65"));
  CHECK(site.voltaic({"config", "rack_0", "--history", "--site", site.file()})
            .output.find("ada (engineer) and eve (service)") != std::string::npos);
  CHECK(site.stop() == 0);
}

TEST_CASE("a rack whose profile says other things is read at once, and closed once approved") {
  live_site site;
  site.up();
  wait_for_standby(site);
  const auto path = site.folder() + "/configs/profiles/demo_rack.json";
  auto text = read_file(path);
  const std::string was = "\"maximum\": 140";
  REQUIRE(text.find(was) != std::string::npos);
  std::ofstream(path) << text.replace(text.find(was), was.size(), "\"maximum\": 141");
  apply(site);
  const auto close = [&] {
    return site.voltaic({"set", "rack_0/contactor", "close", "--site", site.file()}, 40s);
  };
  const auto refused = close();
  CHECK(refused.code == 4);
  CHECK(refused.output.find("configuration_staged") != std::string::npos);
  const auto hash = staged(site, "rack_0");
  approvers people(site);
  REQUIRE(people.approve(eve, "rack_0", hash).outcome == outcome::done);
  REQUIRE(people.approve(ada, "rack_0", hash).outcome == outcome::done);
  REQUIRE(eventually([&] { return close().code == 0; }));
  CHECK(site.stop() == 0);
}

TEST_CASE("a rack and its node that were renamed are asked for the same approval as before") {
  live_site site;
  site.up();
  config_version(site, "rack_0", 1);
  change_limit(site, "fault = { set = 3.65,", "fault = { set = 3.66,");
  wait_for_standby(site);
  auto text = read_file(site.file());
  const std::string name = "name = \"rack_{rack}\"";
  REQUIRE(text.find(name) != std::string::npos);
  std::ofstream(site.file()) << text.replace(text.find(name), name.size(),
                                             "name = \"string_{rack}\"");
  const auto applied = site.voltaic({"apply", site.file()}, 40s);
  INFO(applied.output << applied.errors << site.log());
  REQUIRE(applied.code == 0);
  REQUIRE(eventually([&] { return site.contactor("string_0") == "open"; }));
  const auto known = config_version(site, "string_0", 2);
  CHECK(has_fault_at(known, "3.65"));
  CHECK(known["staged"].is_string());
  // Another name lets go of no latch: nobody knows them any more, so that service has to reset.
  const auto refused =
      site.voltaic({"set", "string_0/contactor", "close", "--site", site.file()}, 40s);
  CHECK(refused.code == 4);
  CHECK(refused.output.find("latch_store_lost") != std::string::npos);
  CHECK(site.stop() == 0);
}

TEST_CASE("loosened [limits] name every rack to open, and bar closing until two persons approved") {
  live_site site;
  site.up();
  wait_for_standby(site);
  site.close({"rack_0", "rack_1"});
  site.add("\n[limits]\nlost_silent = \"exclude\"\n");
  const auto refused = site.voltaic({"apply", site.file()}, 40s);
  INFO(refused.output << refused.errors);
  CHECK(refused.code == 4);
  CHECK(refused.errors.find("rack_0, rack_1 are closed") != std::string::npos);
  for (const auto* rack : {"rack_0/contactor", "rack_1/contactor"})
    REQUIRE(site.voltaic({"set", rack, "open", "--site", site.file()}).code == 0);
  apply(site);
  const auto hash = staged(site, "rack_0");
  REQUIRE_FALSE(hash.empty());
  CHECK(config(site, "rack_0").value("text", "").find("\"hold\"") != std::string::npos);

  const auto shown = site.voltaic({"approve", "rack_0", "--site", site.file()});
  CHECK(shown.output.find("limits_lost_silent: hold -> exclude") != std::string::npos);
  CHECK(shown.output.find(hash) != std::string::npos);
  // Who has not read it is not told the hash, whether he is refused here or at the rack.
  const auto guessed = site.voltaic(
      {"approve", "rack_0", "0123456789abcdef", "--reason", "a guess", "--site", site.file()});
  CHECK(guessed.code == 4);
  CHECK((guessed.output + guessed.errors).find(hash) == std::string::npos);
  CHECK((guessed.output + guessed.errors).find("voltaic approve rack_0") != std::string::npos);

  const auto close = [&] {
    return site.voltaic({"set", "rack_0/contactor", "close", "--site", site.file()}, 40s);
  };
  const auto barred = close();
  CHECK(barred.code == 4);
  CHECK(barred.output.find("configuration_staged") != std::string::npos);
  CHECK(eventually([&] {
    return site.voltaic({"why", "rack_0", "--site", site.file()})
               .output.find("configuration_staged") != std::string::npos;
  }));
  approvers people(site);
  REQUIRE(people.approve(ada, "rack_0", hash).outcome == outcome::done);
  REQUIRE(people.approve(eve, "rack_0", hash).outcome == outcome::done);
  config_version(site, "rack_0", 2);
  CHECK(config(site, "rack_0").value("text", "").find("\"exclude\"") != std::string::npos);
  REQUIRE(eventually([&] { return close().code == 0; }));
  CHECK_FALSE(staged(site, "rack_1").empty()); // each rack by itself
  CHECK(site.stop() == 0);
}

TEST_CASE("equipment that judges racks and is moved waits for two persons on the running site") {
  live_site site(live_site::equipment::all);
  const auto path = site.folder() + "/configs/profiles/demo_hvac.json";
  auto profile = json::parse(read_file(path));
  profile["points"]["room_temperature"]["protection"] = {"room_temperature_high"};
  std::ofstream(path) << profile.dump(2);
  site.up();
  wait_for_standby(site);
  config_version(site, "rack_0", 1);
  // It is read otherwise: half of what it was, so every room looks cool.
  profile["points"]["room_temperature"]["scale"] =
      profile["points"]["room_temperature"].value("scale", 1.0) / 2;
  std::ofstream(path) << profile.dump(2);
  apply(site);
  const auto hash = staged(site, "rack_0");
  REQUIRE_FALSE(hash.empty());
  CHECK(site.voltaic({"approve", "rack_0", "--site", site.file()}).output.find("hvac_0") !=
        std::string::npos);
  const auto close = [&] {
    return site.voltaic({"set", "rack_0/contactor", "close", "--site", site.file()}, 40s);
  };
  CHECK(close().output.find("configuration_staged") != std::string::npos);
  approvers people(site);
  REQUIRE(people.approve(ada, "rack_0", hash).outcome == outcome::done);
  REQUIRE(people.approve(eve, "rack_0", hash).outcome == outcome::done);
  config_version(site, "rack_0", 2);
  CHECK(config(site, "rack_0")["staged"].is_null());
  REQUIRE(eventually([&] { return close().code == 0; }));
  CHECK(site.stop() == 0);
}

TEST_CASE("kill -9 amid an approval leaves the former configuration or the new one, whole") {
  live_site site;
  site.add("[supervision]\nrestarts_max = 50\n");
  site.up();
  std::string now = "3.65";
  for (int round = 1; round <= 4; ++round) {
    const auto next = "3.6" + std::to_string(5 + round);
    INFO("round " << round);
    change_limit(site, "fault = { set = 3.6" + std::to_string(4 + round),
                 "fault = { set = " + next);
    apply(site);
    const auto hash = staged(site, "rack_0");
    approvers people(site);
    const auto first = people.approve(ada, "rack_0", hash);
    INFO((first.reasons.empty() ? "" : first.reasons[0]));
    REQUIRE(first.outcome == outcome::done);
    const pid_t pid = site.pid_of("rack_0");
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(round * round));
      ::kill(pid, SIGKILL);
    });
    const auto told = people.approve(eve, "rack_0", hash);
    killer.join();
    REQUIRE(site.wait_for_successor("rack_0", pid) > 0);
    REQUIRE(eventually([&] { return site.good("rack_0"); }));
    const auto found = config(site, "rack_0");
    const bool is_new = found["hash"] == hash;
    CHECK(has_fault_at(found, is_new ? next : now));
    CHECK(found["staged"].is_null() == is_new);
    // Who came after the death, which ended the first approval, was the first once more.
    const bool was_second = told.outcome == outcome::done && told.reasons.empty();
    if (was_second) CHECK(is_new);
    if (is_new) now = next;
  }
}

} // namespace configuration_test
