#include "bus/can/bridge/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace voltaic::bus::can {

std::optional<network_address> parse_network_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string host(text.substr(0, colon));
  const auto port = text.substr(colon + 1);
  network_address result;
  in_addr parsed{};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (::inet_pton(AF_INET, host.c_str(), &parsed) != 1 || error != std::errc{} ||
      end != port.data() + port.size())
    return std::nullopt;
  result.host = ntohl(parsed.s_addr);
  return result;
}

std::string to_text(const network_address& what) {
  constexpr std::uint32_t byte = 0xFF;
  return fmt::format("{}.{}.{}.{}:{}", what.host >> 24, what.host >> 16 & byte,
                     what.host >> 8 & byte, what.host & byte, what.port);
}

bool is_loopback(const network_address& what) {
  constexpr std::uint32_t loopback_net = 127;
  return what.host >> 24 == loopback_net;
}

sockaddr_in to_kernel(const network_address& what) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = htonl(what.host);
  result.sin_port = htons(what.port);
  return result;
}

network_address from_kernel(const sockaddr_in& what) {
  return {ntohl(what.sin_addr.s_addr), ntohs(what.sin_port)};
}

} // namespace voltaic::bus::can
