#include "messages/configuration/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "messages/configuration/items.hpp"
#include "messages/configuration/profile_words.hpp"
#include "messages/digest.hpp"
#include "messages/protection/override.hpp"
#include "messages/toml_text.hpp"

namespace voltaic::messages::configuration {
namespace {

constexpr const char* whose = "configuration";

/// A TOML basic string: JSON escapes the same way.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump();
}

std::string text_of(const protection::limit& of) {
  std::vector<std::string> actions;
  for (const auto& each : of.actions) actions.push_back(quoted(to_string(each)));
  auto text = fmt::format(
      "{} = {{ set = {}, clear = {}, set_ms = {}, clear_ms = {}, latch = \"{}\", actions = [{}]",
      to_string(of.level), of.set, of.clear, of.set_ms, of.clear_ms, to_string(of.latch),
      fmt::join(actions, ", "));
  if (!of.condition.empty()) text += ", condition = " + quoted(of.condition);
  if (!of.reason.empty()) text += ", reason = " + quoted(of.reason);
  return text + " }\n";
}

std::string text_of(const protection::candidate& of) {
  const bool is_bare = of.name.find('/') == std::string::npos;
  auto text =
      fmt::format("\n[{}]\nunit = {}\ndirection = \"{}\"\nperiod_ms = {}\nenvelope = [{}, {}]\n",
                  is_bare ? of.name : quoted(of.name), quoted(of.unit), to_string(of.direction),
                  of.period_ms, of.minimum, of.maximum);
  // Said only where it is so: what was approved before there was the key keeps its hash.
  if (of.cascade) text += "cascade = true\n";
  for (const auto& each : of.limits) text += text_of(each);
  return text;
}

/// Takes items out of what was parsed; what is left over at the end is not known.
class reader {
 public:
  explicit reader(toml::table root) : root_(std::move(root)) {}

  expected<rack_configuration> read() {
    rack_configuration made;
    toml::table rack = table("rack");
    for (const auto& [name, value, rule, known] : text_items)
      if (is_there(rack, name, known)) made.*value = text(rack, name);
    for (const auto& [name, value, rule, known] : number_items)
      if (is_there(rack, name, known)) made.*value = number(rack, name);
    toml::table derating = table("derating");
    for (const auto& [name, pair, side] : curve_items)
      made.derating.*pair.*side = curve(derating, name);
    for (const auto& [name, value, rule, known] : derating_items)
      made.derating.*value = number(derating, name);
    for (const auto* rest : {&rack, &derating})
      if (!rest->empty()) refuse(fmt::format("unknown key {}", rest->begin()->first.str()));
    if (!mistake_.empty()) return failure{mistake_};
    auto limits = protection::load_parsed(root_, whose);
    if (const auto* found = std::get_if<findings>(&limits)) return failure{found->front().text};
    made.limits = std::get<protection::table>(std::move(limits));
    return made;
  }

 private:
  void refuse(std::string why) {
    if (mistake_.empty()) mistake_ = std::move(why);
  }

  static bool is_there(const toml::table& in, std::string_view name, since known) {
    return known == since::start || in.contains(name);
  }

  toml::table table(std::string_view name) {
    const auto* found = root_.get_as<toml::table>(name);
    if (found == nullptr) {
      refuse(fmt::format("[{}] is missing", name));
      return {};
    }
    auto taken = *found;
    root_.erase(name);
    return taken;
  }

  std::string text(toml::table& from, std::string_view key) {
    const auto* found = from.get_as<std::string>(key);
    if (found == nullptr) {
      refuse(fmt::format("{} must be a text", key));
      return {};
    }
    auto value = found->get();
    from.erase(key);
    return value;
  }

  double number(toml::table& from, std::string_view key) {
    const auto found = from[key].is_number() ? from[key].value<double>() : std::nullopt;
    if (!found || !std::isfinite(*found)) refuse(fmt::format("{} must be a number", key));
    from.erase(key);
    return found.value_or(0);
  }

  protection::curve curve(toml::table& from, std::string_view key) {
    protection::curve made;
    const auto* list = from.get_as<toml::array>(key);
    if (list == nullptr || list->size() > protection::corners_max) {
      refuse(fmt::format("{} must be a curve", key));
      return {};
    }
    for (const auto& each : *list) {
      const auto* pair = each.as_array();
      const auto at = [&](std::size_t index) { return pair->get(index)->value<double>(); };
      if (pair == nullptr || pair->size() != 2 || !at(0) || !at(1)) {
        refuse(fmt::format("{} must be a curve", key));
        return {};
      }
      made.push_back({*at(0), *at(1)});
    }
    from.erase(key);
    return made;
  }

  toml::table root_;
  std::string mistake_;
};

} // namespace

std::string text_of(const protection::curve& of) {
  std::vector<std::string> corners;
  for (const auto& [at, percent] : of) corners.push_back(fmt::format("[{}, {}]", at, percent));
  return fmt::format("[{}]", fmt::join(corners, ", "));
}

std::string canonical_text(const rack_configuration& of) {
  std::string text = "[rack]\n";
  for (const auto& [name, value, rule, known] : text_items)
    text += fmt::format("{} = {}\n", name, quoted(of.*value));
  for (const auto& [name, value, rule, known] : number_items)
    text += fmt::format("{} = {}\n", name, of.*value);
  text += "\n[derating]\n";
  for (const auto& [name, pair, side] : curve_items)
    text += fmt::format("{} = {}\n", name, text_of(of.derating.*pair.*side));
  for (const auto& [name, value, rule, known] : derating_items)
    text += fmt::format("{} = {}\n", name, of.derating.*value);
  text += fmt::format("\n[protection]\nname = {}\nchemistry = {}\n", quoted(of.limits.name),
                      quoted(of.limits.chemistry));
  for (const auto& each : of.limits.candidates) text += text_of(each);
  return text;
}

expected<rack_configuration> read_configuration(std::string_view text) {
  auto parsed = parse_toml(text, whose);
  if (const auto* mistake = std::get_if<finding>(&parsed)) return failure{mistake->text};
  return reader(std::get<toml::table>(std::move(parsed))).read();
}

std::string content_hash(std::string_view text) {
  return fmt::format("{:016x}", digest_of(text));
}

std::string profile_content_hash(std::string_view profile) {
  return content_hash(profile_words(profile));
}

} // namespace voltaic::messages::configuration
