#include <catch2/catch.hpp>

#include "actors/simulator/cell_pack_model.hpp"
#include "actors/simulator/rack_controller_model.hpp"

// Contactors that do not do what they are told, and cells of another kind.
namespace voltaic::actors::simulator::damage_test {

namespace {

using contactor = rack_controller_model::contactor;
using damage = rack_controller_model::damage;

/// Closed for as long as the first lease lasts, then open by itself.
class closed_rack {
 public:
  closed_rack() : controller(closed()) { live(100'000); }
  void live(std::int64_t length_us) {
    for (const auto end_us = now_us + length_us; now_us < end_us;)
      controller.step(now_us += 10'000, 1'500);
  }

 private:
  static rack_controller_model::options closed() {
    rack_controller_model::options options;
    options.initially_closed = true;
    return options;
  }
  std::int64_t now_us = 1'000'000;

 public:
  rack_controller_model controller;
};

} // namespace

TEST_CASE("a welded contactor stays closed until it is mended, the others open") {
  closed_rack rack;
  rack.controller.harm(contactor::plus, damage::welded);
  rack.live(1'000'000);
  CHECK(rack.controller.state() == contactor_state::open);
  CHECK(rack.controller.feedback(contactor::plus));
  CHECK_FALSE(rack.controller.feedback(contactor::minus));
  CHECK_FALSE(rack.controller.conducting());
  rack.controller.harm(contactor::plus, damage::none);
  rack.live(20'000);
  CHECK_FALSE(rack.controller.feedback(contactor::plus));
}

TEST_CASE("a rack whose main contactors are both welded conducts without a lease") {
  closed_rack rack;
  rack.controller.harm(contactor::minus, damage::welded);
  rack.controller.harm(contactor::plus, damage::welded);
  rack.live(1'000'000);
  CHECK(rack.controller.state() == contactor_state::open);
  CHECK(rack.controller.conducting());
  CHECK(rack.controller.bus_v() == 1'500);
}

TEST_CASE("a stuck contactor is open whatever it is told") {
  closed_rack rack;
  rack.controller.harm(contactor::minus, damage::stuck);
  rack.live(20'000);
  CHECK(rack.controller.state() == contactor_state::closed);
  CHECK_FALSE(rack.controller.conducting());
}

TEST_CASE("NMC cells stand higher than LFP cells, and rise with their charge") {
  cell_pack_model::options nmc;
  nmc.chemistry = cell_chemistry::nmc;
  CHECK(cell_pack_model(nmc).cell_voltage_v() == Approx(3.680).margin(1e-6));
  CHECK(cell_pack_model({}).cell_voltage_v() == Approx(3.300).margin(1e-6));
  double last = 0;
  for (double soc = 0; soc <= 100; soc += 0.5) {
    CHECK(nmc_open_circuit_v(soc) >= last);
    last = nmc_open_circuit_v(soc);
  }
}

} // namespace voltaic::actors::simulator::damage_test
