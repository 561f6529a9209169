#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bus/can/id_filter.hpp"
#include "bus/can/stranger_table.hpp"
#include "messages/can/frame.hpp"
#include "messages/expected.hpp"

/// The seam to a CAN bus. A port stamps what it receives and tells the time.
namespace voltaic::bus::can {

/// Frames and ticks carry one timeline: the port is the clock of its chain.
/// A batch says: `frames` (in order, with rising stamps) arrived, and nothing
/// else happened up to `now_us`. How frames are grouped into batches carries
/// no meaning; receivers must behave the same for any grouping.
struct batch {
  std::vector<messages::can::frame> frames;
  std::int64_t now_us = 0;        ///< monotonic
  std::int64_t utc_offset_us = 0; ///< utc = monotonic + offset
};

/// The states of a CAN controller (ISO 11898-1), and that it is not there.
enum class controller_state : std::uint8_t {
  error_active,
  error_warning,
  error_passive,
  bus_off,
  down
};

/// As installers read it: `error-active`, `error-warning`, `error-passive`, `bus-off`, `down`.
[[nodiscard]] std::string_view to_text(controller_state state);

/// What is wrong with a bus, as far as its error frames tell.
enum class link_trouble : std::uint8_t {
  none,
  no_acknowledgement, ///< nobody takes what is sent: a cable, a termination, or all others are off
  wrong_bitrate,      ///< nothing readable arrives, though somebody speaks
  noise,              ///< frames arrive, and errors between them
  transceiver         ///< the transceiver itself reports a fault of the wires
};

/// What a port did since it was opened, whatever of it its owner listens to.
struct statistics {
  controller_state state = controller_state::down;
  std::uint32_t bitrate = 0;
  std::uint64_t rx = 0;      ///< frames that others sent and that arrived
  std::uint64_t tx = 0;      ///< frames sent
  std::uint64_t bytes = 0;   ///< in the data fields of all of them
  std::uint64_t rx_bits = 0; ///< bits on the wire of everything seen, stuffing included
  std::uint64_t errors = 0;
  std::uint64_t rx_overflow = 0; ///< frames lost for want of room
  std::uint64_t tx_dropped = 0;  ///< frames refused by the bounded send queue
  std::uint64_t bus_off = 0;
  std::uint16_t transmit_errors = 0; ///< the controller's counters, as last known
  std::uint16_t receive_errors = 0;
  /// Identifiers on the bus that are not among `port_options::known`; empty: not watched.
  std::optional<std::uint32_t> unknown_ids;
  std::optional<can::babbler> babbler; ///< one of those that takes the bus for itself
  link_trouble trouble = link_trouble::none;
  std::string last_error;  ///< what the last error frame said, in words; empty: none came
  double load_percent = 0; ///< of the last second
};

/// What became of a frame: on its way, refused for want of room, or there is no bus.
enum class send_result : std::uint8_t { sent, full, down };

/// Called on the port's thread; must not block. With frames, or at least every
/// `tick_period_us` where none came for `port_options::tick_pause_us`.
/// Of a replay it may: its time is the recording's, and that can wait.
using batch_handler = std::function<void(batch&&)>;

/// An open bus. Destroying it stops the thread and joins it.
class port {
 public:
  virtual ~port() = default;
  /// From any thread; never blocks. A frame that cannot go out within the
  /// port's bound is dropped, counted, and never sent later as stale.
  [[nodiscard]] virtual send_result send(const messages::can::frame& frame) = 0;
  /// Several at once, for fewer wake-ups; answers the worst that happened.
  [[nodiscard]] virtual send_result send_all(std::span<const messages::can::frame> frames);
  [[nodiscard]] virtual statistics read_statistics() const = 0;
};

/// Ticks come this often when no frame does.
inline constexpr std::int64_t tick_period_us = 10'000;

/// How to open a port.
struct port_options {
  std::string name;           ///< of the bus in the site file: "can0"
  std::string uri;            ///< "socketcan:can0", "udp:127.0.0.1:20000", "virtual:can0", ...
  std::string peer;           ///< of udp and tcp: whom we speak with, and hear alone
  std::string runtime_folder; ///< where virtual buses have their sockets
  std::uint32_t bitrate = 500'000;
  std::uint32_t data_bitrate = 0; ///< of what CAN FD switches; 0: the bus has none
  bool read_only = false; ///< every frame that anybody sends is refused, whoever asks for it
  /// What its owner listens to; empty: everything. A bus that can hands over nothing
  /// else, so that nobody wakes for the frames of others; one that cannot, everything.
  std::vector<id_range> listens_to;
  /// All that anybody of the site sends or hears on this bus; empty: nobody asks for others.
  std::vector<id_range> known;
  /// No tick comes sooner after a frame than this. Frames carry the time too: where they
  /// come steadily, it needs no wakes of its own. Of replays: no meaning.
  std::int64_t tick_pause_us = 0;
  std::optional<std::int64_t> epoch_utc_us; ///< replay: fixed UTC of the first frame
  bool loop = false;                        ///< replay: start again at the end
  double speed = 1.0; ///< replay: recorded seconds per second; 0: as fast as taken
};

/// Opens by the uri's scheme. The handler is called from another thread from
/// now on, until the port is destroyed. Errors name the uri.
[[nodiscard]] messages::expected<std::unique_ptr<port>> open_port(const port_options& options,
                                                                  batch_handler handler);

} // namespace voltaic::bus::can
