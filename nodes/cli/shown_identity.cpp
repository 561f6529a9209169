#include "nodes/cli/shown_identity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "messages/points/output.hpp"

namespace voltaic::nodes::cli {

namespace configuration = messages::configuration;
using nlohmann::ordered_json;

std::string identity_text(const std::string& rack, const configuration::kept_identity& kept) {
  const auto next = configuration::with_said(kept);
  if (kept.accepted_by && next == kept.known) {
    return fmt::format("{}: {}, accepted by {} ({}) at {}: {}\n", rack,
                       configuration::text_of(kept.known), kept.accepted_by->user,
                       kept.accepted_by->role, messages::points::utc_text(kept.accepted_by->utc_us),
                       kept.accepted_by->reason);
  }
  auto text = fmt::format("{}: {} waits for somebody who accepts it\n  {}\n", rack,
                          configuration::hash_of(next), configuration::text_of(next));
  for (const auto& each : configuration::differences(kept.known, kept.said))
    text += fmt::format("  {}\n", each);
  if (kept.was_lost)
    text += "  what was accepted before cannot be read\n";
  else if (!kept.accepted_by)
    text += "  nobody accepted the one that was heard first\n";
  return text;
}

ordered_json identity_json(const std::string& rack, const configuration::kept_identity& kept) {
  const auto next = configuration::with_said(kept);
  ordered_json by;
  if (kept.accepted_by)
    by = {{"user", kept.accepted_by->user},
          {"role", kept.accepted_by->role},
          {"reason", kept.accepted_by->reason},
          {"utc", messages::points::utc_text(kept.accepted_by->utc_us)}};
  return {{"rack", rack},
          {"hash", configuration::hash_of(next)},
          {"accepted", kept.accepted_by && next == kept.known},
          {"known", kept.known},
          {"said", kept.said},
          {"differences", configuration::differences(kept.known, kept.said)},
          {"accepted_by", by},
          {"lost", kept.was_lost}};
}

std::string no_identity_of(const site::plan& plan, const std::string& rack) {
  const auto found = std::ranges::find(plan.racks, rack, &site::rack::name);
  if (found == plan.racks.end()) return fmt::format("the site has no rack {}", rack);
  const auto* device = plan.find_device(found->device);
  if (device != nullptr && device->profile->identity.empty())
    return fmt::format(
        "the profile of {}'s device, {}, names no point of its identity: there is nothing to "
        "accept",
        rack, device->profile->name);
  return {};
}

} // namespace voltaic::nodes::cli
