#include "messages/points/output.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "messages/points/catalogue.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::points {
namespace {

constexpr std::int64_t us_per_day = 86'400 * us_per_s;
/// Digits of numbers whose point is not at hand, as in events.
constexpr std::uint8_t event_decimals = 6;

/// Builds one object with the keys in the order in which they are put.
class object {
 public:
  object& raw(std::string_view key, std::string_view json) {
    text_ += text_.size() > 1 ? "," : "";
    text_ += json_text(key);
    text_ += ':';
    text_ += json;
    return *this;
  }
  object& text(std::string_view key, std::string_view value) { return raw(key, json_text(value)); }
  /// Left out when empty.
  object& maybe(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  object& number(std::string_view key, std::uint64_t value) {
    return raw(key, fmt::to_string(value));
  }
  object& integer(std::string_view key, std::int64_t value) {
    return raw(key, fmt::to_string(value));
  }
  object& real(std::string_view key, double value) {
    return raw(key, number_text(value, event_decimals));
  }
  /// null where there is none.
  object& real(std::string_view key, const std::optional<double>& value) {
    return value ? real(key, *value) : raw(key, "null");
  }
  object& texts(std::string_view key, const std::vector<std::string>& values) {
    std::string list = "[";
    for (const auto& value : values) list += (list.size() > 1 ? "," : "") + json_text(value);
    return raw(key, list + "]");
  }
  [[nodiscard]] std::string done() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

bool is_text(const point_state& point) {
  return point.description.raw_type == "text";
}

/// The name of a raw value, when the point names its values.
const std::string* name_of(const point_state& point, double value) {
  const auto& names = point.description.texts;
  if (names.empty() || !(value >= 0)) return nullptr;
  const auto index = static_cast<std::size_t>(std::llround(value));
  return index < names.size() ? &names[index] : nullptr;
}

std::string value_json(const point_state& point, std::size_t element) {
  if (point.element_quality[element] != quality::good) return "null";
  if (is_text(point)) return json_text(point.text);
  if (const auto* name = name_of(point, point.numbers[element])) return json_text(*name);
  return number_text(point.numbers[element], point.description.decimals);
}

std::string values_json(const point_state& point) {
  std::string list = "[";
  for (std::size_t i = 0; i < point.numbers.size(); ++i) {
    if (i > 0) list += ',';
    list += value_json(point, i);
  }
  return list + "]";
}

std::string bad_json(const point_state& point) {
  std::string list = "[";
  for (std::size_t i = 0; i < point.element_quality.size(); ++i) {
    const auto mark = point.element_quality[i];
    if (mark == quality::good) continue;
    if (list.size() > 1) list += ',';
    list += fmt::format(R"({{"index":{},"quality":"{}"}})", i, to_string(mark));
  }
  return list + "]";
}

/// Who asked for it, if anybody.
void put_cause(object& out, const event& event) {
  out.maybe("user", event.user).maybe("role", event.role).maybe("key", event.key);
}

/// The process that it is about, and how that ended.
void put_process(object& out, const event& event) {
  if (event.pid != 0) out.integer("pid", event.pid);
  if (event.signal != 0) out.number("signal", event.signal);
  if (event.exit_code >= 0) out.integer("exit_code", event.exit_code);
}

void put_protection(object& out, const event& event) {
  out.text("rack", event.subject).text("candidate", event.candidate).text("scope", event.scope);
  out.text("level", event.level).text("edge", event.edge);
  event.has_value ? out.real("value", event.value) : out.raw("value", "null");
  out.text("unit", event.unit).real("threshold", event.threshold).texts("actions", event.actions);
  out.number("sequence", event.sequence).number("first_out", event.first_out);
  out.maybe("code", event.code).maybe("limits_hash", event.limits_hash);
  out.maybe("reason", event.reason);
  put_cause(out, event);
}

void put_limits(object& out, const event& event) {
  out.text("rack", event.subject).real("charge_current_limit_a", event.charge_current_a);
  out.real("discharge_current_limit_a", event.discharge_current_a);
  out.real("charge_voltage_limit_v", event.charge_voltage_limit_v);
  out.real("discharge_voltage_limit_v", event.discharge_voltage_limit_v);
  out.real("charge_power_limit_w", event.charge_power_limit_w);
  out.real("discharge_power_limit_w", event.discharge_power_limit_w);
  out.texts("reasons", event.reasons);
  out.number("sequence", event.sequence);
}

void put_contactor(object& out, const event& event) {
  out.text("rack", event.subject).text("state", event.state).text("reason", event.reason);
  if (event.has_value) out.real("value", event.value).maybe("unit", event.unit);
  if (!event.reasons.empty()) out.texts("reasons", event.reasons);
  put_cause(out, event);
  out.number("sequence", event.sequence);
}

/// Commands and whatever else happens: everything that was said.
void put_other(object& out, const event& event) {
  out.maybe("subject", event.subject).maybe("code", event.code);
  out.maybe("candidate", event.candidate).maybe("scope", event.scope).maybe("level", event.level);
  out.maybe("edge", event.edge).maybe("state", event.state).maybe("reason", event.reason);
  put_process(out, event);
  if (event.has_value) out.real("value", event.value).maybe("unit", event.unit);
  if (!event.actions.empty()) out.texts("actions", event.actions);
  if (!event.reasons.empty()) out.texts("reasons", event.reasons);
  put_cause(out, event);
  out.number("sequence", event.sequence);
}

void put_event(object& out, const event& event) {
  out.text("kind", event.kind);
  if (event.kind == "protection") return put_protection(out, event);
  if (event.kind == "limits") return put_limits(out, event);
  if (event.kind == "contactor") return put_contactor(out, event);
  put_other(out, event);
}

/// `charge 140.0 A, discharge 70.0 A (cell_overvoltage/warning)`
std::string limits_sentence(const event& event) {
  auto text = fmt::format("charge {} A, discharge {} A",
                          number_text(event.charge_current_a, event_decimals),
                          number_text(event.discharge_current_a, event_decimals));
  if (!event.reasons.empty()) text += fmt::format(" ({})", fmt::join(event.reasons, ", "));
  return text;
}

} // namespace

std::string utc_text(std::int64_t utc_us) {
  std::int64_t days = utc_us / us_per_day;
  std::int64_t rest = utc_us % us_per_day;
  if (rest < 0) {
    rest += us_per_day;
    --days;
  }
  // Civil date of a day count, after Howard Hinnant's algorithm: eras of 400 years from March.
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::int64_t seconds = rest / us_per_s;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", year, month, day, seconds / 3600,
                     seconds / 60 % 60, seconds % 60, rest % us_per_s);
}

std::string value_text(const point_state& point, std::size_t element) {
  if (element >= point.element_quality.size() || point.element_quality[element] != quality::good) {
    return "-";
  }
  if (is_text(point)) return point.text;
  if (const auto* name = name_of(point, point.numbers[element])) return *name;
  return fixed_text(point.numbers[element], point.description.decimals);
}

std::string values_text(const point_state& point) {
  if (is_text(point) || point.numbers.size() < 2) return value_text(point);
  std::optional<std::size_t> least, greatest;
  for (std::size_t i = 0; i < point.numbers.size(); ++i) {
    if (point.element_quality[i] != quality::good) continue;
    if (!least || point.numbers[i] < point.numbers[*least]) least = i;
    if (!greatest || point.numbers[i] > point.numbers[*greatest]) greatest = i;
  }
  if (!least) return "-";
  return fmt::format("{}..{}", value_text(point, *least), value_text(point, *greatest));
}

bool has_age(const point_state& point) {
  return point.received && point.quality != quality::never;
}

std::string point_line(const point_state& point, std::int64_t now_utc_us) {
  const auto& about = point.description;
  object out;
  out.text("point", about.name).text("channel", about.channel).text("unit", about.unit);
  out.text("quality", to_string(point.quality));
  if (has_age(point)) {
    out.text("source_time", utc_text(point.source_time.utc_us));
    out.integer("age_ms", (now_utc_us - point.source_time.utc_us) / us_per_ms);
  } else {
    out.raw("source_time", "null").raw("age_ms", "null");
  }
  out.number("count", about.count);
  if (about.count == 1) {
    out.raw("value", value_json(point, 0));
  } else {
    out.raw("values", values_json(point));
    if (point.quality != quality::good) out.raw("bad", bad_json(point));
  }
  if (!point.missing.empty() || is_aggregate(about.name)) out.texts("missing", point.missing);
  return out.done();
}

std::string event_line(const event& event, std::int64_t utc_us, const alarms::explanation& words) {
  object out;
  out.text("utc", utc_text(utc_us)).text("node", event.node).text("boot", event.boot);
  out.text("id", event.id);
  put_event(out, event);
  out.text("text", words.text.empty() ? event_sentence(event) : words.text);
  out.maybe("cause", words.cause).maybe("consequence", words.consequence);
  out.maybe("remedy", words.remedy);
  return out.done();
}

std::string event_sentence(const event& event) {
  if (event.kind == "limits") return limits_sentence(event);
  std::string text;
  const auto add = [&](std::string_view part) {
    if (!part.empty()) text += fmt::format("{}{}", text.empty() ? "" : " ", part);
  };
  const bool is_command = event.kind == "command";
  add(event.code);
  if (event.pid != 0) add(fmt::format("process {}", event.pid));
  add(event.candidate);
  add(event.scope);
  if (!is_command) add(event.state);
  add(event.level);
  add(event.edge);
  if (event.has_value) add(number_text(event.value, event_decimals));
  if (event.has_value) add(event.unit);
  // What is judged by no number has no limit either: an exchanged device, an input.
  if (event.kind == "protection" && (event.has_value || event.threshold != 0))
    add("limit " + number_text(event.threshold, event_decimals));
  add(fmt::format("{}", fmt::join(event.actions, ", ")));
  if (is_command) add(event.state);
  if (!event.reason.empty()) text += fmt::format(": {}", event.reason);
  if (!event.reasons.empty()) text += fmt::format(" ({})", fmt::join(event.reasons, ", "));
  if (!event.user.empty()) text += fmt::format(", by {}", event.user);
  if (!event.role.empty()) text += fmt::format(" ({})", event.role);
  return text;
}

std::string simulated_event_line(const event& event, std::int64_t t_ms) {
  object out;
  out.integer("t_ms", t_ms);
  put_event(out, event);
  return out.done();
}

} // namespace voltaic::messages::points
