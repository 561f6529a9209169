#include "messages/configuration/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "messages/configuration/compare_limits.hpp"
#include "messages/configuration/items.hpp"
#include "messages/configuration/text.hpp"

namespace voltaic::messages::configuration {
namespace {

effect effect_of(bool is_looser) {
  return is_looser ? effect::loosens : effect::harmless;
}

effect barring(bool is_looser) {
  return is_looser ? effect::replaces : effect::harmless;
}

effect judge(looser_when rule, double before, double after) {
  switch (rule) {
    case looser_when::higher:
      return effect_of(after > before);
    case looser_when::lower:
      return effect_of(after < before);
    case looser_when::higher_or_none:
      return effect_of(before > 0 && (after > before || after <= 0));
    case looser_when::structure:
      return effect::replaces;
    case looser_when::wired_higher:
      return barring(after > before);
    case looser_when::wired_raised:
      return barring(before > 0 && after > before);
    case looser_when::wired_lowered:
      return barring(before > 0 && after < before);
    case looser_when::wired_higher_or_none:
      return barring(before > 0 && (after > before || after <= 0));
    case looser_when::wired_lower_or_none:
      return barring(before > 0 && after < before);
    case looser_when::never:
      return effect::harmless;
    default:
      return effect::loosens;
  }
}

/// Each member of the former list is in the other one as it was.
bool has_all(std::string_view list, std::string_view former) {
  constexpr std::string_view between = "; ";
  const auto members = [&](std::string_view of) {
    std::vector<std::string_view> found;
    while (!of.empty()) {
      const auto end = std::min(of.find(between), of.size());
      found.push_back(of.substr(0, end));
      of.remove_prefix(std::min(end + between.size(), of.size()));
    }
    return found;
  };
  const auto known = members(list);
  return std::ranges::all_of(members(former), [&](std::string_view each) {
    return std::ranges::find(known, each) != known.end();
  });
}

/// A word that nobody knows stands last.
bool stands_behind(const std::string& word, const std::string& former) {
  return std::ranges::find(strictest_first, word) > std::ranges::find(strictest_first, former);
}

effect judge(looser_when rule, const std::string& before, const std::string& after) {
  if (rule == looser_when::structure) return effect::replaces;
  if (rule == looser_when::never) return effect::harmless;
  if (rule == looser_when::wired) return barring(!before.empty());
  if (rule == looser_when::wired_members) return barring(!has_all(after, before));
  if (rule == looser_when::wired_word)
    return barring(!before.empty() && stands_behind(after, before));
  if (rule == looser_when::taken_away) return effect_of(!before.empty());
  return effect_of(rule == looser_when::stated && !after.empty());
}

/// Where two curves could differ most: at their corners.
bool leaves_more(const protection::curve& before, const protection::curve& after) {
  const auto more_at = [&](const protection::corner& each) {
    return percent_at(after, each.at) > percent_at(before, each.at);
  };
  return std::ranges::any_of(before, more_at) || std::ranges::any_of(after, more_at);
}

std::string shown(double value) {
  return fmt::to_string(value);
}
std::string shown(const std::string& value) {
  return value;
}

/// Goes through the items of two configurations and keeps what is tighter.
class walk {
 public:
  explicit walk(const rack_configuration& after) { result_.tighter = after; }

  template <class Value>
  void item(std::string_view name, looser_when rule, const Value& before, Value& kept) {
    if (before == kept) return;
    const auto means = judge(rule, before, kept);
    result_.changes.push_back({std::string(name), shown(before), shown(kept), means});
    if (means != effect::harmless) kept = before;
  }

  void curve(std::string_view name, const protection::curve& before, protection::curve& kept) {
    if (before == kept) return;
    const bool is_looser = leaves_more(before, kept);
    result_.changes.push_back(
        {fmt::format("derating/{}", name), text_of(before), text_of(kept), effect_of(is_looser)});
    if (is_looser) kept = before;
  }

  comparison& result() { return result_; }

 private:
  comparison result_;
};

std::string_view note_of(effect what) {
  if (what == effect::loosens) return " (loosens)";
  return what == effect::replaces ? " (not closed before that is approved)" : "";
}

} // namespace

std::string to_string(const change& of) {
  const auto or_nothing = [](const std::string& text) { return text.empty() ? "nothing" : text; };
  return fmt::format("{}: {} -> {}{}", of.item, or_nothing(of.before), or_nothing(of.after),
                     note_of(of.effect));
}

std::vector<change> comparison::to_approve() const {
  std::vector<change> found;
  std::ranges::copy_if(changes, std::back_inserter(found),
                       [](const change& each) { return each.effect != effect::harmless; });
  return found;
}

comparison compare(const rack_configuration& before, const rack_configuration& after) {
  walk all(after);
  auto& kept = all.result().tighter;
  for (const auto& [name, value, rule, known] : text_items)
    all.item(name, rule, before.*value, kept.*value);
  for (const auto& [name, value, rule, known] : number_items)
    all.item(name, rule, before.*value, kept.*value);
  for (const auto& [name, pair, side] : curve_items)
    all.curve(name, before.derating.*pair.*side, kept.derating.*pair.*side);
  for (const auto& [name, value, rule, known] : derating_items)
    all.item(fmt::format("derating/{}", name), rule, before.derating.*value, kept.derating.*value);
  kept.limits = compare_limits(before.limits, after.limits, all.result().changes);
  return std::move(all.result());
}

} // namespace voltaic::messages::configuration
