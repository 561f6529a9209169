#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "messages/canopen/crc16.hpp"
#include "messages/canopen/data_type.hpp"
#include "messages/canopen/emergency.hpp"
#include "messages/canopen/energybus.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/lss.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/pdo_mapping.hpp"
#include "messages/canopen/synchronisation.hpp"

namespace services_test {

using namespace voltaic::messages::canopen;
using voltaic::messages::can::frame;

namespace {

object_bytes bytes_of(const frame& from) {
  return {from.data.begin(), from.data.begin() + from.length};
}

} // namespace

TEST_CASE("each identifier of the predefined connection set is one service and back") {
  CHECK(classify(0x000) == connection{service::nmt});
  CHECK(classify(0x080) == connection{service::sync});
  CHECK(classify(0x081) == connection{service::emergency, 1});
  CHECK(classify(0x1FF) == connection{service::transmit_pdo, 127, 1});
  CHECK(classify(0x57F) == connection{service::receive_pdo, 127, 4});
  CHECK(classify(0x602) == connection{service::sdo_request, 2});
  CHECK(classify(0x7E5) == connection{service::lss_request});
  CHECK_FALSE(classify(0x780));
  for (std::uint32_t id = 0; id <= 0x7FF; ++id)
    if (const auto found = classify(id)) CHECK(cob_id(*found) == id);
  CHECK(is_restricted(0x180));
  CHECK(is_restricted(0x7FF));
  CHECK_FALSE(is_restricted(0x181));
}

TEST_CASE("orders and states are read as they are made, and nothing else is") {
  for (const auto command : {nmt_command::start, nmt_command::stop, nmt_command::reset_node,
                             nmt_command::reset_communication, nmt_command::enter_pre_operational})
    CHECK(read_nmt(bytes_of(make_nmt({command, 5}))) == nmt_order{command, 5});
  CHECK_FALSE(read_nmt(object_bytes{0x01}));
  CHECK_FALSE(read_nmt(object_bytes{0x03, 1}));
  CHECK_FALSE(read_nmt(object_bytes{0x01, 128}));
  CHECK(read_error_control(object_bytes{0x85}) == error_control{nmt_state::operational, true});
  CHECK(read_error_control(object_bytes{0x00}) == error_control{nmt_state::boot_up, false});
  CHECK_FALSE(read_error_control(object_bytes{0x03}));
  CHECK_FALSE(read_error_control(object_bytes{}));
  CHECK(make_guard_request(2).remote);
  CHECK(state_after(nmt_command::stop) == nmt_state::stopped);
}

TEST_CASE("a source that babbles emergencies fills a bounded list, and what is beyond is counted") {
  standing_errors standing;
  for (std::uint16_t i = 0; i < 1'000; ++i)
    standing.take({static_cast<std::uint16_t>(0x2000 + i), 2, {}});
  standing.take({0x2000, 2, {}});
  CHECK(standing.all().size() == standing_errors::errors_max);
  CHECK(standing.beyond() == 1'000 - standing_errors::errors_max);
  CHECK(standing.messages() == 1'001);
  standing.take({0x0099, 1, {}});
  CHECK(standing.all().empty());
  CHECK(standing.beyond() == 0);
}

TEST_CASE("emergency codes and error registers have the words of their classes") {
  CHECK(emergency_class(0x8130) == "monitoring");
  CHECK(emergency_detail(0x8130) == "heartbeat or guarding failed");
  CHECK(emergency_class(0x5100).empty());
  CHECK(error_register_text(0x05) == "generic, voltage");
  CHECK(error_register_text(0).empty());
  const emergency said{0x3210, 4, {1, 2, 3, 4, 5}};
  CHECK(read_emergency(bytes_of(make_emergency(7, said))) == said);
  CHECK_FALSE(read_emergency(object_bytes(7)));
}

TEST_CASE("SYNC counts to its overflow, and TIME holds what it can of a day") {
  CHECK(next_sync_counter(9, 10) == 10);
  CHECK(next_sync_counter(10, 10) == 1);
  CHECK(read_sync(object_bytes{240})->counter == 240);
  CHECK_FALSE(read_sync(object_bytes{0}));
  CHECK_FALSE(read_sync(object_bytes{241}));
  CHECK_FALSE(read_sync(object_bytes{1, 2}));
  CHECK(make_time(0) == std::nullopt);
  const auto made = make_time(1'927'999'438'250'000);
  REQUIRE(made);
  CHECK(read_time(bytes_of(*made)) == 1'927'999'438'250'000);
  CHECK_FALSE(read_time(object_bytes{0, 0, 0, 0x0F, 0, 0}));
}

TEST_CASE("LSS frames are those of CiA 305") {
  CHECK(bytes_of(lss::switch_global(true)) == object_bytes{4, 1, 0, 0, 0, 0, 0, 0});
  CHECK(bytes_of(lss::set_node_id(42)) == object_bytes{0x11, 42, 0, 0, 0, 0, 0, 0});
  CHECK(bytes_of(lss::activate_bit_timing(1'000)) == object_bytes{0x15, 0xE8, 3, 0, 0, 0, 0, 0});
  CHECK(lss::bit_timing_index(250'000) == 3);
  CHECK_FALSE(lss::bit_timing_index(0));
  const auto selected = lss::switch_selective({1, 2, 3, 0x01020304});
  REQUIRE(selected.size() == 4);
  CHECK(bytes_of(selected[3]) == object_bytes{0x43, 4, 3, 2, 1, 0, 0, 0});
  CHECK(lss::read_answer(object_bytes{0x5D, 4, 3, 2, 1, 0, 0, 0})->value == 0x01020304);
  CHECK(lss::read_answer(object_bytes{0x11, 1, 0, 0, 0, 0, 0, 0})->error == 1);
  CHECK_FALSE(lss::read_answer(object_bytes{0x11, 1}));
}

TEST_CASE("values of every data type come back from their bytes, and no other length is taken") {
  for (const auto type : {data_type::integer8, data_type::integer24, data_type::integer40,
                          data_type::integer64, data_type::unsigned16, data_type::unsigned56}) {
    const object_value value =
        is_signed(type) ? object_value(std::int64_t{-2}) : object_value(std::uint64_t{300});
    const auto bytes = encode(type, value);
    INFO(to_string(type));
    REQUIRE(bytes);
    CHECK(bytes->size() == bits_of(type) / 8);
    CHECK(*decode(type, *bytes) == value);
    auto longer = *bytes;
    longer.push_back(0);
    CHECK_FALSE(decode(type, longer));
    CHECK_FALSE(decode(type, std::span(*bytes).first(bytes->size() - 1)));
  }
  CHECK_FALSE(encode(data_type::unsigned8, std::uint64_t{256}));
  CHECK_FALSE(encode(data_type::unsigned8, std::int64_t{-1}));
  CHECK_FALSE(encode(data_type::integer8, std::int64_t{-129}));
  CHECK(*decode(data_type::real32, object_bytes{0, 0, 0xC0, 0x3F}) == object_value(1.5));
  CHECK(*decode(data_type::boolean, object_bytes{1}) == object_value(true));
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x8B";
  CHECK(*decode(data_type::unicode_string, *encode(data_type::unicode_string, text)) ==
        object_value(text));
  CHECK(*decode(data_type::visible_string, object_bytes{'a', 'b', 0, 'c'}) ==
        object_value(std::string("ab")));
}

TEST_CASE("PDOs are packed without gaps, skip dummies and are not read where they are too short") {
  const std::vector<mapped_object> mapping = {
      {{0x2000, 0}, 4}, {{0x0005, 0}, 8}, {{0x2001, 0}, 12}, {{0x2002, 0}, 40}};
  const auto layout = pdo_layout::make(mapping);
  REQUIRE(layout);
  CHECK(layout->bits() == 64);
  CHECK(is_dummy(mapping[1]));
  const std::vector<std::uint64_t> values = {0xA, 0x00, 0xBCD, 0x123456789A};
  const auto payload = layout->pack(values);
  CHECK(layout->unpack(payload) == values);
  for (std::size_t size = 0; size < payload.size(); ++size)
    CHECK_FALSE(layout->unpack(std::span(payload).first(size)));
  auto more = mapping;
  more.push_back({{0x2003, 0}, 1});
  CHECK_FALSE(pdo_layout::make(more));
  CHECK_FALSE(pdo_layout::make(std::vector<mapped_object>{{{0x2000, 0}, 0}}));
}

TEST_CASE("a remapping disables the PDO, clears the count, writes, counts and enables") {
  const std::vector<mapped_object> mapping = {{{0x6010, 0}, 16}, {{0x6000, 0}, 8}};
  const auto steps = remapping_steps({true, 1}, 0x285, mapping);
  REQUIRE(steps);
  CHECK(*steps == std::vector<object_write>{{{0x1801, 1}, 0x80000285, 4},
                                            {{0x1A01, 0}, 0, 1},
                                            {{0x1A01, 1}, 0x60100010, 4},
                                            {{0x1A01, 2}, 0x60000008, 4},
                                            {{0x1A01, 0}, 2, 1},
                                            {{0x1801, 1}, 0x285, 4}});
  CHECK_FALSE(remapping_steps({true, 1}, 0x601, mapping));
  CHECK_FALSE(remapping_steps({true, 512}, 0x285, mapping));
}

TEST_CASE("EnergyBus devices have the identifiers of their type and instance") {
  using energybus::device_type;
  CHECK(energybus::pdo_id(device_type::battery, 3, 16) == 0x3A1);
  CHECK_FALSE(energybus::pdo_id(device_type::battery, 3, 17));
  CHECK_FALSE(energybus::pdo_id(device_type::controller, 3, 1));
  CHECK(energybus::pdo_id(device_type::security, 10, 3) == 0x1CA);
  CHECK(energybus::battery_state_text(2) == "ready_to_attach");
}

} // namespace services_test
