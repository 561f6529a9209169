#include "actors/system/link_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "messages/points/catalogue.hpp"

namespace voltaic::actors::system {
namespace {

using messages::quality;
using messages::points::computed_point;

// Bits on a serial line for one byte: start, eight of data, parity or stop, stop.
constexpr double bits_per_byte = 11;
// The load of a line is measured over at least this time.
constexpr std::int64_t load_window_us = messages::us_per_s;

// In the order in which `step` says them; a line without a load lacks that one.
constexpr computed_point described_points[] = {
    {"state", "State", "", 0, "text"}, {"load", "Load", "%", 1},        {"bytes", "Bytes", "B", 0},
    {"errors", "Errors", "", 0},       {"last_gap", "LastGap", "s", 2},
};

// Of CAN buses besides, below links/NAME/, in the order in which `step` says them.
constexpr computed_point can_points[] = {
    {"state", "State", "", 0, "text"},          {"load_percent", "LoadPercent", "%", 1},
    {"error_frames", "ErrorFrames", "", 0},     {"rx_overflow", "RxOverflow", "", 0},
    {"unknown_ids", "UnknownIds", "", 0},       {"transmit_errors", "TransmitErrors", "", 0},
    {"receive_errors", "ReceiveErrors", "", 0}, {"trouble", "Trouble", "", 0, "text"},
    {"babbler", "Babbler", "", 0, "text"},
};

bool has_load(const link_options& of) {
  return of.kind == link_kind::bus || of.baud > 0;
}

bool is_load(const computed_point& point) {
  return std::string_view(point.name) == "load";
}

// Anything else is worth seeing.
bool is_well(const std::string& state) {
  return state == "error-active" || state == "connected";
}

} // namespace

link_model::link_model(const std::string& system, std::vector<link_options> links) {
  for (auto& each : links) {
    for (const auto& named : described_points) {
      if (is_load(named) && !has_load(each)) continue;
      points_.push_back(
          messages::points::describe(system + "/link/" + each.name, named, health_age_us_max));
    }
    if (each.kind == link_kind::bus) {
      for (const auto& named : can_points)
        points_.push_back(
            messages::points::describe("links/" + each.name, named, health_age_us_max));
    }
    links_.push_back({std::move(each), {}, 0, 0, 0});
  }
}

link_model::link* link_model::find(const std::string& name, link_kind kind) {
  for (auto& each : links_)
    if (each.options.name == name && each.options.kind == kind) return &each;
  return nullptr;
}

void link_model::take(const messages::health& said, std::int64_t said_us) {
  for (const auto& bus : said.buses) {
    auto* of = find(bus.name, link_kind::bus);
    if (of == nullptr) continue;
    view fresh;
    fresh.state = bus.state;
    fresh.load_percent = bus.load_percent;
    fresh.bytes = bus.bytes;
    fresh.errors = bus.errors;
    fresh.lost = bus.rx_overflow;
    fresh.received = bus.rx;
    fresh.transmit_errors = bus.transmit_errors;
    fresh.receive_errors = bus.receive_errors;
    fresh.unknown_ids = bus.unknown_ids;
    fresh.trouble = bus.trouble;
    if (!bus.babbler.empty())
      fresh.babbler = fmt::format("{}, {:.0f} frames/s", bus.babbler, bus.babbler_rate);
    see(*of, said.node, std::move(fresh), said_us);
  }
  for (const auto& line : said.lines) {
    auto* of = find(line.name, link_kind::line);
    if (of == nullptr) continue;
    view fresh;
    fresh.state = line.state;
    fresh.bytes = line.bytes_sent + line.bytes_received;
    fresh.errors = line.timeouts + line.crc_errors + line.exceptions + line.bad_answers;
    fresh.received = line.bytes_received;
    see(*of, said.node, std::move(fresh), said_us);
  }
}

void link_model::see(link& of, const std::string& node, view fresh, std::int64_t said_us) {
  auto& known = of.views[node];
  if (said_us < known.heard_us) return;
  fresh.heard_us = said_us;
  of.heard_us = std::max(of.heard_us, said_us);
  if (of.options.baud > 0) measure_load(known, fresh, of.options.baud);
  if (fresh.received != known.received) {
    of.gap_us = newest_gap_us(of, said_us);
    of.active_us = std::max(of.active_us, said_us);
  }
  known = std::move(fresh);
}

void link_model::measure_load(const view& known, view& fresh, std::uint32_t baud) {
  fresh.measured_us = fresh.heard_us;
  fresh.measured_bytes = fresh.bytes;
  // A node that began anew counts from zero.
  if (known.measured_us == 0 || fresh.bytes < known.measured_bytes) return;
  const auto since_us = fresh.heard_us - known.measured_us;
  if (since_us < load_window_us) {
    fresh.load_percent = known.load_percent;
    fresh.measured_us = known.measured_us;
    fresh.measured_bytes = known.measured_bytes;
    return;
  }
  const double bits = static_cast<double>(fresh.bytes - known.measured_bytes) * bits_per_byte;
  const double seconds = static_cast<double>(since_us) / messages::us_per_s;
  fresh.load_percent = 100 * bits / (seconds * baud);
}

// Of the nodes that speak of it now; of all that ever did, where none does.
link_model::view link_model::merged(const link& of, std::int64_t now_us) {
  view all;
  const bool is_heard = now_us - of.heard_us <= health_age_us_max;
  for (const auto& [node, seen] : of.views) {
    if (is_heard && now_us - seen.heard_us > health_age_us_max) continue;
    if (all.state.empty() || is_well(all.state)) all.state = seen.state;
    all.load_percent = std::max(all.load_percent, seen.load_percent);
    all.bytes = std::max(all.bytes, seen.bytes);
    all.errors = std::max(all.errors, seen.errors);
    all.lost += seen.lost;
    all.transmit_errors = std::max(all.transmit_errors, seen.transmit_errors);
    all.receive_errors = std::max(all.receive_errors, seen.receive_errors);
    all.unknown_ids = std::max(all.unknown_ids, seen.unknown_ids);
    if (all.trouble.empty()) all.trouble = seen.trouble;
    if (all.babbler.empty()) all.babbler = seen.babbler;
  }
  return all;
}

std::int64_t link_model::newest_gap_us(const link& of, std::int64_t now_us) {
  if (of.active_us == 0) return 0;
  const auto least_us = of.options.kind == link_kind::bus ? bus_gap_us_min : line_gap_us_min;
  const auto silent_us = now_us - of.active_us;
  return silent_us >= least_us ? silent_us : of.gap_us;
}

std::vector<messages::block> link_model::step(std::size_t first, std::int64_t now_us) const {
  std::vector<messages::block> blocks;
  for (const auto& each : links_) {
    const auto all = merged(each, now_us);
    const bool is_fresh = now_us - each.heard_us <= health_age_us_max;
    // Where nobody speaks of it, nobody knows whether it is silent.
    const auto gap_us = newest_gap_us(each, is_fresh ? now_us : each.heard_us);
    const auto add = [&](decltype(messages::block::values) values) {
      messages::block block;
      block.point = static_cast<std::uint16_t>(first + blocks.size());
      block.source_time_us = each.heard_us;
      block.quality = each.heard_us == 0 ? quality::never
                      : is_fresh         ? quality::good
                                         : quality::stale;
      block.values = std::move(values);
      blocks.push_back(std::move(block));
    };
    const auto add_number = [&](double value) { add(messages::block::reals{value}); };
    add(all.state);
    if (has_load(each.options)) add_number(all.load_percent);
    add_number(static_cast<double>(all.bytes));
    add_number(static_cast<double>(all.errors + all.lost));
    add_number(static_cast<double>(gap_us) / messages::us_per_s);
    if (each.options.kind != link_kind::bus) continue;
    add(all.state);
    add_number(all.load_percent);
    add_number(static_cast<double>(all.errors));
    add_number(static_cast<double>(all.lost));
    add_number(all.unknown_ids);
    // Nobody watched for them: that is no number.
    if (all.unknown_ids < 0) blocks.back().quality = quality::never;
    add_number(all.transmit_errors);
    add_number(all.receive_errors);
    add(all.trouble);
    add(all.babbler);
  }
  return blocks;
}

} // namespace voltaic::actors::system
