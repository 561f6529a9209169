#include "actors/digital_io/digital_io_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "messages/points/catalogue.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::digital_io {

namespace {

constexpr std::uint32_t period_ms = 100;

messages::point_description point_of(const std::string& owner, const std::string& name,
                                     bool writable) {
  messages::point_description point;
  point.name = owner + "/" + name;
  point.channel = point.name;
  point.raw_type = "u16";
  point.period_ms = period_ms;
  point.category = "operational";
  point.writable = writable;
  return point;
}

messages::catalogue catalogue_of(const model_options& options) {
  std::vector<messages::point_description> points;
  for (const auto& each : options.inputs)
    points.push_back(point_of(options.name, each.name, false));
  for (const auto& each : options.outputs)
    points.push_back(point_of(options.name, each.name, each.follow.empty()));
  return messages::points::make_catalogue(options.name, points);
}

} // namespace

std::vector<std::string> model_options::validate() const {
  std::vector<std::string> wrong;
  if (name.empty()) wrong.emplace_back("digital inputs and outputs need a name");
  if (inputs.empty() && outputs.empty()) wrong.push_back(name + " has no input and no output");
  std::set<std::string> names;
  const auto claim = [&](const std::string& taken) {
    if (taken.empty() || !names.insert(taken).second)
      wrong.push_back(fmt::format("{}: \"{}\" is no name of its own", name, taken));
  };
  for (const auto& each : inputs) {
    claim(each.name);
    if (each.debounce_us < 0)
      wrong.push_back(fmt::format("{}/{}: debounce must not be negative", name, each.name));
  }
  for (const auto& each : outputs) claim(each.name);
  return wrong;
}

digital_io_model::digital_io_model(model_options options)
    : options_(std::move(options)),
      catalogue_(catalogue_of(options_)),
      inputs_(options_.inputs.size()),
      outputs_(options_.outputs.size()) {
  assert(options_.validate().empty());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    inputs_[i].silence_us = options_.inputs[i].point.empty() ? silence_us : coupler_silence_us_min;
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) outputs_[i].driven = options_.outputs[i].safe;
}

void digital_io_model::hear(std::size_t which, std::optional<bool> level, std::int64_t now_us) {
  if (!level) return; // silence does the rest
  auto& about = inputs_[which];
  const bool active = *level != options_.inputs[which].normally_closed;
  if (about.raw.value_or(false)) about.active_us += now_us - about.heard_us;
  if (about.raw != active) about.raw_us = now_us;
  about.raw = active;
  about.heard_us = now_us;
}

void digital_io_model::take_levels(const std::optional<std::vector<bool>>& levels,
                                   std::int64_t now_us) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!options_.inputs[i].point.empty()) continue;
    const bool is_read = levels && at < levels->size();
    hear(i, is_read ? std::optional<bool>((*levels)[at]) : std::nullopt, now_us);
    ++at;
  }
}

void digital_io_model::take_point(const std::string& point, std::optional<bool> level,
                                  std::uint32_t point_period_ms, std::int64_t now_us) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (options_.inputs[i].point != point) continue;
    inputs_[i].silence_us = coupler_silence_us(point_period_ms);
    hear(i, level, now_us);
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (options_.outputs[i].point == point && level) {
      outputs_[i].reported = level;
      outputs_[i].heard_us = now_us;
      outputs_[i].silence_us = coupler_silence_us(point_period_ms);
    }
    if (options_.outputs[i].follow != point || !level) continue;
    outputs_[i].wanted = level;
    outputs_[i].until_us = now_us + coupler_silence_us(point_period_ms);
  }
}

std::optional<std::size_t> digital_io_model::find_output(const std::string& name) const {
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (options_.outputs[i].name == name) return i;
  }
  return std::nullopt;
}

std::string digital_io_model::set(const std::string& output, bool on,
                                  std::optional<std::int64_t> until_us) {
  const auto found = find_output(output);
  if (!found) return fmt::format("{} has no output '{}'", options_.name, output);
  if (!options_.outputs[*found].follow.empty()) {
    return fmt::format("{}/{} follows {}", options_.name, output, options_.outputs[*found].follow);
  }
  if (ending_) return "the node is about to end";
  outputs_[*found].wanted = on;
  outputs_[*found].until_us = until_us;
  return {};
}

// To be inactive it has to stand still; to be active it need not: a contact or a wire that
// chatters is active once the pieces are as long, which no standstill has parted.
void digital_io_model::settle(std::size_t which, std::int64_t now_us) {
  auto& about = inputs_[which];
  about.known = about.raw && now_us - about.heard_us < about.silence_us;
  if (!about.known) {
    // Whoever comes back has to stand still before it is believed again.
    about.settled.reset();
    about.raw.reset();
    about.active_us = 0;
  } else if (!*about.raw && now_us - about.raw_us >= options_.inputs[which].debounce_us) {
    about.settled = false;
    about.active_us = 0;
  } else if (about.active_us + (*about.raw ? now_us - about.heard_us : 0) >=
             options_.inputs[which].debounce_us) {
    about.settled = true;
  }
  about.known = about.settled.has_value();
  about.shown = about.settled.value_or(true);
}

bool digital_io_model::take_write(bool is_taken, std::int64_t now_us) {
  are_lines_taken_ = is_taken;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!options_.outputs[i].point.empty()) continue;
    if (is_taken) {
      outputs_[i].heard_us = now_us;
    } else {
      outputs_[i].wanted.reset();
      outputs_[i].until_us.reset();
    }
  }
  return std::exchange(is_refusal_told_, !is_taken) == is_taken;
}

bool digital_io_model::is_held(std::size_t output, std::int64_t now_us) const {
  const auto& about = outputs_[output];
  if (options_.outputs[output].point.empty()) return are_lines_taken_;
  return about.reported == about.driven && now_us - about.heard_us < about.silence_us;
}

bool digital_io_model::step(std::int64_t now_us) {
  bool changed = false;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto before = std::pair(inputs_[i].shown, inputs_[i].known);
    settle(i, now_us);
    changed |= before != std::pair(inputs_[i].shown, inputs_[i].known);
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    auto& about = outputs_[i];
    if (about.until_us && now_us >= *about.until_us) {
      about.wanted.reset();
      about.until_us.reset();
    }
    const bool safe = options_.outputs[i].safe;
    const bool ends = ending_ && !options_.outputs[i].point.empty();
    const bool driven = ends ? safe : about.wanted.value_or(safe);
    changed |= std::exchange(about.driven, driven) != driven;
    const bool is_known = is_held(i, now_us);
    changed |= std::exchange(about.known, is_known) != is_known;
  }
  return changed;
}

std::vector<bool> digital_io_model::line_levels() const {
  std::vector<bool> levels;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (options_.outputs[i].point.empty()) levels.push_back(outputs_[i].driven);
  }
  return levels;
}

std::vector<messages::block> digital_io_model::blocks(std::int64_t now_us) const {
  std::vector<messages::block> said;
  const auto add = [&](bool value, messages::quality how, std::int64_t time_us) {
    messages::block block;
    block.point = static_cast<std::uint16_t>(said.size());
    block.source_time_us = time_us;
    block.quality = how;
    block.values = messages::block::words{static_cast<std::uint16_t>(value ? 1 : 0)};
    said.push_back(std::move(block));
  };
  using messages::quality;
  for (const auto& each : inputs_)
    add(each.shown, each.known ? quality::good : quality::stale, each.heard_us);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const bool is_held_now = is_held(i, now_us);
    const auto lacking = options_.outputs[i].point.empty() ? quality::invalid : quality::stale;
    add(outputs_[i].driven, is_held_now ? quality::good : lacking,
        is_held_now ? now_us : outputs_[i].heard_us);
  }
  return said;
}

} // namespace voltaic::actors::digital_io
