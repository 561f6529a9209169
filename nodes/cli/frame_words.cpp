#include "nodes/cli/frame_words.hpp"

#include "nodes/process/bus_feed.hpp"

namespace voltaic::nodes::cli {
namespace {

/// Two blanks stand before each value.
template <class Report>
void take_words(frame_meaning& to, const Report& from) {
  to.is_known = true;
  to.message += from.message_name();
  if (from.readable())
    from.append_values(to.values);
  else
    to.values = "  " + from.error();
}

} // namespace

messages::expected<bool> frame_words::add(const std::string& device,
                                          messages::profiles::device_profile profile,
                                          std::uint32_t id_offset) {
  auto made = messages::profiles::frame_report::make(std::move(profile), id_offset);
  if (!made) return made.error();
  devices_.push_back({device, *std::move(made)});
  can_tell_ = true;
  return true;
}

void frame_words::add(messages::dbc::database database) {
  databases_.emplace_back(std::move(database));
  can_tell_ = true;
}

void frame_words::add_known(std::vector<bus::can::id_range> ranges) {
  known_ = bus::can::id_filter(std::move(ranges));
  can_tell_ = true;
}

frame_meaning frame_words::read(const messages::can::frame& frame) {
  frame_meaning result;
  messages::can::log_entry entry;
  entry.frame = frame;
  for (auto& each : devices_) {
    each.report.read(entry);
    if (!each.report.has_message()) continue;
    if (!each.name.empty()) result.message = each.name + " ";
    take_words(result, each.report);
    return result;
  }
  for (auto& each : databases_) {
    each.read(entry);
    if (!each.has_message()) continue;
    take_words(result, each);
    return result;
  }
  if (can_tell_) result.is_known = known_.wants(frame);
  if (result.is_known.value_or(false)) result.message = "known to the site";
  return result;
}

messages::expected<frame_words> words_of_site(const site::plan& plan, const std::string& bus) {
  frame_words result;
  for (const auto& device : plan.devices) {
    if (device.bus != bus || device.profile == nullptr) continue;
    if (auto added = result.add(device.name, *device.profile, device.id_offset); !added)
      return added.error();
  }
  result.add_known(process::known_identifiers(plan, bus));
  return result;
}

} // namespace voltaic::nodes::cli
