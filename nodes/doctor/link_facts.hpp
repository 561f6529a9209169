#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"

/// What is known of the links of a site, before anybody judges it. Plain values.
namespace voltaic::nodes::doctor {

enum class link_kind : std::uint8_t {
  can_interface, ///< SocketCAN
  can_bridge,    ///< CAN over Ethernet
  can_virtual,   ///< served by the site itself
  can_recording, ///< a log is played
  modbus_serial,
  plain_serial, ///< RS-485 without Modbus
  modbus_tcp,
  inverter ///< who is told about the battery
};

/// What the kernel says of a CAN interface.
struct interface_facts {
  std::string refused; ///< why the kernel could not be asked; empty: it could
  bool present = false;
  bool is_can = false;
  bool up = false;
  bool is_virtual = false;   ///< vcan: it has no controller
  std::uint32_t bitrate = 0; ///< 0: not told
  std::string state;         ///< "error-active", ...; empty: not told
  std::uint32_t transmit_errors = 0;
  std::uint32_t receive_errors = 0;
  std::string harmful_modes;    ///< "listen-only, loopback": orders do not go out; empty: none
  std::uint32_t restart_ms = 0; ///< the kernel's own restart after bus-off; 0: none
};

/// What the file system says of a serial port; nobody opened it.
struct serial_facts {
  std::string refused; ///< why it could not be looked at, beside being absent
  bool present = false;
  bool is_device = false; ///< a character device
  bool may_read = false;  ///< by the user who asks
  bool may_write = false;
  std::string user;  ///< who asks
  std::string group; ///< of the device
  std::string mode;  ///< "0660"
  /// Processes beside the site's own that have it open, as "minicom (4711)", as far as this user
  /// may see them.
  std::vector<std::string> holders;
};

enum class reach : std::uint8_t { untested, reached, refused, no_route, silent, failed };

/// What became of an attempt to reach a host.
struct network_facts {
  doctor::reach reach = doctor::reach::untested;
  std::string reason; ///< of `failed`, the system's words
};

enum class presence : std::uint8_t { unknown, speaks, silent, never };

/// A device of a link, as the running site hears it.
struct device_facts {
  std::string name;
  std::string node;             ///< that its actor lives in
  std::optional<unsigned> unit; ///< of Modbus
  doctor::presence presence = doctor::presence::unknown;
  double silent_s = 0; ///< since its last value
};

/// What an inverter's link says.
struct inverter_facts {
  std::string communication; ///< "Normal", ...; empty: nobody says it
  std::string compatibility;
  std::string charge_bounds; ///< as `charge_bounds` has it, the one that binds first
};

/// A rack whose device is on the link.
struct rack_facts {
  std::string name;
  std::optional<double> soc_percent;
  std::optional<double> cell_voltage_min_v;
};

/// One link with all that is known of it; what does not belong to its kind stays empty.
struct link_facts {
  std::string name;
  link_kind kind = link_kind::can_virtual;
  std::string address;       ///< "socketcan:can0", "/dev/ttyUSB0", "192.0.2.10:502"
  std::uint32_t bitrate = 0; ///< bit/s, or baud, that the site file wants
  std::string profile;       ///< of an inverter
  bool site_runs = false;
  std::optional<interface_facts> interface;
  std::optional<serial_facts> serial;
  std::optional<network_facts> network;
  std::string unreadable;                    ///< why a recording cannot be read; empty: it can
  std::optional<messages::bus_health> bus;   ///< as the nodes that run see it
  std::optional<messages::line_health> line; ///< as the node that runs sees it
  std::vector<device_facts> devices;
  std::vector<rack_facts> racks;
  std::optional<inverter_facts> inverter;
  std::map<std::string, std::uint32_t> told; ///< lines of comm.log lately, by their word
};

} // namespace voltaic::nodes::doctor
