#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "actors/can_device/can_device_model.hpp"
#include "messages/canopen/object_dictionary.hpp"
#include "messages/canopen/sdo_server.hpp"
#include "messages/support/profiles.hpp"

// The identity object of CANopen, by requests and a multiplexer:
// configs/profiles/canopen_pack.json.
namespace canopen_identity_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;
using messages::quality;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;

/// Objects of a device that has nothing else.
class objects final : public messages::canopen::object_dictionary {
 public:
  using address = messages::canopen::object_address;
  using bytes = messages::canopen::object_bytes;
  using why = messages::canopen::abort_code;

  std::variant<bytes, why> read(const address& of) const override {
    const auto found = values.find(of);
    if (found == values.end()) return why::no_subindex;
    bytes made;
    for (int shift = 0; shift < 32; shift += 8)
      made.push_back(static_cast<std::uint8_t>(found->second >> shift));
    return made;
  }
  std::optional<why> refusal_to_write(const address&, std::optional<std::size_t>) const override {
    return why::read_only;
  }
  std::optional<why> write(const address&, std::span<const std::uint8_t>) override {
    return why::read_only;
  }

  std::map<address, std::uint32_t> values;
};

/// A pack, node 1 of its bus or another one by an offset, that serves its objects.
class pack {
 public:
  explicit pack(std::uint32_t id_offset = 0)
      : offset_(id_offset),
        device_(make(id_offset)),
        profile_(tests::load_file("canopen_pack.json")) {}

  void run(std::int64_t duration_us) {
    const auto end_us = now_us_ + duration_us;
    for (; now_us_ < end_us; now_us_ += grid_us) {
      auto frames = std::exchange(answers_, {});
      for (auto& each : frames) each.time_us = now_us_;
      for (const auto& one : device_.step(frames, now_us_, 0))
        if (const auto* frame = std::get_if<messages::can::frame>(&one.content)) serve(*frame);
    }
  }

  std::optional<std::uint32_t> value(const char* point) const {
    const auto known = device_.read(profile_.find_point(point).value(), 0);
    if (!known || known->quality != quality::good) return std::nullopt;
    return static_cast<std::uint32_t>(known->value);
  }

  objects served;
  std::size_t asked = 0;

 private:
  static model make(std::uint32_t id_offset) {
    auto made = model::create({"bms_0", "rack_0", id_offset,
                               std::make_shared<const messages::profiles::device_profile>(
                                   tests::load_file("canopen_pack.json"))});
    REQUIRE(made);
    return *std::move(made);
  }

  void serve(const messages::can::frame& frame) {
    REQUIRE(frame.id == 0x601 + offset_);
    REQUIRE(frame.length == 8);
    ++asked;
    server_.receive(std::span(frame.data).first(8), now_us_);
    while (const auto said = server_.next_frame(now_us_)) {
      messages::can::frame answer;
      answer.id = 0x581 + offset_;
      answer.length = 8;
      std::ranges::copy(*said, answer.data.begin());
      answers_.push_back(answer);
    }
  }

  std::uint32_t offset_;
  std::int64_t now_us_ = start_us;
  model device_;
  messages::profiles::device_profile profile_;
  messages::canopen::sdo_server server_{served};
  std::vector<messages::can::frame> answers_;
};

} // namespace

TEST_CASE("the identity object of CANopen is asked for by requests, and read by a multiplexer") {
  for (const std::uint32_t offset : {0u, 6u}) {
    pack with(offset);
    with.served.values = {
        {{0x1018, 1}, 0x0000'0ABC}, {{0x1018, 2}, 77}, {{0x1018, 4}, 0xFFFF'FFF0}};
    with.run(2'000 * ms);
    CHECK(with.asked == 4);
    CHECK(with.value("vendor_id") == 0xABC);
    CHECK(with.value("product_code") == 77);
    CHECK(with.value("serial_number") == 0xFFFF'FFF0);
    // It has no revision, and says so: the abort's code is no value.
    CHECK_FALSE(with.value("revision_number"));
  }
}

TEST_CASE("a CANopen pack that is replaced says its own identity with the next round") {
  pack with;
  with.served.values = {{{0x1018, 4}, 4711}};
  with.run(2'000 * ms);
  REQUIRE(with.value("serial_number") == 4711u);
  with.served.values = {{{0x1018, 4}, 4712}};
  with.run(10'000 * ms);
  CHECK(with.value("serial_number") == 4712u);
}

} // namespace canopen_identity_test
