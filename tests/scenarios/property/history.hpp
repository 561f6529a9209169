#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "messages/codec/payloads.hpp"
#include "scenarios/property/equipment.hpp"

/// What can be seen of a site from outside: the wires of its racks, their
/// contactors, what its nodes say and store, what people asked for. Rules are
/// judged on these facts alone.
namespace voltaic::tests::property {

/// Time passed; everything that happened up to now was told.
struct moment {};

/// A frame with four cell voltages reached the rack's port, whole.
struct cells_heard {
  std::uint32_t first = 0;
  std::array<std::uint16_t, 4> millivolts{};
  std::optional<std::int64_t> measured_us = {}; ///< on the wire; none: when it was heard
};
/// A frame with the rack's voltage, current and SOC reached the rack's port, whole. What its
/// sentinel stood for has no value.
struct values_heard {
  std::int64_t measured_us = 0; ///< on the wire
  std::optional<double> voltage_v = {};
  std::optional<double> current_a = {};
  std::optional<double> bus_v = {}; ///< of its DC bus
};
/// A frame with the feedback of the rack's contactors reached the rack's port, whole.
struct status_heard {
  std::int64_t measured_us = 0; ///< on the wire
};
/// A frame with the device's own limits reached the rack's port, whole.
struct limits_heard {
  double charge_a = 0;
  double discharge_a = 0;
};
/// A node put an order frame on the wire.
struct order_sent {
  std::uint16_t epoch = 0;
  std::uint16_t counter = 0;
  std::uint8_t contactor = 0; ///< 0 open, 1 precharge, 2 close
  bool lease = false;
  friend bool operator==(const order_sent&, const order_sent&) = default;
};
/// An order frame reached the rack, whole and just as it was sent before.
struct order_arrived {
  order_sent order;
  bool replayed = false; ///< somebody recorded it earlier and sends it again
};
/// A node put a set frame on the wire.
struct value_sent {
  bool charge = true;
  double value_a = 0;
};
/// How the rack's contactors stand.
struct contactors {
  bool energised = false; ///< precharge or closed by the rack's controller
  bool conducting = false;
  bool welded = false; ///< a main contactor is: it need not part
  friend bool operator==(const contactors&, const contactors&) = default;
};
/// Part of the rack's chain ended: an actor, its node, or everything stands still.
struct chain_ended {
  std::string what;
  bool restarts = true; ///< false: it goes on where it stood
};
/// What somebody asks for.
struct request {
  std::string key;
  std::string operation;
  std::string point;
  double value = 0;
  std::int64_t deadline_us = 0; ///< monotonic
  std::int64_t length_us = 0;   ///< of a set for a time; 0: it stays
};
/// A command for one of the rack's actors reached the rack's node.
struct command_arrived {
  request what;
};
/// A rack's contactor actor took a command: it is new to it and in time.
struct command_accepted {
  std::string key;
  std::string operation;
};
/// A rack's protection says its limits.
struct limits_said {
  double charge_a = 0;
  double discharge_a = 0;
  std::optional<std::int64_t> source_us = {}; ///< of which time they speak; none: the present
};
/// A node said an event. It may speak of something earlier: a slow disk comes first.
struct event_said {
  std::string node;
  messages::event event;
  std::optional<std::int64_t> happened_us = {}; ///< as the event says; none: when it was said
};
/// When what the event tells of happened.
[[nodiscard]] inline std::int64_t happened_us(const event_said& said, std::int64_t said_us) {
  return said.happened_us.value_or(said_us);
}
/// An event is on a node's disk.
struct event_stored {
  std::string node;
  messages::event event;
};
/// From now on a node's disk refuses or takes what is given to it.
struct disk_state {
  std::string node;
  bool refuses = false;
};
/// A node starts with a journal that was damaged or taken away.
struct journal_gone {
  std::string node;
};

/// What the site is; the first fact of all.
struct site_is {
  int racks = 1;
  std::uint32_t watched = 0;
  equipment has;
};
/// A permit came to a rack's contactor.
struct permit_heard {
  std::string from; ///< "rack_0/protection"
  std::int64_t said_us = 0;
  bool granted = false;
  bool close_allowed = false;
  bool at_once = false; ///< whatever current flows
};
/// From now on one of a rack's input lines is as in an emergency, or at rest.
struct input_is {
  std::string role;
  bool active = false;
};
/// A command to switch a rack's output line on reached the node that drives it.
struct output_asked {
  std::int64_t until_us = 0; ///< its deadline and its length together
};
/// From now on a rack's output line is driven so.
struct output_is {
  bool on = false;
};
/// Whose door it is that something came in by.
enum class listening_node : std::uint8_t { site, inverter };
/// What a rack says of itself came in there.
struct rack_word {
  listening_node at = listening_node::site;
  std::optional<double> charge_a = {}; ///< its limit
  std::optional<double> discharge_a = {};
  std::optional<std::string> lock = {}; ///< of its contactors
};
/// What all racks are together came in there.
struct battery_word {
  listening_node at = listening_node::inverter;
};
/// A frame on the inverter's wire tells it these limits of current.
struct limits_told {
  double charge_a = 0;
  double discharge_a = 0;
  friend bool operator==(const limits_told&, const limits_told&) = default;
};
/// A frame that shows that the inverter lives reached its link's port.
struct inverter_alive {};
/// The inverter's link ended, and begins anew.
struct link_ended {};

struct fact {
  std::int64_t time_us = 0;
  int rack = -1; ///< none: of the whole site, or of a node
  std::variant<moment, cells_heard, values_heard, limits_heard, order_sent, order_arrived,
               value_sent, contactors, chain_ended, command_arrived, command_accepted, limits_said,
               event_said, event_stored, disk_state, journal_gone, status_heard, site_is,
               permit_heard, input_is, output_asked, output_is, rack_word, battery_word,
               limits_told, inverter_alive, link_ended>
      what;
};

} // namespace voltaic::tests::property
