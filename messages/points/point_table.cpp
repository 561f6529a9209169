#include "messages/points/point_table.hpp"

#include <algorithm>

#include "messages/points/catalogue.hpp"
#include "messages/profiles/described.hpp"

namespace voltaic::messages::points {
namespace {

/// Numbers of a block as engineering values; nothing for text.
std::vector<double> engineering_values(const point_description& point, const block& block) {
  if (const auto* reals = std::get_if<block::reals>(&block.values)) return *reals;
  std::vector<double> out;
  const auto scale = [&](const auto& raws) {
    out.reserve(raws.size());
    for (const auto raw : raws) out.push_back(engineering(point, static_cast<double>(raw)));
  };
  if (const auto* words = std::get_if<block::words>(&block.values)) {
    // A signed point's words are the device's own bits.
    if (point.raw_type == "i16") {
      out.reserve(words->size());
      for (const auto raw : *words)
        out.push_back(engineering(point, static_cast<std::int16_t>(raw)));
    } else {
      scale(*words);
    }
  } else if (const auto* integers = std::get_if<block::integers>(&block.values)) {
    scale(*integers);
  }
  return out;
}

messages::quality worst_of(const std::vector<quality>& marks, quality seed) {
  return marks.empty() ? seed : *std::max_element(marks.begin(), marks.end());
}

/// One element as a point of its own.
point_state element_of(const point_state& whole, std::uint32_t index) {
  point_state out = whole;
  const auto suffix = "[" + std::to_string(index) + "]";
  out.description.name += suffix;
  if (!out.description.channel.empty()) out.description.channel += suffix;
  out.description.count = 1;
  out.description.group_size = 0;
  out.numbers = {whole.numbers[index]};
  out.element_quality = {whole.element_quality[index]};
  out.quality = out.element_quality[0];
  return out;
}

} // namespace

std::int64_t shown_good_us(std::uint32_t period_ms) {
  if (period_ms == 0) return 0;
  const auto period_us = std::int64_t{period_ms} * us_per_ms;
  return profiles::stale_after_us(period_us) + period_us + way_us;
}

void point_table::apply(const message& message) {
  if (const auto* described = std::get_if<catalogue>(&message.payload)) {
    apply(*described);
  } else if (const auto* values = std::get_if<telemetry>(&message.payload)) {
    apply(message.header, *values);
  } else if (const auto* end = std::get_if<snapshot>(&message.payload)) {
    if (end->kind != snapshot_kind::end) return;
    for (const auto& source : end->sources) set_alive(source.source, source.alive);
  }
}

void point_table::apply(const catalogue& catalogue) {
  if (fingerprint_of(catalogue) != catalogue.fingerprint) {
    ++statistics_.other_fingerprint;
    return;
  }
  auto& owner = owners_[catalogue.owner];
  if (owner.catalogue.fingerprint == catalogue.fingerprint) return;
  points_ -= owner.points.size();
  owner.points.clear();
  owner.catalogue = catalogue;
  for (const auto& point : catalogue.points) {
    if (points_ == points_max) {
      ++statistics_.out_of_range;
      return;
    }
    ++points_;
    auto& state = owner.points.emplace_back().state;
    const std::uint32_t count = std::clamp<std::uint32_t>(point.count, 1, element_index_max);
    state.description = point;
    state.description.count = count;
    state.owner = catalogue.owner;
  }
}

void point_table::apply(const header& header, const telemetry& telemetry) {
  const auto owner = owners_.find(telemetry.owner);
  if (owner == owners_.end()) {
    ++statistics_.without_catalogue;
    return;
  }
  if (owner->second.catalogue.fingerprint != telemetry.fingerprint) {
    ++statistics_.other_fingerprint;
    return;
  }
  for (const auto& block : telemetry.blocks) {
    if (block.point >= owner->second.points.size()) {
      ++statistics_.out_of_range;
    } else {
      apply(header, block, owner->second.points[block.point]);
    }
  }
}

void point_table::apply(const header& header, const block& block, kept& to) {
  auto& state = to.state;
  const auto* text = std::get_if<std::string>(&block.values);
  auto numbers = engineering_values(state.description, block);
  const std::size_t elements = text != nullptr ? 1 : numbers.size();
  if (block.first_index + elements > state.description.count ||
      (!block.element_quality.empty() && block.element_quality.size() != elements)) {
    ++statistics_.out_of_range;
    return;
  }
  if (is_older(header, to)) {
    ++statistics_.older;
    return;
  }
  ++statistics_.applied;
  alive_[header.source] = true;
  to.last = {header.source,      header.incarnation, header.sequence, header.time.monotonic_us,
             header.time.utc_us, header.utc_quality};
  state.received = true;
  state.source_time = {block.source_time_us,
                       header.time.utc_us + (block.source_time_us - header.time.monotonic_us)};
  state.missing = block.missing;
  state.numbers.resize(state.description.count);
  state.element_quality.resize(state.description.count, quality::never);
  std::copy(numbers.begin(), numbers.end(),
            state.numbers.begin() + static_cast<std::ptrdiff_t>(block.first_index));
  for (std::size_t i = 0; i < elements; ++i) {
    state.element_quality[block.first_index + i] =
        block.element_quality.empty() ? block.quality : block.element_quality[i];
  }
  if (text != nullptr) state.text = *text;
  state.quality = worst_of(state.element_quality, block.quality);
  // An aggregate's number is good although members are missing: the block says how bad those are.
  if (elements == state.description.count) state.quality = worst(state.quality, block.quality);
}

/// Within one incarnation the sequence orders. Another incarnation, or a
/// sequence that begins again, is a restart when its source time is newer.
bool point_table::is_older(const header& header, const kept& known) {
  const auto& last = known.last;
  if (!known.state.received || last.source != header.source) return false;
  if (header.incarnation == last.incarnation && header.sequence > last.sequence) return false;
  return header.time.utc_us <= last.utc_us && header.time.monotonic_us <= last.monotonic_us;
}

void point_table::set_alive(std::string_view source, bool alive) {
  const auto known = alive_.find(source);
  if (known == alive_.end()) {
    alive_.emplace(source, alive);
  } else {
    known->second = alive;
  }
}

const catalogue* point_table::catalogue_of(std::string_view owner) const {
  const auto found = owners_.find(owner);
  return found == owners_.end() ? nullptr : &found->second.catalogue;
}

bool point_table::is_too_old(const kept& point) const {
  const auto good_us = shown_good_us(point.state.description.period_ms);
  if (!now_utc_us_ || good_us == 0 || point.last.utc == utc_quality::simulated) return false;
  return *now_utc_us_ - point.state.source_time.utc_us > good_us;
}

/// A point that nobody has spoken of has elements too, all of quality never.
point_state point_table::shown(const kept& point) const {
  point_state out = point.state;
  out.numbers.resize(out.description.count);
  out.element_quality.resize(out.description.count, quality::never);
  const auto source = alive_.find(point.last.source);
  const bool is_down = source != alive_.end() && !source->second;
  if (!out.received || (!is_down && !is_too_old(point))) return out;
  for (auto& mark : out.element_quality) mark = worst(mark, quality::stale);
  out.quality = worst(out.quality, quality::stale);
  return out;
}

std::vector<point_state> point_table::select(const std::vector<std::string>& patterns) const {
  std::vector<point_state> out;
  const auto fits = [&](const point_description& about) {
    return patterns.empty() ||
           std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(about, pattern); });
  };
  for (const auto& [name, owner] : owners_) {
    for (const auto& point : owner.points) {
      if (fits(point.state.description)) out.push_back(shown(point));
    }
  }
  for (const auto& pattern : patterns) {
    const auto path = parse_path(pattern);
    if (!path || (!path->index && path->scope.empty())) continue;
    if (auto element = find(pattern)) out.push_back(std::move(*element));
  }
  std::sort(out.begin(), out.end(), [](const point_state& a, const point_state& b) {
    return a.description.name < b.description.name;
  });
  const auto same = [](const point_state& a, const point_state& b) {
    return a.description.name == b.description.name;
  };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

expected<point_state> point_table::find(std::string_view path) const {
  const auto parsed = parse_path(path);
  if (!parsed) return parsed.error();
  for (const auto& [name, owner] : owners_) {
    const auto found = points::find(owner.catalogue, *parsed);
    if (!found || found->point >= owner.points.size()) continue;
    const auto whole = shown(owner.points[found->point]);
    if (!found->index) return whole;
    return element_of(whole, *found->index);
  }
  return failure{"no point '" + std::string(path) + "'"};
}

} // namespace voltaic::messages::points
