#include "messages/dbc/attribute_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace voltaic::messages::dbc {

message& draft_reader::of_identifier(const token& here, std::uint32_t id) {
  const auto known = positions_.find(id);
  if (known == positions_.end())
    throw refusal{here, fmt::format("no message has the identifier {}", id)};
  return made_.database.messages[known->second];
}

signal* draft_reader::find_signal(message& in, std::string_view name_) {
  const auto known =
      std::ranges::find_if(in.signals, [&](const signal& one) { return one.name == name_; });
  return known == in.signals.end() ? nullptr : &*known;
}

bool draft_reader::is_of_nobody(std::uint32_t id) {
  if (id != independent_signals_id) return false;
  pass_over();
  return true;
}

signal& draft_reader::signal_of(message& in, const token& here, std::string_view name_) {
  if (auto* known = find_signal(in, name_)) return *known;
  throw refusal{here, fmt::format("{} has no signal {}", in.name, name_)};
}

void attribute_reader::comment() {
  const auto about = peek().type == token::kind::word ? next().content : std::string_view();
  if (about == "BU_" || about == "EV_") {
    static_cast<void>(name("what the comment is about"));
    static_cast<void>(text());
  } else if (about == "BO_" || about == "SG_") {
    const auto& here = peek();
    const auto id = identifier();
    if (is_of_nobody(id)) return;
    auto& to = of_identifier(here, id);
    std::string& place_ = about == "BO_" ? to.comment : signal_comment(to);
    place_ = text();
  } else if (!about.empty()) {
    throw refusal{last(), fmt::format("a comment about {} is not known", about)};
  } else {
    static_cast<void>(text());
  }
  want_end();
}

std::string& attribute_reader::signal_comment(message& in) {
  const auto& here = peek();
  return signal_of(in, here, name("the signal's name")).comment;
}

void attribute_reader::attribute_definition() {
  const bool is_about = peek().type == token::kind::word;
  if (is_about) next();
  const auto attribute_name = text();
  const auto kind = name("the attribute's type");
  auto& words = enumerations_[attribute_name];
  words.clear();
  while (kind == "ENUM" && peek().type == token::kind::text) {
    words.push_back(text());
    if (!take(',')) break;
  }
  pass_over();
}

std::variant<double, std::string> attribute_reader::attribute_value(const std::string& of) {
  if (peek().type == token::kind::text) return text();
  const double value = number();
  const auto known = enumerations_.find(of);
  const bool is_word = known != enumerations_.end() && value >= 0 &&
                       value < static_cast<double>(known->second.size());
  if (is_word) return known->second[static_cast<std::size_t>(value)];
  return value;
}

void attribute_reader::attribute_default() {
  const auto attribute_name = text();
  auto value = attribute_value(attribute_name);
  want_end();
  constexpr std::string_view of_messages[] = {"GenMsgCycleTime", "VFrameFormat"};
  if (std::ranges::find(of_messages, attribute_name) != std::end(of_messages))
    made_.database.said["default " + attribute_name] = std::move(value);
}

void attribute_reader::attribute() {
  const auto attribute_name = text();
  auto* to = &made_.database.said;
  attributes unused;
  const auto about = peek().type == token::kind::word ? next().content : std::string_view();
  if (about == "BU_" || about == "EV_") {
    static_cast<void>(name("a name"));
    to = &unused;
  } else if (about == "BO_" || about == "SG_") {
    const auto& here = peek();
    const auto id = identifier();
    if (is_of_nobody(id)) return;
    auto& of = of_identifier(here, id);
    const auto& signal_place = peek();
    to = about == "BO_" ? &of.said : &signal_of(of, signal_place, name("a signal's name")).said;
  } else if (!about.empty()) {
    throw refusal{last(), fmt::format("an attribute of {} is not known", about)};
  }
  (*to)[attribute_name] = attribute_value(attribute_name);
  want_end();
}

void attribute_reader::attribute_relation() {
  relation made;
  made.attribute = text();
  const auto kind = name("BU_SG_REL_, BU_BO_REL_ or BU_EV_REL_");
  made.node = name("a node's name");
  if (kind == "BU_SG_REL_") {
    if (name("SG_") != "SG_") throw refusal{last(), "expected SG_"};
    static_cast<void>(identifier());
    made.signal = name("a signal's name");
  } else {
    static_cast<void>(name("a name or an identifier"));
  }
  made.value = attribute_value(made.attribute);
  want_end();
  made_.database.relations.push_back(std::move(made));
}

void attribute_reader::value_texts() {
  const auto& here = peek();
  if (here.type == token::kind::word) { // of an environment variable
    pass_over();
    return;
  }
  const auto id = identifier();
  if (is_of_nobody(id)) return;
  auto& in = of_identifier(here, id);
  const auto& signal_place = peek();
  auto& to = signal_of(in, signal_place, name("a signal's name"));
  std::vector<value_text> texts;
  while (peek().type == token::kind::number) {
    const auto value = integer();
    texts.push_back({value, text()});
  }
  to.texts = std::move(texts);
  want_end();
}

} // namespace voltaic::messages::dbc
