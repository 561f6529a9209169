#include <catch2/catch.hpp>

#include <array>
#include <cstring>

#include "bus/can/can_support.hpp"
#include "bus/can/socketcan/frame_layout.hpp"
#include "bus/can/socketcan/kernel_filters.hpp"

namespace socketcan_layout_test {

using can_support::make_frame;
using namespace voltaic::bus::can;
using voltaic::messages::can::frame;

std::optional<frame> read(const kernel_frame& raw) {
  return read_kernel_frame({reinterpret_cast<const std::byte*>(&raw.content), raw.size});
}

TEST_CASE("frames keep what they are through the kernel's layout") {
  frame remote = make_frame(0x700);
  remote.remote = true;
  frame fd = make_frame(0x18FF50E5, 9, true);
  fd.fd = true;
  fd.length = 64;
  fd.data[63] = 0xEE;
  fd.bit_rate_switch = true;
  for (const frame& each : {make_frame(0x7FF, 5), make_frame(0x1FFFFFFF, 6, true), remote, fd}) {
    const kernel_frame raw = write_kernel_frame(each);
    CHECK(raw.size == (each.fd ? CANFD_MTU : CAN_MTU));
    const auto back = read(raw);
    REQUIRE(back);
    CHECK(*back == each);
  }
}

TEST_CASE("a frame of CAN FD is filled up to a length that there is") {
  frame fd = make_frame(0x1);
  fd.fd = true;
  fd.length = 21;
  CHECK(write_kernel_frame(fd).content.len == 24);
  fd.length = 7;
  CHECK(write_kernel_frame(fd).content.len == 7);
  fd.length = 63;
  CHECK(write_kernel_frame(fd).content.len == 64);
}

TEST_CASE("what is no frame of the kernel is none, and lengths too long are cut") {
  const std::array<std::byte, 80> zeros{};
  for (std::size_t size = 0; size <= zeros.size(); ++size) {
    const bool is_frame = size == CAN_MTU || size == CANFD_MTU;
    CHECK(read_kernel_frame({zeros.data(), size}).has_value() == is_frame);
  }
  kernel_frame raw = write_kernel_frame(make_frame(0x1));
  raw.content.len = 200;
  CHECK(read(raw)->length == 8);
  raw.size = CANFD_MTU;
  CHECK(read(raw)->length == 64);
}

TEST_CASE("an error frame keeps all its classes") {
  kernel_frame raw;
  raw.content.can_id = CAN_ERR_FLAG | 0x2C4;
  raw.content.len = 8;
  CHECK(read(raw)->error);
  CHECK(read(raw)->id == 0x2C4);
}

/// Whether one of the filters passes it, as the kernel compares.
bool passes(const std::vector<can_filter>& filters, std::uint32_t id, bool extended) {
  const std::uint32_t seen = id | (extended ? CAN_EFF_FLAG : 0U);
  for (const can_filter& each : filters) {
    if ((seen & each.can_mask) == (each.can_id & each.can_mask)) return true;
  }
  return false;
}

TEST_CASE("kernel filters pass the identifiers that are listened to and no others") {
  const id_filter wanted({{0x84, 0x86, false},
                          {0x88, 0x13B, false},
                          {0x7FF, 0x7FF, false},
                          {0x18FF50E5, 0x18FF50E5, true},
                          {0, 0, true}});
  const auto filters = kernel_filters(wanted);
  CHECK(filters.size() <= 13);
  for (std::uint32_t id = 0; id <= CAN_SFF_MASK; ++id) {
    frame item = make_frame(id);
    CHECK(passes(filters, id, false) == wanted.wants(item));
    item.extended = true;
    CHECK(passes(filters, id, true) == wanted.wants(item));
  }
  CHECK(passes(filters, 0x18FF50E5, true));
  CHECK_FALSE(passes(filters, 0x18FF50E4, true));
}

TEST_CASE("a single filter passes all identifiers of a kind") {
  const auto standard = kernel_filters(id_filter({{0, CAN_SFF_MASK, false}}));
  REQUIRE(standard.size() == 1);
  CHECK(passes(standard, 0x7FF, false));
  CHECK_FALSE(passes(standard, 0x7FF, true));
  const auto extended = kernel_filters(id_filter({{0, 0xFFFFFFFF, true}}));
  REQUIRE(extended.size() == 1);
  CHECK(passes(extended, CAN_EFF_MASK, true));
  CHECK_FALSE(passes(extended, 0x7FF, false));
}

TEST_CASE("more filters than the kernel takes become one that passes everything") {
  std::vector<id_range> ranges;
  for (std::uint32_t id = 0; id < 2 * kernel_filters_max; ++id)
    ranges.push_back({2 * id, 2 * id, true});
  CHECK(kernel_filters(id_filter(ranges)).size() == 1);
  CHECK(passes(kernel_filters(id_filter(ranges)), 0x123, false));
  ranges.resize(kernel_filters_max);
  CHECK(kernel_filters(id_filter(ranges)).size() == kernel_filters_max);
  CHECK(kernel_filters(id_filter()).size() == 1);
}

} // namespace socketcan_layout_test
