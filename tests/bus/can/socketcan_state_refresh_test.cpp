#include <catch2/catch.hpp>

#include "bus/can/socketcan/state_refresh.hpp"

namespace socketcan_state_refresh_test {

using namespace voltaic::bus::can;
using state = controller_state;

constexpr std::int64_t began_us = 10'000'000;

TEST_CASE("F-072 the state is asked for anew after a loss, and while the interface is silent") {
  struct row {
    const char* what;
    state now;
    bool in_doubt;
    std::int64_t after_us;
    bool due;
  };
  for (const row& each : {
           row{"well", state::error_active, false, 100 * state_refresh::period_us, false},
           row{"suffers, told", state::error_passive, false, 100 * state_refresh::period_us, false},
           row{"lost, just asked", state::error_passive, true, state_refresh::spacing_us_min - 1,
               false},
           row{"lost", state::error_passive, true, state_refresh::spacing_us_min, true},
           row{"lost while well", state::error_active, true, state_refresh::spacing_us_min, true},
           row{"down, just asked", state::down, false, state_refresh::period_us - 1, false},
           row{"down", state::down, false, state_refresh::period_us, true},
           row{"told to be down", state::down, true, state_refresh::spacing_us_min, true},
           row{"bus-off", state::bus_off, false, state_refresh::period_us, true},
       }) {
    INFO(each.what);
    state_refresh refresh;
    refresh.doubt();
    refresh.asked(began_us);
    if (each.in_doubt) refresh.doubt();
    CHECK(refresh.due(each.now, began_us + each.after_us) == each.due);
  }
}

} // namespace socketcan_state_refresh_test
