#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "messages/dbc/attribute_reader.hpp"
#include "messages/dbc/draft.hpp"
#include "messages/dbc/tokens.hpp"

namespace voltaic::messages::dbc {
namespace {

constexpr std::uint32_t extended_bit = 0x8000'0000;
constexpr std::string_view nobody = "Vector__XXX";
/// Signals of one message; more than any real one has by far.
constexpr std::size_t signals_max = 16'384;
/// Statements of the format that say nothing about what is on the wire.
constexpr std::array ignored = {
    std::string_view("BS_"),         std::string_view("ENVVAR_DATA_"),
    std::string_view("EV_DATA_"),    std::string_view("SGTYPE_"),
    std::string_view("SGTYPE_VAL_"), std::string_view("BA_DEF_SGTYPE_"),
    std::string_view("BA_SGTYPE_"),  std::string_view("SIG_TYPE_REF_"),
    std::string_view("SIG_GROUP_"),  std::string_view("SIGTYPE_VALTYPE_"),
    std::string_view("CAT_DEF_"),    std::string_view("CAT_"),
    std::string_view("FILTER"),      std::string_view("NS_DESC_"),
    std::string_view("VAL_TABLE_"),  std::string_view("BA_DEF_REL_"),
    std::string_view("SIG_GROUP"),   std::string_view("BA_DEF_DEF_REL_")};

class reader final : attribute_reader {
 public:
  reader(const std::vector<token>& tokens, defect_list& found)
      : attribute_reader(tokens), found_(found) {}

  draft all() {
    while (peek().type != token::kind::end) statement();
    return std::move(made_);
  }

 private:
  using action = void (reader::*)();

  void statement() {
    const auto first = position();
    const auto& here = peek();
    const auto known = here.type == token::kind::word ? find(here.content) : nullptr;
    if (known == nullptr || !here.begins_line) {
      found_.add(here.line, here.column,
                 fmt::format("expected a statement such as BO_, got {}", shown(here)));
      resume(first + 1);
      return;
    }
    ++made_.statements;
    try {
      next();
      (this->*known)();
    } catch (const refusal& why) {
      found_.add(why.at.line, why.at.column, fmt::format("{}: {}", here.content, why.text));
      resume(std::max(position(), first + 1));
    }
  }

  /// Goes to the next line that begins with a statement.
  void resume(std::size_t from) {
    go_to(from);
    while (peek().type != token::kind::end) {
      const auto& here = peek();
      if (here.begins_line && here.type == token::kind::word && find(here.content) != nullptr)
        return;
      next();
    }
  }

  static action find(std::string_view keyword) {
    static const std::unordered_map<std::string_view, action> all = {
        {"VERSION", &reader::version},
        {"NS_", &reader::keywords},
        {"BU_", &reader::nodes},
        {"BO_", &reader::message_head},
        {"SG_", &reader::signal_line},
        {"BO_TX_BU_", &reader::senders},
        {"EV_", &reader::environment_variable},
        {"CM_", &reader::comment},
        {"BA_DEF_", &reader::attribute_definition},
        {"BA_DEF_DEF_", &reader::attribute_default},
        {"BA_", &reader::attribute},
        {"BA_REL_", &reader::attribute_relation},
        {"VAL_", &reader::value_texts},
        {"SIG_VALTYPE_", &reader::float_type},
        {"SG_MUL_VAL_", &reader::extended_multiplexing},
    };
    const auto known = all.find(keyword);
    if (known != all.end()) return known->second;
    return std::ranges::find(ignored, keyword) != ignored.end() ? &reader::pass_over : nullptr;
  }

  /// To the end of a statement of no interest, which some have without a semicolon.
  void pass_over() override {
    while (peek().type != token::kind::end) {
      const auto& here = peek();
      if (here.begins_line && here.type == token::kind::word && find(here.content) != nullptr)
        return;
      next();
    }
  }

  void version() { made_.database.version = text(); }

  /// Each keyword has a line of its own; the first line that is more ends the list.
  void keywords() {
    want(':');
    while (peek().type == token::kind::word && peek(1).begins_line) next();
  }

  void nodes() {
    want(':');
    while (peek().type == token::kind::word && (!peek().begins_line || !find(peek().content))) {
      auto one = name("a node's name");
      if (one != nobody) made_.database.nodes.push_back(std::move(one));
    }
  }

  void message_head() {
    current_ = none;
    message made;
    made.line = peek().line;
    const auto id = identifier();
    made.name = name("the message's name");
    want(':');
    constexpr std::uint32_t length_max = 1'785; // what J1939 can transport
    made.length = small(length_max);
    if (!peek().begins_line && peek().type == token::kind::word) {
      auto sender = name("the sender");
      if (sender != nobody) made.senders.push_back(std::move(sender));
    }
    skips_ = id == independent_signals_id;
    if (skips_) return;
    made.extended = (id & extended_bit) != 0;
    made.id = id & ~extended_bit;
    const auto position = made_.database.messages.size();
    if (!positions_.try_emplace(id, position).second) {
      skips_ = true;
      throw refusal{last(),
                    fmt::format("a message with the identifier {} stands in line {} already", id,
                                made_.database.messages[positions_.at(id)].line)};
    }
    made_.database.messages.push_back(std::move(made));
    made_.marks.emplace_back();
    current_ = position;
  }

  void signal_line() {
    if (skips_) {
      pass_over();
      return;
    }
    if (current_ == none) throw refusal{peek(), "a signal without a message"};
    auto& to = made_.database.messages[current_];
    signal made;
    made.line = peek().line;
    made.name = name("the signal's name");
    const auto marked = multiplexer_mark(made);
    want(':');
    place(made);
    scaling(made);
    made.unit = text();
    while (!peek().begins_line && peek().type != token::kind::end) {
      if (take(',')) continue;
      auto one = name("a receiver");
      if (one != nobody) made.receivers.push_back(std::move(one));
    }
    const bool is_known = std::ranges::any_of(
        to.signals, [&](const signal& other) { return other.name == made.name; });
    if (is_known)
      throw refusal{last(), fmt::format("{} has a signal {} already", to.name, made.name)};
    if (to.signals.size() >= signals_max) throw refusal{peek(), "too many signals in a message"};
    to.signals.push_back(std::move(made));
    made_.marks[current_].push_back(marked);
  }

  mark multiplexer_mark(signal& of) {
    mark made;
    if (peek().is(':')) return made;
    auto content = peek().content;
    const auto& here = next();
    if (content == "M") {
      of.is_selector = true;
      return made;
    }
    const bool ends_in_m = content.ends_with('M');
    if (ends_in_m) content.remove_suffix(1);
    std::int64_t value = 0;
    const auto* last = content.data() + content.size();
    const bool is_mark = content.starts_with('m') && content.size() > 1;
    if (!is_mark || std::from_chars(content.data() + 1, last, value).ptr != last)
      throw refusal{here, fmt::format("expected ':', M or m and a number, got {}", shown(here))};
    of.is_selector = ends_in_m;
    made.value = value;
    return made;
  }

  void place(signal& of) {
    constexpr std::uint32_t bit_max = 1'785 * 8;
    of.start = small(bit_max);
    want('|');
    const auto& here = peek();
    of.length = small(bit_max);
    constexpr std::uint32_t bits_max = 64;
    if (of.length == 0 || of.length > bits_max)
      throw refusal{here, fmt::format("a signal has 1 to {} bits, not {}", bits_max, of.length)};
    want('@');
    of.order = small(1) == 1 ? profiles::bit_order::intel : profiles::bit_order::motorola;
    if (take('-')) {
      of.type = profiles::signal_type::signed_integer;
    } else {
      want('+');
    }
  }

  void scaling(signal& of) {
    want('(');
    of.factor = number();
    want(',');
    of.offset = number();
    want(')');
    if (of.factor == 0) throw refusal{last(), "a factor of 0 leaves no value"};
    want('[');
    of.minimum = number();
    want('|');
    of.maximum = number();
    want(']');
  }

  void senders() {
    const auto& here = peek();
    const auto id = identifier();
    if (is_of_nobody(id)) return;
    auto& to = of_identifier(here, id);
    want(':');
    do {
      if (peek().is(';')) break;
      auto one = name("a sender");
      if (one != nobody && std::ranges::find(to.senders, one) == to.senders.end())
        to.senders.push_back(std::move(one));
    } while (take(',') || (peek().type == token::kind::word && !peek().begins_line));
    want_end();
  }

  void environment_variable() {
    ++made_.database.environment_variables;
    pass_over();
  }

  void float_type() {
    const auto& here = peek();
    const auto id = identifier();
    if (is_of_nobody(id)) return;
    auto& in = of_identifier(here, id);
    const auto& signal_place = peek();
    auto& to = signal_of(in, signal_place, name("a signal's name"));
    static_cast<void>(take(':'));
    const auto& kind_place = peek();
    const auto kind = small(3);
    want_end();
    if (kind == 0) return;
    constexpr std::uint32_t single_bits = 32;
    constexpr std::uint32_t double_bits = 64;
    const auto wanted = kind == 1 ? single_bits : double_bits;
    if (kind > 2 || to.length != wanted)
      throw refusal{kind_place, fmt::format("{} has {} bits, which is no number of type {}",
                                            to.name, to.length, kind)};
    to.type = profiles::signal_type::ieee_float;
  }

  void extended_multiplexing() {
    extended_mark made;
    made.line = peek().line;
    const auto& here = peek();
    const auto id = identifier();
    if (is_of_nobody(id)) return;
    auto& in = of_identifier(here, id);
    made.message = static_cast<std::uint32_t>(&in - made_.database.messages.data());
    made.signal = name("a signal's name");
    made.selector = name("a selector's name");
    do {
      value_range one;
      one.first = integer();
      // "1-3" is cut into 1 and -3.
      const auto second = integer();
      one.last = second < 0 ? -second : second;
      made.values.push_back(one);
    } while (take(','));
    want_end();
    made_.extended.push_back(std::move(made));
  }

  static constexpr std::size_t none = ~std::size_t{0};

  defect_list& found_;
  std::size_t current_ = none; ///< the message whose signals come
  bool skips_ = false;         ///< the signals that come
};

} // namespace

draft read_statements(std::string_view utf8, defect_list& found) {
  const auto tokens = cut(utf8);
  return reader(tokens, found).all();
}

} // namespace voltaic::messages::dbc
