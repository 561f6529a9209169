#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "conformance/judge.hpp"
#include "messages/inverter/codec.hpp"
#include "messages/inverter/load_inverter.hpp"

namespace voltaic::conformance {
namespace {

using namespace messages::inverter;

// The profiles of which the first that has an identifier says what its frame means.
constexpr std::array profile_files = {"victron.json",  "pylontech_lv.json", "sma_sunny_island.json",
                                      "discover.json", "pytes.json",        "pylontech_hv.json"};

// What vectors call an item, where it is not our name. A key's unit is cut off before.
struct alias {
  std::string_view key;
  std::string_view item;
};
constexpr std::array aliases = {
    alias{"charge_voltage", "charge_voltage_limit"},
    alias{"max_charge_voltage", "charge_voltage_limit"},
    alias{"discharge_voltage", "discharge_voltage_limit"},
    alias{"min_discharge_voltage", "discharge_voltage_limit"},
    alias{"charge_current", "charge_current_limit"},
    alias{"max_charge_current", "charge_current_limit"},
    alias{"discharge_current", "discharge_current_limit"},
    alias{"max_discharge_current", "discharge_current_limit"},
    alias{"soc_hires", "soc_fine"},
    alias{"hires_soc", "soc_fine"},
    alias{"soc_high_res", "soc_fine"},
    alias{"state_of_charge", "soc"},
    alias{"state_of_health", "soh"},
    alias{"battery_voltage", "voltage"},
    alias{"battery_current", "current"},
    alias{"battery_temperature", "temperature"},
    alias{"temp", "temperature"},
    alias{"nominal_capacity", "capacity"},
    alias{"installed_capacity", "capacity"},
    alias{"battery_capacity", "capacity"},
    alias{"online_capacity", "capacity"},
    alias{"firmware", "firmware_version"},
    alias{"chemistry", "battery_type"},
    alias{"modules_online", "modules_ok"},
    alias{"modules_blocked_charge", "modules_blocking_charge"},
    alias{"modules_blocked_discharge", "modules_blocking_discharge"},
    alias{"min_cell_voltage", "cell_voltage_min"},
    alias{"max_cell_voltage", "cell_voltage_max"},
    alias{"min_cell", "cell_voltage_min"},
    alias{"max_cell", "cell_voltage_max"},
    alias{"min_temperature", "cell_temperature_min"},
    alias{"max_temperature", "cell_temperature_max"},
    alias{"min_temp", "cell_temperature_min"},
    alias{"max_temp", "cell_temperature_max"},
    alias{"min_cell_temperature", "cell_temperature_min"},
    alias{"max_cell_temperature", "cell_temperature_max"},
    alias{"manufacturer_name", "manufacturer"},
    alias{"battery_name", "name"},
    alias{"model", "name"},
    alias{"serial", "serial_number"},
    alias{"number_of_modules", "module_count"},
    alias{"modules", "module_count"},
    alias{"charge_enabled", "charge_enable"},
    alias{"discharge_enabled", "discharge_enable"},
    alias{"force_charge_1", "force_charge"},
    alias{"force_charge_2", "force_charge_slow"},
    alias{"request_full_charge", "full_charge_request"},
    alias{"full_charge", "full_charge_request"},
    alias{"high_temp_charge", "high_temperature_charge"},
    alias{"low_temp_charge", "low_temperature_charge"},
    alias{"high_temp", "high_temperature"},
    alias{"low_temp", "low_temperature"},
};

// The unit at the end of a key: what a number in ours is there.
struct unit {
  std::string_view suffix;
  double factor = 1;
  double offset = 0;
};
constexpr std::array units = {
    unit{"_mV", 1e3}, unit{"_kWh", 1e-3}, unit{"_Wh"}, unit{"_pct"},         unit{"_Ah"},
    unit{"_V"},       unit{"_A"},         unit{"_C"},  unit{"_K", 1, 273.0}, unit{"_raw"},
};

struct wanted {
  std::optional<item> which;
  conformance::unit unit;
};

std::optional<item> item_of_key(std::string_view key) {
  const auto known = std::ranges::find(aliases, key, &alias::key);
  return find_item(known == aliases.end() ? key : known->item);
}

wanted find_wanted(std::string_view key) {
  for (const auto& each : units) {
    if (!key.ends_with(each.suffix)) continue;
    return {item_of_key(key.substr(0, key.size() - each.suffix.size())), each};
  }
  return {item_of_key(key), {}};
}

inverter_profile load(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto loaded = load_inverter_profile(text, path.string());
  if (const auto* wrong = std::get_if<messages::findings>(&loaded))
    throw std::runtime_error(wrong->empty() ? "no profile" : wrong->front().text);
  return std::get<inverter_profile>(std::move(loaded));
}

const std::vector<inverter_profile>& profiles() {
  static const auto loaded = [] {
    std::vector<inverter_profile> all;
    for (const auto* name : profile_files)
      all.push_back(load(std::filesystem::path(VOLTAIC_INVERTER_PROFILES) / name));
    return all;
  }();
  return loaded;
}

struct place {
  const inverter_profile* profile = nullptr;
  const frame_layout* layout = nullptr;
};

place find_layout(const messages::can::frame& frame) {
  const identifier id{frame.id, frame.extended};
  for (const auto& profile : profiles())
    for (const auto* list : {&profile.frames, &profile.received})
      for (const auto& layout : *list)
        if (layout.id == id) return {&profile, &layout};
  return {};
}

const field* find_field(const frame_layout& layout, item which) {
  const auto found = std::ranges::find_if(layout.fields, [&](const field& each) {
    return each.what != field::kind::constant && each.item == which;
  });
  return found == layout.fields.end() ? nullptr : &*found;
}

// These protocols count a charging current as positive, we a discharging one.
double sign_of(item which) {
  return which == item_of("current") ? -1 : 1;
}

json active_of(const payload& values, std::string_view prefix) {
  json names = json::array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto name = items[i].name;
    if (name.starts_with(prefix) && values.flag(static_cast<item>(i)) == true)
      names.push_back(name.substr(prefix.size()));
  }
  return names.empty() ? json("none") : names;
}

json value_of(const place& at, const payload& values, std::string_view key) {
  if (key == "alarms") return active_of(values, "alarm_");
  if (key == "warnings") return active_of(values, "warning_");
  const auto asked = find_wanted(key);
  if (!asked.which) return nullptr;
  if (const auto number = values.number(*asked.which)) {
    const auto* where = find_field(*at.layout, *asked.which);
    if (asked.unit.suffix == "_raw" && where != nullptr)
      return *number / where->scale + static_cast<double>(where->raw_offset);
    return *number * sign_of(*asked.which) * asked.unit.factor + asked.unit.offset;
  }
  if (const auto flag = values.flag(*asked.which)) return *flag;
  if (const auto* text = std::get_if<std::string>(&values.at(*asked.which))) return *text;
  return nullptr;
}

std::optional<json> judge_decode(const json& input, const json& expected) {
  const auto frame =
      frame_of(input.at("id").get<std::string>(), input.at("data").get<std::string>());
  const auto at = find_layout(frame);
  if (at.layout == nullptr) return std::nullopt;
  payload values;
  if (!decode({at.layout, 1}, at.profile->options, frame, values)) return json{{"accepted", false}};
  json got = json::object();
  for (const auto& [key, value] : expected.items()) got[key] = value_of(at, values, key);
  return got;
}

// "general_alarm", "alarm_contactor", "high_voltage", "high_voltage_warning".
std::optional<item> alarm_of_key(std::string key) {
  std::string prefix = "alarm_";
  for (const std::string word : {"alarm", "warning", "warn"}) {
    const bool is_warning = word != "alarm";
    if (key.starts_with(word + "_")) {
      key.erase(0, word.size() + 1);
      prefix = is_warning ? "warning_" : "alarm_";
    } else if (key.ends_with("_" + word)) {
      key.erase(key.size() - word.size() - 1);
      prefix = is_warning ? "warning_" : "alarm_";
    }
  }
  const auto known = std::ranges::find(aliases, key, &alias::key);
  return find_item(prefix + (known == aliases.end() ? key : std::string(known->item)));
}

std::optional<json> judge_alarms(const json& input, const json& expected) {
  const auto frame =
      frame_of(input.at("id").get<std::string>(), input.at("data").get<std::string>());
  const auto at = find_layout(frame);
  if (at.layout == nullptr) return std::nullopt;
  payload values;
  static_cast<void>(decode({at.layout, 1}, at.profile->options, frame, values));
  json got = {{"length", frame.length}};
  for (const auto& [key, value] : expected.items()) {
    const auto which = alarm_of_key(key);
    if (!which || key == "length") continue;
    const auto flag = values.flag(*which);
    // Each source has its own word for what is active.
    const bool is_active_word = value == "active" || value == "warning" || value == "on";
    const json active = is_active_word ? value : json("alarm");
    got[key] = !flag ? json("n/a") : *flag ? active : json("ok");
  }
  return got;
}

payload payload_of(const json& input) {
  payload values;
  for (const auto& [key, value] : input.items()) {
    const auto asked = find_wanted(key);
    if (!asked.which || key == "id") continue;
    if (value.is_number())
      values.set(*asked.which, (value.get<double>() - asked.unit.offset) / asked.unit.factor *
                                   sign_of(*asked.which));
    else if (value.is_boolean())
      values.set(*asked.which, value.get<bool>());
    else if (value.is_string())
      values.set(*asked.which, value.get<std::string>());
  }
  return values;
}

std::optional<json> judge_encode(const json& input, const json& /*expected*/) {
  const auto at = find_layout(frame_of(input.at("id").get<std::string>(), ""));
  if (at.layout == nullptr) return std::nullopt;
  const auto made = encode(*at.layout, at.profile->options, payload_of(input));
  if (!made) return json{{"sent", false}};
  return json{{"sent", true}, {"data", hex_of({made->data.data(), made->length})}};
}

constexpr std::array kinds = {
    kind{"invcan.decode", judge_decode},
    kind{"invcan.decode_alarms", judge_alarms},
    kind{"invcan.encode", judge_encode},
    kind{"invcan.encode_skip", judge_encode},
};

} // namespace

std::span<const kind> inverter_kinds() {
  return kinds;
}

} // namespace voltaic::conformance
