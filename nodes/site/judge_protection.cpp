#include "nodes/site/judge_protection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "messages/profiles/device_profile.hpp"
#include "messages/protection/own_candidate.hpp"
#include "messages/protection/table.hpp"
#include "nodes/site/equipment_candidates.hpp"
#include "nodes/site/own_candidates.hpp"

namespace voltaic::nodes::site {

namespace {

namespace profiles = messages::profiles;
namespace protection = messages::protection;

// From the decision to open to contactors that report it: order, frame, feedback.
constexpr std::uint32_t opening_ms = 200;

bool names(const profiles::point& point, const protection::candidate& watched) {
  return std::ranges::find(point.protection, watched.name) != point.protection.end();
}

// Without these no rack is protected, so that they are held to the profile's reaction limit
// whether it names them or not.
constexpr std::array<std::string_view, 2> needed_candidates{"cell_overvoltage",
                                                            "cell_undervoltage"};

bool is_needed(const protection::candidate& watched) {
  return std::ranges::find(needed_candidates, watched.name) != needed_candidates.end();
}

// The point that a candidate is judged by; nullptr: it has no input.
const profiles::point* input_of(const profiles::device_profile& profile,
                                const protection::candidate& watched) {
  const auto* known = protection::find_candidate(watched.name);
  if (known == nullptr) {
    const auto own = protection::parse_own(watched.name);
    const auto at = own ? profile.find_point(own->point) : std::nullopt;
    return at ? &profile.points[*at] : nullptr;
  }
  if (!known->second_point.empty() && !profile.find_point(known->second_point)) return nullptr;
  const auto position = profile.find_point(known->point);
  return position ? &profile.points[*position] : nullptr;
}

class rack_judge {
 public:
  rack_judge(const draft_rack& place, const rack& item, const profiles::device_profile& profile,
             plan& result, reporter& report)
      : place_(place),
        item_(item),
        profile_(profile),
        plan_(result),
        report_(report),
        takes_orders_(result.takes_orders(item)) {}

  void judge(const protection::candidate& watched) {
    if (const auto own = protection::parse_own(watched.name);
        own && !protection::split_point(own->point).device.empty()) {
      // What takes long beside the rack is no matter of the rack's reaction time.
      plan_.candidates.push_back({item_.name, watched.name, std::string(own->point)});
      return;
    }
    const auto* input = input_of(profile_, watched);
    plan_.candidates.push_back({item_.name, watched.name, input == nullptr ? "" : input->name});
    for (const auto& point : profile_.points) {
      const bool is_input = &point == input;
      if (!is_input && !names(point, watched)) continue;
      if (!is_input) warn(watched, point);
      for (const auto& limit : watched.limits)
        if (takes_orders_ && protection::opens(limit))
          judge_reaction(watched, limit, point, is_input);
    }
  }

 private:
  void warn(const protection::candidate& watched, const profiles::point& point) {
    plan_.warnings.push_back(
        {report_.file(), place_.device_at.line, place_.device_at.column,
         fmt::format("{} does not protect {}: the profile {} names it at {}, but this version does "
                     "not judge it by that point",
                     watched.name, item_.name, profile_.name, point.name)});
  }

  void judge_reaction(const protection::candidate& watched, const protection::limit& limit,
                      const profiles::point& point, bool is_active) {
    const auto time_ms = protection::reaction_ms(watched, limit, point.period_ms) + opening_ms;
    const bool is_held = names(point, watched) || is_needed(watched);
    const auto limit_ms =
        is_held ? point.reaction_limit_ms.value_or(profile_.reaction_limit_ms.value_or(0)) : 0;
    const std::string level(protection::to_string(limit.level));
    if (is_active) plan_.reactions.push_back({item_.name, watched.name, level, time_ms, limit_ms});
    if (limit_ms == 0 || time_ms <= limit_ms) return;
    report_.add(
        place_.protection_at,
        fmt::format("protection: {0} {1} of {2} takes {3} ms ({4} of them set_ms), but the profile "
                    "{5} allows {6} ms: shorten set_ms in [rack.override.{0}], or state "
                    "reaction_limit_ms at the profile's point {7} where that may take longer",
                    watched.name, level, item_.name, time_ms, limit.set_ms, profile_.name, limit_ms,
                    point.name));
  }

  const draft_rack& place_;
  const rack& item_;
  const profiles::device_profile& profile_;
  plan& plan_;
  reporter& report_;
  bool takes_orders_; ///< else there is no opening whose time could be told
};

// Without these the protection of a rack would not start at all.
void judge_needs(const draft_rack& place, const rack& item, const profiles::device_profile& profile,
                 reporter& report) {
  if (!profile.find_point("cell_voltage"))
    report.add(place.device_at, fmt::format("device: the profile {} has no point cell_voltage, "
                                            "without which nothing protects {}",
                                            profile.name, item.name));
  if (!profile.ratings)
    report.add(place.device_at, fmt::format("device: the profile {} states no ratings, from which "
                                            "the current limits of {} follow",
                                            profile.name, item.name));
  for (const auto needed : needed_candidates)
    if (std::ranges::find(item.protection->candidates, needed, &protection::candidate::name) ==
        item.protection->candidates.end())
      report.add(place.protection_at,
                 fmt::format("protection: {} has no {}, which every rack needs",
                             item.protection->name, needed));
}

// What the contactor model has to hear of before it closes, and to know that it is open.
constexpr std::array<std::string_view, 3> feedback_points{"minus_closed", "plus_closed",
                                                          "precharge_closed"};

// A rack that takes orders and does not tell where its contactors stand is never known to be
// open, so that it could never be closed.
void judge_feedback(const draft_rack& place, const rack& item,
                    const profiles::device_profile& profile, reporter& report) {
  std::string missing;
  for (const auto name : feedback_points)
    if (!profile.find_point(name))
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", name);
  if (missing.empty()) return;
  report.add(place.device_at,
             fmt::format("device: {0} could never be closed: the profile {1} has a command of the "
                         "purpose \"order\", but not the feedback by which the contactors are "
                         "known to be open: {2}",
                         item.name, profile.name, missing));
}

bool feeds_rack(const device& one) {
  return !one.rack.empty();
}

} // namespace

void judge_equipment(const draft_device& place, const plan& result, reporter& report) {
  const auto* item = result.find_device(place.item.name);
  if (item == nullptr || !is_equipment(*item) || feeds_rack(*item)) return;
  for (const auto& mistake : mistakes_at(*item, !result.racks.empty()))
    report.add(place.profile_at, "profile: " + mistake);
}

void judge_protection(const draft_rack& place, const rack& item, plan& result, reporter& report) {
  const auto* feeding = result.find_device(item.device);
  if (feeding == nullptr || feeding->profile == nullptr || item.protection == nullptr) return;
  // That it feeds a rack at all is wrong.
  if (feeding->profile->protocol == profiles::protocol::modbus) return;
  judge_needs(place, item, *feeding->profile, report);
  if (result.takes_orders(item)) judge_feedback(place, item, *feeding->profile, report);
  for (const auto& mistake : mistakes_of_own(*feeding->profile, *item.protection))
    report.add(place.protection_at, "protection: " + mistake);
  const auto equipment = equipment_of(item.name, result.devices, result.inverters, feeds_rack);
  for (const auto& mistake : mistakes_of_equipment(equipment, *item.protection))
    report.add(place.protection_at, "protection: " + mistake);
  rack_judge judge(place, item, *feeding->profile, result, report);
  for (const auto& watched : item.protection->candidates) judge.judge(watched);
}

} // namespace voltaic::nodes::site
