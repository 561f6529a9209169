#include <fmt/format.h>

#include "actors/protection/protection_model.hpp"

namespace voltaic::actors::protection {

using messages::protection::level;

void protection_model::begin_telling() {
  outputs_.reports.clear();
  outputs_.latches.clear();
  outputs_.limits_changed = false;
}

refusals shelving_refusals(std::uint64_t duration_ms) {
  constexpr auto longest_ms = static_cast<std::uint64_t>(shelved_us_max / messages::us_per_ms);
  if (duration_ms > 0 && duration_ms <= longest_ms) return {};
  return {fmt::format("a warning is shelved for a time of at most {} h",
                      shelved_us_max / (3'600 * messages::us_per_s))};
}

refusals protection_model::shelve(std::string_view candidate, std::int64_t duration_us) {
  begin_telling();
  if (duration_us <= 0 || duration_us > shelved_us_max) return shelving_refusals(0);
  bool any = false;
  bool any_stands = false;
  for (std::size_t position = 0; position < rows_.size(); ++position) {
    auto& each = rows_[position];
    if (each.candidate != candidate || each.limit.level != level::warning) continue;
    any = true;
    // What nobody has seen yet is not put aside in advance.
    if (each.shelved_until_us == 0 && !condition_active(each)) continue;
    any_stands = true;
    if (each.shelved_until_us == 0) ++shelved_;
    each.shelved_until_us = last_us_ + duration_us;
    report told;
    told.row = static_cast<std::uint16_t>(position);
    told.edge = report::kind::shelve;
    told.scope = each.scope;
    group(told);
    outputs_.reports.push_back(std::move(told));
  }
  if (!any) return {fmt::format("{} has no warning", candidate)};
  if (!any_stands)
    return {fmt::format("no warning {} stands: only one that stands is shelved", candidate)};
  dirty_ = true;
  return {};
}

refusals protection_model::unshelve(std::string_view candidate) {
  begin_telling();
  bool any = false;
  for (std::size_t position = 0; position < rows_.size(); ++position) {
    if (rows_[position].candidate != candidate || rows_[position].shelved_until_us == 0) continue;
    any = true;
    unshelve(position);
  }
  if (!any) return {fmt::format("{} is not shelved", candidate)};
  return {};
}

void protection_model::unshelve(std::size_t position) {
  auto& row = rows_[position];
  row.shelved_until_us = 0;
  --shelved_;
  dirty_ = true;
  report told;
  told.row = static_cast<std::uint16_t>(position);
  told.edge = report::kind::unshelve;
  told.scope = row.scope;
  group(told);
  outputs_.reports.push_back(std::move(told));
}

void protection_model::end_shelving() {
  for (std::size_t position = 0; position < rows_.size(); ++position) {
    const auto until_us = rows_[position].shelved_until_us;
    if (until_us != 0 && last_us_ >= until_us) unshelve(position);
  }
}

} // namespace voltaic::actors::protection
