#include "nodes/doctor/link_check_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "nodes/doctor/troubleshooting_page.hpp"

namespace voltaic::nodes::doctor {
namespace {

using findings = std::vector<link_finding>;

void now(findings& to, const char* code, std::string_view heading, std::string says) {
  to.push_back({weight::now, code, std::move(says), heading});
}

void note(findings& to, const char* code, std::string_view heading, std::string says) {
  to.push_back({weight::note, code, std::move(says), heading});
}

bool has(const findings& among, std::string_view code) {
  return std::ranges::any_of(among, [&](const auto& each) { return each.code == code; });
}

bool has_now(const findings& among) {
  return std::ranges::any_of(among, [](const auto& each) { return each.weight == weight::now; });
}

std::string counted(std::uint32_t transmit, std::uint32_t receive) {
  return fmt::format("{} transmit and {} receive errors counted", transmit, receive);
}

/// Behind a state; many a driver does not tell its counters.
std::string if_counted(std::uint32_t transmit, std::uint32_t receive) {
  return transmit + receive == 0 ? std::string() : fmt::format(" ({})", counted(transmit, receive));
}

/// False where nothing more can be said of the interface.
bool check_presence(findings& to, const link_facts& of, const interface_facts& seen) {
  const auto name = of.address.substr(of.address.find(':') + 1);
  if (!seen.refused.empty())
    now(to, "interface_unknown", page::interface,
        fmt::format("the kernel does not say what {} is: {}", name, seen.refused));
  else if (!seen.present)
    now(to, "interface_absent", page::interface,
        fmt::format("there is no interface {}: is the adapter plugged in and its driver loaded? "
                    "`ip link` shows what there is",
                    name));
  else if (!seen.is_can)
    now(to, "interface_kind", page::interface,
        fmt::format("{} is no CAN interface: the port of the bus names another one", name));
  else if (!seen.up)
    now(to, "interface_down", page::interface,
        fmt::format("{} is down: `voltaic canctl SITE` sets it up", name));
  else
    return true;
  return false;
}

void check_state(findings& to, const std::string& state, std::uint32_t transmit,
                 std::uint32_t receive) {
  if (state == "bus-off")
    now(to, "bus_off", page::bus_off,
        fmt::format("bus-off: the controller has left the bus after too many errors{}; mend the "
                    "cause, then `voltaic canctl SITE --reset INTERFACE`",
                    if_counted(transmit, receive)));
  else if (state == "error-passive")
    now(to, "error_passive", page::errors,
        fmt::format("error-passive: 128 errors or more{}; the cause is on the wires: "
                    "termination, swapped wires, bitrate",
                    if_counted(transmit, receive)));
  else if (state == "error-warning")
    now(to, "bus_warn", page::errors,
        fmt::format("bus-warn: 96 errors or more{}; the wires want a look",
                    if_counted(transmit, receive)));
  else if (transmit + receive > 0)
    note(to, "errors_counted", page::errors,
         fmt::format("the controller is well and has {}", counted(transmit, receive)));
}

void check_interface(findings& to, const link_facts& of) {
  const auto& seen = *of.interface;
  if (!check_presence(to, of, seen)) return;
  if (seen.bitrate != 0 && seen.bitrate != of.bitrate)
    now(to, "bitrate_differs", page::bitrate,
        fmt::format("the interface runs at {} bit/s and the site file says {}: one of the two is "
                    "not what the other devices speak",
                    seen.bitrate, of.bitrate));
  if (!seen.harmful_modes.empty())
    now(to, "controller_mode", page::interface,
        fmt::format("the controller is in {}: what is sent does not reach the other devices, or is "
                    "taken for sent; `voltaic canctl SITE` switches that off",
                    seen.harmful_modes));
  check_state(to, seen.state, seen.transmit_errors, seen.receive_errors);
  if (seen.restart_ms != 0)
    note(to, "kernel_restarts", page::bus_off,
         fmt::format("the kernel restarts the controller by itself after {} ms: bus-off is not "
                     "seen then; `voltaic canctl SITE` switches that off",
                     seen.restart_ms));
}

void check_trouble(findings& to, const link_facts& of) {
  const auto& trouble = of.bus->trouble;
  if (trouble == "bitrate" && !has(to, "bitrate_differs"))
    now(to, "bitrate_mismatch", page::bitrate,
        fmt::format("errors and not one readable frame at {} bit/s: the others speak at another "
                    "bitrate, or the two wires are shorted",
                    of.bitrate));
  else if (trouble == "no-ack")
    now(to, "no_ack", page::no_ack,
        "No ACK: nobody takes what is sent; the cable is cut, CAN-H and CAN-L are swapped, or all "
        "other devices are off");
  else if (trouble == "noise")
    now(to, "noise", page::crc,
        "errors between good frames (CRC Error, stuff errors): measure 60 ohm between CAN-H and "
        "CAN-L with the power off, look at shield, stubs and power cables beside it");
  else if (trouble == "transceiver")
    now(to, "wire_fault", page::errors,
        fmt::format("the transceiver reports a fault of the wires ({}): look for a short or a wire "
                    "that is not there",
                    of.bus->last_error));
}

void check_bus(findings& to, const link_facts& of) {
  const auto& seen = *of.bus;
  if (!has_now(to)) check_state(to, seen.state, seen.transmit_errors, seen.receive_errors);
  if (seen.state == "down" && !has_now(to))
    now(to, "bus_down", of.kind == link_kind::can_virtual ? page::not_running : page::interface,
        "the site says that the bus is down");
  check_trouble(to, of);
  if (seen.load_percent > load_percent_max)
    now(to, "bus_load", page::refresh,
        fmt::format("the bus is loaded to {:.0f} %: above {:.0f} % there is no room for repeated "
                    "frames",
                    seen.load_percent, load_percent_max));
  if (seen.rx_overflow > 0)
    note(to, "frames_lost", page::lost,
         fmt::format("{} frames were lost since the start: they came faster than they were read",
                     seen.rx_overflow));
  if (seen.tx_dropped > 0)
    note(to, "frames_unsent", page::lost,
         fmt::format("{} frames were not sent since the start: the bus was off, down or full",
                     seen.tx_dropped));
  if (!seen.babbler.empty())
    now(to, "stranger_babbles", page::node_ids,
        fmt::format("{} comes {:.0f} times a second and no profile of the site has it: take its "
                    "sender off the bus; `voltaic sniff {}` shows what it says",
                    seen.babbler, seen.babbler_rate, of.name));
  if (seen.unknown_ids > 0)
    note(to, "unknown_identifiers", page::node_ids,
         fmt::format("{} identifiers are on the bus that no profile of the site has: a node id, or "
                     "a device more; `voltaic sniff {}` shows them",
                     seen.unknown_ids, of.name));
}

void check_serial(findings& to, const link_facts& of) {
  const auto& seen = *of.serial;
  if (!seen.refused.empty())
    now(to, "port_unknown", page::serial, fmt::format("{}: {}", of.address, seen.refused));
  else if (!seen.present)
    now(to, "port_absent", page::serial,
        fmt::format(
            "{} is not there: is the adapter plugged in? Names of /dev/serial/by-id survive "
            "replugging, ttyUSB0 does not",
            of.address));
  else if (!seen.is_device)
    now(to, "port_kind", page::serial, fmt::format("{} is no serial port", of.address));
  else if (!seen.may_read || !seen.may_write)
    now(to, "port_forbidden", page::serial,
        fmt::format("{} may not {} {} (group {}, mode {}): install the udev rule "
                    "compose/udev/70-voltaic-serial.rules and put the user into group dialout; "
                    "never chmod 666",
                    seen.user,
                    seen.may_read    ? "write"
                    : seen.may_write ? "read"
                                     : "read or write",
                    of.address, seen.group, seen.mode));
  if (!seen.holders.empty())
    now(to, "port_held", page::serial,
        fmt::format("{} is held by {}: a line has one master", of.address,
                    fmt::join(seen.holders, ", ")));
}

void check_network(findings& to, const link_facts& of) {
  switch (of.network->reach) {
    case reach::untested:
    case reach::reached:
      return;
    case reach::refused:
      return now(to, "port_refused", page::tcp,
                 fmt::format("{} refuses: the host is there and nobody listens on that port; is it "
                             "the right port, and is Modbus TCP switched on?",
                             of.address));
    case reach::no_route:
      return now(to, "no_route", page::tcp,
                 fmt::format("there is no way to {}: address, netmask, cable, or the device is off",
                             of.address));
    case reach::silent:
      return now(to, "no_answer", page::tcp,
                 fmt::format("{} does not answer: a firewall drops it, or the address is nobody's",
                             of.address));
    case reach::failed:
      return now(to, "unreachable", page::tcp,
                 fmt::format("{} cannot be reached: {}", of.address, of.network->reason));
  }
}

void check_line(findings& to, const link_facts& of) {
  const auto& seen = *of.line;
  const bool is_serial = of.kind == link_kind::modbus_serial || of.kind == link_kind::plain_serial;
  if (seen.state == "down" && !has_now(to))
    now(to, "line_down", is_serial ? page::serial : page::tcp,
        is_serial ? "the site cannot open the port: somebody holds it, or the site's user may not"
                  : "the site is not connected, though the host takes connections: does it allow "
                    "one client more?");
  if (seen.state == "crc-warning" || seen.state == "crc-alarm")
    now(to, "crc_errors", page::crc,
        fmt::format("CRC Error: {:.1f} % of the answers are broken; termination, A and B, noise, "
                    "another baud rate or parity",
                    seen.error_percent));
  else if (seen.crc_errors > 0)
    note(to, "crc_errors_before", page::crc,
         fmt::format("{} of {} answers were broken since the start (CRC Error)", seen.crc_errors,
                     seen.requests));
  if (seen.exceptions > 0)
    note(to, "exceptions", page::exceptions,
         fmt::format("{} requests were answered with an exception since the start",
                     seen.exceptions));
  if (seen.overruns > 0)
    note(to, "overruns", page::refresh,
         fmt::format("{} rounds had no time in their period since the start: the line is asked too "
                     "much",
                     seen.overruns));
}

std::string shown(const device_facts& device) {
  return device.unit ? fmt::format("{} (unit {})", device.name, *device.unit) : device.name;
}

std::string names(const std::vector<device_facts>& devices, presence how) {
  std::string result;
  for (const auto& each : devices) {
    if (each.presence != how) continue;
    if (!result.empty()) result += ", ";
    result += shown(each);
    if (how == presence::silent) result += fmt::format(" ({:.0f} s)", each.silent_s);
  }
  return result;
}

/// Who speaks beside those who do not says where to look: at the device, or at the whole link.
void check_devices(findings& to, const link_facts& of) {
  const auto count = [&](presence how) {
    return std::ranges::count(of.devices, how, &device_facts::presence);
  };
  const bool some_speak = count(presence::speaks) > 0;
  if (count(presence::never) > 0)
    now(to, "never_spoke", some_speak ? page::node_ids : page::timeout,
        fmt::format("{} never spoke: {}", names(of.devices, presence::never),
                    some_speak ? "others of the link do, so look at its power, its node id or unit "
                                 "(DIP switches) and its bitrate"
                               : "nobody of the link does, so look at power, cable, polarity and "
                                 "bitrate first, then at node ids"));
  if (count(presence::silent) > 0)
    now(to, "fell_silent", page::timeout,
        fmt::format("{} spoke and fell silent: {}", names(of.devices, presence::silent),
                    some_speak ? "others of the link still speak, so look at its power, plug and "
                                 "stub"
                               : "nobody of the link speaks any more, so look at the cable and at "
                                 "the power"));
  for (const auto& each : of.devices)
    if (of.site_runs && each.presence == presence::unknown)
      now(to, "node_missing", page::not_running,
          fmt::format("nobody speaks of {}: its node {} does not run; `voltaic status` says why",
                      each.name, each.node));
}

void check_racks(findings& to, const link_facts& of) {
  for (const auto& each : of.racks)
    if (each.soc_percent && *each.soc_percent <= 0 && each.cell_voltage_min_v &&
        *each.cell_voltage_min_v >= plausible_cell_v)
      now(to, "zero_soc", page::zero_soc,
          fmt::format("{} says 0 % SOC while its lowest cell has {:.3f} V: look at the BMS's fuse "
                      "and precharge resistor; a BMS in fault may hold back what it knows",
                      each.name, *each.cell_voltage_min_v));
}

void check_inverter(findings& to, const link_facts& of) {
  const auto& seen = *of.inverter;
  if (seen.communication.empty())
    now(to, "link_missing", page::not_running,
        fmt::format("nobody speaks of {}: the node of its link does not run", of.name));
  else if (seen.communication != "Normal")
    now(to, "comm_loss", page::comm_loss,
        fmt::format("BMS communication is {}: {}", seen.communication,
                    seen.communication == "Degraded"
                        ? "values are missing, or a second battery is on its bus; `voltaic why` "
                          "and `voltaic events` name which"
                        : "the inverter's heartbeat is not heard; cable and termination, its "
                          "battery type, node id and bitrate"));
  if (seen.compatibility == "incompatible" || seen.compatibility == "unknown")
    now(to, "firmware", page::firmware,
        fmt::format("battery and inverter (profile {}): {}", of.profile,
                    seen.compatibility == "unknown" ? "nobody has said that they work together"
                                                    : "they do not work together as they are"));
  if (seen.charge_bounds.starts_with("fold_back"))
    note(to, "fold_back", page::low_current,
         fmt::format("the charge current is held down by fold-back near the charge voltage, not by "
                     "the battery: `voltaic why {}`",
                     of.name));
}

std::string_view heading_of_down(link_kind kind) {
  if (kind == link_kind::modbus_serial || kind == link_kind::plain_serial) return page::serial;
  return kind == link_kind::modbus_tcp ? page::tcp : page::interface;
}

/// What comm.log told lately and is over: a fault that comes and goes leaves only that.
void check_told(findings& to, const link_facts& of) {
  const std::pair<std::string_view, std::string_view> words[] = {
      {"Timeout", page::timeout},    {"CRC Error", page::crc},
      {"No ACK", page::no_ack},      {"noise", page::crc},
      {"transceiver", page::errors}, {"bitrate", page::bitrate},
      {"bus-off", page::bus_off},    {"error-passive", page::errors},
      {"bus-warn", page::errors},    {"down", heading_of_down(of.kind)}};
  for (const auto& [word, heading] : words) {
    const auto found = of.told.find(std::string(word));
    const bool holds = std::ranges::any_of(to, [about = heading](const auto& each) {
      return each.weight == weight::now && each.heading == about;
    });
    if (found == of.told.end() || holds) continue;
    note(to, "told_lately", heading,
         fmt::format("comm.log of the last 10 minutes has {} {} with {}", found->second,
                     found->second == 1 ? "line" : "lines", word));
  }
}

} // namespace

std::string_view to_string(weight of) {
  return of == weight::now ? "now" : "note";
}

std::vector<link_finding> check(const link_facts& of) {
  findings result;
  if (of.interface) check_interface(result, of);
  if (of.serial) check_serial(result, of);
  if (of.network) check_network(result, of);
  if (!of.unreadable.empty())
    now(result, "recording", page::not_running,
        fmt::format("{} cannot be read: {}", of.address, of.unreadable));
  if (of.bus) check_bus(result, of);
  if (of.line) check_line(result, of);
  check_devices(result, of);
  check_racks(result, of);
  if (of.inverter) check_inverter(result, of);
  check_told(result, of);
  std::ranges::stable_sort(result, {}, &link_finding::weight);
  return result;
}

} // namespace voltaic::nodes::doctor
