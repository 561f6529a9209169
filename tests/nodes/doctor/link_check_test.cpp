#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>

#include "nodes/doctor/link_check_model.hpp"
#include "nodes/doctor/troubleshooting_page.hpp"

namespace link_check_test {

using namespace voltaic;
using namespace voltaic::nodes::doctor;

namespace {

/// Links as they are where all is well.
link_facts healthy(link_kind kind) {
  link_facts of;
  of.name = "plant";
  of.kind = kind;
  of.bitrate = 500'000;
  of.site_runs = true;
  of.devices = {{"bms_0", "rack_0", std::nullopt, presence::speaks, 0}};
  switch (kind) {
    case link_kind::can_interface:
      of.address = "socketcan:can0";
      of.interface.emplace();
      of.interface->present = of.interface->is_can = of.interface->up = true;
      of.interface->bitrate = 500'000;
      of.interface->state = "error-active";
      [[fallthrough]];
    case link_kind::can_virtual:
      of.bus.emplace();
      of.bus->state = "error-active";
      break;
    case link_kind::modbus_serial:
      of.address = "/dev/ttyUSB0";
      of.serial.emplace();
      of.serial->present = of.serial->is_device = true;
      of.serial->may_read = of.serial->may_write = true;
      [[fallthrough]];
    case link_kind::modbus_tcp:
      of.line.emplace();
      of.line->state = "connected";
      of.network.emplace();
      break;
    case link_kind::inverter:
      of.devices.clear();
      of.inverter = inverter_facts{"Normal", "compatible", "bms 210.0 A rack_1 its rating"};
      break;
    default:
      break;
  }
  return of;
}

struct row {
  const char* what;
  link_kind kind;
  std::function<void(link_facts&)> spoil;
  const char* code;
  std::string_view heading;
  weight how = weight::now;
};

void two_devices(link_facts& of, presence first, presence second) {
  of.devices = {{"meter_0", "site", 1, first, 7}, {"meter_1", "site", 2, second, 7}};
}

const row rows[] = {
    {"no interface", link_kind::can_interface, [](auto& of) { of.interface->present = false; },
     "interface_absent", page::interface},
    {"an Ethernet interface", link_kind::can_interface,
     [](auto& of) { of.interface->is_can = false; }, "interface_kind", page::interface},
    {"interface down", link_kind::can_interface, [](auto& of) { of.interface->up = false; },
     "interface_down", page::interface},
    {"the kernel refuses", link_kind::can_interface,
     [](auto& of) { of.interface->refused = "Operation not permitted"; }, "interface_unknown",
     page::interface},
    {"another bitrate at the interface", link_kind::can_interface,
     [](auto& of) { of.interface->bitrate = 250'000; }, "bitrate_differs", page::bitrate},
    {"bus-off", link_kind::can_interface, [](auto& of) { of.interface->state = "bus-off"; },
     "bus_off", page::bus_off},
    {"error-passive", link_kind::can_interface,
     [](auto& of) { of.interface->state = "error-passive"; }, "error_passive", page::errors},
    {"bus-warn", link_kind::can_interface, [](auto& of) { of.interface->state = "error-warning"; },
     "bus_warn", page::errors},
    {"errors in the counters", link_kind::can_interface,
     [](auto& of) { of.interface->receive_errors = 12; }, "errors_counted", page::errors,
     weight::note},
    {"listens only", link_kind::can_interface,
     [](auto& of) { of.interface->harmful_modes = "listen-only"; }, "controller_mode",
     page::interface},
    {"the kernel restarts", link_kind::can_interface,
     [](auto& of) { of.interface->restart_ms = 100; }, "kernel_restarts", page::bus_off,
     weight::note},
    {"nothing readable", link_kind::can_interface, [](auto& of) { of.bus->trouble = "bitrate"; },
     "bitrate_mismatch", page::bitrate},
    {"nobody acknowledges", link_kind::can_interface, [](auto& of) { of.bus->trouble = "no-ack"; },
     "no_ack", page::no_ack},
    {"noise", link_kind::can_interface, [](auto& of) { of.bus->trouble = "noise"; }, "noise",
     page::crc},
    {"a short", link_kind::can_interface, [](auto& of) { of.bus->trouble = "transceiver"; },
     "wire_fault", page::errors},
    {"the bus is gone", link_kind::can_virtual, [](auto& of) { of.bus->state = "down"; },
     "bus_down", page::not_running},
    {"a full bus", link_kind::can_virtual, [](auto& of) { of.bus->load_percent = 71; }, "bus_load",
     page::refresh},
    {"lost frames", link_kind::can_virtual, [](auto& of) { of.bus->rx_overflow = 3; },
     "frames_lost", page::lost, weight::note},
    {"unsent frames", link_kind::can_virtual, [](auto& of) { of.bus->tx_dropped = 3; },
     "frames_unsent", page::lost, weight::note},
    {"strangers", link_kind::can_virtual, [](auto& of) { of.bus->unknown_ids = 2; },
     "unknown_identifiers", page::node_ids, weight::note},
    {"F-063 a stranger babbles", link_kind::can_virtual,
     [](auto& of) {
       of.bus->babbler = "0x000";
       of.bus->babbler_rate = 3'900;
     },
     "stranger_babbles", page::node_ids},
    {"no serial port", link_kind::modbus_serial, [](auto& of) { of.serial->present = false; },
     "port_absent", page::serial},
    {"a file is no port", link_kind::modbus_serial, [](auto& of) { of.serial->is_device = false; },
     "port_kind", page::serial},
    {"may not write", link_kind::modbus_serial, [](auto& of) { of.serial->may_write = false; },
     "port_forbidden", page::serial},
    {"cannot be looked at", link_kind::modbus_serial,
     [](auto& of) { of.serial->refused = "Permission denied"; }, "port_unknown", page::serial},
    {"held by somebody", link_kind::modbus_serial,
     [](auto& of) { of.serial->holders = {"minicom (4711)"}; }, "port_held", page::serial},
    {"the site cannot open it", link_kind::modbus_serial, [](auto& of) { of.line->state = "down"; },
     "line_down", page::serial},
    {"broken answers", link_kind::modbus_serial, [](auto& of) { of.line->state = "crc-warning"; },
     "crc_errors", page::crc},
    {"some broken answers", link_kind::modbus_serial, [](auto& of) { of.line->crc_errors = 2; },
     "crc_errors_before", page::crc, weight::note},
    {"refused", link_kind::modbus_tcp, [](auto& of) { of.network->reach = reach::refused; },
     "port_refused", page::tcp},
    {"no route", link_kind::modbus_tcp, [](auto& of) { of.network->reach = reach::no_route; },
     "no_route", page::tcp},
    {"filtered", link_kind::modbus_tcp, [](auto& of) { of.network->reach = reach::silent; },
     "no_answer", page::tcp},
    {"anything else", link_kind::modbus_tcp, [](auto& of) { of.network->reach = reach::failed; },
     "unreachable", page::tcp},
    {"no place for us", link_kind::modbus_tcp, [](auto& of) { of.line->state = "down"; },
     "line_down", page::tcp},
    {"exceptions", link_kind::modbus_tcp, [](auto& of) { of.line->exceptions = 4; }, "exceptions",
     page::exceptions, weight::note},
    {"asked too much", link_kind::modbus_tcp, [](auto& of) { of.line->overruns = 4; }, "overruns",
     page::refresh, weight::note},
    {"one never spoke", link_kind::modbus_tcp,
     [](auto& of) { two_devices(of, presence::speaks, presence::never); }, "never_spoke",
     page::node_ids},
    {"nobody ever spoke", link_kind::modbus_tcp,
     [](auto& of) { two_devices(of, presence::never, presence::never); }, "never_spoke",
     page::timeout},
    {"one fell silent", link_kind::modbus_tcp,
     [](auto& of) { two_devices(of, presence::speaks, presence::silent); }, "fell_silent",
     page::timeout},
    {"nobody runs it", link_kind::modbus_tcp,
     [](auto& of) { two_devices(of, presence::speaks, presence::unknown); }, "node_missing",
     page::not_running},
    {"a log that cannot be read", link_kind::can_recording,
     [](auto& of) { of.unreadable = "Permission denied"; }, "recording", page::not_running},
    {"0 % with plausible cells", link_kind::can_virtual,
     [](auto& of) {
       of.racks = {{"rack_0", 0.0, 3.31}};
     },
     "zero_soc", page::zero_soc},
    {"comm loss", link_kind::inverter,
     [](auto& of) { of.inverter->communication = "Disconnected"; }, "comm_loss", page::comm_loss},
    {"degraded", link_kind::inverter, [](auto& of) { of.inverter->communication = "Degraded"; },
     "comm_loss", page::comm_loss},
    {"its link is gone", link_kind::inverter, [](auto& of) { of.inverter->communication = ""; },
     "link_missing", page::not_running},
    {"do not fit", link_kind::inverter,
     [](auto& of) { of.inverter->compatibility = "incompatible"; }, "firmware", page::firmware},
    {"nobody knows whether they fit", link_kind::inverter,
     [](auto& of) { of.inverter->compatibility = "unknown"; }, "firmware", page::firmware},
    {"fold-back", link_kind::inverter,
     [](auto& of) { of.inverter->charge_bounds = "fold_back 12.0 A; bms 210.0 A"; }, "fold_back",
     page::low_current, weight::note},
    {"told before", link_kind::modbus_serial, [](auto& of) { of.told["CRC Error"] = 2; },
     "told_lately", page::crc, weight::note},
};

std::vector<std::string> codes(const link_facts& of) {
  std::vector<std::string> result;
  for (const auto& each : check(of)) result.push_back(each.code);
  return result;
}

} // namespace

TEST_CASE("a link that is well has no finding") {
  for (const auto kind : {link_kind::can_interface, link_kind::can_virtual, link_kind::can_bridge,
                          link_kind::can_recording, link_kind::modbus_serial, link_kind::modbus_tcp,
                          link_kind::inverter})
    CHECK(codes(healthy(kind)).empty());
}

TEST_CASE("each thing that can be wrong with a link is one finding with its heading") {
  for (const auto& each : rows) {
    INFO(each.what);
    auto of = healthy(each.kind);
    each.spoil(of);
    const auto found = check(of);
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == each.code);
    CHECK(found.front().heading == each.heading);
    CHECK(found.front().weight == each.how);
    CHECK_FALSE(found.front().says.empty());
  }
}

TEST_CASE("a cause is told once, though the machine and the site both see it") {
  auto of = healthy(link_kind::can_interface);
  of.interface->state = of.bus->state = "bus-off";
  CHECK(codes(of) == std::vector<std::string>{"bus_off"});
  of = healthy(link_kind::can_interface);
  of.interface->bitrate = 250'000;
  of.bus->trouble = "bitrate";
  CHECK(codes(of) == std::vector<std::string>{"bitrate_differs"});
  of = healthy(link_kind::modbus_tcp);
  of.line->state = "down";
  of.network->reach = reach::refused;
  CHECK(codes(of) == std::vector<std::string>{"port_refused"});
}

TEST_CASE("what comm.log told is not repeated while it holds") {
  auto of = healthy(link_kind::modbus_tcp);
  of.told["Timeout"] = 3;
  CHECK(codes(of) == std::vector<std::string>{"told_lately"});
  two_devices(of, presence::silent, presence::silent);
  CHECK(codes(of) == std::vector<std::string>{"fell_silent"});
}

TEST_CASE("what is wrong now stands before what is only worth knowing") {
  auto of = healthy(link_kind::can_virtual);
  of.bus->rx_overflow = 1;
  of.bus->trouble = "noise";
  CHECK(codes(of) == std::vector<std::string>{"noise", "frames_lost"});
}

TEST_CASE("a port that may not be used is answered with the rule and the group, and never chmod") {
  auto of = healthy(link_kind::modbus_serial);
  of.serial->user = "voltaic";
  of.serial->group = "root";
  of.serial->mode = "0600";
  of.serial->may_read = of.serial->may_write = false;
  const auto says = check(of).front().says;
  for (const auto* word : {"voltaic may not read or write /dev/ttyUSB0", "group root, mode 0600",
                           "70-voltaic-serial.rules", "group dialout", "never chmod 666"})
    CHECK(says.find(word) != std::string::npos);
}

TEST_CASE("a state comes with its error counters where the driver tells them") {
  auto of = healthy(link_kind::can_interface);
  of.interface->state = "error-warning";
  CHECK(check(of).front().says.find("bus-warn: 96 errors or more; ") == 0);
  of.interface->transmit_errors = 100;
  CHECK(check(of).front().says.find("(100 transmit and 0 receive errors counted)") !=
        std::string::npos);
}

TEST_CASE("who speaks beside a device that does not tells where to look") {
  auto of = healthy(link_kind::modbus_serial);
  two_devices(of, presence::speaks, presence::never);
  CHECK(check(of).front().says.find("meter_1 (unit 2) never spoke: others of the link do") == 0);
  two_devices(of, presence::silent, presence::silent);
  CHECK(check(of).front().says.find("nobody of the link speaks any more") != std::string::npos);
}

TEST_CASE("an empty rack, and one whose cells nobody knows, is no fault of its telemetry") {
  auto of = healthy(link_kind::can_virtual);
  of.racks = {{"rack_0", 0.0, 2.9},
              {"rack_1", 0.0, std::nullopt},
              {"rack_2", std::nullopt, 3.3},
              {"rack_3", 1.0, 3.3}};
  CHECK(codes(of).empty());
}

} // namespace link_check_test
