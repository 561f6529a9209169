#include "bus/message/last_values.hpp"

#include <algorithm>
#include <variant>

namespace voltaic::bus::message {
namespace {

using messages::block;

std::uint32_t end_index(const block& part) {
  const auto size = std::visit(
      [](const auto& values) -> std::size_t {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::string>)
          return 1;
        else
          return values.size();
      },
      part.values);
  return part.first_index + static_cast<std::uint32_t>(size);
}

/// The elements of `whole` from index `from` up to index `to`.
block slice(const block& whole, std::uint32_t from, std::uint32_t to) {
  block part;
  part.point = whole.point;
  part.first_index = from;
  part.source_time_us = whole.source_time_us;
  part.quality = whole.quality;
  part.missing = whole.missing;
  const auto first = static_cast<std::ptrdiff_t>(from - whole.first_index);
  const auto last = static_cast<std::ptrdiff_t>(to - whole.first_index);
  std::visit(
      [&](const auto& values) {
        using list = std::decay_t<decltype(values)>;
        if constexpr (std::is_same_v<list, std::string>)
          part.values = values;
        else
          part.values = list(values.begin() + first, values.begin() + last);
      },
      whole.values);
  if (!whole.element_quality.empty()) {
    part.element_quality.assign(whole.element_quality.begin() + first,
                                whole.element_quality.begin() + last);
    part.quality = *std::max_element(part.element_quality.begin(), part.element_quality.end());
  }
  return part;
}

/// About what a block takes in an encoded message.
std::size_t encoded_bytes(const block& part) {
  constexpr std::size_t fixed = 64;
  const std::size_t values =
      std::visit([](const auto& list) { return list.size() * sizeof(*list.data()); }, part.values);
  std::size_t missing = 0;
  for (const auto& name : part.missing) missing += name.size() + 2 * sizeof(std::uint64_t);
  return fixed + values + part.element_quality.size() + missing;
}

/// Leaves out what cannot be said again, whatever its source made of it.
void say_again(std::vector<messages::frame_ptr>& out, const messages::header& header,
               const messages::payload& content) {
  if (auto made = messages::encode_again(header, content)) out.push_back(*std::move(made));
}

/// About what a block takes in memory.
std::int64_t kept_bytes(const block& part) {
  return static_cast<std::int64_t>(sizeof(block) + encoded_bytes(part) +
                                   part.missing.size() * sizeof(std::string));
}

} // namespace

void last_values::heard(const messages::message& message) {
  const auto& header = message.header;
  if (const auto* telemetry = std::get_if<messages::telemetry>(&message.payload)) {
    hear_telemetry(header, *telemetry);
  } else if (const auto* said = std::get_if<messages::catalogue>(&message.payload)) {
    if (catalogues_.size() >= last_values_owners_max && !catalogues_.contains(said->owner)) {
      ++refused_;
      return;
    }
    catalogues_.insert_or_assign(said->owner, statement{header, message.payload});
  } else if (std::holds_alternative<messages::limits>(message.payload)) {
    if (limits_.size() >= last_values_owners_max && !limits_.contains(header.source)) {
      ++refused_;
      return;
    }
    limits_.insert_or_assign(header.source, statement{header, message.payload});
  }
}

void last_values::hear_telemetry(const messages::header& header, const messages::telemetry& said) {
  const std::pair<std::string_view, std::string_view> key(header.source, said.owner);
  auto found = values_.find(key);
  if (found == values_.end()) {
    if (values_.size() >= last_values_owners_max) {
      ++refused_;
      return;
    }
    found = values_.try_emplace({header.source, said.owner}).first;
  }
  owned& known = found->second;
  if (known.fingerprint != said.fingerprint) clear(known);
  known.fingerprint = said.fingerprint;
  known.header = header;
  for (const auto& part : said.blocks) {
    if (!has_room(known, part)) {
      ++refused_;
      continue;
    }
    const auto more = merge(known.points[part.point], part);
    known.bytes += static_cast<std::size_t>(more);
    bytes_ += static_cast<std::size_t>(more);
  }
}

bool last_values::has_room(const owned& known, const block& newer) const {
  if (known.bytes < last_values_owner_bytes_max && bytes_ < last_values_bytes_max) return true;
  const auto point = known.points.find(newer.point);
  if (point == known.points.end()) return false;
  const auto same = point->second.find(newer.first_index);
  return same != point->second.end() && end_index(same->second) == end_index(newer) &&
         kept_bytes(newer) <= kept_bytes(same->second);
}

void last_values::clear(owned& known) {
  bytes_ -= known.bytes;
  known.bytes = 0;
  known.points.clear();
}

std::int64_t last_values::merge(parts& into, const block& newer) {
  const std::uint32_t from = newer.first_index;
  const std::uint32_t to = end_index(newer);
  if (from == to) return 0;
  std::int64_t more = kept_bytes(newer);
  const auto same = into.find(from);
  if (same != into.end() && end_index(same->second) == to) {
    more -= kept_bytes(same->second);
    same->second = newer; // into the room of the former
    return more;
  }
  const auto keep = [&](block&& outside) {
    more += kept_bytes(outside);
    return into.insert_or_assign(outside.first_index, std::move(outside)).first;
  };
  // Whatever of the older parts lies outside stays, with its own time and quality.
  auto at = into.upper_bound(from);
  if (at != into.begin()) --at;
  while (at != into.end() && at->first < to) {
    if (end_index(at->second) <= from) {
      ++at;
      continue;
    }
    const block older = std::move(at->second);
    at = into.erase(at);
    more -= kept_bytes(older);
    if (older.first_index < from) keep(slice(older, older.first_index, from));
    if (end_index(older) > to) at = keep(slice(older, to, end_index(older)));
  }
  into.insert_or_assign(from, newer);
  return more;
}

void last_values::forget(const std::string& source) {
  for (auto entry = values_.lower_bound({source, {}});
       entry != values_.end() && entry->first.first == source;) {
    bytes_ -= entry->second.bytes;
    entry = values_.erase(entry);
  }
  limits_.erase(source);
}

std::vector<messages::frame_ptr> last_values::frames() const {
  std::vector<messages::frame_ptr> out;
  for (const auto& [owner, said] : catalogues_) {
    say_again(out, said.header, said.payload);
  }
  for (const auto& [key, known] : values_) {
    messages::telemetry part{key.second, known.fingerprint, {}};
    std::size_t bytes = 0;
    const auto close = [&, &header = known.header] {
      if (part.blocks.empty()) return;
      say_again(out, header, part);
      part.blocks.clear();
      bytes = 0;
    };
    for (const auto& [point, pieces] : known.points) {
      for (const auto& [first, piece] : pieces) {
        const std::size_t more = encoded_bytes(piece);
        if (bytes + more > snapshot_frame_bytes) close();
        part.blocks.push_back(piece);
        bytes += more;
      }
    }
    close();
  }
  for (const auto& [source, said] : limits_) {
    say_again(out, said.header, said.payload);
  }
  return out;
}

std::uint32_t last_values::period_ms(const std::string& owner) const {
  const auto found = catalogues_.find(owner);
  if (found == catalogues_.end()) return 0;
  std::uint32_t longest = 0;
  for (const auto& point : std::get<messages::catalogue>(found->second.payload).points) {
    longest = std::max(longest, point.period_ms);
  }
  return longest;
}

} // namespace voltaic::bus::message
