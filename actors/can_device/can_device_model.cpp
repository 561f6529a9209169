#include "actors/can_device/can_device_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "actors/can_device/canopen_own_node_model.hpp"
#include "actors/can_device/request_model.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/points/catalogue.hpp"
#include "messages/profiles/described.hpp"

namespace voltaic::actors::can_device {
namespace {

using messages::quality;
namespace profiles = messages::profiles;

std::vector<std::unique_ptr<conversation>> conversations_of(const model_options& options) {
  const auto& profile = *options.profile;
  const auto id_offset = options.id_offset;
  std::vector<std::unique_ptr<conversation>> made;
  const bool is_asked =
      (!profile.requests.empty() && !profile.j1939) ||
      std::ranges::any_of(profile.messages, [](const auto& one) { return one.read.has_value(); });
  if (is_asked) made.push_back(std::make_unique<request_model>(profile, id_offset));
  if (profile.canopen)
    made.push_back(std::make_unique<canopen_node>(profile, id_offset, options.role));
  if (options.role.own_node != 0) made.push_back(std::make_unique<own_node>(options.role.own_node));
  if (profile.j1939)
    made.push_back(std::make_unique<j1939_device>(profile, id_offset, options.group_role));
  return made;
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
  } else if (profile->canopen && !profiles::node_of(*profile->canopen, id_offset)) {
    findings.push_back(fmt::format("id_offset: {} with node {} is beyond node {}", id_offset,
                                   profile->canopen->node, messages::canopen::node_max));
  } else if (profile->j1939 && !profiles::address_of(*profile->j1939, id_offset)) {
    findings.push_back(fmt::format("id_offset: {} with address {} is beyond address {}", id_offset,
                                   profile->j1939->address, messages::j1939::device_address_max));
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
    : options_(std::move(options)),
      plan_(std::move(decoder)),
      watch_(*options_.profile, plan_),
      own_points_(*options_.profile) {
  std::vector<messages::point_description> described;
  for (const auto& point : options_.profile->points) {
    described.push_back(
        profiles::describe(*options_.profile, point, options_.subject, options_.name));
  }
  own_points_.describe(options_.name, described);
  for (auto& made : conversations_of(options_)) {
    talks_.push_back({std::move(made), static_cast<std::uint16_t>(described.size())});
    talks_.back().with->describe(options_.name, described);
  }
  catalogue_ = messages::points::make_catalogue(options_.name, std::move(described));
  samples_.reserve(plan_.samples_max());
  lay_out();
}

void model::lay_out() {
  const auto carriers = plan_.carriers();
  by_carrier_.resize(carriers.size());
  std::uint32_t next_cell = 0;
  std::int64_t shortest_us = 0;
  for (const auto& point : options_.profile->points) {
    const auto id = static_cast<std::uint16_t>(points_.size());
    const auto first_part = static_cast<std::uint32_t>(parts_.size());
    std::vector<std::int64_t> periods_us;
    for (const auto& covered : plan_.coverages_of(id)) {
      const auto carrier_ms = carriers[covered.carrier].period_ms;
      auto period_us = messages::us_per_ms * (carrier_ms > 0 ? carrier_ms : point.period_ms);
      if (period_us == 0) {
        period_us = period_default_us;
      }
      part one;
      one.point = id;
      one.first = covered.first_index;
      one.count = covered.count;
      const auto late_ms = options_.profile->messages[carriers[covered.carrier].message].late_ms;
      one.stale_after_us =
          late_ms != 0 ? messages::us_per_ms * late_ms : profiles::stale_after_us(period_us);
      by_carrier_[covered.carrier].push_back(static_cast<std::uint32_t>(parts_.size()));
      parts_.push_back(one);
      periods_us.push_back(period_us);
      shortest_us = shortest_us == 0 ? period_us : std::min(shortest_us, period_us);
    }
    points_.push_back({next_cell, first_part, static_cast<std::uint32_t>(periods_us.size()),
                       scan_model(periods_us), false});
    next_cell += point.count;
  }
  parts_never_seen_ = static_cast<std::uint32_t>(parts_.size());
  if (!options_.profile->canopen && !options_.profile->j1939 && shortest_us > 0)
    first_sign_.emplace(shortest_us);
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
  for (auto& each : talks_) each.with->step(now_us, utc_offset_us_);
  heed_conversations(now_us, out);
  watch_.step(now_us);
  heed_watch(now_us, out);
  if (first_sign_)
    if (auto told = first_sign_->step(now_us, is_heard_)) out.push_back({*std::move(told), now_us});
  if (any_changed_ || now_us > overdue_due_us_) say_due(now_us, out);
  say_own_points(now_us, out);
  if (!said_since_tick_ && now_us - last_tick_us_ < tick_period_max_us) {
    return;
  }
  out.push_back({messages::tick{now_us, utc_offset_us_}, now_us});
  last_tick_us_ = now_us;
  said_since_tick_ = false;
}

void model::say_own_points(std::int64_t now_us, std::vector<said>& out) {
  auto blocks = own_points_.step(watch_, {counters_.ignored, counters_.unknown_selector}, now_us);
  for (auto& each : talks_) {
    auto more = each.with->take_blocks(each.first_point, now_us);
    std::ranges::move(more, std::back_inserter(blocks));
  }
  if (blocks.empty()) return;
  out.push_back(
      {messages::telemetry{options_.name, catalogue_.fingerprint, std::move(blocks)}, now_us});
}

void model::say_due(std::int64_t now_us, std::vector<said>& out) {
  any_changed_ = false;
  overdue_due_us_ = scan_model::never_us;
  std::vector<std::uint16_t> due;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const bool overdue = points_[i].scan.overdue(now_us);
    // A change of quality says what is known, and the scan goes on.
    if (points_[i].changed || overdue) {
      due.push_back(static_cast<std::uint16_t>(i));
    }
    if (overdue) {
      points_[i].scan.begin_next();
    }
    overdue_due_us_ = std::min(overdue_due_us_, points_[i].scan.overdue_after_us());
  }
  if (!due.empty()) {
    say(due, now_us, out);
  }
}

void model::age(std::int64_t now_us) {
  if (now_us <= stale_due_us_) {
    return;
  }
  stale_due_us_ = std::numeric_limits<std::int64_t>::max();
  for (auto& one : parts_) {
    if (!one.ever_seen || one.stale) {
      continue;
    }
    const auto due_us = one.seen_us + one.stale_after_us;
    if (now_us <= due_us) {
      stale_due_us_ = std::min(stale_due_us_, due_us);
      continue;
    }
    distrust(one);
  }
}

void model::distrust(part& one) {
  one.stale = true;
  ++parts_stale_;
  points_[one.point].changed = any_changed_ = true;
  const auto first = points_[one.point].first_cell + one.first;
  for (auto i = first; i < first + one.count; ++i) {
    cells_[i].quality = messages::worst(cells_[i].quality, quality::stale);
    cells_[i].recovering = true;
    cells_[i].good_run = 0;
  }
}

void model::heed_watch(std::int64_t time_us, std::vector<said>& out) {
  for (auto& told : watch_.take_notices()) {
    out.push_back({std::move(told), time_us});
  }
  if (watch_.is_doubled()) distrust_all();
}

void model::distrust_all() {
  for (auto& one : parts_) {
    if (one.ever_seen && !one.stale) {
      distrust(one);
    }
  }
}

void model::apply(const messages::can::frame& frame, std::vector<said>& out) {
  for (auto& each : talks_) {
    if (each.with->take(frame)) return heed_conversations(frame.time_us, out);
  }
  decode(frame, out);
}

void model::decode(const messages::can::frame& frame, std::vector<said>& out) {
  const auto applied = plan_.apply(frame, samples_);
  if (applied.outcome == plan::outcome::not_mine) {
    counters_.ignored += frame.remote || frame.error ? 1 : 0;
    return;
  }
  accept(applied, frame.time_us, out);
}

void model::heed_conversations(std::int64_t time_us, std::vector<said>& out) {
  for (auto& each : talks_) heed(*each.with, time_us, out);
  if (!is_trusted()) distrust_all();
}

void model::heed(conversation& one, std::int64_t time_us, std::vector<said>& out) {
  for (const auto& what : one.take_answers()) {
    const auto applied = plan_.apply_answer(what.message, what.data, samples_);
    accept(applied, time_us, out);
  }
  for (const auto& frame : one.take_known()) decode(frame, out);
  for (auto& told : one.take_notices()) {
    out.push_back({std::move(told), time_us});
  }
  for (const auto& frame : one.take_frames()) {
    out.push_back({frame, time_us});
  }
}

bool model::is_trusted() const {
  return std::ranges::all_of(talks_, [](const talk& each) { return each.with->is_trusted(); });
}

void model::accept(const plan::applied& what, std::int64_t time_us, std::vector<said>& out) {
  is_heard_ = true;
  const bool believed = watch_.take(what, time_us);
  heed_watch(time_us, out);
  if (!believed || !is_trusted()) {
    return;
  }
  counters_.unknown_selector += what.outcome == plan::outcome::unknown_selector ? 1 : 0;
  ++counters_.frames;
  ended_.clear();
  for (const auto carrier : {what.carrier, what.branch}) {
    end_scans(parts_of(carrier), time_us);
  }
  say_ended(time_us, out);
  for (const auto& sample : samples_) {
    take(sample);
  }
  for (const auto carrier : {what.carrier, what.branch}) {
    mark(parts_of(carrier), time_us);
  }
  say_ended(time_us, out);
}

std::span<const std::uint32_t> model::parts_of(std::uint16_t carrier) const {
  if (carrier == plan::no_carrier) {
    return {};
  }
  return by_carrier_[carrier];
}

void model::end_scans(std::span<const std::uint32_t> parts, std::int64_t time_us) {
  for (const auto index : parts) {
    auto& point = points_[parts_[index].point];
    if (point.scan.ends_before(index - point.first_part, time_us)) {
      note_ended(parts_[index].point);
    }
  }
}

void model::note_ended(std::uint16_t point) {
  // A frame may bring several parts of one point.
  if (std::find(ended_.begin(), ended_.end(), point) == ended_.end()) {
    ended_.push_back(point);
  }
}

void model::say_ended(std::int64_t time_us, std::vector<said>& out) {
  if (ended_.empty()) {
    return;
  }
  say(ended_, time_us, out);
  for (const auto point : ended_) {
    points_[point].scan.begin_next();
  }
  ended_.clear();
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

void model::mark(std::span<const std::uint32_t> parts, std::int64_t time_us) {
  for (const auto index : parts) {
    auto& one = parts_[index];
    parts_never_seen_ -= one.ever_seen ? 0 : 1;
    parts_stale_ -= one.stale ? 1 : 0;
    one.seen_us = time_us;
    one.ever_seen = true;
    one.stale = false;
    stale_due_us_ = std::min(stale_due_us_, time_us + one.stale_after_us);
    auto& point = points_[one.point];
    if (point.scan.take(index - point.first_part, time_us)) {
      note_ended(one.point);
    }
    overdue_due_us_ = std::min(overdue_due_us_, point.scan.overdue_after_us());
  }
}

void model::say(const std::vector<std::uint16_t>& points, std::int64_t time_us,
                std::vector<said>& out) {
  messages::telemetry telemetry;
  telemetry.owner = options_.name;
  telemetry.fingerprint = catalogue_.fingerprint;
  telemetry.blocks.reserve(points.size());
  for (const auto id : points) {
    telemetry.blocks.push_back(make_block(id));
    points_[id].changed = false;
  }
  out.push_back({std::move(telemetry), time_us});
  said_since_tick_ = true;
}

} // namespace voltaic::actors::can_device
