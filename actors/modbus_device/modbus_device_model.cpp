#include "actors/modbus_device/modbus_device_model.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "messages/points/catalogue.hpp"
#include "messages/profiles/described.hpp"

namespace voltaic::actors::modbus_device {
namespace {

using messages::quality;
namespace profiles = messages::profiles;

} // namespace

std::string_view to_string(device_state state) {
  switch (state) {
    case device_state::starting:
      return "starting";
    case device_state::running:
      return "running";
    case device_state::degraded:
      return "degraded";
    case device_state::backoff:
      return "backoff";
  }
  return "backoff";
}

std::vector<std::string> model_options::validate() const {
  std::vector<std::string> findings;
  if (name.empty()) findings.emplace_back("name: is missing");
  if (profile == nullptr)
    findings.emplace_back("profile: is missing");
  else if (profile->protocol == profiles::protocol::can)
    findings.emplace_back("profile: is not for a line");
  return findings;
}

messages::expected<model> model::create(model_options options) {
  const auto findings = options.validate();
  if (!findings.empty()) return messages::failure{options.name + ": " + findings.front()};
  auto compiled = profiles::make_poll_plan(*options.profile);
  if (!compiled) return compiled.error();
  return model(std::move(options), *std::move(compiled));
}

model::model(model_options options, plan_ptr plan)
    : options_(std::move(options)), plan_(std::move(plan)) {
  const auto& subject = options_.subject.empty() ? options_.name : options_.subject;
  std::vector<messages::point_description> described;
  for (const auto& point : options_.profile->points)
    described.push_back(profiles::describe(*options_.profile, point, subject, options_.name));
  catalogue_ = messages::points::make_catalogue(options_.name, std::move(described));
  samples_.reserve(poll_plan::samples_usual);
  last_results_.resize(plan_->read_count());
  last_registers_.resize(plan_->read_count());
  lay_out();
}

void model::lay_out() {
  std::uint32_t cells = 0;
  for (const auto& point : options_.profile->points) {
    points_.push_back({cells, false, {}});
    cells += point.count;
  }
  cells_.resize(cells);
  raw_.resize(cells);
  real_.resize(cells);
  for (const auto& covered : plan_->coverages()) {
    const auto declared_ms = options_.profile->points[covered.point].period_ms;
    const std::int64_t period_us =
        messages::us_per_ms * (declared_ms > 0 ? declared_ms : plan_->period_ms(covered.read));
    part one;
    one.covered = covered;
    one.stale_after_us = profiles::stale_after_us(period_us);
    parts_.push_back(one);
  }
}

std::optional<messages::telemetry> model::apply(std::size_t first_read,
                                                std::span<const read_result> round,
                                                std::int64_t now_us) {
  assert(first_read + round.size() <= plan_->read_count());
  for (std::size_t i = 0; i < round.size(); ++i) {
    const auto& result = round[i];
    const auto read = first_read + i;
    last_results_[read] = {result.what, std::string(result.reason)};
    // Silence changes nothing by itself: the values age.
    if (result.what == read_result::kind::missing) continue;
    std::string refused;
    if (result.what == read_result::kind::done) refused = take_values(read, result);
    // An answer that the profile does not describe tells no more than a refusal does.
    if (!refused.empty()) last_results_[read] = {read_result::kind::exception, refused};
    if (last_results_[read].what == read_result::kind::exception)
      take_exception(read, result.time_us);
  }
  judge_round(first_read, round.size());
  mark_stale(now_us);
  return say();
}

std::optional<messages::telemetry> model::age(std::int64_t now_us) {
  mark_stale(now_us);
  return say();
}

std::string model::take_values(std::size_t read, const read_result& result) {
  const auto applied = plan_->apply(read, result.registers, samples_);
  if (!applied) return applied.error().text;
  last_registers_[read].assign(result.registers.begin(), result.registers.end());
  take_samples(read, result.registers, {});
  mark(read, result.time_us);
  return "";
}

void model::take_samples(std::size_t read, std::span<const std::uint16_t> registers,
                         std::optional<std::uint16_t> only) {
  for (const auto& sample : samples_) {
    if (only && sample.point != *only) continue;
    const auto cell = points_[sample.point].first_cell + sample.index;
    raw_[cell] = sample.raw;
    real_[cell] = sample.real;
    cells_[cell].take(sample.good);
    if (options_.profile->points[sample.point].type == profiles::raw_type::text)
      points_[sample.point].text = sample.good ? plan_->text_of(read, sample.point, registers) : "";
  }
}

void model::element::take(bool is_good) {
  if (!is_good) {
    good_run = 0;
    quality = messages::quality::invalid;
  } else if (recovering && ++good_run < good_again_samples) {
    quality = messages::quality::stale;
  } else {
    recovering = false;
    quality = messages::quality::good;
  }
}

void model::take_exception(std::size_t read, std::int64_t time_us) {
  for (const auto& each : parts_) {
    if (each.covered.read != read) continue;
    const auto first = points_[each.covered.point].first_cell + each.covered.first_index;
    for (auto cell = first; cell < first + each.covered.count; ++cell) cells_[cell].take(false);
  }
  mark(read, time_us);
}

void model::mark(std::size_t read, std::int64_t time_us, std::optional<std::uint16_t> only) {
  for (auto& each : parts_) {
    if (each.covered.read != read || (only && each.covered.point != *only)) continue;
    each.seen_us = time_us;
    each.ever_seen = true;
    each.stale = false;
    points_[each.covered.point].changed = true;
  }
}

void model::mark_stale(std::int64_t now_us) {
  for (auto& each : parts_) {
    if (!each.ever_seen || each.stale || now_us - each.seen_us <= each.stale_after_us) continue;
    each.stale = true;
    points_[each.covered.point].changed = true;
    const auto first = points_[each.covered.point].first_cell + each.covered.first_index;
    for (auto cell = first; cell < first + each.covered.count; ++cell) {
      cells_[cell].quality = messages::worst(cells_[cell].quality, quality::stale);
      cells_[cell].recovering = true;
      cells_[cell].good_run = 0;
    }
  }
}

void model::judge_round(std::size_t first_read, std::size_t reads) {
  if (reads == 0) return;
  const auto round = std::span(last_results_).subspan(first_read, reads);
  const auto answered = std::any_of(round.begin(), round.end(), [](const auto& each) {
    return each.what != read_result::kind::missing;
  });
  // Reads of other periods count too, so that the state holds between their rounds.
  const auto bad = std::find_if(last_results_.begin(), last_results_.end(), [](const auto& each) {
    return each.what != read_result::kind::done;
  });
  if (bad != last_results_.end()) {
    good_rounds_ = 0;
    state_ = answered ? device_state::degraded : device_state::backoff;
    // What a device that is silent now refused in other rounds is not why it is left alone.
    const auto& why = answered ? *bad : last_results_[first_read];
    state_reason_ = why.reason;
    is_refusing_ = why.what == read_result::kind::exception;
    return;
  }
  ++good_rounds_;
  // A device that fails now and then is not told as running in between.
  if (state_ != device_state::starting && good_rounds_ < good_rounds_min) return;
  state_ = device_state::running;
  state_reason_.clear();
  is_refusing_ = false;
}

std::optional<messages::telemetry> model::say() {
  messages::telemetry telemetry;
  telemetry.owner = options_.name;
  telemetry.fingerprint = catalogue_.fingerprint;
  for (std::size_t point = 0; point < points_.size(); ++point)
    if (std::exchange(points_[point].changed, false))
      telemetry.blocks.push_back(make_block(static_cast<std::uint16_t>(point)));
  if (telemetry.blocks.empty()) return std::nullopt;
  return telemetry;
}

known_value model::read(std::uint16_t point) const {
  const auto& shape = options_.profile->points[point];
  const auto cell = points_[point].first_cell;
  known_value known;
  known.quality = cells_[cell].quality;
  known.value = shape.type == profiles::raw_type::f64
                    ? real_[cell]
                    : static_cast<double>(raw_[cell]) * shape.scale + shape.offset;
  for (const auto& each : parts_)
    if (each.covered.point == point && each.covered.first_index == 0) known.time_us = each.seen_us;
  return known;
}

messages::block model::make_block(std::uint16_t point) const {
  messages::block block;
  block.point = point;
  std::optional<std::int64_t> oldest_us;
  for (const auto& each : parts_)
    if (each.covered.point == point && each.ever_seen)
      oldest_us = std::min(oldest_us.value_or(each.seen_us), each.seen_us);
  block.source_time_us = oldest_us.value_or(0);
  const auto cells =
      std::span(cells_).subspan(points_[point].first_cell, options_.profile->points[point].count);
  block.quality = std::ranges::max(cells, {}, &element::quality).quality;
  if (std::ranges::any_of(cells,
                          [&](const element& each) { return each.quality != block.quality; }))
    for (const auto& each : cells) block.element_quality.push_back(each.quality);
  const auto& shape = options_.profile->points[point];
  const auto first = points_[point].first_cell;
  if (shape.type == profiles::raw_type::text) {
    block.values = points_[point].text;
    return block;
  }
  block.values = profiles::values_of(shape, std::span(raw_).subspan(first, shape.count),
                                     std::span(real_).subspan(first, shape.count));
  return block;
}

} // namespace voltaic::actors::modbus_device
