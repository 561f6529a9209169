#include "actors/can_device/can_device_model.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>
#include <utility>

#include "messages/points/catalogue.hpp"

namespace voltaic::actors::can_device {
namespace {

using messages::quality;
namespace profiles = messages::profiles;

std::int64_t half_periods_us(std::int64_t period_us) {
  return period_us + period_us / 2;
}

bool is_word(profiles::raw_type type) {
  return type == profiles::raw_type::u16 || type == profiles::raw_type::i16;
}

messages::point_description describe(const model_options& options, const profiles::point& point) {
  messages::point_description described;
  described.name = options.subject + "/" + point.name;
  described.channel = options.name + "/" + point.channel;
  described.unit = point.unit;
  described.raw_type = profiles::to_string(point.type);
  described.count = point.count;
  described.group_size = point.group_size;
  described.scale = point.scale;
  described.offset = point.offset;
  described.period_ms = point.period_ms;
  described.category = profiles::to_string(point.category);
  described.decimals = point.decimals;
  described.texts = point.texts;
  const auto& commands = options.profile->commands;
  described.writable = std::any_of(commands.begin(), commands.end(), [&](const auto& command) {
    return command.purpose == profiles::command_purpose::set && command.point == point.name;
  });
  return described;
}

} // namespace

std::vector<std::string> model_options::validate() const {
  std::vector<std::string> findings;
  if (name.empty()) {
    findings.emplace_back("name: is missing");
  }
  if (subject.empty()) {
    findings.emplace_back("subject: is missing");
  }
  if (profile == nullptr) {
    findings.emplace_back("profile: is missing");
  } else if (profile->protocol != profiles::protocol::can) {
    findings.emplace_back("profile: is not for CAN");
  }
  return findings;
}

messages::expected<model> model::create(model_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    return messages::failure{options.name + ": " + findings.front()};
  }
  auto compiled = plan::compile(*options.profile, options.id_offset);
  if (!compiled) {
    return compiled.error();
  }
  return model(std::move(options), *std::move(compiled));
}

model::model(model_options options, plan decoder)
    : options_(std::move(options)), plan_(std::move(decoder)) {
  std::vector<messages::point_description> described;
  for (const auto& point : options_.profile->points) {
    described.push_back(describe(options_, point));
  }
  catalogue_ = messages::points::make_catalogue(options_.name, std::move(described));
  samples_.reserve(plan::samples_max);
  lay_out();
}

void model::lay_out() {
  const auto carriers = plan_.carriers();
  by_carrier_.resize(carriers.size());
  std::uint32_t next_cell = 0;
  for (std::uint16_t id = 0; id < options_.profile->points.size(); ++id) {
    const auto& point = options_.profile->points[id];
    point_state state;
    state.first_cell = next_cell;
    state.first_part = static_cast<std::uint32_t>(parts_.size());
    std::int64_t period_us = std::int64_t{point.period_ms} * messages::us_per_ms;
    for (const auto& covered : plan_.coverages_of(id)) {
      const auto& carrier = carriers[covered.carrier];
      auto part_period_us = std::int64_t{carrier.period_ms} * messages::us_per_ms;
      if (part_period_us == 0) {
        part_period_us = period_us > 0 ? period_us : period_default_us;
      }
      part one;
      one.point = id;
      one.first = covered.first_index;
      one.count = covered.count;
      one.stale_after_us = std::max(stale_after_min_us, half_periods_us(part_period_us));
      by_carrier_[covered.carrier].push_back(static_cast<std::uint32_t>(parts_.size()));
      parts_.push_back(one);
      period_us = std::max(period_us, part_period_us);
    }
    state.part_count = static_cast<std::uint32_t>(parts_.size()) - state.first_part;
    state.parts_missing = state.part_count;
    state.overdue_us = half_periods_us(period_us > 0 ? period_us : period_default_us);
    next_cell += point.count;
    points_.push_back(state);
  }
  cells_.resize(next_cell);
  raw_.resize(next_cell);
  real_.resize(next_cell);
}

std::vector<said> model::step(std::span<const messages::can::frame> frames, std::int64_t now_us,
                              std::int64_t utc_offset_us) {
  utc_offset_us_ = utc_offset_us;
  std::vector<said> out;
  if (!grid_now_us_) {
    const auto first_us = frames.empty() ? now_us : std::min(now_us, frames.front().time_us);
    grid_now_us_ = first_us - first_us % grid_us;
    last_tick_us_ = *grid_now_us_;
  }
  for (const auto& frame : frames) {
    advance(frame.time_us, out);
    apply(frame, out);
  }
  advance(now_us, out);
  return out;
}

void model::advance(std::int64_t to_us, std::vector<said>& out) {
  if (to_us - *grid_now_us_ > grid_gap_max_us) {
    grid_now_us_ = to_us - to_us % grid_us - grid_us;
  }
  while (*grid_now_us_ + grid_us <= to_us) {
    *grid_now_us_ += grid_us;
    grid(*grid_now_us_, out);
  }
}

void model::grid(std::int64_t now_us, std::vector<said>& out) {
  age(now_us);
  std::vector<std::uint16_t> due;
  for (std::uint16_t id = 0; id < points_.size(); ++id) {
    const auto& point = points_[id];
    const bool overdue = point.dirty_since_us && now_us - *point.dirty_since_us > point.overdue_us;
    if (point.changed || overdue) {
      due.push_back(id);
    }
  }
  if (!due.empty()) {
    say(due, now_us, out);
  }
  if (!said_since_tick_ && now_us - last_tick_us_ < tick_period_max_us) {
    return;
  }
  out.push_back({messages::tick{now_us, utc_offset_us_}, now_us});
  last_tick_us_ = now_us;
  said_since_tick_ = false;
}

void model::age(std::int64_t now_us) {
  for (auto& one : parts_) {
    if (!one.ever_seen || one.stale || now_us - one.seen_us <= one.stale_after_us) {
      continue;
    }
    one.stale = true;
    points_[one.point].changed = true;
    const auto first = points_[one.point].first_cell + one.first;
    for (auto i = first; i < first + one.count; ++i) {
      cells_[i].quality = messages::worst(cells_[i].quality, quality::stale);
      cells_[i].recovering = true;
      cells_[i].good_run = 0;
    }
  }
}

void model::apply(const messages::can::frame& frame, std::vector<said>& out) {
  const auto applied = plan_.apply(frame, samples_);
  switch (applied.outcome) {
    case plan::outcome::not_mine:
      return;
    case plan::outcome::bad_length:
      ++counters_.bad_length;
      return;
    case plan::outcome::bad_checksum:
      ++counters_.bad_checksum;
      return;
    case plan::outcome::unknown_selector:
      ++counters_.unknown_selector;
      break;
    case plan::outcome::decoded:
      break;
  }
  ++counters_.frames;
  for (const auto& sample : samples_) {
    take(sample);
  }
  complete_.clear();
  if (applied.carrier != plan::no_carrier) {
    mark(applied.carrier, frame.time_us);
  }
  if (applied.branch != plan::no_carrier) {
    mark(applied.branch, frame.time_us);
  }
  if (!complete_.empty()) {
    say(complete_, frame.time_us, out);
  }
}

void model::take(const profiles::sample& sample) {
  const auto at = points_[sample.point].first_cell + sample.index;
  auto& known = cells_[at];
  raw_[at] = sample.raw;
  real_[at] = sample.real;
  if (!sample.good) {
    known.good_run = 0;
    known.quality = quality::invalid;
  } else if (known.recovering && ++known.good_run < good_again_samples) {
    known.quality = quality::stale;
  } else {
    known.recovering = false;
    known.quality = quality::good;
  }
}

void model::mark(std::uint16_t carrier, std::int64_t time_us) {
  for (const auto index : by_carrier_[carrier]) {
    auto& one = parts_[index];
    one.seen_us = time_us;
    one.ever_seen = true;
    one.stale = false;
    auto& point = points_[one.point];
    if (!point.dirty_since_us) {
      point.dirty_since_us = time_us;
    }
    if (std::exchange(one.in_scan, true)) {
      continue;
    }
    if (--point.parts_missing == 0) {
      complete_.push_back(one.point);
    }
  }
}

void model::say(const std::vector<std::uint16_t>& points, std::int64_t time_us,
                std::vector<said>& out) {
  messages::telemetry telemetry;
  telemetry.owner = options_.name;
  telemetry.fingerprint = catalogue_.fingerprint;
  for (const auto id : points) {
    telemetry.blocks.push_back(make_block(id));
    begin_scan(id);
  }
  out.push_back({std::move(telemetry), time_us});
  said_since_tick_ = true;
}

void model::begin_scan(std::uint16_t point) {
  auto& state = points_[point];
  state.parts_missing = state.part_count;
  state.dirty_since_us.reset();
  state.changed = false;
  for (auto i = state.first_part; i < state.first_part + state.part_count; ++i) {
    parts_[i].in_scan = false;
  }
}

messages::block model::make_block(std::uint16_t point) const {
  const auto& state = points_[point];
  messages::block block;
  block.point = point;
  std::optional<std::int64_t> oldest_us;
  for (auto i = state.first_part; i < state.first_part + state.part_count; ++i) {
    if (parts_[i].ever_seen && (!oldest_us || parts_[i].seen_us < *oldest_us)) {
      oldest_us = parts_[i].seen_us;
    }
  }
  block.source_time_us = oldest_us.value_or(0);
  const auto count = options_.profile->points[point].count;
  const auto* first = &cells_[state.first_cell];
  block.quality = first->quality;
  bool uniform = true;
  for (std::uint32_t i = 1; i < count; ++i) {
    uniform = uniform && first[i].quality == first->quality;
    block.quality = messages::worst(block.quality, first[i].quality);
  }
  if (!uniform) {
    block.element_quality.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      block.element_quality.push_back(first[i].quality);
    }
  }
  fill_values(point, block);
  return block;
}

void model::fill_values(std::uint16_t point, messages::block& block) const {
  const auto& shape = options_.profile->points[point];
  const auto first = points_[point].first_cell;
  const auto raw = std::span(raw_).subspan(first, shape.count);
  if (shape.type == profiles::raw_type::f64) {
    const auto real = std::span(real_).subspan(first, shape.count);
    messages::block::reals values(real.begin(), real.end());
    // A value that is no number travels as its quality.
    for (auto& value : values) {
      value = std::isfinite(value) ? value : 0;
    }
    block.values = std::move(values);
  } else if (is_word(shape.type)) {
    messages::block::words values(shape.count);
    std::transform(raw.begin(), raw.end(), values.begin(),
                   [](std::int64_t value) { return static_cast<std::uint16_t>(value); });
    block.values = std::move(values);
  } else {
    block.values = messages::block::integers(raw.begin(), raw.end());
  }
}

presence model::heard() const {
  bool any = false;
  bool all = true;
  for (const auto& one : parts_) {
    any = any || one.ever_seen;
    all = all && one.ever_seen && !one.stale;
  }
  if (!any) {
    return presence::nothing_yet;
  }
  return all ? presence::all : presence::some_silent;
}

std::optional<element> model::read(std::uint16_t point, std::uint32_t index) const {
  if (point >= points_.size() || index >= options_.profile->points[point].count) {
    return std::nullopt;
  }
  const auto& shape = options_.profile->points[point];
  const auto& state = points_[point];
  const auto at = state.first_cell + index;
  element known;
  known.quality = cells_[at].quality;
  known.value = shape.type == profiles::raw_type::f64
                    ? real_[at]
                    : static_cast<double>(raw_[at]) * shape.scale + shape.offset;
  for (auto i = state.first_part; i < state.first_part + state.part_count; ++i) {
    const auto& one = parts_[i];
    if (index >= one.first && index < one.first + one.count) {
      known.time_us = one.seen_us;
    }
  }
  return known;
}

} // namespace voltaic::actors::can_device
