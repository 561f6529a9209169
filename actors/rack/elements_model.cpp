#include "actors/rack/elements_model.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace voltaic::actors::rack {
namespace {

using messages::quality;

std::vector<double> values_of(const messages::block& block, const reading& as) {
  std::vector<double> values;
  values.reserve(as.count);
  if (const auto* words = std::get_if<messages::block::words>(&block.values)) {
    for (const auto word : *words) {
      const double raw = as.is_signed ? static_cast<std::int16_t>(word) : word;
      values.push_back(raw * as.scale + as.offset);
    }
  } else if (const auto* integers = std::get_if<messages::block::integers>(&block.values)) {
    for (const auto integer : *integers) {
      values.push_back(static_cast<double>(integer) * as.scale + as.offset);
    }
  } else if (const auto* reals = std::get_if<messages::block::reals>(&block.values)) {
    values = *reals;
  }
  return values;
}

} // namespace

elements read_elements(const messages::block& block, const reading& as) {
  if (block.first_index != 0) return {};
  elements result;
  result.values = values_of(block, as);
  if (result.values.size() != as.count) return {};
  result.marks = block.element_quality;
  result.marks.resize(as.count, block.quality);
  return result;
}

elements sum_modules(const elements& of, std::uint32_t group_size) {
  const auto modules = of.values.size() / group_size;
  elements result{std::vector<double>(modules), std::vector<quality>(modules)};
  for (std::size_t i = 0; i < modules * group_size; ++i) {
    result.values[i / group_size] += of.values[i];
    auto& mark = result.marks[i / group_size];
    mark = messages::worst(mark, of.marks[i]);
  }
  return result;
}

summary summarise(const elements& of) {
  summary result;
  for (std::size_t i = 0; i < of.values.size(); ++i) {
    result.worst = messages::worst(result.worst, of.marks[i]);
    if (of.marks[i] != quality::good) {
      result.left_out.push_back(static_cast<std::uint32_t>(i));
      continue;
    }
    if (result.used == 0) result.lowest = result.highest = i;
    if (of.values[i] < of.values[result.lowest]) result.lowest = i;
    if (of.values[i] > of.values[result.highest]) result.highest = i;
    result.sum += of.values[i];
    ++result.used;
  }
  return result;
}

} // namespace voltaic::actors::rack
