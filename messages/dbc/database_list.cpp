#include "messages/dbc/database_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "messages/text_encoding.hpp"

namespace voltaic::messages::dbc {
namespace {

using profiles::signal_type;

constexpr std::uint32_t standard_digits = 3;
constexpr std::uint32_t extended_digits = 8;

std::string id_text(const message& of) {
  return fmt::format("0x{:0{}X}", of.id, of.extended ? extended_digits : standard_digits);
}

std::string_view type_text(const signal& of) {
  switch (of.type) {
    case signal_type::signed_integer:
      return "signed";
    case signal_type::ieee_float:
      return "float";
    case signal_type::unsigned_integer:
      break;
  }
  return "unsigned";
}

std::string_view order_text(const signal& of) {
  return of.order == profiles::bit_order::intel ? "intel" : "motorola";
}

/// "M = 0, 2-3"; empty: it is always there.
std::string when_text(const message& in, const signal& of) {
  if (!of.when) return {};
  auto text = in.signals[of.when->selector].name + " =";
  std::string_view separator = " ";
  for (const auto& each : of.when->values) {
    text += separator;
    text += each.first == each.last ? fmt::format("{}", each.first)
                                    : fmt::format("{}-{}", each.first, each.last);
    separator = ", ";
  }
  return text;
}

void append_json(std::string& out, const message& in, const signal& of) {
  const auto at = std::back_inserter(out);
  fmt::format_to(at,
                 R"({{"name":{},"start":{},"length":{},"order":"{}","type":"{}","factor":{},)"
                 R"("offset":{},"unit":{})",
                 json_text(of.name), of.start, of.length, order_text(of), type_text(of), of.factor,
                 of.offset, json_text(of.unit));
  if (of.has_range()) fmt::format_to(at, R"(,"minimum":{},"maximum":{})", of.minimum, of.maximum);
  if (of.when) fmt::format_to(at, R"(,"when":{})", json_text(when_text(in, of)));
  if (!of.texts.empty()) {
    out += R"(,"values":{)";
    for (std::size_t i = 0; i < of.texts.size(); ++i)
      fmt::format_to(at, R"({}"{}":{})", i > 0 ? "," : "", of.texts[i].value,
                     json_text(of.texts[i].text));
    out += '}';
  }
  out += '}';
}

void append_text(std::string& out, const message& in, const signal& of, std::size_t width) {
  const auto at = std::back_inserter(out);
  fmt::format_to(at, "  {:<{}}  {}|{} {} {}, steps of {:g}", of.name, width, of.start, of.length,
                 order_text(of), type_text(of), of.factor);
  if (!of.unit.empty()) fmt::format_to(at, " {}", of.unit);
  if (of.offset != 0) fmt::format_to(at, " from {:g}", of.offset);
  if (of.has_range()) fmt::format_to(at, ", {:g} to {:g}", of.minimum, of.maximum);
  if (of.when) fmt::format_to(at, ", where {}", when_text(in, of));
  for (std::size_t i = 0; i < of.texts.size(); ++i)
    fmt::format_to(at, "{}{} {}", i > 0 ? ", " : "; ", of.texts[i].value, of.texts[i].text);
  out += '\n';
}

} // namespace

void append_json(std::string& out, const message& of) {
  const auto at = std::back_inserter(out);
  fmt::format_to(at, R"({{"message":{},"id":"{}","extended":{},"length":{})", json_text(of.name),
                 id_text(of), of.extended, of.length);
  if (of.cycle_ms) fmt::format_to(at, R"(,"cycle_ms":{})", *of.cycle_ms);
  out += R"(,"signals":[)";
  for (std::size_t i = 0; i < of.signals.size(); ++i) {
    if (i > 0) out += ',';
    append_json(out, of, of.signals[i]);
  }
  out += "]}";
}

void append_text(std::string& out, const message& of) {
  const auto at = std::back_inserter(out);
  fmt::format_to(at, "{} {}, {} bytes", id_text(of), of.name, of.length);
  if (of.cycle_ms) fmt::format_to(at, ", every {:g} ms", *of.cycle_ms);
  out += '\n';
  std::size_t width = 1;
  for (const auto& each : of.signals) width = std::max(width, each.name.size());
  for (const auto& each : of.signals) append_text(out, of, each, width);
}

} // namespace voltaic::messages::dbc
