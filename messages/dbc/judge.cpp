#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "messages/dbc/draft.hpp"
#include "messages/dbc/places.hpp"

namespace voltaic::messages::dbc {
namespace {

constexpr std::uint32_t standard_ids = 0x800;
constexpr std::uint32_t extended_ids = 0x2000'0000;

bool begins_with_digit(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0;
}

/// Tells of the first other signal that lies in the same bits.
void judge_overlaps(const message& in, defect_list& found) {
  std::vector<std::vector<std::uint32_t>> bits;
  for (const auto& one : in.signals) {
    bits.push_back(bits_of(one));
    std::ranges::sort(bits.back());
  }
  const auto overlap = [&](std::size_t a, std::size_t b) {
    return std::ranges::any_of(bits[a],
                               [&](auto bit) { return std::ranges::binary_search(bits[b], bit); });
  };
  for (std::size_t a = 1; a < in.signals.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const auto& one = in.signals[a];
      const auto& other = in.signals[b];
      if (!overlap(a, b) || !can_meet(in, one, other)) continue;
      found.add(one.line, 1,
                fmt::format("{}.{} lies in bits of {}", in.name, one.name, other.name));
      break;
    }
  }
}

void judge_signals(const message& in, defect_list& found) {
  for (const auto& one : in.signals) {
    if (begins_with_digit(one.name))
      found.add(one.line, 1, fmt::format("{}.{}: a name begins with a letter", in.name, one.name));
    if (one.has_range() && one.minimum > one.maximum)
      found.add(one.line, 1,
                fmt::format("{}.{}: the minimum {} is above the maximum {}", in.name, one.name,
                            one.minimum, one.maximum));
    const auto needed = bytes_needed(one);
    if (needed > in.length)
      found.add(one.line, 1,
                fmt::format("{}.{} ends in byte {}, and the message has {}", in.name, one.name,
                            needed, in.length));
  }
  judge_overlaps(in, found);
}

void judge_message(message& one, defect_list& found) {
  if (!one.extended && one.id >= standard_ids) {
    found.add(one.line, 1,
              fmt::format("{}: the identifier 0x{:X} has more than 11 bits and not the mark of "
                          "one of 29 bits (0x80000000)",
                          one.name, one.id));
    one.extended = true;
  }
  if (one.id >= extended_ids)
    found.add(one.line, 1,
              fmt::format("{}: the identifier 0x{:X} has more than 29 bits", one.name, one.id));
  if (begins_with_digit(one.name))
    found.add(one.line, 1, fmt::format("{}: a name begins with a letter", one.name));
  judge_signals(one, found);
}

} // namespace

void judge(database& of, defect_list& found) {
  for (auto& one : of.messages) judge_message(one, found);
  std::erase_if(of.messages, [](const message& one) { return one.id >= extended_ids; });
}

} // namespace voltaic::messages::dbc
