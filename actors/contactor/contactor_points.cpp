#include "actors/contactor/contactor_points.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "messages/points/catalogue.hpp"

namespace voltaic::actors::contactor {

namespace {

double counted(const nlohmann::json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end() || !found->is_number()) return 0;
  const auto number = found->get<double>();
  return std::isfinite(number) && number > 0 ? number : 0;
}

constexpr messages::points::computed_point described_points[] = {
    {"contactor", "Contactor", "", 0, "text"},
    {"contactor_lock", "ContactorLock", "", 0, "text"},
    {"contactor_joined", "ContactorJoined", "", 0, "i64"},
    {"contactor_operations", "ContactorOperations", "", 0, "i64"},
    {"contactor_breaks", "ContactorBreaks", "", 0, "i64"},
    {"contactor_break_current", "ContactorBreakCurrent", "A", 1},
    {"precharge_energy", "PrechargeEnergy", "J", 0},
    {"closing_barred_by", "ClosingBarredBy", "", 0, "text"},
};
/// State, lock and whether it is joined, which a rack that takes no orders has as well.
constexpr std::size_t watched_points = 3;

std::vector<messages::point_description> describe(
    const std::string& rack, std::span<const messages::points::computed_point> these) {
  std::vector<messages::point_description> points;
  for (const auto& each : these)
    points.push_back(messages::points::describe(rack, each, state_period_us));
  return points;
}

std::string listed(const std::vector<std::string>& words, std::string_view separator) {
  return words.empty() ? std::string("none") : fmt::format("{}", fmt::join(words, separator));
}

template <class Values>
void add(std::vector<messages::block>& blocks, Values values, std::int64_t now_us) {
  messages::block block;
  block.point = static_cast<std::uint16_t>(blocks.size());
  block.source_time_us = now_us;
  block.quality = messages::quality::good;
  block.values = std::move(values);
  blocks.push_back(std::move(block));
}

} // namespace

messages::catalogue catalogue_of(const std::string& rack, const std::string& owner) {
  auto points = describe(rack, described_points);
  points.front().writable = true;
  return messages::points::make_catalogue(owner, std::move(points));
}

messages::catalogue watch_catalogue_of(const std::string& rack, const std::string& owner) {
  return messages::points::make_catalogue(
      owner, describe(rack, std::span(described_points).first<watched_points>()));
}

std::vector<messages::block> blocks_of(std::string_view shown,
                                       const std::vector<std::string>& latches,
                                       std::optional<bool> joined, std::int64_t now_us) {
  std::vector<messages::block> blocks;
  add(blocks, std::string(shown), now_us);
  add(blocks, listed(latches, ", "), now_us);
  add(blocks, messages::block::integers{joined.value_or(true) ? 1 : 0}, now_us);
  if (!joined) blocks.back().quality = messages::quality::stale;
  return blocks;
}

std::vector<messages::block> blocks_of(std::string_view shown,
                                       const std::vector<std::string>& latches,
                                       std::optional<bool> joined, const wear& counted,
                                       const std::vector<std::string>& barred_by,
                                       std::int64_t now_us) {
  auto blocks = blocks_of(shown, latches, joined, now_us);
  using messages::block;
  add(blocks, block::integers{static_cast<std::int64_t>(counted.operations)}, now_us);
  add(blocks, block::integers{static_cast<std::int64_t>(counted.breaks)}, now_us);
  add(blocks, block::reals{counted.break_current_a}, now_us);
  add(blocks, block::reals{counted.precharge_energy_j}, now_us);
  add(blocks, listed(barred_by, "; "), now_us);
  return blocks;
}

std::string encode_wear(const kept_wear& kept) {
  const auto& counted = kept.counted;
  return nlohmann::json{{"operations", counted.operations},
                        {"breaks", counted.breaks},
                        {"break_current_a", counted.break_current_a},
                        {"precharge_energy_j", counted.precharge_energy_j},
                        {"heat_share", kept.heat_share},
                        {"boot", kept.stored.boot},
                        {"monotonic_us", kept.stored.monotonic_us}}
      .dump();
}

kept_wear decode_wear(const std::string& body) {
  const auto read = nlohmann::json::parse(body, nullptr, false);
  if (!read.is_object()) return {};
  kept_wear kept;
  kept.counted.operations = static_cast<std::uint64_t>(counted(read, "operations"));
  kept.counted.breaks = static_cast<std::uint64_t>(counted(read, "breaks"));
  kept.counted.break_current_a = counted(read, "break_current_a");
  kept.counted.precharge_energy_j = counted(read, "precharge_energy_j");
  kept.heat_share = counted(read, "heat_share");
  if (read.contains("boot") && read["boot"].is_string() && read.contains("monotonic_us") &&
      read["monotonic_us"].is_number_integer())
    kept.stored = {read["boot"].get<std::string>(), read["monotonic_us"].get<std::int64_t>()};
  return kept;
}

} // namespace voltaic::actors::contactor
