#pragma once

#include <array>
#include <string>
#include <string_view>

/// The headings of docs/troubleshooting.md that findings point to; a test compares them with the
/// page.
namespace voltaic::nodes::doctor::page {

inline constexpr std::string_view file = "docs/troubleshooting.md";

inline constexpr std::string_view wiring = "Cable, termination and shield";
inline constexpr std::string_view node_ids = "Node ids and DIP switches";
inline constexpr std::string_view interface = "The CAN interface is absent or down";
inline constexpr std::string_view bitrate = "Bitrate mismatch";
inline constexpr std::string_view bus_off = "Bus-off";
inline constexpr std::string_view errors = "error-passive and bus-warn";
inline constexpr std::string_view no_ack = "No ACK";
inline constexpr std::string_view crc = "CRC Error and noise";
inline constexpr std::string_view timeout = "Timeout";
inline constexpr std::string_view serial = "The serial port is absent, held or forbidden";
inline constexpr std::string_view tcp = "Modbus TCP: refused, no route, no answer";
inline constexpr std::string_view exceptions = "Modbus exceptions";
inline constexpr std::string_view comm_loss = "BMS Comm Loss";
inline constexpr std::string_view zero_soc = "0 % SOC with plausible cells";
inline constexpr std::string_view low_current = "Charge current lower than the BMS limit";
inline constexpr std::string_view refresh = "Refresh rates and over-polling";
inline constexpr std::string_view lost = "Lost frames";
inline constexpr std::string_view firmware = "Firmware versions";
inline constexpr std::string_view not_running = "The site, or a node of it, does not run";

inline constexpr std::array all = {wiring,  node_ids,   interface, bitrate,    bus_off,
                                   errors,  no_ack,     crc,       timeout,    serial,
                                   tcp,     exceptions, comm_loss, zero_soc,   low_current,
                                   refresh, lost,       firmware,  not_running};

/// What a browser calls a heading behind `#`, as the usual renderers make it: lower case, blanks as
/// dashes, everything but letters, digits, `-` and `_` left out.
[[nodiscard]] std::string anchor(std::string_view heading);

} // namespace voltaic::nodes::doctor::page
