#include <catch2/catch.hpp>

#include <vector>

#include "actors/can_device/can_device_actor.hpp"
#include "support/memory_journal.hpp"
#include "support/small_device.hpp"

namespace order_test {

using namespace voltaic;
using namespace voltaic::actors::can_device;
using bus::can::send_result;
using messages::contactor_order;
namespace runtime = voltaic::actors::runtime;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t start_us = 3'600'000'000;

/// Nobody listens to what the device says.
class deaf_context final : public runtime::context {
 public:
  explicit deaf_context(bool is_on_recording) : on_recording(is_on_recording) {}
  const std::string& name() const override { return name_; }
  const std::string& node() const override { return name_; }
  std::uint32_t incarnation() const override { return 1; }
  messages::instant now() const override { return {node_us, node_us}; }
  bool lives_on_recording() const override { return on_recording; }
  void listen(std::string_view, runtime::kind) override {}
  void say(runtime::plane, messages::payload, messages::instant) override {}
  void send(messages::payload, messages::instant) override {}
  std::uint64_t record(messages::event, messages::instant) override { return 0; }
  void store(bus::storage::record, std::uint64_t) override {}
  bus::storage::journal& journal() override { return journal_; }

  std::int64_t node_us = 0; ///< the node's clock
  bool on_recording;

 private:
  std::string name_ = "bms_0";
  tests::memory_journal journal_;
};

/// A device on a bus that may refuse frames.
class ordered_device {
 public:
  explicit ordered_device(bool on_recording = false)
      : context_(on_recording),
        device_(context_, {"bms_0", "rack_0", 0, tests::small_device()},
                [this](const messages::can::frame& frame) {
                  ++tried;
                  if (bus == send_result::sent) sent.push_back(frame.data[4]);
                  return bus;
                }) {
    pass(0);
  }

  void order(contactor_order contactor) {
    messages::message message;
    message.header.time = {now_us_, now_us_};
    message.payload =
        messages::order{"bms_0", 1, ++counter_, contactor, contactor != contactor_order::open};
    device_.receive(message);
  }
  /// The port's next batch.
  void pass(std::int64_t milliseconds) {
    bus::can::batch batch;
    batch.now_us = now_us_ += milliseconds * ms;
    device_.receive(batch);
  }

  /// The node's clock, as far ahead of the port's.
  void lag(std::int64_t milliseconds) { context_.node_us = now_us_ + milliseconds * ms; }

  send_result bus = send_result::sent;
  int tried = 0;
  std::vector<int> sent; ///< the contactor's byte of each order

 private:
  deaf_context context_;
  can_device device_;
  std::int64_t now_us_ = start_us;
  std::uint64_t counter_ = 0;
};

} // namespace

TEST_CASE("a counter of few bits counts frames with new orders, and stands still for an old one") {
  runtime::order_pace pace(50 * ms, true);
  const auto counted = [&](const messages::order& next) { return pace.counted(next).counter; };
  const auto order = [](std::uint64_t counter) {
    return messages::order{"bms_0", 1, counter, contactor_order::close, true};
  };
  CHECK(counted(order(40)) == 40);
  CHECK(counted(order(45)) == 45); // nothing was sent yet
  pace.sent({order(45), start_us});
  CHECK(counted(order(54)) == 46);
  pace.sent({order(54), start_us});
  CHECK(counted(order(54)) == 46); // said again
  CHECK(counted(order(61)) == 47);
}

TEST_CASE("an order whose counter has four bits goes on by one with each frame") {
  auto profile = *tests::small_device();
  for (auto& command : profile.commands)
    for (auto& field : command.fields)
      if (field.field == "counter") field.bits.length = 4;
  std::vector<int> counters;
  deaf_context context(false);
  can_device device(
      context,
      {"bms_0", "rack_0", 0, std::make_shared<const messages::profiles::device_profile>(profile)},
      [&](const messages::can::frame& frame) {
        counters.push_back(frame.data[2] & 0x0F);
        return send_result::sent;
      });
  for (std::uint64_t counter = 9; counter < 9 + 20 * 9; counter += 9) {
    messages::message message;
    const auto now_us = start_us + static_cast<std::int64_t>(counter) * 10 * ms;
    message.header.time = {now_us, now_us};
    message.payload = messages::order{"bms_0", 1, counter, contactor_order::close, true};
    device.receive(bus::can::batch{{}, now_us, 0});
    device.receive(message);
  }
  REQUIRE(counters.size() == 20);
  for (std::size_t i = 1; i < counters.size(); ++i)
    CHECK(counters[i] == (counters[i - 1] + 1) % 16);
}

TEST_CASE("a changed order goes out at once, an unchanged one every 50 ms") {
  ordered_device device;
  device.order(contactor_order::close);
  CHECK(device.sent == std::vector{2});
  for (int beat = 0; beat < 5; ++beat) {
    device.pass(10);
    device.order(contactor_order::close);
  }
  CHECK(device.sent == std::vector{2, 2});
  device.order(contactor_order::open);
  CHECK(device.sent == std::vector{2, 2, 0});
}

TEST_CASE("an order that the bus refuses is tried again with every batch until it is taken") {
  const auto refusal = GENERATE(send_result::full, send_result::down);
  ordered_device device;
  device.order(contactor_order::close);
  device.bus = refusal;
  device.order(contactor_order::open);
  device.pass(10);
  device.pass(10);
  CHECK(device.tried == 4);
  CHECK(device.sent == std::vector{2});
  device.bus = send_result::sent;
  device.pass(10);
  CHECK(device.sent == std::vector{2, 0});
  device.pass(10);
  CHECK(device.sent == std::vector{2, 0});
}

TEST_CASE("a refused order is forgotten when a newer one is there") {
  ordered_device device;
  device.bus = send_result::full;
  device.order(contactor_order::close);
  device.order(contactor_order::open);
  device.bus = send_result::sent;
  device.pass(10);
  CHECK(device.sent == std::vector{0});
}

TEST_CASE("a refused order to close is not tried again once it is old, one to open is") {
  const auto ordered = GENERATE(contactor_order::close, contactor_order::open);
  ordered_device device;
  device.bus = send_result::full;
  device.order(ordered);
  device.bus = send_result::sent;
  device.pass(runtime::order_age_max_us / ms + 10);
  CHECK(device.sent.size() == (ordered == contactor_order::open ? 1 : 0));
}

TEST_CASE("safety rule 3: a port that hands over the past renews no lease, but opens") {
  ordered_device device;
  device.order(contactor_order::close);
  REQUIRE(device.sent == std::vector{2});
  // The node stood still so long; what waits comes batch by batch.
  device.lag(GENERATE(10'000, 700'000));
  for (int backlog = 0; backlog < 20; ++backlog) {
    device.pass(10);
    device.order(contactor_order::close);
  }
  CHECK(device.sent == std::vector{2});
  device.order(contactor_order::open);
  CHECK(device.sent == std::vector{2, 0});
  device.lag(runtime::order_age_max_us / ms);
  device.order(contactor_order::close);
  CHECK(device.sent == std::vector{2, 0, 2});
}

TEST_CASE("a port that plays a recording renews leases whatever the node's clock says") {
  ordered_device device(true);
  device.lag(GENERATE(10'000, 700'000));
  device.order(contactor_order::close);
  CHECK(device.sent == std::vector{2});
}

} // namespace order_test
