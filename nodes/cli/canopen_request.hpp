#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "nodes/cli/canopen_bus.hpp"
#include "nodes/cli/exit_code.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::cli {

/// What `voltaic canopen` was told, whichever of its commands it is.
struct canopen_request {
  std::string command; ///< scan, sdo or lss
  std::string bus;
  std::string site;
  std::string uri;
  std::string timeout;
  std::string reason;
  bool as_json = false;
  bool listens = false; ///< of scan
  // of sdo
  std::uint32_t node = 0;
  std::string deed; ///< of lss as well
  std::string object;
  std::string value; ///< of lss: the node id
  std::string type;
  bool by_blocks = false;
  std::string from; ///< a file whose bytes are written, in place of a value
  // of lss
  std::string identity;
  bool is_alone = false;
  bool stores = false;
};

/// The bus that is meant, and whose it is.
struct chosen_bus {
  std::unique_ptr<canopen_bus> bus;
  std::optional<site::plan> owner; ///< the site that has it, whether it runs or not
  /// Those that a site which runs commissions itself. A second one who asks them would be taken
  /// for a second node that answers, and the rack behind them opened.
  std::set<std::uint8_t> nodes_of_site;
};

/// What a command does to a bus.
enum class bus_use : std::uint8_t {
  listens, ///< sends nothing
  asks,    ///< sends what changes no device
  changes  ///< changes a device: takes a reason, and the role of its site
};

/// Opens the bus. Otherwise says why not on stderr and returns what to exit with: a bus that its
/// site only reads takes no frame of ours, and one that comes over Ethernet has one listener.
[[nodiscard]] std::variant<chosen_bus, exit_code> choose_bus(const canopen_request& given,
                                                             bus_use use);

/// Writes what was changed, by whom and why, into the communication log of the bus's site, where
/// it has one.
void record_deed(const canopen_request& given, const chosen_bus& at, std::string_view what);

/// The time that each answer may take; nothing: `--timeout` is none, which was told.
[[nodiscard]] std::optional<std::int64_t> answer_time_us(const canopen_request& given,
                                                         std::int64_t otherwise_us);

/// The commands; `canopen` itself is `scan`.
[[nodiscard]] exit_code run_canopen_sdo(const canopen_request& given);
[[nodiscard]] exit_code run_canopen_lss(const canopen_request& given);

} // namespace voltaic::nodes::cli
