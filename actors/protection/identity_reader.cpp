#include "actors/protection/identity_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "messages/points/catalogue.hpp"

namespace voltaic::actors::protection {

namespace {

using messages::block;

bool is_usable(const block& of, std::size_t at) {
  const auto each = of.element_quality.empty() ? of.quality : of.element_quality.at(at);
  return each <= messages::quality::uncertain;
}

// As people are shown it; a number that is not scaled keeps all its digits.
std::string text_of(const messages::point_description& point, std::int64_t raw) {
  if (raw >= 0 && static_cast<std::uint64_t>(raw) < point.texts.size())
    return point.texts[static_cast<std::size_t>(raw)];
  if (point.scale == 1 && point.offset == 0) return fmt::to_string(raw);
  return messages::points::number_text(
      messages::points::engineering(point, static_cast<double>(raw)), point.decimals);
}

} // namespace

bool identity_reader::learn(const messages::catalogue& described) {
  if (described.fingerprint == fingerprint_) return false;
  fingerprint_ = described.fingerprint;
  places_.clear();
  for (const auto& name : points_) {
    const auto found = std::ranges::find(described.points, fmt::format("{}/{}", rack_, name),
                                         &messages::point_description::name);
    if (found == described.points.end()) continue;
    place made;
    made.position = static_cast<std::uint16_t>(found - described.points.begin());
    made.name = name;
    made.described = *found;
    made.told.resize(std::max<std::size_t>(found->count, 1));
    places_.push_back(std::move(made));
  }
  return true;
}

std::string identity_reader::name_of(const place& at, std::size_t element) {
  return at.told.size() > 1 ? fmt::format("{}[{}]", at.name, element) : at.name;
}

std::set<std::string, std::less<>> identity_reader::names() const {
  std::set<std::string, std::less<>> all;
  for (const auto& each : places_)
    for (std::size_t element = 0; element < each.told.size(); ++element)
      all.insert(name_of(each, element));
  return all;
}

void identity_reader::read(const messages::telemetry& said, const listener& to) {
  if (places_.empty() || said.fingerprint != fingerprint_) return;
  for (const auto& each : said.blocks) {
    const auto at = std::ranges::find(places_, each.point, &place::position);
    if (at != places_.end()) read(each, *at, to);
  }
}

void identity_reader::read(const block& block, place& at, const listener& to) {
  const auto tell = [&](std::size_t offset, auto value, const auto& words) {
    const auto element = block.first_index + offset;
    if (element >= at.told.size()) return;
    auto& told = at.told[element];
    if (!is_usable(block, offset)) {
      if (told.index() != 0) to.lose(name_of(at, element));
      told = std::monostate();
      return;
    }
    if (const auto* known = std::get_if<decltype(value)>(&told); known && *known == value) return;
    told = value;
    to.hear(name_of(at, element), words(value));
  };
  std::visit(
      [&](const auto& values) {
        using list = std::decay_t<decltype(values)>;
        if constexpr (std::is_same_v<list, std::string>) {
          tell(0, values, [](const std::string& text) { return text; });
        } else if constexpr (!std::is_same_v<list, messages::block::reals>) {
          const bool is_signed = at.described.raw_type == "i16";
          for (std::size_t each = 0; each < values.size(); ++each) {
            auto raw = static_cast<std::int64_t>(values[each]);
            if (is_signed) raw = static_cast<std::int16_t>(raw);
            tell(each, raw, [&](std::int64_t number) { return text_of(at.described, number); });
          }
        }
      },
      block.values);
}

} // namespace voltaic::actors::protection
