#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voltaic::bus::can {

/// A place in an IPv4 network. Numbers alone: nothing here asks a name server, which could take
/// long.
struct network_address {
  std::uint32_t host = 0; ///< 127.0.0.1 is 0x7F000001
  std::uint16_t port = 0; ///< 0, of a partner: any
  friend bool operator==(const network_address&, const network_address&) = default;
};

/// "127.0.0.1:20000"; nothing for any other text.
[[nodiscard]] std::optional<network_address> parse_network_address(std::string_view text);
[[nodiscard]] std::string to_text(const network_address& what);
/// 127.0.0.0/8: nobody outside of this machine.
[[nodiscard]] bool is_loopback(const network_address& what);

/// For the kernel, and from it.
[[nodiscard]] sockaddr_in to_kernel(const network_address& what);
[[nodiscard]] network_address from_kernel(const sockaddr_in& what);

} // namespace voltaic::bus::can
