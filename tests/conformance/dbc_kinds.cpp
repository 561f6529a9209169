#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "conformance/judge.hpp"
#include "messages/dbc/load.hpp"
#include "messages/dbc/message_codec.hpp"

namespace voltaic::conformance {
namespace {

using namespace messages::dbc;
using messages::strictness;

std::string text_of_input(const json& input) {
  if (input.contains("dbc_text")) return input.at("dbc_text").get<std::string>();
  const auto path = input.at("dbc").get<std::string>();
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Vectors are about values: that a file has defects too is no matter of theirs.
database load_tolerant(const json& input) {
  auto read = load(text_of_input(input), input.value("dbc", "vector"), strictness::tolerant);
  if (const auto* wrong = std::get_if<messages::findings>(&read))
    throw std::runtime_error(wrong->front().text);
  return std::get<loaded>(std::move(read)).database;
}

const message& find_message(const database& in, const json& input) {
  const auto name = input.at("message").get<std::string>();
  const auto id = input.at("frame_id").get<std::uint32_t>();
  for (const auto& one : in.messages)
    if (one.name == name && one.id == id) return one;
  throw std::runtime_error("no message " + name);
}

json number_of(const signal& one, const reading& read, bool is_scaled) {
  return json::parse(is_scaled ? value_json(one, read) : raw_json(one, read.bits));
}

std::optional<json> judge_decode(const json& input, const json& /*expected*/) {
  const auto base = load_tolerant(input);
  const auto& by = find_message(base, input);
  const auto read = decode(by, bytes_of(input.at("data").get<std::string>()));
  if (!read) throw std::runtime_error(read.error().text);
  json got = json::object();
  for (const auto& each : *read) {
    const auto& one = by.signals[each.signal];
    const auto word = messages::dbc::text_of(one, each.bits);
    const bool as_word = input.value("enum_names", false) && !word.empty();
    got[one.name] = as_word ? json(word) : number_of(one, each, input.value("scaled", true));
  }
  return got;
}

std::vector<given_signal> given_of(const json& input, const message& by) {
  // Who checks no ranges leaves out what the message does not know.
  const bool keeps_unknown = input.value("range_check", false);
  std::vector<given_signal> all;
  for (const auto& [name, value] : input.at("signals").items()) {
    const bool known = std::ranges::any_of(
        by.signals, [&, wanted = name](const auto& one) { return one.name == wanted; });
    if (!known && !keeps_unknown) continue;
    if (value.is_string()) {
      all.emplace_back(name, value.get<std::string>());
    } else if (value.is_number_unsigned()) {
      all.emplace_back(name, static_cast<long double>(value.get<std::uint64_t>()));
    } else if (value.is_number_integer()) {
      all.emplace_back(name, static_cast<long double>(value.get<std::int64_t>()));
    } else {
      all.emplace_back(name, static_cast<long double>(value.get<double>()));
    }
  }
  return all;
}

std::optional<json> judge_encode(const json& input, const json& /*expected*/) {
  const auto base = load_tolerant(input);
  const auto& by = find_message(base, input);
  encoding how;
  how.are_raw = !input.value("scaled", true);
  how.padding_ones = input.value("padding_ones", false);
  const auto made = encode(by, given_of(input, by), how);
  if (!made) throw std::runtime_error(made.error().text);
  return json{{"data", hex_of(*made)}};
}

/// Each says why in words of its own: that it is refused is what both must agree on.
template <std::optional<json> (*judge_value)(const json&, const json&)>
std::optional<json> judge_refusal(const json& input, const json& expected) {
  try {
    return judge_value(input, expected);
  } catch (const std::runtime_error&) {
    return expected;
  }
}

std::optional<json> judge_load_error(const json& input, const json& expected) {
  const auto how = input.value("strict", true) ? strictness::strict : strictness::tolerant;
  const auto read = load(text_of_input(input), input.value("dbc", "vector"), how);
  if (std::holds_alternative<messages::findings>(read)) {
    static_cast<void>(load_tolerant(input)); // must still succeed
    return expected;
  }
  return json{{"error", nullptr}};
}

json tree_of(const message& in, const std::vector<std::uint32_t>& members);

json node_of(const message& in, std::uint32_t which) {
  const auto& one = in.signals[which];
  std::map<std::int64_t, std::vector<std::uint32_t>> branches;
  for (std::uint32_t i = 0; i < in.signals.size(); ++i) {
    const auto& when = in.signals[i].when;
    if (!when || when->selector != which) continue;
    for (const auto& range : when->values)
      for (auto value = range.first; value <= range.last; ++value) branches[value].push_back(i);
  }
  if (branches.empty()) return one.name;
  json inner = json::object();
  for (const auto& [value, members] : branches) inner[fmt::to_string(value)] = tree_of(in, members);
  return json{{one.name, inner}};
}

/// By where the signals begin, as the vectors have them.
json tree_of(const message& in, const std::vector<std::uint32_t>& members) {
  auto sorted = members;
  std::ranges::stable_sort(sorted, {}, [&](auto i) { return in.signals[i].start; });
  json all = json::array();
  for (const auto i : sorted) all.push_back(node_of(in, i));
  return all;
}

std::optional<json> judge_mux_tree(const json& input, const json& /*expected*/) {
  const auto base = load_tolerant(input);
  const auto& in = base.messages.at(input.at("message_index").get<std::size_t>());
  std::vector<std::uint32_t> top;
  for (std::uint32_t i = 0; i < in.signals.size(); ++i)
    if (!in.signals[i].when) top.push_back(i);
  return json{{"signal_tree", tree_of(in, top)}};
}

void add_relations(const database& in, json& got) {
  for (const auto& one : in.relations) {
    const auto key = one.node + "/" + one.signal;
    if (const auto* number = std::get_if<double>(&one.value)) {
      got[key][one.attribute] = *number;
    } else {
      got[key][one.attribute] = std::get<std::string>(one.value);
    }
  }
}

std::optional<json> judge_load(const json& input, const json& expected) {
  const auto base = load_tolerant(input);
  json got = {{"nodes", base.nodes},
              {"version", base.version},
              {"message_count", base.messages.size()},
              {"environment_variables_count", base.environment_variables}};
  if (!base.messages.empty()) {
    auto signals = base.messages.front().signals;
    std::ranges::stable_sort(signals, {}, &signal::start);
    for (std::size_t i = 0; i < signals.size(); ++i)
      got[fmt::format("signals[{}]", i)] = {{"name", signals[i].name},
                                            {"receivers_count", signals[i].receivers.size()}};
  }
  add_relations(base, got);
  for (const auto& [key, value] : expected.items())
    if (!got.contains(key)) return std::nullopt;
  return got;
}

constexpr std::array kinds = {
    kind{"dbc.decode", judge_decode},
    kind{"dbc.encode", judge_encode},
    kind{"dbc.decode_error", judge_refusal<judge_decode>},
    kind{"dbc.encode_error", judge_refusal<judge_encode>},
    kind{"dbc.load", judge_load},
    kind{"dbc.load_error", judge_load_error},
    kind{"dbc.mux_tree", judge_mux_tree},
};

} // namespace

std::span<const kind> dbc_kinds() {
  return kinds;
}

} // namespace voltaic::conformance
