#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "scenarios/property/inverter_wire.hpp"
#include "scenarios/property/rules.hpp"

// Each rule about what stands around the racks can be broken.
namespace property_equipment_rules_test {

using namespace voltaic::tests::property;

namespace {

constexpr std::int64_t ms = 1'000;
constexpr std::uint8_t open = 0;
constexpr std::uint8_t precharge = 1;
constexpr std::uint8_t close_all = 2;

fact at(std::int64_t t_ms, decltype(fact::what) what, int rack = 0) {
  return {t_ms * ms, rack, std::move(what)};
}

using history = std::vector<fact>;

/// In order of time, with a look at it every 50 ms.
std::size_t breaks(std::unique_ptr<rule> judge, history all) {
  std::ranges::stable_sort(all, {}, &fact::time_us);
  std::int64_t looked_us = 0;
  for (const auto& next : all) {
    for (; looked_us + 50 * ms <= next.time_us; looked_us += 50 * ms)
      judge->take({looked_us, -1, moment{}});
    judge->take(next);
  }
  return judge->violations().size();
}

history operator+(history first, const history& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

fact site(int racks, const equipment& has) {
  return at(0, site_is{racks, 0, has}, -1);
}

/// The same again and again.
history each(std::int64_t from_ms, std::int64_t to_ms, std::int64_t period_ms,
             const decltype(fact::what)& what, int rack = 0) {
  history all;
  for (auto t_ms = from_ms; t_ms < to_ms; t_ms += period_ms) all.push_back(at(t_ms, what, rack));
  return all;
}

order_sent order(std::uint8_t contactor) {
  return {1, 1, contactor, contactor != open};
}
fact told(std::int64_t t_ms, double charge_a, double discharge_a) {
  return at(t_ms, limits_told{charge_a, discharge_a}, -1);
}

equipment with_inverter(std::uint32_t behind) {
  equipment has;
  has.inverter = inverter_family::discover;
  has.behind = behind;
  has.shares_bus = true;
  has.hold_ms = 4'000;
  return has;
}

/// Racks that are closed from the start on and allow so much, until the end; an inverter that
/// lives.
history plant_of(const equipment& has, const std::vector<double>& allowed_a,
                 std::int64_t end_ms = 20'000) {
  history all{site(static_cast<int>(allowed_a.size()), has)};
  all = all + each(10, end_ms, 1'000, inverter_alive{}, -1) +
        each(10, end_ms, 500, battery_word{listening_node::inverter}, -1);
  for (std::size_t i = 0; i < allowed_a.size(); ++i) {
    const auto rack = static_cast<int>(i);
    all.push_back(at(20, order(close_all), rack));
    all.push_back(at(30, contactors{true, true}, rack));
    all = all + each(20, end_ms, 1'000,
                     rack_word{listening_node::site, allowed_a[i], allowed_a[i], {}}, rack);
  }
  return all;
}

history without(history all, const std::function<bool(const fact&)>& left_out) {
  std::erase_if(all, left_out);
  return all;
}

} // namespace

TEST_CASE("told limits: more than the racks allow, or the inverter can do, is found") {
  const auto rule = make_telling_rule;
  const auto both = plant_of(with_inverter(0b11), {100, 60});
  CHECK(breaks(rule(), both + history{told(10'000, 120, 120)}) == 0);
  CHECK(breaks(rule(), both + history{told(10'000, 121, 120)}) > 0);
  CHECK(breaks(rule(), both + history{told(10'000, 120, 121)}) > 0);
  CHECK(breaks(rule(), both + history{told(10'000, -1, 0)}) > 0);
  auto summed = with_inverter(0b11);
  summed.adds_up = true;
  const auto sum = plant_of(summed, {100, 60});
  CHECK(breaks(rule(), sum + history{told(10'000, 160, 160)}) == 0);
  CHECK(breaks(rule(), sum + history{told(10'000, 161, 160)}) > 0);
  const auto strong = plant_of(summed, {140, 140});
  CHECK(breaks(rule(), strong + history{told(10'000, 201, 0)}) > 0);
  // One that is open has no share, one that only just opened may still have had one.
  const auto opens = both + history{at(10'000, order(open), 1), at(10'050, contactors{}, 1)};
  CHECK(breaks(rule(), opens + history{told(11'000, 120, 120)}) == 0);
  CHECK(breaks(rule(), opens + history{told(19'000, 120, 120)}) > 0);
}

TEST_CASE(
    "told limits: a limit that fell and is told on is found, also of a lost rack that holds") {
  const auto falls = plant_of(with_inverter(0b1), {100}, 10'000) +
                     each(10'000, 20'000, 500, battery_word{listening_node::inverter}, -1) +
                     each(10'010, 20'000, 1'000, inverter_alive{}, -1);
  const auto says = [](std::int64_t t_ms, double value_a) {
    return at(t_ms, rack_word{listening_node::site, value_a, value_a, {}});
  };
  const auto low = each(10'020, 20'000, 1'000, says(0, 30).what);
  CHECK(breaks(make_telling_rule(), falls + low + history{told(11'000, 100, 100)}) == 0);
  CHECK(breaks(make_telling_rule(), falls + low + history{told(19'000, 30, 30)}) == 0);
  CHECK(breaks(make_telling_rule(), falls + low + history{told(19'000, 31, 30)}) > 0);
  auto held = with_inverter(0b1);
  held.hold_ms = 60'000;
  auto lost = falls;
  lost.front() = site(1, held);
  lost.push_back(says(10'020, 30));
  CHECK(breaks(make_telling_rule(), lost + history{told(19'000, 30, 30)}) == 0);
  CHECK(breaks(make_telling_rule(), lost + history{told(19'000, 31, 30)}) > 0);
}

TEST_CASE("told limits: current where nothing may flow is found") {
  const auto rule = make_telling_rule;
  const history flows{told(15'000, 50, 50)};
  const auto fine = plant_of(with_inverter(0b11), {100, 60});
  CHECK(breaks(rule(), fine + flows) == 0);
  // Its heartbeat: lost, not steady again, or not since its link began anew.
  const auto is_beat = [](std::int64_t from_ms, std::int64_t to_ms) {
    return [=](const fact& one) {
      return std::holds_alternative<inverter_alive>(one.what) && one.time_us > from_ms * ms &&
             one.time_us < to_ms * ms;
    };
  };
  CHECK(breaks(rule(), without(fine, is_beat(9'000, 20'000)) + flows) > 0);
  CHECK(breaks(rule(), without(fine, is_beat(12'000, 20'000)) + flows) == 0);
  CHECK(breaks(rule(), without(fine, is_beat(7'000, 13'500)) + flows) > 0);
  CHECK(breaks(rule(), fine + history{at(14'500, link_ended{}, -1)} + flows) > 0);
  // The battery's word, a lost rack, and what the site's files say.
  CHECK(breaks(rule(), without(fine, [](const fact& one) {
                         return std::holds_alternative<battery_word>(one.what) &&
                                one.time_us > 13'000 * ms;
                       }) + flows) > 0);
  const auto lost = [&](const equipment& has) {
    return without(plant_of(has, {100, 60}), [](const fact& one) {
      return std::holds_alternative<rack_word>(one.what) && one.rack == 1 &&
             one.time_us > 5'000 * ms;
    });
  };
  auto has = with_inverter(0b11);
  CHECK(breaks(rule(), lost(has) + flows) > 0);
  has.hold_ms = 60'000;
  CHECK(breaks(rule(), lost(has) + flows) == 0);
  has.lost = lost_rack::stop;
  CHECK(breaks(rule(), lost(has) + flows) > 0);
  has.lost = lost_rack::exclude;
  CHECK(breaks(rule(), lost(has) + flows) == 0);
  auto unfit = with_inverter(0b11);
  unfit.fits = false;
  CHECK(breaks(rule(), plant_of(unfit, {100, 60}) + flows) > 0);
  auto dumb = with_inverter(0b11);
  dumb.can_say = false;
  CHECK(breaks(rule(), plant_of(dumb, {100, 60}) + flows) > 0);
  CHECK(breaks(rule(), plant_of(dumb, {100, 60}) + history{told(15'000, 0, 0)}) == 0);
}

TEST_CASE("told limits: current beside a voltage that its frames cannot tell is found, only then") {
  const auto rule = make_telling_rule;
  auto dumb = with_inverter(0b11);
  dumb.can_say = false;
  const auto shows = [](std::int64_t t_ms, double voltage_v, int rack) {
    return at(t_ms, values_heard{t_ms * ms, voltage_v, {}, {}}, rack);
  };
  const auto high = plant_of(dumb, {100, 60}) + history{shows(1'000, 1'584, 0)};
  CHECK(breaks(rule(), high + history{told(15'000, 50, 50)}) > 0);
  const auto falls = high + history{shows(9'000, 300.5, 1)};
  CHECK(breaks(rule(), falls + history{told(15'000, 50, 50)}) == 0);
  const auto rises = falls + history{shows(14'000, 327.7, 1)};
  CHECK(breaks(rule(), rises + history{told(15'000, 50, 50)}) == 0);
  CHECK(breaks(rule(), rises + history{told(19'001, 50, 50)}) > 0);
  // That of a rack which is not behind the inverter says nothing.
  auto partly = dumb;
  partly.behind = 0b01;
  const auto other = plant_of(partly, {100, 60}) + history{shows(9'000, 300.5, 1)};
  CHECK(breaks(rule(), other + history{told(15'000, 50, 50)}) > 0);
}

TEST_CASE("told limits: current beside a welded rack is found") {
  const auto welded = [](equipment has) {
    return plant_of(has, {100, 60}) +
           history{at(6'000, order(open), 1), at(6'020, contactors{false, true, true}, 1)};
  };
  const auto rule = make_telling_rule;
  CHECK(breaks(rule(), welded(with_inverter(0b11)) + history{told(15'000, 0, 0)}) == 0);
  CHECK(breaks(rule(), welded(with_inverter(0b11)) + history{told(15'000, 50, 50)}) > 0);
  // Not where it is mended, or each has a converter that stops by itself.
  CHECK(breaks(rule(), welded(with_inverter(0b11)) +
                           history{at(13'000, contactors{}, 1), told(19'500, 50, 50)}) == 0);
  auto own = with_inverter(0b11);
  own.adds_up = true;
  CHECK(breaks(rule(), welded(own) + history{told(15'000, 50, 50)}) == 0);
  // One that is left out while it is lost is not left out while it is heard.
  auto lenient = with_inverter(0b11);
  lenient.lost = lost_rack::exclude;
  CHECK(breaks(rule(), welded(lenient) + history{told(15'000, 50, 50)}) > 0);
}

TEST_CASE("told limits are read from the bytes that each family has") {
  voltaic::messages::can::frame frame;
  frame.id = 0x351;
  frame.length = 8;
  frame.data = {0, 0, 0xE8, 0x03, 0xF4, 0x01, 0, 0};
  CHECK(read_told(inverter_family::sma, frame) == limits_told{100, 50});
  CHECK_FALSE(read_told(inverter_family::pylontech_hv, frame));
  frame.id = 0x4220;
  frame.extended = true;
  frame.data = {0, 0, 0, 0, 0x18, 0x79, 0x24, 0x77}; // 31,000 and 30,500
  CHECK(read_told(inverter_family::pylontech_hv, frame) == limits_told{100, 50});
  CHECK_FALSE(read_told(inverter_family::discover, frame));
}

namespace {

permit_heard permits(std::int64_t said_ms, bool granted = true, bool close_allowed = true,
                     const std::string& from = "rack_0/protection") {
  return {from, said_ms * ms, granted, close_allowed};
}

/// A rack all of whose words are fresh until the end, and that begins to close there.
history closes(std::int64_t permit_ms, std::int64_t status_ms, std::int64_t values_ms) {
  return {at(permit_ms, permits(permit_ms)), at(status_ms, status_heard{status_ms * ms}),
          at(values_ms, values_heard{values_ms * ms, 1'584, 0, 1'584}), at(5'000, order(precharge)),
          at(5'100, order(close_all))};
}

} // namespace

TEST_CASE("old words: a closing on an old permit, on old feedback or old voltages is found") {
  CHECK(breaks(make_word_rule(), closes(4'900, 4'900, 4'900)) == 0);
  CHECK(breaks(make_word_rule(), closes(4'100, 4'900, 4'900)) > 0);
  CHECK(breaks(make_word_rule(), closes(4'900, 4'300, 4'900)) > 0);
  CHECK(breaks(make_word_rule(), closes(4'900, 4'900, 4'400)) > 0);
  // A word that came late is as old as it is, and one that is none is no word.
  auto late = closes(4'900, 4'900, 4'900);
  late[0] = at(4'900, permits(4'000));
  CHECK(breaks(make_word_rule(), late) > 0);
  auto withheld = closes(4'900, 4'900, 4'900);
  withheld[0] = at(4'900, permits(4'900, false));
  CHECK(breaks(make_word_rule(), withheld) > 0);
  withheld[0] = at(4'900, permits(4'900, true, false));
  CHECK(breaks(make_word_rule(), withheld) > 0);
  auto blind = closes(4'900, 4'900, 4'900);
  blind[2] = at(4'900, values_heard{4'900 * ms, 1'584, 0, {}});
  CHECK(breaks(make_word_rule(), blind) > 0);
}

TEST_CASE("old words: a lease that goes on after the permit is found") {
  const auto closed = closes(4'900, 4'900, 4'900) + each(5'200, 9'500, 100, order(close_all));
  CHECK(breaks(make_word_rule(), closed) > 0); // 3 s of an ordered opening, and no longer
  CHECK(breaks(make_word_rule(),
               closes(4'900, 4'900, 4'900) + each(5'200, 8'500, 100, order(close_all))) == 0);
  // What is to open at once waits for no current.
  auto at_once = permits(5'200, false, false);
  at_once.at_once = true;
  CHECK(breaks(make_word_rule(), closes(4'900, 4'900, 4'900) +
                                     each(5'200, 6'500, 100, order(close_all)) +
                                     history{at(5'200, at_once)}) > 0);
  history renewed;
  for (std::int64_t t_ms = 5'000; t_ms < 9'500; t_ms += 100)
    renewed.push_back(at(t_ms, permits(t_ms)));
  CHECK(breaks(make_word_rule(), closed + renewed) == 0);
}

TEST_CASE("two evaluators: a lease that only one of them gives is found") {
  equipment doubled;
  doubled.doubled = 1;
  const auto second = [](std::int64_t said_ms, bool granted = true, bool close_allowed = true) {
    return at(said_ms, permits(said_ms, granted, close_allowed, "rack_0/evaluator"));
  };
  const auto closing = history{site(1, doubled)} + closes(4'900, 4'900, 4'900);
  CHECK(breaks(make_evaluator_rule(), closing + history{second(4'900)}) == 0);
  CHECK(breaks(make_evaluator_rule(), closing) > 0);
  CHECK(breaks(make_evaluator_rule(), closing + history{second(4'000)}) > 0);
  CHECK(breaks(make_evaluator_rule(), closing + history{second(4'900, false)}) > 0);
  CHECK(breaks(make_evaluator_rule(), closing + history{second(4'900, true, false)}) > 0);
  CHECK(breaks(make_evaluator_rule(), closes(4'900, 4'900, 4'900)) == 0); // it has one
  // A rack that is closed is given no lease any more once it had its time to open.
  history goes_on = closing + history{second(4'900)} + each(5'200, 9'500, 100, order(close_all));
  for (std::int64_t t_ms = 5'000; t_ms < 9'500; t_ms += 100) {
    goes_on.push_back(at(t_ms, permits(t_ms)));
    goes_on.push_back(second(t_ms, false));
  }
  CHECK(breaks(make_evaluator_rule(), goes_on) > 0);
}

TEST_CASE("two evaluators: a closing while their difference is an alarm is found") {
  equipment doubled;
  doubled.doubled = 1;
  const auto closing = history{site(1, doubled)} + closes(4'900, 4'900, 4'900) +
                       history{at(4'900, permits(4'900, true, true, "rack_0/evaluator"))};
  voltaic::messages::event alarm;
  alarm.subject = "rack_0";
  alarm.candidate = "evaluator_difference";
  alarm.edge = "set";
  const auto differs = at(4'000, event_said{"rack_0", alarm}, -1);
  alarm.edge = "clear";
  const auto agrees = at(4'500, event_said{"rack_0", alarm}, -1);
  CHECK(breaks(make_evaluator_rule(), closing + history{differs}) > 0);
  CHECK(breaks(make_evaluator_rule(), closing + history{differs, agrees}) == 0);
}

TEST_CASE("inputs: a lease or a closed rack while an input is active is found") {
  equipment guarded;
  guarded.guarded = 1;
  const auto pressed = [&](std::int64_t opens_ms, std::int64_t parts_ms) {
    return history{site(1, guarded), at(900, contactors{true, true}),
                   at(1'000, input_is{"emergency_stop", true}), at(1'900, moment{}, -1)} +
           each(500, opens_ms, 100, order(close_all)) + each(opens_ms, 1'900, 100, order(open)) +
           history{at(parts_ms, contactors{})};
  };
  CHECK(breaks(make_input_rule(), pressed(1'080, 1'100)) == 0);
  CHECK(breaks(make_input_rule(), pressed(1'300, 1'310)) > 0);
  CHECK(breaks(make_input_rule(), pressed(1'080, 1'550)) == 0); // the orders were lost
  CHECK(breaks(make_input_rule(), pressed(1'080, 1'700)) > 0);
  // One that another node reads has its time on the message bus.
  guarded.far_away = 1;
  CHECK(breaks(make_input_rule(), pressed(1'600, 1'610)) == 0);
  CHECK(breaks(make_input_rule(), pressed(1'800, 1'810)) > 0);
}

TEST_CASE("inputs: a rack that is not ordered to open is found, where nothing disturbs its chain") {
  equipment guarded;
  guarded.guarded = 1;
  const history ignores{site(1, guarded), at(900, order(close_all)),
                        at(1'000, input_is{"fire", true}), at(1'300, moment{}, -1)};
  CHECK(breaks(make_input_rule(), ignores) > 0);
  CHECK(breaks(make_input_rule(), ignores + history{at(950, chain_ended{"a crash", true})}) == 0);
  CHECK(breaks(make_input_rule(), ignores + history{at(1'050, input_is{"fire", false})}) == 0);
  CHECK(breaks(make_input_rule(), ignores + history{at(1'050, order(open))}) == 0);
}

TEST_CASE("outputs: one that is on beyond its time, or that nobody asked for, is found") {
  const history on{at(1'000, output_is{true}), at(5'000, moment{}, -1)};
  const auto asked = [](std::int64_t until_ms) { return at(990, output_asked{until_ms * ms}); };
  CHECK(breaks(make_output_rule(), on) > 0);
  CHECK(breaks(make_output_rule(), on + history{asked(5'000)}) == 0);
  CHECK(breaks(make_output_rule(), on + history{asked(4'000)}) > 0);
  CHECK(breaks(make_output_rule(), on + history{asked(4'000), at(4'040, output_is{false})}) == 0);
  CHECK(breaks(make_output_rule(),
               on + history{asked(4'000), at(3'000, chain_ended{"a standstill", false})}) == 0);
}

namespace {

/// Two racks on one DC bus, the second of which is closed; the first begins to close after 10 s.
history joins(double own_v, double other_v) {
  equipment has;
  has.shares_bus = true;
  return history{site(2, has), at(20, contactors{true, true}, 1), at(10'000, order(precharge))} +
         each(0, 10'000, 100, values_heard{0, own_v, 0, other_v}) +
         each(0, 10'000, 100, values_heard{0, other_v, 0, other_v}, 1);
}

} // namespace

TEST_CASE(
    "joining: racks outside of the gate of voltages, or whose voltage nobody knows, are found") {
  CHECK(breaks(make_joining_rule(), joins(1'584, 1'587)) == 0);
  CHECK(breaks(make_joining_rule(), joins(1'584, 1'588)) > 0);
  CHECK(breaks(make_joining_rule(), joins(1'588, 1'584)) > 0);
  const auto silent = [](int rack, std::int64_t from_ms) {
    return without(joins(1'584, 1'584), [=](const fact& one) {
      return std::holds_alternative<values_heard>(one.what) && one.rack == rack &&
             one.time_us > from_ms * ms;
    });
  };
  CHECK(breaks(make_joining_rule(), silent(1, 7'000)) == 0);
  CHECK(breaks(make_joining_rule(), silent(1, 3'000)) > 0);
  CHECK(breaks(make_joining_rule(), silent(0, 3'000)) > 0);
  // One that is open may stand anywhere.
  CHECK(breaks(make_joining_rule(), joins(1'584, 1'700) + history{at(9'000, contactors{}, 1)}) ==
        0);
}

TEST_CASE("joining: a closing against a welded rack is found") {
  const auto says = [](std::int64_t t_ms, const std::string& lock) {
    return at(t_ms, rack_word{listening_node::site, {}, {}, lock}, 1);
  };
  const auto begins = joins(1'584, 1'584);
  CHECK(breaks(make_joining_rule(), begins + history{says(3'000, "contactor_weld")}) > 0);
  CHECK(breaks(make_joining_rule(),
               begins + history{says(3'000, "contactor_weld"), says(8'000, "none")}) == 0);
  CHECK(breaks(make_joining_rule(), begins + history{says(9'500, "contactor_weld")}) == 0);
}

TEST_CASE("F-148 doubts: more than half of the current while its sensor is doubted is found") {
  const auto edge = [](std::int64_t t_ms, const std::string& what) {
    voltaic::messages::event told;
    told.kind = "protection";
    told.subject = "rack_0";
    told.candidate = "current_implausible";
    told.edge = what;
    return at(t_ms, event_said{"rack_0", std::move(told)});
  };
  const history half = each(0, 20'000, 500, limits_said{70, 70});
  const history all = each(0, 20'000, 500, limits_said{140, 70});
  CHECK(breaks(make_doubt_rule(), all) == 0);
  CHECK(breaks(make_doubt_rule(), half + history{edge(4'000, "set")}) == 0);
  CHECK(breaks(make_doubt_rule(), all + history{edge(4'000, "set")}) > 0);
  CHECK(breaks(make_doubt_rule(), all + history{edge(4'000, "set"), edge(4'500, "clear")}) == 0);
  CHECK(breaks(make_doubt_rule(),
               all + history{edge(4'000, "set"), at(4'500, chain_ended{"an end"})}) == 0);
}

} // namespace property_equipment_rules_test
