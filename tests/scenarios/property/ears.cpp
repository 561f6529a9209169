#include "scenarios/property/ears.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voltaic::tests::property {

ears::ears(listening_node at, int racks, std::function<void(const fact&)> tell)
    : at_(at), tell_(std::move(tell)) {
  for (int rack = 0; rack < racks; ++rack) {
    const auto watch = [&](const char* point) {
      return points_.watch(fmt::format("rack_{}/{}", rack, point));
    };
    racks_.push_back(
        {watch("charge_current_limit"), watch("discharge_current_limit"), watch("contactor_lock")});
  }
  battery_ = points_.watch("system/charge_current_limit");
}

void ears::hear(const messages::message& said, std::int64_t now_us) {
  if (const auto* described = std::get_if<messages::catalogue>(&said.payload))
    return points_.learn(*described);
  const auto* values = std::get_if<messages::telemetry>(&said.payload);
  if (values == nullptr) return;
  const auto news = points_.apply(*values);
  if (news.empty()) return;
  if (std::ranges::find(news, battery_) != news.end()) tell_({now_us, -1, battery_word{at_}});
  for (int rack = 0; rack < static_cast<int>(racks_.size()); ++rack) hear_rack(rack, news, now_us);
}

void ears::hear_rack(int rack, const std::vector<std::size_t>& news, std::int64_t now_us) {
  const auto& of = racks_.at(static_cast<std::size_t>(rack));
  rack_word word{.at = at_};
  for (const auto place : news) {
    const auto& value = points_.at(place);
    if (place == of.charge) word.charge_a = value.number;
    if (place == of.discharge) word.discharge_a = value.number;
    if (place == of.lock) word.lock = value.text;
  }
  if (word.charge_a || word.discharge_a || word.lock) tell_({now_us, rack, std::move(word)});
}

} // namespace voltaic::tests::property
