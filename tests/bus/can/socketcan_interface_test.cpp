#include <linux/can.h>
#include <linux/can/netlink.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <vector>

#include "bus/can/socketcan/interface.hpp"
#include "bus/can/socketcan/interface_counters.hpp"

namespace socketcan_interface_test {

using namespace voltaic::bus::can;
using bytes = std::vector<std::byte>;

template <class T>
bytes raw(const T& value) {
  bytes result(sizeof(T));
  std::memcpy(result.data(), &value, sizeof(T));
  return result;
}

bytes text(const std::string& value) {
  bytes result(value.size() + 1);
  std::memcpy(result.data(), value.c_str(), result.size());
  return result;
}

bytes attribute(int kind, const bytes& content) {
  nlattr head{};
  head.nla_type = static_cast<std::uint16_t>(kind);
  head.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + content.size());
  bytes result = raw(head);
  result.insert(result.end(), content.begin(), content.end());
  result.resize(NLA_ALIGN(result.size()));
  return result;
}

bytes joined(std::initializer_list<bytes> parts) {
  bytes result;
  for (const bytes& each : parts) result.insert(result.end(), each.begin(), each.end());
  return result;
}

bytes message(std::uint16_t type, std::uint32_t flags, const bytes& attributes) {
  ifinfomsg link{};
  link.ifi_type = ARPHRD_CAN;
  link.ifi_index = 4;
  link.ifi_flags = flags;
  nlmsghdr head{};
  head.nlmsg_type = type;
  head.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + sizeof(link) + attributes.size());
  return joined({raw(head), raw(link), attributes});
}

bytes controller_message(std::uint32_t state) {
  can_bittiming timing{};
  timing.bitrate = 250'000;
  timing.sample_point = 875;
  const can_berr_counter counters{130, 12};
  const bytes details =
      joined({attribute(IFLA_CAN_BITTIMING, raw(timing)), attribute(IFLA_CAN_STATE, raw(state)),
              attribute(IFLA_CAN_RESTART_MS, raw(std::uint32_t{100})),
              attribute(IFLA_CAN_BERR_COUNTER, raw(counters))});
  const bytes kind =
      joined({attribute(IFLA_INFO_KIND, text("can")), attribute(IFLA_INFO_DATA, details)});
  return message(
      RTM_NEWLINK, IFF_UP,
      joined({attribute(IFLA_IFNAME, text("can0")),
              attribute(IFLA_MTU, raw(std::uint32_t{CAN_MTU})), attribute(IFLA_LINKINFO, kind)}));
}

TEST_CASE("what the kernel says of a controller is read") {
  const auto read = read_link_message(controller_message(CAN_STATE_ERROR_PASSIVE));
  REQUIRE(read);
  CHECK(read->name == "can0");
  CHECK(read->kind == "can");
  CHECK(read->index == 4);
  CHECK(read->up);
  CHECK(read->is_can);
  CHECK_FALSE(read->fd);
  CHECK(read->bitrate == 250'000);
  CHECK(read->sample_point_percent == 87.5);
  CHECK(read->restart_ms == 100);
  CHECK(read->state == controller_state::error_passive);
  CHECK(read->counters == error_counters{130, 12});
}

TEST_CASE("the kernel's numbers of states are read") {
  const std::vector<std::pair<std::uint32_t, std::optional<controller_state>>> rows{
      {0, controller_state::error_active},
      {1, controller_state::error_warning},
      {2, controller_state::error_passive},
      {3, controller_state::bus_off},
      {4, controller_state::down},
      {5, controller_state::down},
      {6, std::nullopt}};
  for (const auto& [number, state] : rows)
    CHECK(read_link_message(controller_message(number))->state == state);
}

TEST_CASE("an interface that is gone, and a virtual one, are told apart") {
  const bytes name = attribute(IFLA_IFNAME, text("vcan0"));
  CHECK(read_link_message(message(RTM_DELLINK, 0, name))->index == 0);
  const bytes kind = attribute(IFLA_INFO_KIND, text("vcan"));
  const auto read =
      read_link_message(message(RTM_NEWLINK, 0,
                                joined({name, attribute(IFLA_MTU, raw(std::uint32_t{CANFD_MTU})),
                                        attribute(IFLA_LINKINFO, kind)})));
  REQUIRE(read);
  CHECK(read->kind == "vcan");
  CHECK(read->fd);
  CHECK_FALSE(read->up);
  CHECK_FALSE(read->state);
  CHECK_FALSE(read_link_message(message(RTM_NEWADDR, 0, name)));
}

TEST_CASE("a message of the kernel that is cut or broken anywhere is read without harm") {
  const bytes whole = controller_message(0);
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(read_link_message({whole.data(), size}));
  for (std::size_t at = 0; at < whole.size() * 8; ++at) {
    bytes broken = whole;
    broken[at / 8] ^= std::byte{1} << (at % 8);
    (void)read_link_message(broken);
  }
}

TEST_CASE("what an interface counted and we did not hear is told once") {
  unheard_traffic judged;
  judged.begin({100, 800});
  for (int i = 0; i < 10; ++i) judged.heard(false, 8);
  CHECK(judged.fresh({130, 1'040}).frames == 20);
  CHECK(judged.fresh({130, 1'040}).frames == 0);
  // Counted before we read it from the socket: taken for unheard, and made up for.
  CHECK(judged.fresh({131, 1'048}).bytes == 8);
  judged.heard(true, 8);
  CHECK(judged.fresh({131, 1'048}).frames == 0);
  CHECK(judged.fresh({133, 1'064}).frames == 1);
  CHECK(judged.extended_share() == Approx(1.0 / 11));
  CHECK(judged.fresh({5, 40}).frames == 0); // an interface that was made anew
  CHECK(judged.fresh({7, 56}).frames == 2);
}

TEST_CASE("bits of frames that were only counted are estimated within the bounds of stuffing") {
  CHECK(estimated_bits({0, 0}, 0) == 0);
  CHECK(estimated_bits({1'000, 8'000}, 0) > 111'000);
  CHECK(estimated_bits({1'000, 8'000}, 0) < 135'000);
  CHECK(estimated_bits({1'000, 8'000}, 1) > 131'000);
  CHECK(estimated_bits({1'000, 8'000}, 1) < 160'000);
}

} // namespace socketcan_interface_test
