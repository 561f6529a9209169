#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <sstream>

#include "messages/protection/level_rules.hpp"
#include "messages/protection/limits_file.hpp"

namespace voltaic::messages::protection::limits_file_test {

namespace {

/// One row of the table of defaults: chemistry (`any`: all), candidate, unit,
/// direction, level, set, clear, set_ms, clear_ms, latch, actions, period_ms, condition.
using row = std::array<const char*, 13>;

// clang-format off
const row expected_rows[] = {
    {"lfp", "cell_overvoltage", "V", "high", "warning", "3.55", "3.50", "3000", "5000", "none", "derate_charge:50", "100", ""},
    {"lfp", "cell_overvoltage", "V", "high", "alarm", "3.60", "3.48", "2000", "10000", "none", "stop_charge", "100", ""},
    {"lfp", "cell_overvoltage", "V", "high", "fault", "3.65", "3.40", "1000", "10000", "user", "stop_charge open_ordered", "100", ""},
    {"lfp", "cell_overvoltage", "V", "high", "hard", "3.75", "3.40", "200", "10000", "lock", "stop_charge open_ordered lock", "100", ""},
    {"lfp", "cell_undervoltage", "V", "low", "warning", "3.00", "3.10", "3000", "5000", "none", "derate_discharge:50", "100", ""},
    {"lfp", "cell_undervoltage", "V", "low", "alarm", "2.80", "3.00", "2000", "10000", "none", "stop_discharge", "100", ""},
    {"lfp", "cell_undervoltage", "V", "low", "fault", "2.50", "2.80", "1000", "10000", "user", "stop_discharge open_ordered", "100", ""},
    {"lfp", "cell_undervoltage", "V", "low", "hard", "2.00", "2.80", "1000", "10000", "lock", "stop_charge stop_discharge open_ordered lock", "100", ""},
    {"lfp", "rack_overvoltage", "V per cell", "high", "warning", "3.50", "3.45", "3000", "5000", "none", "derate_charge:50", "100", ""},
    {"lfp", "rack_overvoltage", "V per cell", "high", "alarm", "3.55", "3.48", "2000", "10000", "none", "stop_charge", "100", ""},
    {"lfp", "rack_overvoltage", "V per cell", "high", "fault", "3.62", "3.42", "1000", "10000", "user", "stop_charge open_ordered", "100", ""},
    {"lfp", "rack_undervoltage", "V per cell", "low", "warning", "3.05", "3.12", "3000", "5000", "none", "derate_discharge:50", "100", ""},
    {"lfp", "rack_undervoltage", "V per cell", "low", "alarm", "2.90", "3.02", "2000", "10000", "none", "stop_discharge", "100", ""},
    {"lfp", "rack_undervoltage", "V per cell", "low", "fault", "2.60", "2.85", "1000", "10000", "user", "stop_discharge open_ordered", "100", ""},
    {"lfp", "cell_voltage_spread", "V", "high", "warning", "0.150", "0.100", "30000", "30000", "none", "log balance", "1000", "soc between 15 and 95 or current under 0.1 C"},
    {"lfp", "cell_voltage_spread", "V", "high", "alarm", "0.300", "0.200", "30000", "30000", "none", "derate_charge:50 derate_discharge:50", "1000", ""},
    {"lfp", "cell_voltage_spread", "V", "high", "fault", "0.600", "0.400", "60000", "60000", "user", "stop_charge stop_discharge open_ordered", "1000", ""},
    {"any", "charge_overtemperature", "degC", "high", "warning", "45", "42", "10000", "10000", "none", "fan_on derate_charge:50", "1000", ""},
    {"any", "charge_overtemperature", "degC", "high", "alarm", "50", "45", "5000", "10000", "none", "stop_charge", "1000", ""},
    {"any", "charge_overtemperature", "degC", "high", "fault", "55", "50", "5000", "10000", "user", "stop_charge open_ordered", "1000", "charging over 0.02 C or above the discharge fault value"},
    {"any", "charge_undertemperature", "degC", "low", "warning", "5", "8", "10000", "10000", "none", "heater_on derate_charge:25", "1000", ""},
    {"any", "charge_undertemperature", "degC", "low", "alarm", "0", "3", "5000", "10000", "none", "heater_on stop_charge", "1000", ""},
    {"any", "charge_undertemperature", "degC", "low", "fault", "-5", "0", "5000", "10000", "user", "stop_charge open_ordered", "1000", "charging over 0.02 C"},
    {"any", "discharge_overtemperature", "degC", "high", "warning", "50", "47", "10000", "10000", "none", "fan_on derate_discharge:50", "1000", ""},
    {"any", "discharge_overtemperature", "degC", "high", "alarm", "55", "50", "5000", "10000", "none", "stop_discharge", "1000", ""},
    {"any", "discharge_overtemperature", "degC", "high", "fault", "60", "50", "5000", "10000", "user", "stop_charge stop_discharge open_ordered", "1000", ""},
    {"any", "discharge_undertemperature", "degC", "low", "warning", "-10", "-7", "10000", "10000", "none", "derate_discharge:50", "1000", ""},
    {"any", "discharge_undertemperature", "degC", "low", "alarm", "-20", "-15", "5000", "10000", "none", "stop_discharge", "1000", ""},
    {"any", "discharge_undertemperature", "degC", "low", "fault", "-25", "-20", "5000", "10000", "user", "stop_discharge open_ordered", "1000", "discharging over 0.02 C"},
    {"any", "temperature_spread", "K", "high", "warning", "6", "4", "60000", "60000", "none", "log fan_on", "1000", ""},
    {"any", "temperature_spread", "K", "high", "alarm", "10", "7", "30000", "60000", "none", "derate_charge:50 derate_discharge:50", "1000", ""},
    {"any", "temperature_spread", "K", "high", "fault", "15", "10", "30000", "60000", "user", "stop_charge stop_discharge open_ordered", "1000", ""},
    {"any", "charge_overcurrent", "ratio", "high", "warning", "1.02", "0.99", "5000", "5000", "none", "log", "10", ""},
    {"any", "charge_overcurrent", "ratio", "high", "alarm", "1.05", "0.98", "10000", "10000", "none", "stop_charge", "10", ""},
    {"any", "charge_overcurrent", "ratio", "high", "fault", "1.10", "0.98", "10000", "60000", "user", "stop_charge open_ordered", "10", ""},
    {"any", "charge_overcurrent", "ratio", "high", "hard", "2.00", "0.98", "300", "60000", "user", "stop_charge open_ordered", "10", ""},
    {"any", "discharge_overcurrent", "ratio", "high", "warning", "1.02", "0.99", "5000", "5000", "none", "log", "10", ""},
    {"any", "discharge_overcurrent", "ratio", "high", "alarm", "1.05", "0.98", "10000", "10000", "none", "stop_discharge", "10", ""},
    {"any", "discharge_overcurrent", "ratio", "high", "fault", "1.10", "0.98", "10000", "60000", "user", "stop_discharge open_ordered", "10", ""},
    {"any", "discharge_overcurrent", "ratio", "high", "hard", "2.00", "0.98", "300", "60000", "user", "stop_discharge open_ordered", "10", ""},
    {"any", "soc_low", "%", "low", "warning", "20", "25", "30000", "30000", "none", "log", "1000", ""},
    {"any", "soc_low", "%", "low", "alarm", "10", "15", "30000", "30000", "none", "stop_discharge", "1000", ""},
    {"any", "soc_low", "%", "low", "fault", "5", "10", "30000", "30000", "none", "stop_discharge inhibit_discharge_start", "1000", ""},
    {"any", "soc_high", "%", "high", "warning", "95", "93", "30000", "30000", "none", "log", "1000", ""},
    {"any", "soc_high", "%", "high", "alarm", "100", "97", "30000", "30000", "none", "stop_charge", "1000", ""},
    {"any", "insulation_resistance_low", "ohm per V", "low", "warning", "500", "550", "30000", "30000", "none", "log", "1000", ""},
    {"any", "insulation_resistance_low", "ohm per V", "low", "alarm", "250", "300", "30000", "30000", "none", "inhibit_close", "1000", ""},
    {"any", "insulation_resistance_low", "ohm per V", "low", "fault", "100", "150", "30000", "30000", "user", "stop_charge stop_discharge open_ordered", "1000", ""},
    {"any", "terminal_overtemperature", "degC", "high", "warning", "75", "70", "5000", "10000", "none", "fan_on", "1000", ""},
    {"any", "terminal_overtemperature", "degC", "high", "alarm", "85", "78", "5000", "10000", "none", "derate_charge:50 derate_discharge:50", "1000", ""},
    {"any", "terminal_overtemperature", "degC", "high", "fault", "95", "85", "5000", "10000", "user", "stop_charge stop_discharge open_ordered", "1000", ""},
    {"any", "voltage_sum_mismatch", "% of rack voltage", "high", "warning", "0.5", "0.3", "1000", "10000", "none", "log", "1000", ""},
    {"any", "voltage_sum_mismatch", "% of rack voltage", "high", "alarm", "1.0", "0.7", "1000", "10000", "none", "derate_charge:50 derate_discharge:50", "1000", ""},
    {"nmc", "cell_overvoltage", "V", "high", "warning", "4.15", "4.08", "3000", "5000", "none", "derate_charge:50", "100", ""},
    {"nmc", "cell_overvoltage", "V", "high", "alarm", "4.20", "4.10", "2000", "10000", "none", "stop_charge", "100", ""},
    {"nmc", "cell_overvoltage", "V", "high", "fault", "4.25", "4.10", "1000", "10000", "user", "stop_charge open_ordered", "100", ""},
    {"nmc", "cell_overvoltage", "V", "high", "hard", "4.30", "4.10", "200", "10000", "lock", "stop_charge open_ordered lock", "100", ""},
    {"nmc", "cell_undervoltage", "V", "low", "warning", "3.20", "3.30", "3000", "5000", "none", "derate_discharge:50", "100", ""},
    {"nmc", "cell_undervoltage", "V", "low", "alarm", "3.00", "3.225", "2000", "10000", "none", "stop_discharge", "100", ""},
    {"nmc", "cell_undervoltage", "V", "low", "fault", "2.80", "3.00", "1000", "10000", "user", "stop_discharge open_ordered", "100", ""},
    {"nmc", "cell_undervoltage", "V", "low", "hard", "2.50", "3.00", "1000", "10000", "lock", "stop_charge stop_discharge open_ordered lock", "100", ""},
    {"nmc", "rack_overvoltage", "V per cell", "high", "warning", "4.12", "4.06", "3000", "5000", "none", "derate_charge:50", "100", ""},
    {"nmc", "rack_overvoltage", "V per cell", "high", "alarm", "4.17", "4.08", "2000", "10000", "none", "stop_charge", "100", ""},
    {"nmc", "rack_overvoltage", "V per cell", "high", "fault", "4.22", "4.08", "1000", "10000", "user", "stop_charge open_ordered", "100", ""},
    {"nmc", "rack_undervoltage", "V per cell", "low", "warning", "3.25", "3.32", "3000", "5000", "none", "derate_discharge:50", "100", ""},
    {"nmc", "rack_undervoltage", "V per cell", "low", "alarm", "3.05", "3.25", "2000", "10000", "none", "stop_discharge", "100", ""},
    {"nmc", "rack_undervoltage", "V per cell", "low", "fault", "2.85", "3.05", "1000", "10000", "user", "stop_discharge open_ordered", "100", ""},
    {"nmc", "cell_voltage_spread", "V", "high", "warning", "0.100", "0.060", "30000", "30000", "none", "log balance", "1000", "soc between 15 and 95 or current under 0.1 C"},
    {"nmc", "cell_voltage_spread", "V", "high", "alarm", "0.200", "0.140", "30000", "30000", "none", "derate_charge:50 derate_discharge:50", "1000", ""},
    {"nmc", "cell_voltage_spread", "V", "high", "fault", "0.400", "0.300", "60000", "60000", "user", "stop_charge stop_discharge open_ordered", "1000", ""},
};
// clang-format on

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

table loaded(const std::string& chemistry) {
  const auto path =
      std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/protection/" + chemistry + ".toml";
  auto result = load(text_of(path), path);
  if (auto* found = std::get_if<findings>(&result)) {
    for (const auto& one : *found) UNSCOPED_INFO(one.line << ":" << one.column << ": " << one.text);
  }
  REQUIRE(std::holds_alternative<table>(result));
  return std::get<table>(std::move(result));
}

std::string actions_of(const limit& of) {
  std::string text;
  for (const auto& one : of.actions) text += (text.empty() ? "" : " ") + to_string(one);
  return text;
}

/// A file with one candidate that holds every rule; `edit` replaces one piece of it.
std::string edited(const std::string& old_piece, const std::string& new_piece) {
  std::string text = R"([protection]
name = "lfp"
chemistry = "lfp"

[cell_overvoltage]
unit = "V"
direction = "high"
period_ms = 100
envelope = [3.0, 3.8]
warning = { set = 3.55, clear = 3.50, set_ms = 3000, clear_ms = 5000, latch = "none", actions = ["derate_charge:50"] }
alarm = { set = 3.60, clear = 3.48, set_ms = 2000, clear_ms = 10000, latch = "none", actions = ["stop_charge"] }
fault = { set = 3.65, clear = 3.40, set_ms = 1000, clear_ms = 10000, latch = "user", actions = ["stop_charge", "open_ordered"] }
)";
  if (old_piece.empty()) return text + new_piece;
  const auto at = text.find(old_piece);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old_piece.size(), new_piece);
}

std::string findings_of(const std::string& text) {
  const auto result = load(text, "f.toml");
  std::string all;
  if (const auto* found = std::get_if<findings>(&result)) {
    for (const auto& one : *found) {
      all += fmt::format("{}:{}:{}: {}\n", one.file, one.line, one.column, one.text);
    }
  }
  return all;
}

} // namespace

TEST_CASE("the protection files hold every row of the table of defaults and nothing else") {
  for (const std::string chemistry : {"lfp", "nmc"}) {
    const auto read = loaded(chemistry);
    CHECK(read.name == chemistry);
    CHECK(read.chemistry == chemistry);
    std::size_t compared = 0;
    for (const auto& [of, name, unit, side, level_name, set, clear, set_ms, clear_ms, kept, actions,
                      period_ms, condition] : expected_rows) {
      if (of != chemistry && of != std::string("any")) continue;
      INFO(chemistry << " " << name << " " << level_name);
      const auto watched = std::ranges::find(read.candidates, std::string(name), &candidate::name);
      REQUIRE(watched != read.candidates.end());
      const auto each = std::ranges::find_if(watched->limits, [&, wanted = level_name](auto& one) {
        return to_string(one.level) == wanted;
      });
      REQUIRE(each != watched->limits.end());
      CHECK(watched->unit == unit);
      CHECK(to_string(watched->direction) == side);
      CHECK(watched->period_ms == std::stoul(period_ms));
      CHECK(each->set == std::stod(set));
      CHECK(each->clear == std::stod(clear));
      CHECK(each->set_ms == std::stoul(set_ms));
      CHECK(each->clear_ms == std::stoul(clear_ms));
      CHECK(to_string(each->latch) == kept);
      CHECK(actions_of(*each) == actions);
      CHECK(each->condition == condition);
      ++compared;
    }
    std::size_t limits = 0;
    for (const auto& watched : read.candidates) limits += watched.limits.size();
    CHECK(compared == limits);
    CHECK(read.candidates.front().name == "cell_overvoltage");
  }
}

TEST_CASE("F-155 a protection file that breaks a rule is refused with place and reason") {
  CHECK(findings_of(edited("", "")).empty());
  CHECK(findings_of(edited("unit = \"V\"", "unit = \"mV\"")) ==
        "f.toml:6:8: unit of cell_overvoltage must be 'V'\n");
  CHECK(findings_of(edited("\"high\"", "\"low\""))
            .find("f.toml:7:13: direction of cell_overvoltage must be 'high'\n") == 0);
  CHECK(findings_of(edited("unit = \"V\"\n", "")) ==
        "f.toml:5:1: unit of cell_overvoltage is missing\n");
  CHECK(findings_of(edited("clear = 3.50", "clear = 3.55")) ==
        "f.toml:10:11: cell_overvoltage.warning: clear must be below set\n");
  CHECK(findings_of(edited("clear = 3.50", "clear = 3.58")) ==
        "f.toml:10:11: cell_overvoltage.warning: clear must be below set\n");
  CHECK(findings_of(edited("set = 3.60", "set = 3.55")) ==
        "f.toml:11:9: cell_overvoltage.alarm: set must lie beyond the warning's\n");
  CHECK(findings_of(edited("[\"stop_charge\"]", "[\"derate_charge:60\"]")) ==
        "f.toml:11:9: cell_overvoltage.alarm: its actions are weaker than the warning's\n");
  CHECK(findings_of(edited("latch = \"user\"", "latch = \"none\"")) ==
        "f.toml:12:9: cell_overvoltage.fault: a fault without a latch needs a reason\n");
  CHECK(findings_of(edited("latch = \"user\"", "latch = \"none\", reason = \"a test\"")).empty());
  CHECK(findings_of(edited("set = 3.65", "set = 3.85")) ==
        "f.toml:12:9: cell_overvoltage.fault: 3.85 lies outside the envelope 3 to 3.8\n");
  CHECK(findings_of(edited("set = 3.65", "set = nan"))
            .find("f.toml:12:17: set must be a finite number\n") != std::string::npos);
  CHECK(findings_of(edited("[3.0, 3.8]", "[3.8, 3.0]")) ==
        "f.toml:9:12: envelope must be [minimum, maximum]\n");
  CHECK(findings_of(edited("[3.0, 3.8]", "3.8")) ==
        "f.toml:9:12: envelope must be [minimum, maximum]\n");
}

TEST_CASE("nothing suppresses a fault of a voltage, current or temperature") {
  const auto with_condition = [](const std::string& level, const std::string& condition) {
    const auto text = edited("", "");
    const auto line = text.find(level + " = {");
    const auto end = text.find(" }", line);
    return findings_of(text.substr(0, end) + ", condition = \"" + condition + "\"" +
                       text.substr(end));
  };
  constexpr const char* refused = "nothing may suppress a fault of a voltage or current";
  CHECK(with_condition("fault", "charging over 0.02 C").find(refused) != std::string::npos);
  CHECK(with_condition("fault", "soc between 15 and 95").find(refused) != std::string::npos);
  CHECK(with_condition("alarm", "soc between 15 and 95").empty());
  candidate hot;
  hot.name = "charge_overtemperature";
  for (const std::string unit : {"degC", "K", "V", "mV", "V per cell", "A", "ratio", "%"}) {
    for (const auto which : {level::alarm, level::fault, level::hard}) {
      CAPTURE(unit, to_string(which));
      hot.unit = unit;
      hot.limits.resize(1);
      hot.limits[0].level = which;
      hot.limits[0].set = 1;
      hot.limits[0].latch = latch::user;
      const bool is_free = unit == "%" || which == level::alarm;
      const bool is_warm = unit == "degC" || unit == "K";
      hot.limits[0].condition = "discharging over 0.02 C or above the discharge fault value";
      CHECK(mistakes_of(hot).empty() == (is_free || is_warm));
      hot.limits[0].condition = "charging over 0.02 C or current under 0.1 C";
      CHECK(mistakes_of(hot).empty() == is_free);
    }
  }
}

TEST_CASE("F-180 unknown, repeated, missing and mistyped keys of a protection file are refused") {
  CHECK(findings_of(edited("period_ms = 100", "period = 100")) ==
        "f.toml:5:1: period_ms of cell_overvoltage is missing\n"
        "f.toml:8:1: unknown key 'period', expected one of: unit, direction, period_ms, envelope, "
        "cascade, warning, alarm, fault, hard\n");
  CHECK(findings_of(edited("set_ms = 3000", "set_ms = -1")) ==
        "f.toml:10:48: set_ms must be a whole number from 0 to 1800000\n");
  CHECK(findings_of(edited("set_ms = 3000", "set_ms = 3000.0")) ==
        "f.toml:10:48: set_ms must be a whole number from 0 to 1800000\n");
  CHECK(findings_of(edited("set_ms = 3000, ", "")) ==
        "f.toml:10:11: set_ms of warning is missing\n");
  CHECK(findings_of(edited("\"none\"", "\"maybe\"")) ==
        "f.toml:10:79: latch must be 'none', 'user' or 'lock'\n");
  CHECK(findings_of(edited("\"derate_charge:50\"", "\"derate_charge:100\"")) ==
        "f.toml:10:98: unknown action 'derate_charge:100'\n");
  CHECK(findings_of(edited("\"derate_charge:50\"", "\"derate_charge\"")) ==
        "f.toml:10:98: unknown action 'derate_charge'\n");
  CHECK(findings_of(edited("\"derate_charge:50\"", "\"log\", \"log\"")) ==
        "f.toml:10:105: action 'log' stands twice\n");
  CHECK(findings_of(edited("[cell_overvoltage]", "[cell_overvoltages]")) ==
        "f.toml:5:2: unknown candidate 'cell_overvoltages', did you mean cell_overvoltage?\n");
  CHECK(findings_of(edited("name = \"lfp\"\n", "")) ==
        "f.toml:1:1: name of protection is missing\n");
  CHECK(findings_of("") == "f.toml:1:1: table [protection] is missing\n");
  CHECK(findings_of(edited("period_ms = 100", "unit = \"V\"")).find("f.toml:8:") == 0);
  CHECK(findings_of(edited("period_ms = 100", "period_ms = ")).find("f.toml:8:") == 0);
}

TEST_CASE("F-182 a protection file above 1 MB is refused unread") {
  const std::string huge(limits_file_bytes_max + 1, '#');
  CHECK(findings_of(huge) == "f.toml:1:1: longer than 1048576 bytes\n");
}

TEST_CASE("the reaction time is delay, evaluation, data period and margin") {
  const auto read = loaded("lfp");
  const auto& overvoltage = read.candidates.front();
  CHECK(reaction_ms(overvoltage, overvoltage.limits.at(2), 200) == 1320);
  CHECK(opens(overvoltage.limits.at(2)));
  CHECK_FALSE(opens(overvoltage.limits.at(1)));
}

TEST_CASE("a cascade is stated per candidate, and its levels wait for each other") {
  auto text = edited("period_ms = 100", "period_ms = 100\ncascade = true");
  auto read = load(text, "f.toml");
  REQUIRE(std::holds_alternative<table>(read));
  const auto& overvoltage = std::get<table>(read).candidates.front();
  CHECK(overvoltage.cascade);
  // Warning 3 s, alarm 2 s, fault 1 s, each with an evaluation.
  CHECK(reaction_ms(overvoltage, overvoltage.limits.at(0), 200) == 3'320);
  CHECK(reaction_ms(overvoltage, overvoltage.limits.at(1), 200) == 5'420);
  CHECK(reaction_ms(overvoltage, overvoltage.limits.at(2), 200) == 6'520);
  CHECK_FALSE(loaded("lfp").candidates.front().cascade);
  CHECK(findings_of(edited("period_ms = 100", "period_ms = 100\ncascade = 1")) ==
        "f.toml:9:11: cascade must be true or false\n");
}

} // namespace voltaic::messages::protection::limits_file_test
