#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "messages/quality.hpp"
#include "messages/time.hpp"

/// The payloads of `schema/voltaic.capnp` as plain values. Logic sees only
/// these; `codec.hpp` is the one place that maps them to bytes. Field meanings
/// and units stand in the schema.
namespace voltaic::messages {

/// Values of consecutive elements of one point, true at one time. The values are raw,
/// or one text; `element_quality` is empty where all have `quality`.
struct block {
  using words = std::vector<std::uint16_t>;
  using integers = std::vector<std::int64_t>;
  using reals = std::vector<double>;
  std::uint16_t point = 0;
  std::uint32_t first_index = 0;
  std::int64_t source_time_us = 0;
  messages::quality quality = messages::quality::never;
  std::variant<words, integers, reals, std::string> values;
  std::vector<messages::quality> element_quality;
  std::vector<std::string> missing;
  friend bool operator==(const block&, const block&) = default;
};

/// What one speaker says of points of `owner`'s catalogue of that fingerprint.
struct telemetry {
  std::string owner;
  std::uint64_t fingerprint = 0;
  std::vector<block> blocks;
  friend bool operator==(const telemetry&, const telemetry&) = default;
};

/// The chain's time has come this far. Never leaves its node.
struct tick {
  std::int64_t monotonic_us = 0;
  std::int64_t utc_offset_us = 0;
  friend bool operator==(const tick&, const tick&) = default;
};

/// How a contactor shall open: not at all, when the current has fallen, or at once.
enum class opening : std::uint16_t { none, ordered, immediate };

/// Protection's word to the contactor, renewed all the time. Never leaves its node.
struct permit {
  std::string rack;
  std::uint32_t epoch = 0;
  std::uint64_t counter = 0;
  bool granted = false;
  bool close_allowed = false;
  messages::opening opening = messages::opening::none;
  bool locked = false;
  std::vector<std::string> reasons;
  friend bool operator==(const permit&, const permit&) = default;
};

/// What the device's contactors shall do; `minus` and `plus`: this main contactor alone
/// stays closed, for devices that take single orders.
enum class contactor_order : std::uint16_t { open, precharge, close, minus, plus };

/// The contactor's word to the device; with `lease` the device counts from it. Never
/// leaves its node.
struct order {
  std::string device;
  std::uint32_t epoch = 0;
  std::uint64_t counter = 0;
  contactor_order contactor = contactor_order::open;
  bool lease = false;
  friend bool operator==(const order&, const order&) = default;
};

/// What is applied now, and why it is no wider. Nothing where a limit is not told;
/// what is there is finite.
struct limits {
  std::string rack;
  double charge_current_a = 0;
  double discharge_current_a = 0;
  std::vector<std::string> reasons;
  std::optional<double> charge_voltage_limit_v;
  std::optional<double> discharge_voltage_limit_v;
  std::optional<double> charge_power_limit_w;
  std::optional<double> discharge_power_limit_w;
  std::vector<std::string> charge_reasons; ///< those of the reasons that hold the charge down
  std::vector<std::string> discharge_reasons;
  friend bool operator==(const limits&, const limits&) = default;
};

/// As an event's `first_out`: the event opens a group, so whoever gives it its
/// sequence puts the same number here.
inline constexpr std::uint64_t first_out_self = UINT64_MAX;

/// Something that happened, in the journal before it is said. What does not belong to
/// its kind stays empty.
struct event {
  std::string id;
  std::string node;
  std::string boot;
  std::uint64_t sequence = 0;
  std::string kind;
  std::string subject;
  std::string candidate;
  std::string scope;
  std::string level;
  std::string edge;
  double value = 0;
  bool has_value = false;
  std::string unit;
  double threshold = 0;
  std::vector<std::string> actions;
  std::uint64_t first_out = 0;
  std::string state;
  std::string reason;
  double charge_current_a = 0;
  double discharge_current_a = 0;
  std::vector<std::string> reasons;
  std::string user;
  std::string key;
  std::string role;
  std::string code;
  std::int64_t pid = 0;
  std::uint8_t signal = 0;
  std::int32_t exit_code = -1;
  std::optional<double> charge_voltage_limit_v;
  std::optional<double> discharge_voltage_limit_v;
  std::optional<double> charge_power_limit_w;
  std::optional<double> discharge_power_limit_w;
  std::string limits_hash;
  friend bool operator==(const event&, const event&) = default;
};

/// Somebody asks for something, until a deadline, once for its key.
struct command {
  std::string id;
  std::string key;
  std::string target;
  std::string operation;
  std::string point;
  std::uint32_t index = 0;
  std::variant<std::monostate, double, std::string> value;
  std::int64_t deadline_utc_us = 0;
  std::uint64_t lease_ms = 0;
  std::uint8_t priority = 0;
  std::string role;
  std::string user;
  std::string reason;
  std::string reply_to;
  std::uint64_t generation = 0;
  friend bool operator==(const command&, const command&) = default;
};

/// What became of a command; `accepted`: it is on its way, `unknown`: nobody can say.
enum class outcome : std::uint16_t { done, rejected, expired, unknown, accepted };

/// The answer to a command.
struct result {
  std::string id;
  std::string key;
  std::string reply_to;
  messages::outcome outcome = messages::outcome::unknown;
  std::vector<std::string> reasons;
  std::string requested;
  std::string read_back;
  std::string point;
  std::uint64_t duration_ms = 0;
  friend bool operator==(const result&, const result&) = default;
};

/// How one actor of a node fares; `progress` moves as long as it lives.
struct actor_health {
  std::string name;
  std::string kind;
  std::string state;
  std::uint32_t restarts = 0;
  std::uint32_t incarnation = 0;
  std::uint64_t progress = 0;
  friend bool operator==(const actor_health&, const actor_health&) = default;
};

/// A CAN bus as the port of one node sees it.
struct bus_health {
  std::string name;
  std::string kind;
  std::string state;
  std::uint32_t bitrate = 0;
  double load_percent = 0;
  std::uint64_t rx = 0;
  std::uint64_t tx = 0;
  std::uint64_t errors = 0;
  std::uint64_t rx_overflow = 0;
  std::uint64_t bus_off = 0;
  std::uint64_t bytes = 0;
  std::uint16_t transmit_errors = 0; ///< the controller's counters, as last known
  std::uint16_t receive_errors = 0;
  std::int32_t unknown_ids = -1; ///< on the bus, that the site knows nothing of; -1: not watched
  std::uint64_t tx_dropped = 0;  ///< frames that were not sent
  std::string trouble;           ///< "no-ack", "bitrate", "noise", "transceiver"; empty: none
  std::string babbler;     ///< an identifier that no profile has and that takes the bus: "0x000"
  double babbler_rate = 0; ///< its frames per second
  /// What the last error frame said: "transceiver: CAN high short to ground"; empty: none came.
  std::string last_error;
  friend bool operator==(const bus_health&, const bus_health&) = default;
};

/// A Modbus line as the node sees it that opened it.
struct line_health {
  std::string name;
  std::string kind;
  std::string state;
  std::uint64_t requests = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t crc_errors = 0;
  std::uint64_t exceptions = 0;
  std::uint64_t bad_answers = 0;
  std::uint64_t strays = 0;
  std::uint64_t overruns = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  double error_percent = 0;
  friend bool operator==(const line_health&, const line_health&) = default;
};

/// How a node fares, told several times a second.
struct health {
  std::string node;
  std::int64_t pid = 0;
  std::string boot;
  std::uint64_t uptime_ms = 0;
  bool ready = false;
  std::vector<actor_health> actors;
  std::vector<bus_health> buses;
  bool real_time = false;
  std::uint64_t outbox_dropped = 0;
  std::uint64_t gaps = 0;
  std::vector<line_health> lines;
  friend bool operator==(const health&, const health&) = default;
};

/// Up to which of its messages a snapshot knows a source, and whether it lives.
struct source_state {
  std::string source;
  std::uint32_t incarnation = 0;
  std::uint64_t sequence = 0;
  bool alive = false;
  std::int64_t last_utc_us = 0;
  std::uint64_t gaps = 0;
  friend bool operator==(const source_state&, const source_state&) = default;
};

/// The two ends of a full state.
enum class snapshot_kind : std::uint16_t { request, end };

/// Asks for the full state, or ends it with what is known of each source.
struct snapshot {
  snapshot_kind kind = snapshot_kind::request;
  std::string id;
  std::vector<source_state> sources;
  friend bool operator==(const snapshot&, const snapshot&) = default;
};

/// What a point is called, means and looks like.
struct point_description {
  std::string name;
  std::string channel;
  std::string unit;
  std::string raw_type;
  std::uint32_t count = 1;
  std::uint32_t group_size = 0;
  double scale = 1;
  double offset = 0;
  std::uint32_t period_ms = 0;
  std::string category;
  bool writable = false;
  std::uint8_t decimals = 0;
  std::vector<std::string> texts;
  friend bool operator==(const point_description&, const point_description&) = default;
};

/// All points of one speaker; telemetry names them by position.
struct catalogue {
  std::string owner;
  std::uint64_t fingerprint = 0;
  std::vector<point_description> points;
  friend bool operator==(const catalogue&, const catalogue&) = default;
};

/// What a message can carry; monostate: a kind that this version does not know.
using any_payload = std::variant<std::monostate, telemetry, event, command, result, permit, limits,
                                 health, snapshot, catalogue, tick, order>;

/// One of them. Copied, moved and destroyed in one place, so that not every file that
/// handles messages compiles that anew for all kinds.
struct payload : any_payload {
  using any_payload::any_payload;
  using any_payload::operator=;
  payload();
  payload(const payload& other);
  payload(payload&& other) noexcept;
  payload& operator=(const payload& other);
  payload& operator=(payload&& other) noexcept;
  ~payload();
  friend bool operator==(const payload& left, const payload& right);
};

} // namespace voltaic::messages
