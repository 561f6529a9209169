#include "bus/can/socketcan/interface.hpp"

#include <fmt/format.h>
#include <linux/can.h>
#include <linux/can/netlink.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace voltaic::bus::can {
namespace {

using bytes = std::span<const std::byte>;

/// Room for what the kernel says at once; it sends no longer datagrams of links.
constexpr std::size_t message_bytes_max = 32 * 1024;
/// One answer is one datagram; more are passed over, so that a reader always ends.
constexpr int datagrams_max = 256;

template <class T>
std::optional<T> value_of(bytes from) {
  if (from.size() < sizeof(T)) return {};
  T result;
  std::memcpy(&result, from.data(), sizeof(T));
  return result;
}

std::string text_of(bytes from) {
  const auto* text = reinterpret_cast<const char*>(from.data());
  return {text, ::strnlen(text, from.size())};
}

/// Calls `take` with the kind and the content of each attribute; stops at one that is cut short.
template <class Take>
void each_attribute(bytes from, Take take) {
  while (const auto head = value_of<nlattr>(from)) {
    if (head->nla_len < NLA_HDRLEN || head->nla_len > from.size()) return;
    take(head->nla_type & NLA_TYPE_MASK, from.subspan(NLA_HDRLEN, head->nla_len - NLA_HDRLEN));
    from = from.subspan(std::min<std::size_t>(NLA_ALIGN(head->nla_len), from.size()));
  }
}

std::optional<controller_state> state_of(std::uint32_t number) {
  switch (number) {
    case CAN_STATE_ERROR_ACTIVE:
      return controller_state::error_active;
    case CAN_STATE_ERROR_WARNING:
      return controller_state::error_warning;
    case CAN_STATE_ERROR_PASSIVE:
      return controller_state::error_passive;
    case CAN_STATE_BUS_OFF:
      return controller_state::bus_off;
    case CAN_STATE_STOPPED:
    case CAN_STATE_SLEEPING:
      return controller_state::down;
    default:
      return {};
  }
}

void read_controller(interface_state& into, bytes data) {
  each_attribute(data, [&](int kind, bytes content) {
    if (kind == IFLA_CAN_BITTIMING) {
      if (const auto timing = value_of<can_bittiming>(content)) {
        into.bitrate = timing->bitrate;
        into.sample_point_percent = timing->sample_point / 10.0;
      }
    } else if (kind == IFLA_CAN_DATA_BITTIMING) {
      if (const auto timing = value_of<can_bittiming>(content)) into.data_bitrate = timing->bitrate;
    } else if (kind == IFLA_CAN_STATE) {
      if (const auto number = value_of<std::uint32_t>(content)) into.state = state_of(*number);
    } else if (kind == IFLA_CAN_CTRLMODE) {
      if (const auto mode = value_of<can_ctrlmode>(content)) into.modes = mode->flags;
    } else if (kind == IFLA_CAN_RESTART_MS) {
      into.restart_ms = value_of<std::uint32_t>(content).value_or(0);
    } else if (kind == IFLA_CAN_BERR_COUNTER) {
      if (const auto counted = value_of<can_berr_counter>(content))
        into.counters = error_counters{counted->txerr, counted->rxerr};
    }
  });
}

void read_kind(interface_state& into, bytes data) {
  bytes details;
  each_attribute(data, [&](int kind, bytes content) {
    if (kind == IFLA_INFO_KIND) into.kind = text_of(content);
    if (kind == IFLA_INFO_DATA) details = content;
  });
  if (into.kind == "can") read_controller(into, details);
}

std::string reason() {
  return std::strerror(errno);
}

file_descriptor open_netlink(std::uint32_t groups) {
  file_descriptor result(::socket(
      AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (groups != 0 ? SOCK_NONBLOCK : 0), NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (result.valid() &&
      ::bind(result.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    result.reset();
  return result;
}

bool ask_for(int socket, const std::string& name) {
  struct {
    nlmsghdr head;
    ifinfomsg link;
    nlattr attribute;
    std::array<char, IFNAMSIZ> name;
  } request{};
  request.head.nlmsg_type = RTM_GETLINK;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  request.link.ifi_family = AF_UNSPEC;
  request.attribute.nla_type = IFLA_IFNAME;
  request.attribute.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + name.size() + 1);
  std::memcpy(request.name.data(), name.data(), name.size());
  request.head.nlmsg_len =
      static_cast<std::uint32_t>(offsetof(decltype(request), name) + NLA_ALIGN(name.size() + 1));
  return ::send(socket, &request, request.head.nlmsg_len, 0) >= 0;
}

/// Calls `take` with each message of a datagram.
template <class Take>
void each_message(bytes datagram, Take take) {
  while (const auto head = value_of<nlmsghdr>(datagram)) {
    if (head->nlmsg_len < NLMSG_HDRLEN || head->nlmsg_len > datagram.size()) return;
    take(*head, datagram.first(head->nlmsg_len));
    datagram =
        datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(head->nlmsg_len), datagram.size()));
  }
}

struct mode_name {
  std::uint32_t mode;
  const char* name;
};
constexpr std::array harmful_mode_table{
    mode_name{CAN_CTRLMODE_LISTENONLY, "listen-only"},
    mode_name{CAN_CTRLMODE_LOOPBACK, "loopback"},
    mode_name{CAN_CTRLMODE_ONE_SHOT, "one-shot"},
    mode_name{CAN_CTRLMODE_PRESUME_ACK, "presume-ack"},
};

} // namespace

std::uint32_t harmful_modes(std::uint32_t modes) {
  std::uint32_t result = 0;
  for (const mode_name& each : harmful_mode_table) result |= modes & each.mode;
  return result;
}

std::string harmful_mode_names(std::uint32_t modes) {
  std::string result;
  for (const mode_name& each : harmful_mode_table) {
    if ((modes & each.mode) == 0) continue;
    if (!result.empty()) result += ", ";
    result += each.name;
  }
  return result;
}

std::optional<interface_state> read_link_message(bytes message) {
  const auto head = value_of<nlmsghdr>(message);
  if (!head || head->nlmsg_len > message.size() ||
      (head->nlmsg_type != RTM_NEWLINK && head->nlmsg_type != RTM_DELLINK))
    return {};
  message = message.first(head->nlmsg_len);
  constexpr std::size_t attributes_at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ifinfomsg));
  if (message.size() < attributes_at) return {};
  const auto link = *value_of<ifinfomsg>(message.subspan(NLMSG_HDRLEN));
  interface_state result;
  result.index = head->nlmsg_type == RTM_DELLINK ? 0 : link.ifi_index;
  result.up = (link.ifi_flags & IFF_UP) != 0;
  result.is_can = link.ifi_type == ARPHRD_CAN;
  each_attribute(message.subspan(attributes_at), [&](int kind, bytes content) {
    if (kind == IFLA_IFNAME) result.name = text_of(content);
    if (kind == IFLA_MTU) result.fd = value_of<std::uint32_t>(content).value_or(0) >= CANFD_MTU;
    if (kind == IFLA_LINKINFO) read_kind(result, content);
  });
  return result;
}

messages::expected<std::optional<interface_state>> read_interface(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ)
    return messages::failure{fmt::format("'{}' cannot be the name of an interface", name)};
  const file_descriptor socket = open_netlink(0);
  if (!socket.valid() || !ask_for(socket.get(), name))
    return messages::failure{fmt::format("{}: the kernel cannot be asked: {}", name, reason())};
  std::array<std::byte, message_bytes_max> buffer{};
  const ssize_t size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
  if (size < 0)
    return messages::failure{fmt::format("{}: the kernel does not answer: {}", name, reason())};
  std::optional<interface_state> found;
  std::optional<int> refused;
  each_message({buffer.data(), static_cast<std::size_t>(size)},
               [&](const nlmsghdr& head, bytes message) {
                 if (auto read = read_link_message(message)) found = std::move(read);
                 if (head.nlmsg_type != NLMSG_ERROR || message.size() < NLMSG_HDRLEN) return;
                 if (const auto said = value_of<nlmsgerr>(message.subspan(NLMSG_HDRLEN)))
                   refused = -said->error;
               });
  if (refused && *refused != ENODEV)
    return messages::failure{
        fmt::format("{}: the kernel does not tell: {}", name, std::strerror(*refused))};
  return found;
}

interface_watch::interface_watch() : socket_(open_netlink(RTMGRP_LINK)) {}

std::optional<interface_state> interface_watch::news_of(const std::string& name) {
  std::optional<interface_state> result;
  std::array<std::byte, message_bytes_max> buffer{};
  for (int i = 0; i < datagrams_max && socket_.valid(); ++i) {
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    // The kernel kept the oldest messages and dropped the newest.
    if (size < 0 && errno == ENOBUFS) lost_ = true;
    if (size < 0 && (errno == ENOBUFS || errno == EINTR)) continue;
    if (size < 0) break;
    each_message({buffer.data(), static_cast<std::size_t>(size)},
                 [&](const nlmsghdr&, bytes message) {
                   auto read = read_link_message(message);
                   if (read && read->name == name) result = std::move(read);
                 });
  }
  return result;
}

} // namespace voltaic::bus::can
