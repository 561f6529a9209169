#include <catch2/catch.hpp>

#include "actors/protection/full_rack.hpp"
#include "actors/protection/standstill_model.hpp"

// Cells that stand still although a charge flowed that moves every cell.
namespace voltaic::actors::protection::standstill_test {

using testing::full_cells;
using testing::full_options;
using testing::full_rack;
using testing::has;

namespace {

constexpr double capacity_ah = 280; // 5 % of it are 504 s at 100 A

struct played {
  full_rack rack;
  double soc_percent = 20;
  double moving_v = 3.30;

  explicit played(const protection_options& options = full_options()) : rack(options) {
    rack.set(measured::soc, soc_percent);
    rack.settle();
  }

  /// The cells from `first` on rise under that current, the others stand.
  void charge(double current_a, int seconds, std::size_t first) {
    rack.set(measured::current, -current_a);
    for (int second = 0; second < seconds; ++second) {
      soc_percent += current_a / capacity_ah / 36;
      moving_v += 1e-6 * current_a;
      rack.set(measured::soc, soc_percent);
      for (auto cell = first; cell < full_cells; ++cell) {
        rack.set(measured::cell_voltage, moving_v, cell);
      }
      rack.run(1'000);
    }
  }
};

} // namespace

TEST_CASE("F-140 cells that all stand still are told once a charge flowed that moves every cell") {
  played all;
  all.charge(100, 500, full_cells);
  CHECK_FALSE(has(all.rack, "sensor_frozen"));
  all.charge(100, 10, full_cells);
  CHECK(has(all.rack, "set sensor_frozen/warning module_0:cell_0"));
  CHECK(has(all.rack, "set sensor_frozen/alarm cell_voltage")); // all of them at once
  CHECK(all.rack.model.last().limits.charge_a == 0);
  // They speak again.
  all.charge(100, 12, 0);
  CHECK(has(all.rack, "clear sensor_frozen/alarm cell_voltage"));
  CHECK(has(all.rack, "clear sensor_frozen/warning module_0:cell_0"));
}

TEST_CASE("F-140 most cells may be frozen: those that stand are told, those that move are not") {
  played some;
  some.charge(100, 590, 17);
  CHECK(has(some.rack, "set sensor_frozen/warning module_0:cell_0"));
  CHECK(has(some.rack, "set sensor_frozen/warning module_1:cell_0"));
  CHECK_FALSE(has(some.rack, "sensor_frozen/warning module_1:cell_1"));
  CHECK_FALSE(has(some.rack, "sensor_frozen/alarm"));
  some.charge(100, 12, 17); // ten minutes
  CHECK(has(some.rack, "set sensor_frozen/alarm module_0:cell_0"));
  CHECK_FALSE(has(some.rack, "sensor_frozen/alarm cell_voltage"));
  CHECK(some.rack.model.last().limits.charge_a == 70);
}

TEST_CASE("F-140 at rest, at small currents and for less charge cells may stand on a flat curve") {
  played rests;
  rests.charge(0, 3'600, full_cells);
  rests.charge(13.9, 3'600, full_cells); // not above 0.05 C
  CHECK_FALSE(has(rests.rack, "sensor_frozen"));
  played slow;
  slow.charge(15, 3'300, full_cells); // 4.9 %
  CHECK_FALSE(has(slow.rack, "sensor_frozen"));
  slow.charge(15, 100, full_cells);
  CHECK(has(slow.rack, "sensor_frozen"));
}

TEST_CASE("F-140 cells that are read coarsely may stand for longer") {
  auto options = full_options();
  options.points[position_of(measured::cell_voltage)].resolution = 0.005;
  played coarse(options);
  coarse.charge(100, 2'400, full_cells);
  CHECK_FALSE(has(coarse.rack, "sensor_frozen"));
  coarse.charge(100, 200, full_cells);
  CHECK(has(coarse.rack, "sensor_frozen"));
}

TEST_CASE("F-140 the rack's voltage that moves under a steady current says it of all cells") {
  played all;
  all.charge(100, 10, 0);
  all.rack.set(measured::voltage, 3.3 * full_cells);
  all.charge(100, 2, 0);
  all.rack.mark();
  all.rack.set(measured::voltage, 3.3 * full_cells * 1.0049);
  all.charge(100, 10, full_cells);
  CHECK_FALSE(has(all.rack, "sensor_frozen"));
  all.rack.set(measured::voltage, 3.3 * full_cells * 1.0051);
  all.charge(100, 4, full_cells);
  CHECK(has(all.rack, "set sensor_frozen/alarm cell_voltage"));
}

TEST_CASE("F-140 a cell that is invalid or silent for a while is not known to stand still") {
  standstill_model model(2, 100, 0.001); // 5 Ah
  element_values cells(2);
  cells.valid[0] = cells.valid[1] = -1;
  cells.summarise();
  const auto ages = [&] { return std::pair(model.ages_ms()[0], model.ages_ms()[1]); };
  model.step(cells, 0, 100);
  model.step(cells, 179'000, 100);
  CHECK(ages() == std::pair(0, 0));
  cells.valid[1] = 0;
  model.step(cells, 1'000, -100);
  CHECK(ages() == std::pair(180'000, 0));
  CHECK(model.all_stand()); // as far as anybody knows
  cells.valid[1] = -1;
  cells.fresh[1] = 0;
  model.step(cells, 180'000, 100);
  CHECK(ages() == std::pair(360'000, 0));
  cells.fresh[1] = -1;
  model.step(cells, 180'000, 100);
  CHECK(ages() == std::pair(540'000, 180'000));
  cells.value[0] = 1;
  model.step(cells, 1'000, 100);
  CHECK(ages() == std::pair(0, 181'000));
  CHECK_FALSE(model.all_stand());
  model.step(cells, 180'000, 100); // it stands at another value
  CHECK(ages() == std::pair(180'000, 361'000));
  CHECK(model.all_stand());
  standstill_model unrated(2, 0, 0.001);
  unrated.step(cells, 300'000, 1'000);
  unrated.step(cells, 300'000, 1'000);
  CHECK_FALSE(unrated.all_stand());
}

} // namespace voltaic::actors::protection::standstill_test
