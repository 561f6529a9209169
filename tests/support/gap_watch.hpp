#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "bus/message/endpoint.hpp"
#include "messages/codec/codec.hpp"
#include "messages/points/point_table.hpp"
#include "messages/time.hpp"

namespace voltaic::tests {

/// Hears a site's message bus and measures how long each point with a period is left unsaid.
class gap_watch final : public bus::message::listener {
 public:
  /// One point, or one part of an array.
  struct heard {
    std::string owner; ///< of its catalogue
    std::string point;
    std::uint32_t period_ms = 0;
    std::uint64_t times = 0;
    std::int64_t longest_us = 0;
    std::int64_t last_us = 0;
    bool was_good = true; ///< whenever it was said
  };

  void on_frame(bus::message::plane /*from*/, const messages::frame_ptr& frame) override {
    const auto message = messages::content_of(*frame);
    if (!message) throw std::logic_error(message.error().text);
    table_.apply(**message);
    if (const auto* said = std::get_if<messages::telemetry>(&(*message)->payload)) take(*said);
  }

  /// What was before is forgotten: the watch begins now.
  void begin(std::int64_t now_us) {
    for (auto& [key, each] : heard_) {
      each.last_us = now_us;
      each.longest_us = 0;
      each.times = 0;
      each.was_good = true;
    }
  }
  /// All of them, with the gap that is open now.
  [[nodiscard]] std::vector<heard> all(std::int64_t now_us) const {
    std::vector<heard> result;
    for (const auto& [key, each] : heard_) {
      result.push_back(each);
      result.back().longest_us = std::max(each.longest_us, now_us - each.last_us);
    }
    return result;
  }

 private:
  void take(const messages::telemetry& said) {
    const auto* known = table_.catalogue_of(said.owner);
    if (known == nullptr) return;
    for (const auto& block : said.blocks) {
      const auto& point = known->points.at(block.point);
      if (point.period_ms == 0) continue;
      const auto fresh = heard_.try_emplace({said.owner, block.point, block.first_index});
      auto& one = fresh.first->second;
      if (fresh.second) one = {said.owner, point.name, point.period_ms};
      if (one.times++ > 0 || one.last_us != 0)
        one.longest_us = std::max(one.longest_us, block.source_time_us - one.last_us);
      one.last_us = block.source_time_us;
      one.was_good = one.was_good && block.quality == messages::quality::good;
    }
  }

  messages::points::point_table table_;
  std::map<std::tuple<std::string, std::uint16_t, std::uint32_t>, heard> heard_;
};

} // namespace voltaic::tests
