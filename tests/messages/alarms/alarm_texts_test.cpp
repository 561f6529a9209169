#include "messages/alarms/alarm_texts.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "messages/protection/table.hpp"

namespace alarm_texts_test {

using voltaic::messages::event;
namespace alarms = voltaic::messages::alarms;
namespace fs = std::filesystem;

namespace {

using names = std::set<std::string>;

const alarms::alarm_texts& english() {
  return alarms::texts_in("en");
}

std::string contents(const fs::path& file) {
  std::ifstream in(file);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What the first group of a pattern finds in a text.
names found_in(const std::string& text, const char* pattern) {
  const std::regex form(pattern);
  names found;
  for (std::sregex_iterator each(text.begin(), text.end(), form), end; each != end; ++each)
    found.insert((*each)[1]);
  return found;
}

fs::path source(const char* path) {
  return fs::path(VOLTAIC_SOURCE_FOLDER) / path;
}

/// Each `name = "word"` of a header.
names constants_of(const char* header) {
  return found_in(contents(source(header)),
                  R"re(constexpr (?:const char\*|std::string_view)\s+\w+\s*=\s*"([A-Za-z_]+)")re");
}

/// The words in capitals that begin the lines of docs/events.md's table.
names documented_codes() {
  names codes;
  for (const auto& cell : found_in(contents(source("docs/events.md")), R"(\n\| ([A-Z0-9_, ]+) \|)"))
    codes.merge(found_in(cell, R"(([A-Z0-9_]+))"));
  return codes;
}

/// Beside those of the protection files.
const names extra_candidates = {
    "communication_loss",   "sensor_invalid",        "sensor_frozen",     "soc_implausible",
    "thermal_runaway",      "limit_ignored",         "contactor_weld",    "contactor_feedback",
    "precharge_failed",     "interlock_open",        "fire_detected",     "latch_store_lost",
    "configuration_staged", "own_point_high",        "own_point_low",     "evaluator_difference",
    "identity_changed",     "identity_not_accepted", "identity_not_heard"};

names candidates() {
  auto all = extra_candidates;
  for (const auto* header :
       {"actors/protection/ladder_model.hpp", "actors/protection/plausibility_model.hpp",
        "actors/protection/link_fault_model.hpp", "actors/contactor/finding_model.hpp"})
    all.merge(constants_of(header));
  for (const auto& each : voltaic::messages::protection::known_candidates) all.emplace(each.name);
  return all;
}

/// States of events of the kind system that have no code.
const names system_states = {"running",   "crashed",        "events_lost",    "journal_lost",
                             "not_bound", "active",         "inactive",       "unreadable",
                             "restarts",  "capture_stored", "capture_failed", "unwritable",
                             "writable",  "reset_key",      "not_heard"};
/// Outcomes, and what is told of a value that has to be held.
const names command_states = {
    "done",    "rejected", "expired",          "unknown",  "accepted", "written_again",
    "resumed", "reverted", "ended_by_restart", "not_held", "held"};
const names contactor_states = {"open", "precharge", "closed", "opening", "fault", "unknown"};
/// Those that are no constant of the contactor: what it says of its permit and its process.
const names contactor_reasons = {"start",
                                 "stop",
                                 "deadline_passed",
                                 "time_lags",
                                 "permit_silent",
                                 "permit_withdrawn",
                                 "feedback_lost",
                                 "deadline_miss",
                                 "opened_by_device",
                                 "emergency_stop",
                                 "close_spacing",
                                 "parallel_block",
                                 "precharge_hot",
                                 "fire_detected",
                                 "interlock_open",
                                 "emergency_stop_unreadable",
                                 "interlock_unreadable",
                                 "fire_unreadable",
                                 "opening_overdue",
                                 "evaluator_silent",
                                 "evaluator_warming_up"};

names all_contactor_reasons() {
  auto all = contactor_reasons;
  all.merge(constants_of("actors/contactor/contactor_model.hpp"));
  all.merge(names{"feedback", "no_feedback", "cannot_open"}); // where no orders are taken
  return all;
}

/// Codes that are said of commands; all others are of the kind system.
const names command_codes = {"CMD_REFUSED", "OWNER_CHANGE"};

names codes() {
  auto all = constants_of("messages/event_codes.hpp");
  all.merge(documented_codes());
  return all;
}

void check_explained(std::string_view section, const names& said) {
  for (const auto& name : said) {
    INFO("configs/alarms/en.json has to explain " << section << "/" << name);
    CHECK(english().has(section, name));
  }
}

event protection_event(std::string candidate, std::string level, std::string edge) {
  event said;
  said.kind = "protection";
  said.candidate = std::move(candidate);
  said.level = std::move(level);
  said.edge = std::move(edge);
  return said;
}

} // namespace

TEST_CASE("every candidate, code, state and reason is explained") {
  check_explained("protection", candidates());
  check_explained("contactor", contactor_states);
  check_explained("contactor_reason", all_contactor_reasons());
  check_explained("command", command_states);
  check_explained("system", system_states);
  check_explained("limits", {"limits"});
  REQUIRE(codes().size() > 20);
  for (const auto& code : codes())
    check_explained(command_codes.contains(code) ? "command" : "system", {code});
}

TEST_CASE("a candidate of a rack's own point is told by the point's name") {
  const auto high = english().of(protection_event("busbar_temperature_high", "alarm", "set"));
  CHECK(high.text == "Too high: busbar temperature");
  CHECK_FALSE(high.remedy.empty());
  CHECK(english().of(protection_event("coolant_pressure_low", "fault", "clear")).text ==
        "Over: Too low: coolant pressure");
  CHECK(english().of(protection_event("busbar_temperature", "fault", "set")).text.empty());
}

TEST_CASE("the texts explain nothing that nobody says") {
  std::map<std::string, names> known{{"protection", candidates()},
                                     {"contactor", contactor_states},
                                     {"contactor_reason", all_contactor_reasons()},
                                     {"command", command_states},
                                     {"system", system_states},
                                     {"limits", {"limits"}}};
  known["command"].insert(command_codes.begin(), command_codes.end());
  for (const auto& code : codes()) known["system"].insert(code);
  for (const auto& key : english().keys()) {
    const auto slash = key.find('/');
    const auto section = key.substr(0, slash);
    if (section == "words") continue;
    const auto name = key.substr(slash + 1, key.find('/', slash + 1) - slash - 1);
    INFO(key << " is explained, but nobody says it");
    CHECK(known[section].contains(name));
  }
}

TEST_CASE("every language says the same keys, and its file is part of the program") {
  const auto there = alarms::languages();
  CHECK(std::ranges::find(there, "en") != there.end());
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(source("configs/alarms"))) {
    ++files;
    INFO(entry.path());
    const auto read =
        alarms::alarm_texts::parse(contents(entry.path()), entry.path().filename().string());
    INFO((read ? std::string() : read.error().text));
    REQUIRE(read);
    CHECK(read->keys() == english().keys());
    CHECK(std::ranges::find(there, entry.path().stem().string()) != there.end());
  }
  CHECK(files == there.size());
}

TEST_CASE("each edge and each action has its words") {
  const auto keys = english().keys();
  const auto has = [&](const std::string& key) {
    INFO(key);
    CHECK(std::ranges::binary_search(keys, key));
  };
  for (const auto* edge : {"set", "clear", "latch", "reset", "acknowledge", "shelve", "unshelve"})
    has(std::string("words/edge/") + edge);
  for (int kind = 0; kind <= static_cast<int>(voltaic::messages::protection::action_kind::log);
       ++kind)
    has("words/action/" +
        std::string(to_string(static_cast<voltaic::messages::protection::action_kind>(kind))));
  has("words/action/cannot_open");
  for (const auto* part : {"cause", "consequence", "remedy"})
    has(std::string("words/label/") + part);
}

TEST_CASE("no alarm of a rack that nothing here can open says that it opens") {
  auto said = protection_event("thermal_runaway", "fault", "set");
  said.actions = {"open_immediate"};
  CHECK(english().of(said).consequence.find("opens at once") != std::string::npos);
  said.actions = {"stop_charge", "cannot_open"};
  const auto words = english().of(said).consequence;
  CHECK(words.find("opens at once") == std::string::npos);
  CHECK(words.find("Nothing here can open this rack") != std::string::npos);
}

TEST_CASE("an alarm is told with its level, its edge and what is done about it") {
  auto said = protection_event("cell_overvoltage", "warning", "set");
  said.actions = {"derate_charge:50"};
  auto words = english().of(said);
  CHECK(words.text == "Cell voltage too high");
  CHECK(words.consequence.ends_with("Charging is held to 50 % of its limit."));
  CHECK_FALSE(words.cause.empty());
  CHECK_FALSE(words.remedy.empty());
  said.level = "hard";
  said.actions = {"open_ordered", "lock"};
  CHECK(english().of(said).consequence != words.consequence);
  CHECK(english().of(said).consequence.find("role service") != std::string::npos);
  said.edge = "clear";
  CHECK(english().of(said).text == "Over: Cell voltage too high");
  CHECK(english().of(said).consequence.find("role service") == std::string::npos);
  said.edge = "acknowledge";
  CHECK(english().of(said).text == "Acknowledged: Cell voltage too high");
}

TEST_CASE(
    "a state of charge that contradicts the cells names fuse, precharge resistor, telemetry") {
  const auto words = english().of_candidate("soc_implausible", "alarm");
  for (const auto* part : {"fuse", "precharge resistor", "telemetry", "blocked"}) {
    INFO(part);
    CHECK(words.cause.find(part) != std::string::npos);
  }
}

TEST_CASE("a contactor tells its state and why, by its own reason or by protection's") {
  event said;
  said.kind = "contactor";
  said.state = "open";
  said.reason = "lease_expired";
  CHECK(english().of(said).text.starts_with("Contactors open: the device opened by itself"));
  said.reason = "cell_undervoltage/hard module_1:cell_3";
  CHECK(english().of(said).text == "Contactors open: Cell voltage too low");
  CHECK(english().of(said).consequence.ends_with(
      english().of_candidate("cell_undervoltage", "hard").consequence));
  said.reason = "cell_overvoltage/fault";
  CHECK(english().of(said).text == "Contactors open: Cell voltage too high");
  CHECK(english().of(said).remedy == english().of_candidate("cell_overvoltage", "fault").remedy);
  said.reason = "something new";
  CHECK(english().of(said).text == "Contactors open");
}

TEST_CASE("a code explains an event of the system before its state does, an unknown one nothing") {
  event said;
  said.kind = "system";
  said.state = "crashed";
  said.code = "POISON";
  CHECK(english().of(said).text.find("put aside") != std::string::npos);
  said.code.clear();
  CHECK(english().of(said).text.find("restarted") != std::string::npos);
  said.state = "never heard of";
  CHECK(english().of(said) == alarms::explanation{});
  CHECK(english().of(protection_event("never_heard_of", "alarm", "set")) == alarms::explanation{});
  said.kind = "limits";
  CHECK(english().of(said).text == "Limits changed");
}

TEST_CASE("a code whose states mean different things is explained by its state") {
  const auto words = [](const char* code, const char* state) {
    event said;
    said.kind = "system";
    said.code = code;
    said.state = state;
    return english().of(said);
  };
  CHECK(words("INV_COMM", "Normal").remedy == "Nothing to do.");
  CHECK(words("INV_COMM", "Disconnected").text == "The inverter is not heard");
  CHECK(words("INV_COMM", "never said").text == english()
                                                    .of([] {
                                                      event said;
                                                      said.kind = "system";
                                                      said.code = "INV_COMM";
                                                      return said;
                                                    }())
                                                    .text);
  // Every state that its model can tell.
  const std::map<std::string, names> told{
      {"INV_COMM", {"Connecting", "Normal", "Degraded", "Disconnected"}},
      {"INV_LOST", {"standby", "opening", "cannot_open"}},
      {"INV_COMPAT", {"unknown", "awaited", "incompatible", "compatible"}},
      {"INV_RIVAL", {"two_batteries", "one_battery"}},
      {"INV_ABSORB", {"absorption_differs", "absorption_agrees"}},
      {"INV_RANGE", {"cannot_say", "says_all"}},
      {"MB_CRC", {"crc-good", "crc-warning", "crc-alarm"}},
      {"BAD_DLC", {"warning", "alarm", "good"}},
      {"E2E_FAIL", {"warning", "alarm", "good"}},
      {"BABBLE", {"babbling", "quiet"}},
      {"NO_ANSWER", {"silent", "refused", "answers"}},
      {"DUP_NODE", {"doubled", "single"}},
      {"NEVER_SEEN", {"silent", "seen"}},
      {"NODE_RESET", {"reset", "left", "moved", "running"}},
      {"NODE_LOST", {"lost", "back"}},
      {"BOOT_ERROR", {"failed", "operational"}},
      {"SDO_ABORT", {"failed", "good"}},
      {"EMCY", {"error", "cleared", "babbling", "quiet"}},
      {"WRONG_DEVICE", {"wrong", "right"}},
      {"TROUBLE_CODE", {"active", "cleared", "babbling", "quiet"}},
      {"ADDRESS_LOST", {"lost"}},
      {"CONFIGURATION", {"taken", "staged", "approved_once", "approved"}},
      {"DEADLINE_MISS", {"in_time", "deadline_warning", "deadline_open", "deadline_stop"}},
      {"SITE_APPLY", {"done", "refused"}}};
  for (const auto& [code, states] : told) {
    names texts;
    for (const auto& state : states)
      texts.insert(words(code.c_str(), state.c_str()).text +
                   words(code.c_str(), state.c_str()).consequence);
    INFO(code);
    CHECK(texts.size() == states.size());
  }
  for (const auto* over : {"one_battery", "absorption_agrees"})
    CHECK(words(over[0] == 'o' ? "INV_RIVAL" : "INV_ABSORB", over).remedy == "Nothing to do.");
  event room;
  room.kind = "system";
  room.code = "FD_LOW";
  room.edge = "clear";
  CHECK(english().of(room).text == "File descriptors are there again");
  CHECK(words("DEADLINE_MISS", "deadline_stop").consequence.find("Nothing here can open") !=
        std::string::npos);
}

TEST_CASE("what follows from an alarm that is over, and what to do, fit that it is over") {
  auto said = protection_event("charge_overtemperature", "fault", "set");
  const auto standing = english().of(said);
  for (const auto* edge : {"clear", "latch", "reset", "acknowledge", "shelve", "unshelve"}) {
    said.edge = edge;
    INFO(edge);
    CHECK(english().of(said).consequence != standing.consequence);
    CHECK_FALSE(english().of(said).remedy.empty());
  }
  said.edge = "clear";
  CHECK(english().of(said).remedy == "Nothing to do now. If it comes again: " + standing.remedy);
}

TEST_CASE("a locale names its language, and one that is not there is told in English") {
  CHECK(alarms::language_of("de_DE.UTF-8") == "de");
  CHECK(alarms::language_of("pt@euro") == "pt");
  for (const auto* none : {"", "C", "C.UTF-8", "POSIX", "en_GB"})
    CHECK(alarms::language_of(none) == "en");
  CHECK(&alarms::texts_in("xx") == &english());
}

TEST_CASE("a file that leaves something out is refused with its place") {
  const auto refusal = [](const char* json) {
    const auto read = alarms::alarm_texts::parse(json, "xx.json");
    return read ? std::string("read") : read.error().text;
  };
  CHECK(refusal("[]") == "xx.json: expected one JSON object");
  CHECK(refusal("{") == "xx.json: expected one JSON object");
  CHECK(refusal(R"({"language":"x","sections":{}})") == "xx.json: sections: unknown section");
  CHECK(refusal(R"({"system":{"OOM":{"text":"a","cause":"b","remedy":"c"}}})") ==
        "xx.json: system/OOM: consequence: expected a text that is not empty");
  CHECK(refusal(R"({"system":{"OOM":{"text":""}}})") ==
        "xx.json: system/OOM: text: expected a text that is not empty");
  CHECK(
      refusal(
          R"({"system":{"OOM":{"text":"a","cause":"b","consequence":"c","remedy":"d","e":"f"}}})") ==
      "xx.json: system/OOM: e: unknown");
  CHECK(refusal(R"({"words":{"edge":{"set":1}}})") ==
        "xx.json: words/edge: set: expected a text that is not empty");
}

} // namespace alarm_texts_test
