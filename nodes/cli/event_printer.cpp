#include "nodes/cli/event_printer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <variant>

#include "messages/points/output.hpp"
#include "nodes/view/screen.hpp"

namespace voltaic::nodes::cli {

namespace {

namespace alarms = messages::alarms;

/// An explanation is as wide as what is printed above it mostly is.
constexpr int explanation_columns = 100;
constexpr int indent = 4;

std::string language_of_environment() {
  for (const auto* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return alarms::language_of(value);
  }
  return alarms::language_of({});
}

} // namespace

std::string event_words(const messages::event& said, const alarms::explanation& words) {
  auto sentence = messages::points::event_sentence(said);
  return words.text.empty() ? sentence : fmt::format("{} [{}]", words.text, sentence);
}

messages::expected<const alarms::alarm_texts*> texts_for(const std::string& language) {
  const auto known = alarms::languages();
  if (!language.empty() && std::ranges::find(known, language) == known.end())
    return messages::failure{
        fmt::format("--language {}: there are texts in {}", language, fmt::join(known, ", "))};
  return &alarms::texts_in(language.empty() ? language_of_environment() : language);
}

messages::expected<event_printer> event_printer::make(event_manner how) {
  const auto texts = texts_for(how.language);
  if (!texts) return texts.error();
  return event_printer(std::move(how), **texts);
}

void event_printer::print(const messages::message& said) const {
  const auto& event = std::get<messages::event>(said.payload);
  const auto utc_us = said.header.time.utc_us;
  auto words = texts_->of(event);
  if (how_.as_json) {
    if (!how_.explains) words = {.text = words.text};
    fmt::print("{}\n", messages::points::event_line(event, utc_us, words));
    return;
  }
  fmt::print("{}  {:<10} {:<10} {}\n", messages::points::utc_text(utc_us), event.kind,
             event.subject, event_words(event, words));
  if (how_.explains) print_explanation(words);
}

void event_printer::print_explanation(const alarms::explanation& words) const {
  const std::pair<std::string, const std::string*> parts[] = {
      {texts_->label("cause"), &words.cause},
      {texts_->label("consequence"), &words.consequence},
      {texts_->label("remedy"), &words.remedy}};
  int label_width = 0;
  for (const auto& part : parts) label_width = std::max(label_width, view::columns_of(part.first));
  const int begin = indent + label_width + 2;
  for (const auto& [label, text] : parts) {
    if (text->empty()) continue;
    auto shown = label;
    for (const auto& piece : view::wrapped(*text, explanation_columns - begin)) {
      const auto gap = begin - indent - view::columns_of(shown);
      fmt::print("{:{}}{}{:{}}{}\n", "", indent, shown, "", gap, piece);
      shown.clear();
    }
  }
}

void declare_language_option(command_options& app, std::string& to) {
  app.add_option("--language", to, "Of the texts, as en; else that of the environment")
      .type_name("LANGUAGE");
}

} // namespace voltaic::nodes::cli
