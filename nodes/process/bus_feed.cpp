#include "nodes/process/bus_feed.hpp"

#include <algorithm>
#include <utility>

#include "messages/canopen/identifiers.hpp"
#include "messages/inverter/codec.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/profiles/device_profile.hpp"

namespace voltaic::nodes::process {
namespace {

using ranges = std::vector<bus::can::id_range>;

void add(ranges& to, std::uint32_t id, bool extended) {
  to.push_back({id, id, extended});
}

std::uint64_t key_of(std::uint32_t id, bool extended) {
  return std::uint64_t{id} << 1U | (extended ? 1U : 0U);
}

// A group with any priority, from and to anybody.
void add_group(ranges& to, std::uint32_t pgn) {
  namespace j1939 = messages::j1939;
  constexpr std::uint8_t priorities = 8;
  for (std::uint8_t priority = 0; priority < priorities; ++priority) {
    const auto first = j1939::join({priority, pgn, 0, 0});
    const auto last = j1939::join({priority, pgn, j1939::global_address, 0xFF});
    to.push_back({first, last, true});
  }
}

// Whoever is at which address: devices of J1939 move, and their claims say where.
void add_groups(ranges& to, const messages::profiles::device_profile& profile) {
  namespace groups = messages::j1939::groups;
  for (const auto pgn : {groups::request, groups::acknowledgement, groups::transfer_control,
                         groups::transfer_data, groups::address_claimed, groups::active_faults,
                         groups::previous_faults, groups::commanded_address})
    add_group(to, pgn);
  for (const auto& message : profile.messages)
    if (message.group) add_group(to, *message.group);
}

// A device's messages are heard, its commands sent.
void add_messages(ranges& to, const site::device& device) {
  if (device.profile->j1939) return add_groups(to, *device.profile);
  for (const auto& message : device.profile->messages) {
    for (std::uint32_t i = 0; i < message.repeat.count; ++i)
      add(to, message.id + device.id_offset + i * message.repeat.id_step, message.extended);
  }
  if (const auto& canopen = device.profile->canopen)
    for (const auto id : messages::profiles::identifiers_sent(*canopen, device.id_offset))
      add(to, id, false);
}

// What belongs to the network and to no node: the master's words, and how nodes get their numbers.
void add_canopen_network(ranges& to) {
  using messages::canopen::service;
  for (const auto what :
       {service::nmt, service::sync, service::time, service::lss_request, service::lss_response})
    add(to, messages::canopen::cob_id({what}), false);
}

// What is said to us as a node, and by who has our number.
void add_own_node(ranges& to, std::uint8_t node) {
  using messages::canopen::service;
  for (const auto what : {service::sdo_request, service::error_control})
    add(to, messages::canopen::cob_id({what, node}), false);
}

// Also what the link itself sends: from somebody else it is a second battery.
void add(ranges& to, const site::inverter& linked) {
  const auto& profile = *linked.profile;
  for (const auto* list : {&profile.received, &profile.frames})
    for (const auto& each : *list) add(to, each.id.id, each.id.extended);
  for (const auto& each : profile.frames) {
    const auto sent = messages::inverter::sent_id(each, site::wire_options_of(linked));
    add(to, sent.id, sent.extended);
  }
  for (const auto& each : profile.requests) add(to, each.id.id, each.id.extended);
  if (profile.keep_alive) add(to, profile.keep_alive->id.id, profile.keep_alive->id.extended);
}

} // namespace

bus_feed::bus_feed(const std::vector<const site::device*>& devices,
                   const std::vector<const site::inverter*>& inverters, std::uint8_t own_node) {
  std::vector<ranges> wanted(devices.size() + inverters.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    add_messages(wanted[i], *devices[i]);
    if (own_node != 0 && devices[i]->profile->canopen) {
      add_own_node(wanted[i], own_node);
      own_node = 0;
    }
  }
  for (std::size_t i = 0; i < inverters.size(); ++i) add(wanted[devices.size() + i], *inverters[i]);
  ranges all;
  for (std::size_t listener = 0; listener < wanted.size(); ++listener) {
    for (const auto& each : wanted[listener])
      if (each.first == each.last)
        identifiers_.push_back({key_of(each.first, each.extended), listener});
    const bool has_groups = std::ranges::any_of(
        wanted[listener], [](const auto& each) { return each.first != each.last; });
    if (has_groups) groups_.push_back({bus::can::id_filter(wanted[listener]), listener});
    all.insert(all.end(), wanted[listener].begin(), wanted[listener].end());
  }
  std::ranges::sort(identifiers_);
  identifiers_.erase(std::unique(identifiers_.begin(), identifiers_.end()), identifiers_.end());
  filter_ = bus::can::id_filter(std::move(all));
  passed_us_.assign(wanted.size(), 0);
  sorted_.resize(wanted.size());
}

void bus_feed::sort_out(const bus::can::batch& said) {
  for (const auto& one : said.frames) {
    const auto key = key_of(one.id, one.extended);
    auto of = std::ranges::lower_bound(identifiers_, key, {}, &own_identifier::key);
    for (; of != identifiers_.end() && of->key == key; ++of) sorted_[of->listener].push_back(one);
    for (const auto& each : groups_)
      if (each.filter.wants(one)) sorted_[each.listener].push_back(one);
  }
}

const std::vector<bus_feed::part>& bus_feed::share(bus::can::batch&& said) {
  parts_.clear();
  sort_out(said);
  std::shared_ptr<const bus::can::batch> time_alone;
  for (std::size_t listener = 0; listener < sorted_.size(); ++listener) {
    auto& frames = sorted_[listener];
    const bool is_new_tick =
        said.now_us / bus::can::tick_period_us != passed_us_[listener] / bus::can::tick_period_us;
    if (frames.empty() && !is_new_tick) continue;
    passed_us_[listener] = said.now_us;
    const auto alone = [&](std::vector<messages::can::frame>&& own) {
      return std::make_shared<const bus::can::batch>(
          bus::can::batch{std::move(own), said.now_us, said.utc_offset_us});
    };
    if (!frames.empty()) {
      parts_.push_back({listener, alone(std::exchange(frames, {}))});
    } else {
      if (time_alone == nullptr) time_alone = alone({});
      parts_.push_back({listener, time_alone});
    }
  }
  return parts_;
}

ranges known_identifiers(const site::plan& plan, const std::string& bus) {
  ranges known;
  if (const auto* described = plan.find_bus(bus);
      described != nullptr && described->canopen_node != 0)
    add_own_node(known, described->canopen_node);
  if (std::ranges::any_of(plan.devices, [&](const auto& each) {
        return each.bus == bus && each.profile != nullptr && each.profile->canopen;
      }))
    add_canopen_network(known);
  for (const auto& device : plan.devices) {
    if (device.bus != bus || device.profile == nullptr) continue;
    add_messages(known, device);
    if (device.profile->j1939) {
      for (const auto& command : device.profile->commands)
        if (command.group) add_group(known, *command.group);
      for (const auto& asked : device.profile->requests)
        if (asked.group) add_group(known, *asked.group);
      continue;
    }
    for (const auto& command : device.profile->commands)
      add(known, command.id + device.id_offset, command.extended);
    for (const auto& asked : device.profile->requests)
      add(known, asked.id + device.id_offset, asked.extended);
    for (const auto& message : device.profile->messages) {
      if (message.read)
        add(known, message.read->request_id + device.id_offset, message.read->request_extended);
    }
    if (const auto& canopen = device.profile->canopen)
      for (const auto id : messages::profiles::identifiers_taken(*canopen, device.id_offset))
        add(known, id, false);
  }
  for (const auto& inverter : plan.inverters) {
    if (inverter.bus == bus && inverter.profile != nullptr) add(known, inverter);
  }
  return bus::can::id_filter(std::move(known)).ranges();
}

} // namespace voltaic::nodes::process
