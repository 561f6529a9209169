#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/modbus/line.hpp"
#include "messages/finding.hpp"
#include "messages/inverter/measured_current.hpp"
#include "messages/profiles/remap.hpp"
#include "messages/signatures/signature.hpp"

namespace voltaic::messages::protection {
struct table;
}
namespace voltaic::messages::inverter {
struct compatibility_table;
struct inverter_profile;
struct wire_options;
} // namespace voltaic::messages::inverter

/// What a site file says, validated and complete: every name is resolved,
/// every range expanded, every default filled in. Plain values.
namespace voltaic::nodes::site {

/// Where a running site keeps its sockets and where it keeps what must last.
struct folders {
  std::string runtime; ///< sockets, lock, progress pages; gone after a boot
  std::string state;   ///< journals, captures of faults
  std::string log;     ///< one file a process
  std::string group;   ///< Unix group whose members may use the site; empty: nobody but its owner
};

/// Where captures of faults are kept below a state folder.
[[nodiscard]] inline std::string captures_in(const std::string& state_folder) {
  return state_folder + "/captures";
}

/// How a bus is reached; the scheme of its uri.
enum class bus_kind : std::uint8_t { virtual_bus, socketcan, replay, bridge };

/// Who we are on a bus of J1939 (docs/j1939.md): address and NAME. Industry group 0, vehicle system
/// 0 and all instances 0; not arbitrary address capable.
struct j1939_self {
  std::uint8_t address = 39;           ///< of a management computer (J1939, appendix B, table B2)
  std::uint8_t function = 255;         ///< not available
  std::uint16_t manufacturer_code = 0; ///< nobody's
  std::uint32_t identity_number = 1;
  friend bool operator==(const j1939_self&, const j1939_self&) = default;
};

/// A CAN bus, and how it is opened.
struct can_bus {
  std::string name;
  bus_kind kind = bus_kind::virtual_bus;
  std::string uri;              ///< as ports take it, variables expanded
  std::string peer;             ///< bridge: address of the gateway
  bool read_only = false;       ///< nothing is ever sent on it
  bool trusted_segment = false; ///< bridge: nobody else can reach what leads to it
  std::uint32_t bitrate = 500'000;
  std::uint32_t data_bitrate = 0;             ///< of what CAN FD switches; 0: the bus has no CAN FD
  std::optional<double> sample_point_percent; ///< of an interface; none: as its driver has it
  bool bit_time = false;                      ///< virtual bus: frames take their time on the wire
  bool loop = false;                          ///< replay: start again at the end
  double speed = 1.0;                         ///< replay: recorded seconds per second
  std::optional<std::int64_t> epoch_utc_us;   ///< replay: UTC of the first frame
  j1939_self self;                            ///< where devices of J1939 are on it
  std::uint8_t canopen_node = 0;              ///< ours among nodes of CANopen; 0: we are none
  double load_percent = 0; ///< of all devices' declared frames, worst-case stuffing
  friend bool operator==(const can_bus&, const can_bus&) = default;
};

/// A host or serial port that several devices share, of Modbus or of plain RS-485.
struct modbus_line {
  std::string name;
  bus::modbus::transport transport = bus::modbus::transport::tcp;
  std::string host;
  std::uint16_t port = 502;
  bus::modbus::serial_options serial; ///< of RTU over TCP, the gateway's baud rate
  std::uint32_t timeout_ms = 1'000;
  std::uint32_t turnaround_ms = 10; ///< from a request's end to the answer's begin, for the load
  double load_percent = 0;          ///< of the line's time, by all devices' reads
  friend bool operator==(const modbus_line&, const modbus_line&) = default;
};

/// A battery or other equipment on a bus or a line.
struct device {
  std::string name;
  std::string profile_path;       ///< real path of the profile file
  std::uint64_t profile_hash = 0; ///< of the file's bytes: a changed profile is a changed device
  std::string profile_content;    ///< hash of what it says beside a rack's configuration items
  std::string profile_words;      ///< that itself
  std::shared_ptr<const messages::profiles::device_profile> profile;
  std::string bus;             ///< empty: on a line
  std::string line;            ///< empty: on a bus
  std::uint32_t id_offset = 0; ///< added to every CAN identifier of the profile
  /// Identifiers that a bridge gave it; `profile` has them already.
  std::vector<messages::profiles::id_change> id_map;
  /// J1939: of its NAME, in place of the profile's.
  std::optional<std::uint32_t> j1939_identity_number;
  std::uint8_t unit = 1;        ///< Modbus unit identifier, or address on a line of plain RS-485
  std::uint32_t min_gap_ms = 0; ///< silence that it wants on a line after each exchange
  std::string simulate;         ///< what the simulator plays on its line or bus; empty: nothing
  std::string rack;             ///< the rack it feeds; empty: none
  std::string node;             ///< the node its actor lives in
};

/// A battery whose contactors the site may close.
struct rack {
  std::string name;
  std::string device;
  std::string protection_path; ///< real path of the protection file
  std::uint64_t protection_hash = 0;
  std::shared_ptr<const messages::protection::table> protection;
  std::string node;
  std::string hard_wired_opening; ///< what opens the contactors of a device without a lease
  std::string dc_bus;             ///< that it is joined to with other racks; empty: its own
  std::string emergency_stop;     ///< points that open it while active; empty: none
  std::string interlock;
  std::string fire;              ///< the same, and locks it
  std::string reset_key;         ///< an input that resets its latches when turned; empty: none
  bool second_evaluator = false; ///< another instance of its protection has to permit as well
  bool close_allowed = true;     ///< false: nothing would open it, so it is never closed
};

/// A digital input or output: a line of a chip, or a point of a coupler.
struct digital_line {
  std::string name;                  ///< "emergency_stop": the point is dio_0/emergency_stop
  std::optional<std::uint32_t> line; ///< of the chip; nothing: `point` is there
  std::string point;                 ///< "coupler_0/inputs[3]"
  friend bool operator==(const digital_line&, const digital_line&) = default;
};

struct digital_input : digital_line {
  bool normally_closed = true; ///< active where no current flows
  std::uint32_t debounce_ms = 20;
  friend bool operator==(const digital_input&, const digital_input&) = default;
};

struct digital_output : digital_line {
  bool safe = false;  ///< level while nobody renews it
  std::string follow; ///< a point that it shows; empty: it is set by commands
  friend bool operator==(const digital_output&, const digital_output&) = default;
};

/// Digital inputs and outputs that one actor serves.
struct digital {
  std::string name;
  std::string chip; ///< "gpiochip0" or "simulated"; empty: couplers alone
  std::string node;
  std::vector<digital_input> inputs;
  std::vector<digital_output> outputs;
  friend bool operator==(const digital&, const digital&) = default;
};

/// Limits that hold where nobody says the battery's, while the inverter measures a voltage
/// between two.
struct inverter_fallback {
  double charge_current_a = 0;
  double discharge_current_a = 0;
  double lowest_v = 0;
  double highest_v = 0;
  friend bool operator==(const inverter_fallback&, const inverter_fallback&) = default;
};

/// An inverter that is told about the battery behind it.
struct inverter {
  std::string name;
  std::string profile_path;       ///< real path of the inverter profile
  std::uint64_t profile_hash = 0; ///< of the file's bytes
  std::shared_ptr<const messages::inverter::inverter_profile> profile;
  std::string bus;                ///< of a CAN inverter; empty: `device` is it
  std::string device;             ///< of a Modbus inverter
  std::vector<std::string> racks; ///< of its group
  std::string node;
  std::string manufacturer; ///< what it is told about who made the battery; empty: us
  std::string byte_order;   ///< "little" or "big"; empty: the profile's
  std::optional<std::uint32_t> current_raw_offset;
  std::optional<std::uint8_t> address;
  std::optional<double> charge_voltage_v;     ///< the battery is charged to this at most
  std::optional<double> discharge_voltage_v;  ///< and discharged to this
  std::optional<double> charge_current_max_a; ///< what the inverter can do
  std::optional<double> discharge_current_max_a;
  std::optional<double> fold_back_v;           ///< charging becomes slower this far below the limit
  std::optional<double> discharge_fold_back_v; ///< and discharging above its
  std::optional<inverter_fallback> fallback;
  std::string safety_relay; ///< a point that is set to 0 when the inverter is lost
  /// Where the current of its DC bus is measured, with which that of the racks is compared.
  messages::inverter::measured_current measured;
  /// Which batteries and inverters work together; nullptr: nobody says.
  std::shared_ptr<const messages::inverter::compatibility_table> pairs;
  bool simulate = false; ///< the simulator plays it on its bus
};

/// "virtual", "replay" or "bridge".
[[nodiscard]] std::string_view to_string(bus_kind kind);

/// What an actor does; each kind has a folder of its name in actors/, and an evaluator is a
/// second instance of protection.
enum class actor_kind : std::uint8_t {
  can_device,
  modbus_device,
  rack,
  protection,
  evaluator,
  contactor,
  command,
  system,
  inverter_link,
  digital_io
};
/// "can_device", as the kind is spelled.
[[nodiscard]] std::string_view to_string(actor_kind kind);

/// One actor of a node.
struct actor {
  std::string name;
  actor_kind kind = actor_kind::can_device;
  /// The device's, rack's or inverter's name; empty for command and the whole system.
  std::string subject;
  friend bool operator==(const actor&, const actor&) = default;
};

/// What a node is for.
enum class node_kind : std::uint8_t {
  relay, ///< no actors: the one process that binds the message bus
  site,  ///< dispatcher of commands, and devices that belong to no rack
  chain, ///< chains of racks, from device to contactor
  other  ///< devices that were placed by name
};
/// "chain", as the kind is spelled.
[[nodiscard]] std::string_view to_string(node_kind kind);

/// One process of `voltaic up`.
struct node {
  std::string name;
  node_kind kind = node_kind::other;
  std::vector<site::actor> actors; ///< in start order
  std::vector<std::string> buses;  ///< CAN buses it opens
  std::vector<std::string> lines;  ///< Modbus lines it opens
  bool hears_others = false;       ///< an actor of it lives on points that other nodes say
  bool hears_chains = false;       ///< one of those others is a rack's chain
  bool safety = false;             ///< holds protection: the short wedge time counts
  friend bool operator==(const node&, const node&) = default;
};

/// Bounds of the process supervisor.
struct supervision {
  std::uint32_t wedge_safety_ms = 300;
  std::uint32_t wedge_other_ms = 3'000;
  std::uint32_t start_timeout_ms = 10'000; ///< until a started node is ready
  std::uint32_t restarts_max = 3;          ///< more in the window: the node has failed
  std::uint32_t restarts_window_ms = 60'000;
  friend bool operator==(const supervision&, const supervision&) = default;
};

/// How the limits of the racks become the site's.
struct site_limits {
  std::string policy = "smallest_times_active"; ///< or sum
  std::string lost_silent = "hold";             ///< or exclude, stop: a rack that nobody hears
  std::string lost_invalid = "hold";            ///< one of which nothing can be used
  std::uint32_t hold_ms = 60'000;
  friend bool operator==(const site_limits&, const site_limits&) = default;
};

/// What is simulated of the site, and how it begins.
struct simulator {
  bool present = false;         ///< [simulator] stands in the file
  std::string initial = "open"; ///< contactors at start: open or closed
  double soc_percent = 50;
  double temperature_c = 25;
  bool noise = true;               ///< racks measure with errors
  bool scatter = true;             ///< their cells differ, some are weak
  std::uint64_t seed = 1;          ///< of both
  std::string scenario;            ///< real path of what devices are made to do; empty: nothing
  std::uint64_t scenario_hash = 0; ///< of the file's bytes
  friend bool operator==(const simulator&, const simulator&) = default;
};

/// A candidate of a rack's protection file, and whether it protects.
struct candidate_input {
  std::string rack;
  std::string candidate;
  std::string point; ///< of the rack's device, that it is judged by; empty: it does not protect
  friend bool operator==(const candidate_input&, const candidate_input&) = default;
};

/// One protection limit's way from value to open contactor.
struct reaction {
  std::string rack;
  std::string candidate;
  std::string level;
  std::uint32_t time_ms = 0;  ///< period + set delay + opening
  std::uint32_t limit_ms = 0; ///< what the profile allows; 0: nothing stated
  friend bool operator==(const reaction&, const reaction&) = default;
};

/// Names of nodes and actors that every site has.
/// What the simulator plays on a line of plain RS-485.
inline constexpr std::string_view serial_battery = "battery";
inline constexpr std::string_view relay_node = "relay";
inline constexpr std::string_view site_node = "site";
inline constexpr std::string_view command_actor = "command";
/// Says what all racks are together and how links fare; where there is a rack or a link.
inline constexpr std::string_view system_actor = "system";
/// The same of those behind one inverter, below its name.
inline constexpr std::string_view group_actor = "battery";
/// In whose name the process supervisor records events; no node's.
inline constexpr std::string_view supervisor_speaker = "supervisor";

/// The whole of a site, as everything that starts or shows it reads it.
struct plan {
  std::string name;
  std::string file; ///< real path of the site file
  site::folders folders;
  std::vector<can_bus> buses;
  std::vector<modbus_line> lines;
  std::vector<device> devices;
  std::vector<rack> racks;
  std::vector<inverter> inverters;
  std::vector<digital> digitals;
  std::vector<node> nodes; ///< relay first, then in start order
  site::supervision supervision;
  site::simulator simulator;
  site_limits limits;
  std::map<std::string, std::vector<std::string>> roles; ///< role -> Unix groups
  /// Whose signatures the files need that it names; nothing: none needs one.
  std::optional<messages::signatures::trust> trust;
  std::string relay_listen; ///< tcp endpoint of the relay beside ipc, offset included; empty: none
  bool accept_common_loss = false;
  std::vector<std::string> disabled_candidates; ///< not watched, to isolate others in a simulation
  /// The same of single evaluators, by their actor's name: "rack_0/evaluator".
  std::map<std::string, std::vector<std::string>> mutated_evaluators;
  std::vector<candidate_input> candidates; ///< of all racks, in the order of their files
  std::vector<reaction> reactions;         ///< of the candidates that protect
  messages::findings warnings;             ///< worth saying, no reason to refuse

  [[nodiscard]] const can_bus* find_bus(std::string_view bus_name) const;
  [[nodiscard]] const modbus_line* find_line(std::string_view line_name) const;
  [[nodiscard]] const device* find_device(std::string_view device_name) const;
  [[nodiscard]] const rack* find_rack(std::string_view rack_name) const;
  /// Whether the rack's device takes orders and its bus lets them pass; else nothing here can open
  /// or close it. A device whose profile was not read may.
  [[nodiscard]] bool takes_orders(const rack& of) const;
  [[nodiscard]] const inverter* find_inverter(std::string_view inverter_name) const;
  [[nodiscard]] const digital* find_digital(std::string_view digital_name) const;
  /// Lines with equipment that the simulator plays.
  [[nodiscard]] std::vector<modbus_line> simulated_lines() const;
  /// Devices on virtual buses that the simulator plays by their profiles.
  [[nodiscard]] std::vector<const device*> simulated_packs() const;
  /// The simulator has a line, or a pack or inverter on a bus to play, beside racks.
  [[nodiscard]] bool has_simulated_equipment() const;
  [[nodiscard]] const node* find_node(std::string_view node_name) const;

  /// Address prefix of the relay's sockets between processes.
  [[nodiscard]] std::string relay_address() const { return "ipc://" + folders.runtime + "/relay"; }
  /// All that the relay binds for other processes.
  [[nodiscard]] std::vector<std::string> relay_bindings() const;
  [[nodiscard]] std::string control_path() const { return folders.runtime + "/control"; }
  [[nodiscard]] std::string progress_path(std::string_view node_name) const;
  [[nodiscard]] std::string journal_path(std::string_view node_name) const;
  /// Where captures of faults are kept, in a folder a rack.
  [[nodiscard]] std::string captures_folder() const { return captures_in(folders.state); }
};

/// It has a CAN bus or a Modbus line.
[[nodiscard]] bool has_links(const plan& of);

/// What the profile of a CAN inverter says and the site file instead.
[[nodiscard]] messages::inverter::wire_options wire_options_of(const inverter& item);

/// What its `id_map` makes of a device's own identifiers, for who plays it.
[[nodiscard]] messages::profiles::id_translation translation_of(const device& item);

/// The actor that judges a rack as well as its protection does; empty: there is none.
[[nodiscard]] std::string second_evaluator_of(const rack& item);

/// Whether an inverter has a part of the site's racks behind it, which has a `group_actor`.
[[nodiscard]] bool is_group(const plan& of, const inverter& item);
/// Who says what the racks behind an inverter are together: "system" or "inverter_0/battery".
[[nodiscard]] std::string battery_actor(const plan& of, const inverter& item);

/// The inverter whose link compares the current of a rack with the one of its DC bus; nullptr:
/// nobody does.
[[nodiscard]] const inverter* current_witness_of(const plan& of, const rack& item);

/// The rated capacity of a rack as its device's profile states it; 0: not stated.
[[nodiscard]] double capacity_ah(const plan& of, const rack& item);

} // namespace voltaic::nodes::site
