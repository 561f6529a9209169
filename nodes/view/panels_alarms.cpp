#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "nodes/view/panels.hpp"

namespace voltaic::nodes::view {

namespace {

constexpr int clock_columns = 8;
/// What an alarm means stands below its rack.
constexpr int words_indent = 9;
/// A list that is cut says what the worst alarm means only from so many lines on.
constexpr std::size_t cut_explained_min = 4;

/// A level that only programs know apart is shown as what it is to people.
std::string level_text(const alarm& what) {
  auto text = what.level == "hard" ? std::string("fault") : what.level;
  std::ranges::transform(text, text.begin(), [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
  return text;
}

/// `module_1:cell_3` as "cell 1:3", as the list of racks has it, and `module_1:temperature_3` as
/// "sensor 1:3".
std::string place_text(const std::string& scope) {
  constexpr std::string_view module = "module_";
  constexpr std::pair<std::string_view, std::string_view> elements[] = {
      {":cell_", "cell"}, {":temperature_", "sensor"}};
  for (const auto& [between, name] : elements) {
    const auto at = scope.find(between);
    if (!scope.starts_with(module) || at == std::string::npos) continue;
    return fmt::format("{} {}:{}", name, scope.substr(module.size(), at - module.size()),
                       scope.substr(at + between.size()));
  }
  return scope;
}

/// Few digits: the point and its resolution are not at hand.
std::string value_text(double value, std::string_view unit) {
  return fmt::format("{:.5g}{}{} ", value, unit.empty() ? "" : " ", unit);
}

/// Columns of a list's racks and candidates, each with the space behind it.
struct alarm_columns {
  int rack = 9;
  int candidate = 19;
};

/// A candidate is the code by which people find an alarm again: it is told whole, and racks give
/// way, as does what stands at the end of the row.
alarm_columns columns_for(const std::vector<alarm>& alarms) {
  alarm_columns wanted;
  int rack = 1;
  for (const auto& each : alarms) {
    rack = std::max(rack, columns_of(each.rack) + 1);
    wanted.candidate = std::max(wanted.candidate, columns_of(each.candidate) + 1);
  }
  if (wanted.candidate > alarm_columns{}.candidate) wanted.rack = std::min(wanted.rack, rack);
  return wanted;
}

line alarm_row(const paper& on, const alarm& what, const alarm_columns& wide) {
  row text(on.columns, *on.signs);
  text.space().left(level_text(what), 8, look_of(what));
  text.left(clipped(what.rack, wide.rack - 1, *on.signs), wide.rack);
  text.left(clipped(what.candidate, wide.candidate - 1, *on.signs), wide.candidate);
  const auto place =
      what.places > 1 ? fmt::format("{} places", what.places) : place_text(what.scope);
  text.left(clipped(place, 12, *on.signs), 13);
  // What finds no room is left out whole: half a number is another one.
  const auto put = [&](const std::string& words, style look) {
    if (text.rest() >= columns_of(words)) text.put(words, look);
  };
  if (what.shelved) put("shelved ", style::label);
  if (what.acknowledged) put("ack ", style::label);
  if (what.places == 0) {
    put("latched ", style::warning);
  } else if (what.is_measured) {
    put(value_text(what.value, what.unit), style::plain);
    put("limit " + value_text(what.threshold, ""), style::label);
  } else {
    put(clipped(what.reason, std::max(text.rest() - clock_columns, 0), *on.signs), style::plain);
  }
  if (what.utc_us == 0 || text.rest() < clock_columns) return text.done();
  if (text.rest() > clock_columns) text.to(on.columns - clock_columns - 1);
  return text.put(clock_text(what.utc_us), style::label).done();
}

/// Which alarm is explained: the worst of the chosen rack, else the worst.
std::size_t explained_one(const std::vector<alarm>& alarms, std::string_view chosen_rack) {
  const auto own = std::ranges::find(alarms, chosen_rack, &alarm::rack);
  return own == alarms.end() ? 0 : static_cast<std::size_t>(own - alarms.begin());
}

/// "Cell voltage too high. Let the rack discharge a little. ..." in lines below its row.
std::vector<std::string> words_of(const paper& on, const alarm& what) {
  if (what.words.text.empty()) return {};
  return wrapped(fmt::format("{}. {}", what.words.text, what.words.remedy),
                 on.columns - words_indent - 1);
}

line words_row(const paper& on, std::string_view text, style look) {
  return row(on.columns, *on.signs).space(words_indent).put(text, look).done();
}

/// As many lines of the words as there is room for; the last one says where the rest is.
void put_words(std::vector<line>& into, const paper& on, const std::vector<std::string>& words,
               std::size_t room) {
  for (std::size_t i = 0; i < std::min(words.size(), room); ++i) {
    auto text = words[i];
    if (i + 1 == room && words.size() > room) {
      const auto rest = fmt::format(" {} key 3", on.signs->ellipsis);
      const int columns = on.columns - words_indent - columns_of(rest);
      text = wrapped(text, columns).front() + rest;
    }
    into.push_back(words_row(on, text, style::label));
  }
}

} // namespace

style look_of(const alarm& what) {
  return what.level == "warning" ? style::warning : style::alarm;
}

std::size_t alarm_lines_wanted(const paper& on, const std::vector<alarm>& alarms,
                               std::string_view chosen_rack) {
  if (alarms.empty()) return 1;
  return 1 + alarms.size() + words_of(on, alarms[explained_one(alarms, chosen_rack)]).size();
}

std::vector<line> alarm_lines(const paper& on, const std::vector<alarm>& alarms, std::size_t lines,
                              std::string_view chosen_rack) {
  if (lines == 0) return {};
  if (alarms.empty()) return {rule_line(on, "no alarms", style::label)};
  std::vector<line> result{rule_line(on, "alarms", look_of(alarms.front()))};
  const bool is_cut = alarms.size() > lines - 1;
  const std::size_t kept = is_cut && lines >= cut_explained_min ? 1 : 0;
  const auto shown = is_cut ? std::max<std::size_t>(lines - kept, 2) - 2 : alarms.size();
  const auto wide = columns_for(alarms);
  auto explained = explained_one(alarms, chosen_rack);
  if (explained >= shown) explained = 0;
  const auto room = is_cut ? kept : lines - 1 - shown;
  for (std::size_t i = 0; i < shown; ++i) {
    result.push_back(alarm_row(on, alarms[i], wide));
    if (i == explained) put_words(result, on, words_of(on, alarms[i]), room);
  }
  if (is_cut && lines > 1) result.push_back(more_row(on, alarms.size() - shown));
  return result;
}

std::vector<line> explained_alarm_lines(const paper& on, const std::vector<alarm>& alarms) {
  auto result = alarm_lines(on, {}, alarms.empty() ? 1 : 0, {});
  if (alarms.empty()) return result;
  result.push_back(rule_line(on, "alarms", look_of(alarms.front())));
  const auto wide = columns_for(alarms);
  for (const auto& one : alarms) {
    result.push_back(alarm_row(on, one, wide));
    const auto& words = one.words;
    for (const auto* part : {&words.text, &words.cause, &words.consequence, &words.remedy}) {
      if (part->empty()) continue;
      for (const auto& piece : wrapped(*part, on.columns - words_indent - 1))
        result.push_back(words_row(on, piece, part == &words.remedy ? style::plain : style::label));
    }
  }
  return result;
}

} // namespace voltaic::nodes::view
