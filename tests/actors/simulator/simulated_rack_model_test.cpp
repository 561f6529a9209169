#include "actors/simulator/simulated_rack_model.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "messages/can/checksum.hpp"

namespace simulated_rack_model_test {

using namespace voltaic::actors::simulator;
using voltaic::messages::can::frame;

namespace {

constexpr std::int64_t ms = 1'000;
enum order_word : std::uint8_t { open_order = 0, precharge_order = 1, close_order = 2 };

frame make_order(std::uint16_t epoch, std::uint16_t counter, std::uint8_t contactor,
                 std::int64_t time_us, bool lease = true, std::uint32_t id_offset = 0) {
  frame item;
  item.id = 0x080 + id_offset;
  item.length = 8;
  item.time_us = time_us;
  item.data[0] = static_cast<std::uint8_t>(epoch & 0xFF);
  item.data[1] = static_cast<std::uint8_t>(epoch >> 8);
  item.data[2] = static_cast<std::uint8_t>(counter & 0xFF);
  item.data[3] = static_cast<std::uint8_t>(counter >> 8);
  item.data[4] = contactor;
  item.data[5] = lease ? 1 : 0;
  item.data[7] = voltaic::messages::can::crc8_j1850({item.data.data(), 7});
  return item;
}

int word(const frame& item, std::size_t at) {
  return item.data[at] | item.data[at + 1] << 8;
}

/// A rack with an edge that renews its order every 50 ms.
struct bench {
  explicit bench(const rack_options& options = {}) : rack(options) {}

  void step(std::vector<frame> received = {}) {
    for (const frame& item : rack.step(now_us, received)) newest[item.id] = item;
    now_us += slot_us;
  }
  void pass(std::int64_t us) {
    for (const std::int64_t end = now_us + us; now_us < end;) step();
  }
  void order(std::uint8_t what, std::int64_t us) {
    for (const std::int64_t end = now_us + us; now_us < end;) {
      const bool due = now_us % (50 * ms) == 0;
      step(due ? std::vector{make_order(epoch, ++counter, what, now_us)} : std::vector<frame>{});
    }
  }
  void close() {
    order(open_order, 100 * ms);
    order(precharge_order, 700 * ms);
    order(close_order, 200 * ms);
  }
  [[nodiscard]] contactor_state state() const { return rack.controller().state(); }

  simulated_rack_model rack;
  std::map<std::uint32_t, frame> newest;
  std::int64_t now_us = 1'000'000;
  std::uint16_t epoch = 7;
  std::uint16_t counter = 0;
};

} // namespace

TEST_CASE("a simulated rack starts with 3.300 V in every cell, 25 degC, 0 A and SOC 50 %") {
  rack_options options;
  options.spread = false;
  options.controller.initially_closed = true;
  simulated_rack_model rack(options);
  std::map<std::uint32_t, frame> sent;
  for (const frame& item : rack.step(5'000'000, {})) sent[item.id] = item;
  REQUIRE(sent.size() == 3 + 120 + 60 + 4); // of all modules only the last is kept here
  CHECK(word(sent.at(0x087), 0) == 250);
  CHECK(sent.at(0x13C).data[0] == 29);
  CHECK(sent.at(0x13C).data[1] == 0);
  CHECK(word(sent.at(0x13C), 2) == 0);
  CHECK(word(sent.at(0x13C), 4) == 1400);
  CHECK(word(sent.at(0x13C), 6) == 1400);
  for (std::uint32_t id = 0x088; id <= 0x0FF; ++id) {
    for (std::size_t i = 0; i < 4; ++i) CHECK(word(sent.at(id), 2 * i) == 3300);
  }
  for (std::uint32_t id = 0x100; id <= 0x13B; ++id) {
    for (std::size_t i = 0; i < 4; ++i) CHECK(word(sent.at(id), 2 * i) == 250);
  }
  CHECK(word(sent.at(0x085), 0) == 15840);
  CHECK(word(sent.at(0x085), 2) == 0);
  CHECK(word(sent.at(0x085), 4) == 500);
  CHECK(word(sent.at(0x086), 0) == 1400);
  CHECK(sent.at(0x084).data[0] == 2);
  CHECK(sent.at(0x084).data[1] == 3);
  CHECK(sent.at(0x084).data[6] == 50);
}

TEST_CASE("spread frames come with their periods and at most eight in a slot") {
  bench rack;
  std::map<std::uint32_t, int> count;
  std::set<int> modules_told;
  for (int slot = 0; slot < 100; ++slot) {
    const auto sent = rack.rack.step(rack.now_us, {});
    CHECK(sent.size() <= 8);
    for (const frame& item : sent) {
      ++count[item.id];
      if (item.id == 0x13C) modules_told.insert(item.data[0]);
    }
    rack.now_us += slot_us;
  }
  REQUIRE(count.size() == 3 + 120 + 60 + 4);
  CHECK(modules_told.size() == 30);
  CHECK(count[0x13C] == 30);
  CHECK(count[0x087] == 1);
  for (const auto& [id, times] : count) {
    if (id != 0x087 && id != 0x13C) CHECK(times == (id < 0x087 ? 10 : id < 0x100 ? 5 : 1));
  }
}

TEST_CASE("the same steps give the same frames and a long pause is not made up for") {
  bench first;
  bench second;
  for (int i = 0; i < 300; ++i) {
    const auto orders =
        i % 5 == 0 ? std::vector{make_order(3, static_cast<std::uint16_t>(i + 1), 0, first.now_us)}
                   : std::vector<frame>{};
    CHECK(first.rack.step(first.now_us, orders) == second.rack.step(second.now_us, orders));
    first.now_us += slot_us;
    second.now_us += slot_us;
  }
  CHECK(first.rack.step(first.now_us + 60'000'000, {}).size() <= 8);
}

TEST_CASE("charge is counted and current lowers the voltage by the resistance") {
  cell_pack_model pack({});
  CHECK(pack.cell_voltage_v() == Approx(3.300).margin(1e-9));
  for (int i = 0; i < 3600; ++i) pack.step(1'000'000, 28.0); // a tenth of the capacity in an hour
  CHECK(pack.soc_percent() == Approx(40.0).margin(1e-6));
  CHECK(pack.cell_voltage_v() == Approx(3.290 - 28.0 * 0.0002).margin(1e-6));
  CHECK(pack.temperature_c() > 25.0);
  for (int i = 0; i < 3600; ++i) pack.step(1'000'000, -28.0);
  CHECK(pack.soc_percent() == Approx(50.0).margin(1e-6));
  double last = 0;
  for (double soc = 0; soc <= 100; soc += 0.5) {
    CHECK(lfp_open_circuit_v(soc) >= last);
    last = lfp_open_circuit_v(soc);
  }
}

TEST_CASE("a rack closes by open, precharge and close, and the bus voltage rises first") {
  bench rack;
  rack.order(open_order, 100 * ms);
  CHECK(rack.state() == contactor_state::open);
  rack.order(precharge_order, 200 * ms);
  CHECK(rack.state() == contactor_state::precharge);
  const double early_v = rack.rack.controller().bus_v();
  CHECK(early_v > 100);
  rack.order(close_order, 50 * ms);
  CHECK(rack.state() == contactor_state::precharge); // not yet 95 %
  rack.order(close_order, 700 * ms);
  CHECK(rack.state() == contactor_state::closed);
  rack.pass(200 * ms);
  CHECK(rack.rack.controller().bus_v() == Approx(1584.0));
  CHECK(rack.newest.at(0x084).data[0] == 2);
  CHECK(rack.newest.at(0x084).data[1] == 3);
  CHECK(word(rack.newest.at(0x084), 2) == 7);
  CHECK(word(rack.newest.at(0x085), 6) == 15840);
  rack.order(open_order, 200 * ms);
  CHECK(rack.state() == contactor_state::open);
  CHECK(rack.newest.at(0x084).data[1] == 0);
  CHECK(rack.newest.at(0x084).data[7] == 2); // it takes single orders
}

TEST_CASE("main contactors are closed and opened alone where an order asks for one") {
  constexpr std::uint8_t minus_order = 3;
  constexpr std::uint8_t plus_order = 4;
  for (const auto held : {minus_order, plus_order}) {
    bench rack;
    rack.order(minus_order, 200 * ms);
    CHECK(rack.newest.at(0x084).data[1] == 0); // no open order came before
    rack.order(open_order, 100 * ms);
    rack.order(plus_order, 200 * ms);
    CHECK(rack.newest.at(0x084).data[1] == 0); // never first
    rack.order(minus_order, 200 * ms);
    CHECK(rack.newest.at(0x084).data[1] == 1);
    rack.order(precharge_order, 900 * ms);
    CHECK(rack.newest.at(0x084).data[1] == 5);
    rack.order(close_order, 300 * ms);
    CHECK(rack.newest.at(0x084).data[1] == 3);
    rack.order(held, 200 * ms);
    CHECK(rack.newest.at(0x084).data[1] == (held == minus_order ? 1 : 2));
    CHECK_FALSE(rack.rack.controller().conducting());
    rack.order(close_order, 200 * ms);
    CHECK_FALSE(rack.rack.controller().conducting());
    rack.order(open_order, 200 * ms);
    CHECK(rack.newest.at(0x084).data[1] == 0);
  }
}

TEST_CASE("a close order without a precharge, or a precharge without an open order, does nothing") {
  bench rack;
  rack.order(close_order, 500 * ms);
  CHECK(rack.state() == contactor_state::open);
  rack.order(precharge_order, 500 * ms);
  CHECK(rack.state() == contactor_state::open);
  rack.order(open_order, 50 * ms);
  rack.order(close_order, 500 * ms);
  CHECK(rack.state() == contactor_state::open);
}

TEST_CASE("F-003 the rack opens 500 ms after the last valid order and stays open") {
  bench rack;
  rack.close();
  REQUIRE(rack.state() == contactor_state::closed);
  rack.step({make_order(7, ++rack.counter, close_order, rack.now_us)});
  rack.pass(490 * ms);
  CHECK(rack.state() == contactor_state::closed);
  rack.pass(10 * ms);
  CHECK(rack.state() == contactor_state::open);
  CHECK(rack.rack.controller().opened_by_lease());
  rack.pass(100 * ms);
  CHECK_FALSE(rack.rack.controller().conducting());
  // The edge comes back, even with a newer epoch, and only says close: nothing.
  rack.order(close_order, 1'000 * ms);
  rack.epoch = 8;
  rack.counter = 0;
  rack.order(close_order, 1'000 * ms);
  rack.order(precharge_order, 1'000 * ms);
  CHECK(rack.state() == contactor_state::open);
  CHECK(rack.newest.at(0x084).data[7] == 3); // and its lease ran out
  rack.close();
  CHECK(rack.state() == contactor_state::closed);
  CHECK_FALSE(rack.rack.controller().opened_by_lease());
}

TEST_CASE("orders without a lease do not keep a rack closed") {
  bench rack;
  rack.close();
  for (int i = 0; i < 60; ++i) {
    rack.step({make_order(7, ++rack.counter, close_order, rack.now_us, false)});
  }
  CHECK(rack.state() == contactor_state::open);
}

TEST_CASE("without a lease an order only opens, also while an earlier lease runs") {
  bench rack;
  rack.order(open_order, 100 * ms);
  rack.step({make_order(7, ++rack.counter, precharge_order, rack.now_us, false)});
  CHECK(rack.state() == contactor_state::open);
  rack.close();
  REQUIRE(rack.state() == contactor_state::closed);
  rack.step({make_order(7, ++rack.counter, open_order, rack.now_us, false)});
  CHECK(rack.state() == contactor_state::open);
}

TEST_CASE("F-003 a renewal after the lease has ended comes too late, however rare the steps") {
  bench rack;
  rack.close();
  REQUIRE(rack.state() == contactor_state::closed);
  rack.step({make_order(7, ++rack.counter, close_order, rack.now_us)});
  rack.now_us += 600 * ms;
  rack.step({make_order(7, ++rack.counter, close_order, rack.now_us)});
  CHECK(rack.state() == contactor_state::open);
  CHECK(rack.rack.controller().opened_by_lease());
}

TEST_CASE("a rack that starts closed opens when no edge is found") {
  rack_options options;
  options.controller.initially_closed = true;
  bench rack(options);
  rack.pass(500 * ms);
  CHECK(rack.state() == contactor_state::closed);
  rack.pass(20 * ms);
  CHECK(rack.state() == contactor_state::open);
}

TEST_CASE("F-158 orders of a former epoch are fenced") {
  bench rack;
  rack.close();
  rack.epoch = 8;
  rack.counter = 0;
  rack.order(close_order, 200 * ms);
  REQUIRE(rack.rack.controller().epoch() == 8);
  // The one that was paused wakes up and still says open, then close.
  for (std::uint16_t i = 0; i < 20; ++i) {
    const auto old = make_order(7, static_cast<std::uint16_t>(1000 + i),
                                static_cast<std::uint8_t>(i % 3), rack.now_us);
    rack.step({old, make_order(8, ++rack.counter, close_order, rack.now_us)});
    CHECK(rack.state() == contactor_state::closed);
  }
  CHECK(rack.rack.controller().fenced() == 20);
  for (std::uint16_t i = 0; i < 60; ++i) {
    rack.step({make_order(7, static_cast<std::uint16_t>(2000 + i), close_order, rack.now_us)});
  }
  CHECK(rack.state() == contactor_state::open); // fenced orders renew nothing
}

TEST_CASE("F-068 orders with a wrong checksum or a counter that stands still are refused") {
  bench rack;
  rack.close();
  const std::uint16_t stuck = rack.counter;
  for (int i = 0; i < 60; ++i) rack.step({make_order(7, stuck, close_order, rack.now_us)});
  CHECK(rack.state() == contactor_state::open);
  CHECK(rack.rack.controller().refused() >= 60);
  for (std::size_t bit = 0; bit < 64; ++bit) {
    frame order = make_order(9, 1, open_order, rack.now_us);
    order.data[bit / 8] = static_cast<std::uint8_t>(order.data[bit / 8] ^ 1u << bit % 8);
    rack.step({order});
    CHECK(rack.rack.controller().epoch() == 7);
  }
}

TEST_CASE("F-067 orders of a wrong length are refused") {
  bench rack;
  for (std::uint8_t length = 0; length < 8; ++length) {
    frame order = make_order(7, static_cast<std::uint16_t>(length + 1), open_order, rack.now_us);
    order.length = length;
    rack.step({order});
  }
  CHECK(rack.rack.controller().refused() == 8);
  CHECK(rack.rack.controller().epoch() == 0);
}

TEST_CASE("F-152 the order's counter wraps without a refusal") {
  bench rack;
  rack.counter = 65'530;
  rack.close();
  CHECK(rack.state() == contactor_state::closed);
  CHECK(rack.rack.controller().refused() == 0);
}

TEST_CASE("a precharge that lasts too long is a fault that an open order clears") {
  bench rack;
  rack.order(open_order, 50 * ms);
  rack.order(precharge_order, 10'200 * ms);
  CHECK(rack.state() == contactor_state::fault);
  rack.order(open_order, 100 * ms);
  CHECK(rack.state() == contactor_state::open);
}

TEST_CASE("each rack obeys its own identifiers and reports the limits that were set") {
  rack_options options;
  options.id_offset = 0xC0;
  bench rack(options);
  frame limit;
  limit.id = 0x082;
  limit.length = 8;
  limit.data[0] = 100; // 10.0 A
  rack.step({limit, make_order(7, 1, open_order, rack.now_us)});
  rack.pass(200 * ms);
  CHECK(word(rack.newest.at(0x086 + 0xC0), 0) == 1400);
  CHECK(rack.rack.controller().epoch() == 0);
  limit.id = 0x082 + 0xC0;
  rack.step({limit, make_order(7, 1, open_order, rack.now_us, true, 0xC0)});
  limit.id = 0x083 + 0xC0;
  limit.data[0] = 0xFF; // 6,553.5 A is more than the rack's own limit
  limit.data[1] = 0xFF;
  rack.step({limit});
  rack.pass(200 * ms);
  CHECK(word(rack.newest.at(0x086 + 0xC0), 0) == 100);
  CHECK(word(rack.newest.at(0x086 + 0xC0), 2) == 1400);
  CHECK(rack.rack.controller().epoch() == 7);
}

TEST_CASE("a trace lays values, sentinels, frozen values and silence over the physics") {
  bench rack;
  rack.close();
  const auto scan = [&] {
    rack.newest.clear();
    rack.order(close_order, 1'000 * ms);
  };
  REQUIRE(rack.rack.set("cell_voltage", 19, override_kind::value, 3.700));
  REQUIRE(rack.rack.set("cell_voltage", 2, override_kind::invalid));
  REQUIRE(rack.rack.set("cell_voltage", 479, override_kind::silent));
  REQUIRE(rack.rack.set("cell_temperature", std::nullopt, override_kind::value, -12.5));
  REQUIRE(rack.rack.set("cell_temperature", 3, override_kind::invalid));
  REQUIRE(rack.rack.set("current", std::nullopt, override_kind::value, -56.0));
  REQUIRE(rack.rack.set("soc", std::nullopt, override_kind::freeze));
  CHECK_FALSE(rack.rack.set("cell_voltage", 480, override_kind::invalid));
  CHECK_FALSE(rack.rack.set("cell_colour", 0, override_kind::invalid));
  scan();
  const double cell_v = rack.rack.pack().cell_voltage_v();
  CHECK(cell_v > 3.310); // 56 A of charge through 0.2 milliohm
  CHECK(word(rack.newest.at(0x088 + 4), 6) == 3700);
  CHECK(word(rack.newest.at(0x088), 4) == 0xFFFF);
  CHECK(rack.newest.count(0x0FF) == 0);
  CHECK(word(rack.newest.at(0x100), 0) == 0xFFFF - 124);
  CHECK(word(rack.newest.at(0x100), 6) == 0x8000);
  CHECK(word(rack.newest.at(0x085), 2) == 0x10000 - 560);
  CHECK(word(rack.newest.at(0x085), 0) / 10.0 == Approx(479 * cell_v + 3.7).margin(0.11));
  for (int i = 0; i < 300; ++i) rack.order(close_order, 1'000 * ms);
  CHECK(word(rack.newest.at(0x085), 4) == 500);
  CHECK(rack.rack.pack().soc_percent() > 51);
  REQUIRE(rack.rack.set("voltage", std::nullopt, override_kind::value, 1000.0));
  REQUIRE(rack.rack.set("cell_voltage", std::nullopt, override_kind::release));
  REQUIRE(rack.rack.set("soc", std::nullopt, override_kind::release));
  scan();
  CHECK(word(rack.newest.at(0x085), 0) == 10000);
  CHECK(word(rack.newest.at(0x085), 4) > 510);
  CHECK(word(rack.newest.at(0x088), 4) < 3400);
  CHECK(rack.newest.count(0x0FF) == 1);
}

TEST_CASE("no current flows through open contactors") {
  bench rack;
  REQUIRE(rack.rack.set("current", std::nullopt, override_kind::value, 100.0));
  rack.pass(10'000 * ms);
  CHECK(rack.rack.pack().soc_percent() == 50.0);
}

} // namespace simulated_rack_model_test
