#include "messages/alarms/alarm_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "messages/protection/own_candidate.hpp"

namespace voltaic::messages::alarms {

namespace {

using nlohmann::json;

constexpr std::array sections = {section::protection, section::contactor, section::contactor_reason,
                                 section::limits,     section::system,    section::command};
constexpr std::array<std::pair<std::string_view, std::string explanation::*>, 4> fields = {{
    {"text", &explanation::text},
    {"cause", &explanation::cause},
    {"consequence", &explanation::consequence},
    {"remedy", &explanation::remedy},
}};
constexpr std::string_view levels_key = "levels";
constexpr std::string_view words_key = "words";
constexpr std::string_view language_key = "language";
/// Where a text takes another one in.
constexpr std::string_view gap = "{}";
/// The action of a level that demands an opening of a rack that nothing here can open.
constexpr std::string_view cannot_open = "cannot_open";

bool is_text(const json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}

std::string filled(std::string pattern, std::string_view with) {
  const auto at = pattern.find(gap);
  return at == std::string::npos ? pattern : pattern.replace(at, gap.size(), with);
}

std::string joined(std::string first, const std::string& second) {
  if (first.empty() || second.empty()) return first + second;
  return std::move(first) + " " + second;
}

/// Texts by name; what is wrong with them otherwise.
template <class Texts>
std::optional<std::string> read_texts(const json& from, Texts& to) {
  if (!from.is_object()) return "expected an object of texts";
  for (const auto& [name, value] : from.items()) {
    if (!is_text(value)) return fmt::format("{}: expected a text that is not empty", name);
    to[name] = value.template get<std::string>();
  }
  return std::nullopt;
}

/// What is wrong with an entry; nothing: it was read.
template <class Entry>
std::optional<std::string> read_entry(const json& from, Entry& to) {
  if (!from.is_object()) return "expected an object";
  for (const auto& [name, member] : fields) {
    const auto found = from.find(name);
    if (found == from.end() || !is_text(*found))
      return fmt::format("{}: expected a text that is not empty", name);
    to.words.*member = found->template get<std::string>();
  }
  for (const auto& [name, value] : from.items()) {
    const auto& known = name;
    const bool is_field =
        std::ranges::any_of(fields, [&](const auto& each) { return each.first == known; });
    if (is_field) continue;
    if (name != levels_key) return fmt::format("{}: unknown", name);
    if (auto wrong = read_texts(value, to.levels)) return fmt::format("{}: {}", levels_key, *wrong);
  }
  return std::nullopt;
}

} // namespace

expected<alarm_texts> alarm_texts::parse(std::string_view text, std::string_view file) {
  const auto read = json::parse(text, nullptr, false);
  if (!read.is_object()) return failure{fmt::format("{}: expected one JSON object", file)};
  alarm_texts made;
  for (const auto& [name, value] : read.items()) {
    if (name == language_key) continue;
    if (!value.is_object()) return failure{fmt::format("{}: {}: expected an object", file, name)};
    const bool is_section = std::ranges::find(sections, std::string_view(name)) != sections.end();
    if (!is_section && name != words_key)
      return failure{fmt::format("{}: {}: unknown section", file, name)};
    for (const auto& [key, content] : value.items()) {
      const auto wrong = is_section ? read_entry(content, made.sections_[name][key])
                                    : read_texts(content, made.words_[key]);
      if (wrong) return failure{fmt::format("{}: {}/{}: {}", file, name, key, *wrong)};
    }
  }
  return made;
}

const alarm_texts::entry* alarm_texts::find(std::string_view section, std::string_view name) const {
  const auto part = sections_.find(section);
  if (part == sections_.end()) return nullptr;
  const auto found = part->second.find(name);
  return found == part->second.end() ? nullptr : &found->second;
}

bool alarm_texts::has(std::string_view section, std::string_view name) const {
  return find(section, name) != nullptr;
}

std::string alarm_texts::word(std::string_view group, std::string_view name) const {
  const auto part = words_.find(group);
  if (part == words_.end()) return {};
  const auto found = part->second.find(name);
  return found == part->second.end() ? std::string() : found->second;
}

// "derate_charge:50" fills its percent into the words.
std::string alarm_texts::done_about(const event& said) const {
  std::string all;
  for (const auto& action : said.actions) {
    const auto colon = std::min(action.find(':'), action.size());
    const auto percent = action.substr(std::min(colon + 1, action.size()));
    all = joined(all, filled(word("action", action.substr(0, colon)), percent));
  }
  return all;
}

// Of a point that only this kind of rack has: all that is known is its name.
explanation alarm_texts::of_own(std::string_view candidate) const {
  const auto own = protection::parse_own(candidate);
  if (!own) return {};
  const bool is_high = own->direction == protection::direction::high;
  const auto* known = find(section::protection, is_high ? "own_point_high" : "own_point_low");
  if (known == nullptr) return {};
  auto words = known->words;
  std::string point(own->point);
  std::ranges::replace(point, '_', ' ');
  words.text = filled(words.text, point);
  return words;
}

explanation alarm_texts::of_candidate(std::string_view candidate, std::string_view level) const {
  const auto* known = find(section::protection, candidate);
  if (known == nullptr) return of_own(candidate);
  auto words = known->words;
  const auto own = known->levels.find(level);
  if (own != known->levels.end()) words.consequence = own->second;
  return words;
}

explanation alarm_texts::of_edge(const event& said, explanation words) const {
  if (auto now = word("edge_consequence", said.edge); !now.empty())
    words.consequence = std::move(now);
  if (const auto pattern = word("edge_remedy", said.edge); !pattern.empty())
    words.remedy = filled(pattern, words.remedy);
  return words;
}

explanation alarm_texts::of_protection(const event& said) const {
  auto words = of_candidate(said.candidate, said.level);
  if (words.text.empty()) return words;
  const auto pattern = word("edge", said.edge);
  if (!pattern.empty()) words.text = filled(pattern, words.text);
  // What was done belongs to the moment when it was.
  if (said.edge != "set") return of_edge(said, std::move(words));
  // Texts of levels that open say that the rack opens; this one stays as it is.
  const bool is_stuck = std::ranges::find(said.actions, cannot_open) != said.actions.end();
  words.consequence = is_stuck ? done_about(said) : joined(words.consequence, done_about(said));
  return words;
}

// "cell_overvoltage/fault module_1:cell_3", as protection withdraws its permit.
explanation alarm_texts::of_reason(std::string_view reason) const {
  if (const auto* own = find(section::contactor_reason, reason)) return own->words;
  const auto slash = std::min(reason.find('/'), reason.size());
  const auto level = reason.substr(std::min(slash + 1, reason.size()));
  return of_candidate(reason.substr(0, slash), level.substr(0, level.find(' ')));
}

// What happened is the state, why and what to do is told by the reason.
explanation alarm_texts::of_contactor(const event& said) const {
  const auto* state = find(section::contactor, said.state);
  if (state == nullptr) return {};
  auto words = state->words;
  const auto why = of_reason(said.reason);
  if (why.text.empty()) return words;
  words.text = fmt::format("{}: {}", words.text, why.text);
  words.cause = why.cause;
  words.consequence = joined(words.consequence, why.consequence);
  words.remedy = why.remedy;
  return words;
}

explanation alarm_texts::of(const event& said) const {
  if (said.kind == section::protection) return of_protection(said);
  if (said.kind == section::contactor) return of_contactor(said);
  const auto& state = said.state.empty() ? said.edge : said.state;
  const auto* found = find(said.kind, fmt::format("{}/{}", said.code, state));
  if (found == nullptr) found = find(said.kind, said.code);
  if (found == nullptr) found = find(said.kind, said.state);
  if (found == nullptr && said.kind == section::limits) found = find(said.kind, said.kind);
  return found == nullptr ? explanation() : found->words;
}

std::vector<std::string> alarm_texts::keys() const {
  std::vector<std::string> all;
  for (const auto& [part, names] : sections_) {
    for (const auto& [name, of] : names) {
      all.push_back(fmt::format("{}/{}", part, name));
      for (const auto& [level, text] : of.levels)
        all.push_back(fmt::format("{}/{}/{}/{}", part, name, levels_key, level));
    }
  }
  for (const auto& [group, names] : words_)
    for (const auto& [name, text] : names)
      all.push_back(fmt::format("{}/{}/{}", words_key, group, name));
  std::ranges::sort(all);
  return all;
}

} // namespace voltaic::messages::alarms
