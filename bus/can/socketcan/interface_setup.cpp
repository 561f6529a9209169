#include "bus/can/socketcan/interface_setup.hpp"

#include <fmt/format.h>
#include <linux/can/netlink.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <iterator>

#include "bus/can/file_descriptor.hpp"

namespace voltaic::bus::can {
namespace {

using bytes = std::vector<std::byte>;

constexpr std::size_t answer_bytes_max = 8 * 1024;

template <class T>
void append(bytes& to, const T& value) {
  const std::size_t at = to.size();
  to.resize(at + sizeof(T));
  std::memcpy(to.data() + at, &value, sizeof(T));
}

void append_attribute(bytes& to, int kind, const bytes& content) {
  nlattr head{};
  head.nla_type = static_cast<std::uint16_t>(kind);
  head.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + content.size());
  append(to, head);
  std::ranges::copy(content, std::back_inserter(to));
  to.resize(NLMSG_ALIGN(to.size()));
}

template <class T>
bytes raw(const T& value) {
  bytes result;
  append(result, value);
  return result;
}

/// A request about one interface, before its attributes; its length is set by `finished`.
bytes begin_request(int interface_index, unsigned flags, unsigned changed) {
  nlmsghdr head{};
  head.nlmsg_type = RTM_NEWLINK;
  head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = interface_index;
  link.ifi_flags = flags;
  link.ifi_change = changed;
  bytes result;
  append(result, head);
  append(result, link);
  return result;
}

bytes finished(bytes request) {
  const auto length = static_cast<std::uint32_t>(request.size());
  std::memcpy(request.data(), &length, sizeof(length)); // nlmsghdr begins with it
  return request;
}

std::string words_of(int reason) {
  if (reason == EPERM || reason == EACCES)
    return "not permitted: it takes CAP_NET_ADMIN (docs/can.md)";
  return std::strerror(reason);
}

/// Asks the kernel and waits for its answer: 0, or why not.
int ask(const bytes& request) {
  const file_descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid() || ::send(socket.get(), request.data(), request.size(), 0) < 0) return errno;
  std::array<std::byte, answer_bytes_max> answer{};
  const ssize_t size = ::recv(socket.get(), answer.data(), answer.size(), 0);
  if (size < 0) return errno;
  if (static_cast<std::size_t>(size) < NLMSG_HDRLEN + sizeof(int)) return EPROTO;
  nlmsghdr head{};
  std::memcpy(&head, answer.data(), sizeof(head));
  if (head.nlmsg_type != NLMSG_ERROR) return EPROTO;
  int negative = 0; // nlmsgerr begins with it
  std::memcpy(&negative, answer.data() + NLMSG_HDRLEN, sizeof(negative));
  return -negative;
}

messages::expected<interface_state> find(const std::string& name) {
  const auto asked = read_interface(name);
  if (!asked) return asked.error();
  if (!*asked) return messages::failure{fmt::format("{}: there is no such interface", name)};
  if (!(*asked)->is_can) return messages::failure{fmt::format("{} is no CAN interface", name)};
  return **asked;
}

messages::expected<bool> carry_out(const interface_state& now, const interface_settings& wanted,
                                   const interface_steps& steps) {
  const auto refused = [&](const char* what, int reason) {
    return messages::failure{fmt::format("{}: {}: {}", wanted.name, what, words_of(reason))};
  };
  if (steps.take_down) {
    if (const int reason = ask(up_request(now.index, false))) return refused("taken down", reason);
  }
  if (steps.configure) {
    if (const int reason = ask(settings_request(now.index, wanted, now.modes)))
      return refused(fmt::format("set to {} bit/s", wanted.bitrate).c_str(), reason);
  }
  if (steps.bring_up) {
    if (const int reason = ask(up_request(now.index, true))) return refused("brought up", reason);
  }
  return steps != interface_steps{};
}

} // namespace

interface_steps steps_to(const interface_state& now, const interface_settings& wanted) {
  interface_steps result;
  const bool has_fd = wanted.data_bitrate != 0;
  const bool fits = now.bitrate == wanted.bitrate && now.restart_ms == 0 &&
                    harmful_modes(now.modes) == 0 &&
                    (!has_fd || (now.fd && now.data_bitrate == wanted.data_bitrate)) &&
                    !has_other_sample_point(now, wanted);
  result.configure = now.kind != "vcan" && !fits;
  result.take_down = now.up && result.configure;
  result.bring_up = !now.up || result.take_down;
  return result;
}

bool has_other_sample_point(const interface_state& got, const interface_settings& wanted) {
  return wanted.sample_point_percent &&
         std::abs(got.sample_point_percent - *wanted.sample_point_percent) >
             sample_point_tolerance_percent;
}

std::string setting_words(const interface_state& got, const interface_settings& wanted) {
  auto words = fmt::format("{} bit/s", wanted.bitrate);
  if (got.sample_point_percent == 0) return words;
  words += fmt::format(", sample point {:.1f} %", got.sample_point_percent);
  if (wanted.sample_point_percent)
    words += fmt::format(" (wanted {:.1f} %)", *wanted.sample_point_percent);
  return words;
}

bytes settings_request(int interface_index, const interface_settings& wanted,
                       std::uint32_t modes_now) {
  can_bittiming timing{};
  timing.bitrate = wanted.bitrate;
  // The kernel counts tenths of a percent, and chooses where it is 0.
  timing.sample_point =
      static_cast<std::uint32_t>(std::lround(wanted.sample_point_percent.value_or(0) * 10));
  bytes details;
  append_attribute(details, IFLA_CAN_BITTIMING, raw(timing));
  append_attribute(details, IFLA_CAN_RESTART_MS, raw(std::uint32_t{0}));
  // A controller that lacks a mode refuses to be asked about it, even to be without: only what is
  // on is switched off.
  const std::uint32_t fd = wanted.data_bitrate != 0 ? std::uint32_t{CAN_CTRLMODE_FD} : 0U;
  const can_ctrlmode mode{.mask = harmful_modes(modes_now) | fd, .flags = fd};
  if (mode.mask != 0) append_attribute(details, IFLA_CAN_CTRLMODE, raw(mode));
  if (wanted.data_bitrate != 0) {
    can_bittiming data{};
    data.bitrate = wanted.data_bitrate;
    append_attribute(details, IFLA_CAN_DATA_BITTIMING, raw(data));
  }
  bytes kind;
  append_attribute(kind, IFLA_INFO_KIND, raw(std::array<char, 4>{'c', 'a', 'n', '\0'}));
  append_attribute(kind, IFLA_INFO_DATA, details);
  bytes request = begin_request(interface_index, 0, 0);
  append_attribute(request, IFLA_LINKINFO, kind);
  return finished(std::move(request));
}

bytes up_request(int interface_index, bool up) {
  return finished(begin_request(interface_index, up ? unsigned{IFF_UP} : 0U, IFF_UP));
}

messages::expected<bool> set_up(const interface_settings& wanted) {
  const auto now = find(wanted.name);
  if (!now) return now.error();
  return carry_out(*now, wanted, steps_to(*now, wanted));
}

messages::expected<bool> restart_interface(const interface_settings& wanted) {
  const auto now = find(wanted.name);
  if (!now) return now.error();
  interface_steps steps = steps_to(*now, wanted);
  steps.take_down = now->up;
  steps.bring_up = true;
  return carry_out(*now, wanted, steps);
}

} // namespace voltaic::bus::can
