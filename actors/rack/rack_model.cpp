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
      describe_array(point);
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

model::aggregate model::describe_extremes(const profiles::point& of, bool lowest, bool highest) {
  aggregate one;
  one.group_size = of.group_size;
  one.element = messages::points::element_word(of.name);
  if (lowest) {
    one.minimum = add_point(of, "_min", "Min", false);
    one.minimum_index = add_point(of, "_min_index", "MinIndex", true);
  }
  if (highest) {
    one.maximum = add_point(of, "_max", "Max", false);
    one.maximum_index = add_point(of, "_max_index", "MaxIndex", true);
  }
  return one;
}

void model::describe_array(const profiles::point& point) {
  array one;
  one.point = options_.name + "/" + point.name;
  one.as.count = point.count;
  one.group_size = point.group_size;
  one.elements = describe_extremes(point, wants(point, "min"), wants(point, "max"));
  if (wants(point, "average")) {
    one.elements.average = add_point(point, "_average", "Average", false);
  }
  if (wants(point, profiles::module_sum)) {
    profiles::point module = point;
    module.name = profiles::module_point(point.name);
    module.channel += "ModuleSum";
    module.group_size = 0;
    one.modules = describe_extremes(module, true, true);
    one.modules->element = "module";
  }
  arrays_.push_back(std::move(one));
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
  for (auto& one : arrays_) {
    one.source.reset();
    for (std::size_t i = 0; i < device.points.size(); ++i) {
      const auto& described = device.points[i];
      if (described.name != one.point) {
        continue;
      }
      one.source = static_cast<std::uint16_t>(i);
      one.as.scale = described.scale;
      one.as.offset = described.offset;
      one.as.is_signed = described.raw_type == "i16";
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
    for (const auto& one : arrays_) {
      if (one.source == block.point) {
        summarise_array(one, block, out);
      }
    }
  }
  if (!factors_.apply(device).empty()) {
    multiply(out);
  }
  return out;
}

void model::summarise_array(const array& which, const messages::block& block,
                            messages::telemetry& out) const {
  const auto all = read_elements(block, which.as);
  if (all.values.empty()) {
    return;
  }
  tell(which.elements, all, block, out);
  if (which.modules) {
    tell(*which.modules, sum_modules(all, which.group_size), block, out);
  }
}

void model::tell(const aggregate& which, const elements& of, const messages::block& block,
                 messages::telemetry& out) const {
  const auto found = summarise(of);
  const bool usable = found.used > 0;
  const auto missing = messages::points::scopes_of(found.left_out, which.group_size, which.element);
  const auto put_real = [&](const std::optional<std::uint16_t>& point, double value) {
    if (!point) {
      return;
    }
    out.blocks.push_back(make_block(*point, messages::block::reals{usable ? value : 0}, usable,
                                    found.worst, block.source_time_us, missing));
  };
  const auto put_index = [&](const std::optional<std::uint16_t>& point, std::size_t index) {
    if (!point) {
      return;
    }
    messages::block::integers at{usable ? static_cast<std::int64_t>(index) : 0};
    out.blocks.push_back(
        make_block(*point, std::move(at), usable, found.worst, block.source_time_us, missing));
  };
  put_real(which.minimum, of.values[found.lowest]);
  put_index(which.minimum_index, found.lowest);
  put_real(which.maximum, of.values[found.highest]);
  put_index(which.maximum_index, found.highest);
  put_real(which.average, usable ? found.sum / static_cast<double>(found.used) : 0);
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
