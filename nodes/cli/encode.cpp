#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/dbc/message_codec.hpp"
#include "messages/nearest_word.hpp"
#include "nodes/cli/dbc_file.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {
namespace {

namespace dbc = messages::dbc;

struct options {
  dbc_options dbc;
  std::string message;
  std::vector<std::string> signals;
  bool raw = false;
  bool padding_ones = false;
  bool exact = false;
};

const dbc::message* find_message(const dbc::database& in, const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto& one : in.messages) {
    if (one.name == name) return &one;
    known.emplace_back(one.name);
  }
  const auto near = messages::nearest_word(name, known);
  fmt::print(stderr, "voltaic encode: no message {}{}\n", name,
             near.empty() ? "" : fmt::format("; did you mean {}?", near));
  return nullptr;
}

/// A number, else a word of the signal's values.
dbc::given_value value_of(const std::string& text) {
  char* end = nullptr;
  const long double number = std::strtold(text.c_str(), &end);
  if (!text.empty() && end == text.c_str() + text.size()) return number;
  return text;
}

/// False, with the complaint said, for what is not NAME=VALUE.
bool take_signals(const options& given, std::vector<dbc::given_signal>& to) {
  for (const auto& text : given.signals) {
    const auto equals = text.find('=');
    const auto name = text.substr(0, equals);
    const bool doubled =
        std::ranges::any_of(to, [&](const auto& one) { return one.first == name; });
    if (equals == std::string::npos || name.empty() || doubled) {
      fmt::print(stderr, "voltaic encode: {}: expected {}\n", text,
                 doubled ? "each signal once" : "NAME=VALUE");
      return false;
    }
    to.emplace_back(name, value_of(text.substr(equals + 1)));
  }
  return true;
}

/// As candump and cansend write it: 123#11223344, of CAN FD 123##011223344.
std::string frame_text(const dbc::message& of, const std::vector<std::uint8_t>& payload) {
  constexpr int standard_digits = 3;
  constexpr int extended_digits = 8;
  auto text = fmt::format("{:0{}X}{}", of.id, of.extended ? extended_digits : standard_digits,
                          of.is_fd ? "##0" : "#");
  for (const auto byte : payload) text += fmt::format("{:02X}", byte);
  // What is between two lengths of CAN FD is filled up.
  for (auto at = payload.size(); of.is_fd && at < messages::can::frame_length(payload.size()); ++at)
    text += "00";
  return text;
}

/// What goes out is not always what was asked for: a signal has steps. True: it is as asked for.
bool tell_rounded(const dbc::message& of, const std::vector<dbc::rounded_number>& rounded,
                  bool are_raw) {
  for (const auto& each : rounded) {
    const auto& one = of.signals[each.signal];
    const auto unit = are_raw || one.unit.empty() ? std::string() : " " + one.unit;
    const auto steps = each.step > 0 ? fmt::format(", its steps are {:g}{}", each.step, unit)
                                     : std::string(", the nearest that its bits hold");
    fmt::print(stderr, "voltaic encode: {}: {:.10g}{} cannot be said exactly, {:.10g}{} is{}\n",
               one.name, each.asked, unit, each.sent, unit, steps);
  }
  return rounded.empty();
}

exit_code encode(const options& given) {
  std::vector<dbc::given_signal> signals;
  if (!take_signals(given, signals)) return exit_code::usage;
  const auto database = load_database("encode", given.dbc);
  if (!database) return exit_code::findings;
  const auto* message = find_message(*database, given.message);
  if (message == nullptr) return exit_code::findings;
  const dbc::encoding how{given.raw, given.padding_ones};
  const auto payload = dbc::encode(*message, signals, how);
  if (!payload) {
    fmt::print(stderr, "voltaic encode: {}\n", payload.error().text);
    return exit_code::findings;
  }
  const auto rounded = dbc::rounded_numbers(*message, signals, how, *payload);
  if (!tell_rounded(*message, rounded, given.raw) && given.exact) return exit_code::findings;
  fmt::print("{}\n", frame_text(*message, *payload));
  return exit_code::done;
}

} // namespace

action declare_encode(command_options& app) {
  auto given = std::make_shared<options>();
  app.add_option("--dbc", given->dbc.file, "DBC file of the bus").type_name("FILE").required();
  declare_strictness(app, given->dbc);
  app.add_option("MESSAGE", given->message, "Message by its name in the file")
      .type_name("MESSAGE")
      .required();
  app.add_option("SIGNALS", given->signals,
                 "Values by the names of signals, numbers or words of their tables; what is not "
                 "given takes its start value (GenSigStartValue)")
      .type_name("NAME=VALUE ...");
  app.add_flag("--raw", given->raw, "Numbers are raw, without factor and offset");
  app.add_flag("--exact", given->exact,
               "Refuse numbers between two steps of their signal, which else become the nearest "
               "and are told on standard error");
  app.add_flag("--padding-ones", given->padding_ones, "Bits of no signal are ones");
  return [given] { return encode(*given); };
}

} // namespace voltaic::nodes::cli
