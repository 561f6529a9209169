#include "nodes/process/loosening_approval.hpp"

#include <fmt/format.h>

#include "messages/profiles/device_profile.hpp"
#include "messages/protection/loosening.hpp"
#include "messages/roles.hpp"

namespace voltaic::nodes::process {
namespace {

namespace rules = messages::protection;

std::vector<std::string> loosened_profile(const messages::profiles::device_profile& before,
                                          const messages::profiles::device_profile& after) {
  std::vector<std::string> found;
  if (after.commissioned && !before.commissioned) found.emplace_back("commissioned");
  if (before.ratings && after.ratings) {
    const auto add = [&](double was, double is, const char* what) {
      if (is > was) found.push_back(fmt::format("ratings: {}", what));
    };
    add(before.ratings->charge_current_a, after.ratings->charge_current_a, "charge_current_a");
    add(before.ratings->discharge_current_a, after.ratings->discharge_current_a,
        "discharge_current_a");
    add(before.ratings->break_current_a, after.ratings->break_current_a, "break_current_a");
  }
  return found;
}

} // namespace

std::vector<std::string> loosened_protection(const site::plan& running, const site::plan& wanted) {
  std::vector<std::string> all;
  for (const auto& before : running.racks) {
    const auto* after = wanted.find_rack(before.name);
    if (after == nullptr || !before.protection || !after->protection) continue;
    const auto& was = *running.find_device(before.device)->profile;
    const auto& is = *wanted.find_device(after->device)->profile;
    const auto add = [&](const std::vector<std::string>& found) {
      for (const auto& each : found) all.push_back(fmt::format("{}: {}", before.name, each));
    };
    add(rules::loosenings(*before.protection, *after->protection));
    // Defaults follow from the table, whose changes are told already.
    add(rules::loosenings(rules::derating_of(was.derating, *after->protection),
                          rules::derating_of(is.derating, *after->protection)));
    add(loosened_profile(was, is));
  }
  return all;
}

std::optional<std::string> loosening_approval::judge(const std::string& what, const asker& who,
                                                     std::int64_t now_us) {
  using messages::deed;
  if (!messages::may(who.role, deed::loosen_protection)) {
    return messages::refusal_of(who.role, deed::loosen_protection);
  }
  const bool is_known = staged_ && staged_->what == what && now_us < staged_->until_us;
  if (!is_known || staged_->who.user == who.user) {
    staged_ = {what, who, now_us + approval_us};
    return fmt::format(
        "it loosens protection and is staged for {} min: a second person has to apply the same, "
        "one of the two with role service",
        approval_us / messages::us_per_s / 60);
  }
  if (!messages::may(who.role, deed::approve_loosening) &&
      !messages::may(staged_->who.role, deed::approve_loosening)) {
    return messages::refusal_of(who.role, deed::approve_loosening);
  }
  staged_.reset();
  return std::nullopt;
}

} // namespace voltaic::nodes::process
