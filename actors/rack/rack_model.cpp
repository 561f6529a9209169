#include "actors/rack/rack_model.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "messages/points/catalogue.hpp"
#include "messages/points/names.hpp"

namespace voltaic::actors::rack {
namespace {

using messages::quality;
namespace profiles = messages::profiles;

constexpr std::uint8_t power_decimals = 1;

bool wants(const profiles::point& point, std::string_view aggregate) {
  const auto& list = point.aggregates;
  return std::find(list.begin(), list.end(), aggregate) != list.end();
}

// The engineering values of a block that covers its whole point, else nothing.
std::vector<double> values_of(const messages::block& block, std::uint32_t count, double scale,
                              double offset, bool is_signed) {
  std::vector<double> values;
  if (block.first_index != 0) {
    return values;
  }
  values.reserve(count);
  if (const auto* words = std::get_if<messages::block::words>(&block.values)) {
    for (const auto word : *words) {
      const double raw = is_signed ? static_cast<std::int16_t>(word) : word;
      values.push_back(raw * scale + offset);
    }
  } else if (const auto* integers = std::get_if<messages::block::integers>(&block.values)) {
    for (const auto integer : *integers) {
      values.push_back(static_cast<double>(integer) * scale + offset);
    }
  } else if (const auto* reals = std::get_if<messages::block::reals>(&block.values)) {
    values = *reals;
  }
  if (values.size() != count) {
    values.clear();
  }
  return values;
}

quality quality_at(const messages::block& block, std::size_t index) {
  return block.element_quality.size() > index ? block.element_quality[index] : block.quality;
}

template <class Values>
messages::block make_block(std::uint16_t point, Values values, bool usable, quality worst,
                           std::int64_t time_us, std::vector<std::string> missing) {
  messages::block block;
  block.point = point;
  block.source_time_us = time_us;
  block.quality = worst;
  block.values = std::move(values);
  // The number itself may be used although members are missing.
  if (usable && worst != quality::good) {
    block.element_quality = {quality::good};
  }
  block.missing = std::move(missing);
  return block;
}

} // namespace

std::vector<std::string> model_options::validate() const {
  std::vector<std::string> findings;
  if (name.empty()) {
    findings.emplace_back("name: is missing");
  }
  if (device.empty()) {
    findings.emplace_back("device: is missing");
  }
  if (profile == nullptr) {
    findings.emplace_back("profile: is missing");
  }
  return findings;
}

model::model(model_options options) : options_(std::move(options)) {
  assert(options_.validate().empty());
  for (const auto& point : options_.profile->points) {
    if (!point.aggregates.empty()) {
      describe_aggregate(point);
    }
  }
  describe_power();
  catalogue_ = messages::points::make_catalogue(options_.name, std::move(points_));
}

std::uint16_t model::add_point(const profiles::point& point, const std::string& suffix,
                               const std::string& channel_suffix, bool is_index) {
  messages::point_description described;
  described.name = options_.name + "/" + point.name + suffix;
  described.channel = options_.device + "/" + point.channel + channel_suffix;
  described.raw_type = is_index ? "u32" : "f64";
  described.unit = is_index ? "" : point.unit;
  described.decimals = is_index ? std::uint8_t{0} : point.decimals;
  described.period_ms = point.period_ms;
  described.category = profiles::to_string(point.category);
  points_.push_back(std::move(described));
  return static_cast<std::uint16_t>(points_.size() - 1);
}

void model::describe_aggregate(const profiles::point& point) {
  aggregate one;
  one.point = options_.name + "/" + point.name;
  one.count = point.count;
  one.group_size = point.group_size;
  if (wants(point, "min")) {
    one.minimum = add_point(point, "_min", "Min", false);
    one.minimum_index = add_point(point, "_min_index", "MinIndex", true);
  }
  if (wants(point, "max")) {
    one.maximum = add_point(point, "_max", "Max", false);
    one.maximum_index = add_point(point, "_max_index", "MaxIndex", true);
  }
  if (wants(point, "average")) {
    one.average = add_point(point, "_average", "Average", false);
  }
  aggregates_.push_back(std::move(one));
}

void model::describe_power() {
  const auto& profile = *options_.profile;
  const auto voltage = profile.find_point("voltage");
  const auto current = profile.find_point("current");
  if (profile.find_point("power") || !voltage || !current) {
    return;
  }
  voltage_ = factors_.watch(options_.name + "/voltage");
  current_ = factors_.watch(options_.name + "/current");
  auto described = profile.points[*current];
  described.name = "power";
  described.channel = "Power";
  described.unit = "W";
  described.decimals = power_decimals;
  power_ = add_point(described, "", "", false);
}

void model::learn(const messages::catalogue& device) {
  device_fingerprint_ = device.fingerprint;
  for (auto& one : aggregates_) {
    one.source.reset();
    for (std::size_t i = 0; i < device.points.size(); ++i) {
      const auto& described = device.points[i];
      if (described.name != one.point) {
        continue;
      }
      one.source = static_cast<std::uint16_t>(i);
      one.scale = described.scale;
      one.offset = described.offset;
      one.is_signed = described.raw_type == "i16";
    }
  }
  factors_.learn(device);
}

messages::telemetry model::step(const messages::telemetry& device) {
  messages::telemetry out;
  out.owner = options_.name;
  out.fingerprint = catalogue_.fingerprint;
  if (device.owner != options_.device || device_fingerprint_ != device.fingerprint) {
    return out;
  }
  for (const auto& block : device.blocks) {
    for (const auto& one : aggregates_) {
      if (one.source == block.point) {
        summarise(one, block, out);
      }
    }
  }
  if (!factors_.apply(device).empty()) {
    multiply(out);
  }
  return out;
}

void model::summarise(const aggregate& which, const messages::block& block,
                      messages::telemetry& out) const {
  const auto values = values_of(block, which.count, which.scale, which.offset, which.is_signed);
  if (values.empty()) {
    return;
  }
  auto worst = quality::good;
  std::vector<std::uint32_t> left_out;
  std::size_t used = 0;
  std::size_t lowest = 0;
  std::size_t highest = 0;
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto mark = quality_at(block, i);
    worst = messages::worst(worst, mark);
    if (mark != quality::good) {
      left_out.push_back(static_cast<std::uint32_t>(i));
      continue;
    }
    if (used == 0) {
      lowest = highest = i;
    }
    if (values[i] < values[lowest]) {
      lowest = i;
    }
    if (values[i] > values[highest]) {
      highest = i;
    }
    sum += values[i];
    ++used;
  }
  const bool usable = used > 0;
  const auto missing = messages::points::scopes_of(left_out, which.group_size,
                                                   messages::points::element_word(which.point));
  const auto put_real = [&](const std::optional<std::uint16_t>& point, double value) {
    if (!point) {
      return;
    }
    out.blocks.push_back(make_block(*point, messages::block::reals{usable ? value : 0}, usable,
                                    worst, block.source_time_us, missing));
  };
  const auto put_index = [&](const std::optional<std::uint16_t>& point, std::size_t index) {
    if (!point) {
      return;
    }
    messages::block::integers at{usable ? static_cast<std::int64_t>(index) : 0};
    out.blocks.push_back(
        make_block(*point, std::move(at), usable, worst, block.source_time_us, missing));
  };
  put_real(which.minimum, values[lowest]);
  put_index(which.minimum_index, lowest);
  put_real(which.maximum, values[highest]);
  put_index(which.maximum_index, highest);
  put_real(which.average, usable ? sum / static_cast<double>(used) : 0);
}

void model::multiply(messages::telemetry& out) const {
  const auto& voltage = factors_.at(voltage_);
  const auto& current = factors_.at(current_);
  const auto worst = messages::worst(voltage.quality, current.quality);
  const bool usable = worst == quality::good;
  const auto time_us = std::min(voltage.source_time_us, current.source_time_us);
  const messages::block::reals value{usable ? voltage.number * current.number : 0};
  out.blocks.push_back(make_block(*power_, value, usable, worst, time_us, {}));
}

} // namespace voltaic::actors::rack
