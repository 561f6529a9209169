#include <catch2/catch.hpp>

#include "scenarios/property/rules.hpp"

namespace property_rules_test {

using namespace voltaic::tests::property;
using voltaic::messages::event;

namespace {

constexpr std::int64_t ms = 1'000;

fact at(std::int64_t t_ms, decltype(fact::what) what, int rack = 0) {
  return {t_ms * ms, rack, std::move(what)};
}

/// How often a rule is broken by a history, with a look at the time in between.
std::size_t breaks(std::unique_ptr<rule> judge, const std::vector<fact>& history) {
  std::int64_t looked_us = 0;
  for (const auto& next : history) {
    for (; looked_us + 50 * ms <= next.time_us; looked_us += 50 * ms) {
      judge->take({looked_us, -1, moment{}});
    }
    judge->take(next);
  }
  judge->take({history.back().time_us, -1, moment{}});
  return judge->violations().size();
}

/// All cells at a voltage every 200 ms, and the device's limits with them.
void add_scans(std::vector<fact>& history, std::int64_t from_ms, std::int64_t to_ms,
               std::uint16_t first_cell_mv = 3'300) {
  for (auto t_ms = from_ms; t_ms < to_ms; t_ms += 200) {
    for (std::uint32_t cell = 0; cell < rack_cells; cell += 4) {
      const auto first_mv = cell == 0 ? first_cell_mv : std::uint16_t{3'300};
      history.push_back(at(t_ms, cells_heard{cell, {first_mv, 3'300, 3'300, 3'300}}));
    }
    history.push_back(at(t_ms, limits_heard{140, 140}));
  }
}

request asked(const std::string& operation, std::int64_t deadline_ms) {
  return {"key", operation, "rack_0/contactor", 0, deadline_ms * ms};
}

std::vector<fact> with(std::vector<fact> history, const std::vector<fact>& more) {
  history.insert(history.end(), more.begin(), more.end());
  return history;
}

event numbered(std::uint64_t sequence, std::string state = "running") {
  event made;
  made.id = "rack_0-" + std::to_string(sequence);
  made.node = "rack_0";
  made.sequence = sequence;
  made.state = std::move(state);
  return made;
}

} // namespace

TEST_CASE("safety rule 1: an order that depends on the message bus is found") {
  const std::vector<fact> one{at(10, order_sent{1, 1, 0, false}),
                              at(60, order_sent{1, 2, 0, false})};
  auto late = one;
  late[1].time_us += 10 * ms;
  auto less = one;
  less.pop_back();
  CHECK(judge_rule_1(one, one).empty());
  CHECK(judge_rule_1(one, late).size() == 1);
  CHECK(judge_rule_1(one, less).size() == 1);
}

TEST_CASE("safety rule 2: a limit above the rated, the reported or protection's is found") {
  std::vector<fact> history{at(0, limits_said{0, 0})};
  add_scans(history, 10, 3'000);
  const auto fine = with(history, {at(3'000, limits_said{140, 140}), at(3'100, moment{}, -1)});
  CHECK(breaks(make_limit_rule(), fine) == 0);
  CHECK(breaks(make_limit_rule(), with(fine, {at(3'150, limits_said{141, 140})})) > 0);
  CHECK(breaks(make_limit_rule(), with(fine, {at(3'150, limits_said{140, -1})})) > 0);

  auto tightened = fine;
  for (int t_ms = 3'200; t_ms < 5'000; t_ms += 100) {
    tightened.push_back(at(t_ms, limits_heard{100, 140}));
  }
  CHECK(breaks(make_limit_rule(), tightened) > 0);
  CHECK(breaks(make_limit_rule(), with(fine, {at(5'500, moment{}, -1)})) > 0); // it fell silent

  // A word of the past is stale for whoever hears it; one of the present counts.
  const auto caught_up = [&](std::int64_t source_ms) {
    return with(fine, {at(3'150, chain_ended{"a standstill", false}),
                       at(5'050, limits_said{140, 140, source_ms * ms}), at(5'500, moment{}, -1)});
  };
  CHECK(breaks(make_limit_rule(), caught_up(3'100)) == 0);
  CHECK(breaks(make_limit_rule(), caught_up(5'000)) > 0);

  auto over = fine;
  add_scans(over, 3'200, 9'000, 3'601);
  CHECK(breaks(make_limit_rule(), over) > 0);
  // Of NMC cells other values are too high.
  equipment cells;
  cells.nmc = 1;
  const auto nmc = at(0, site_is{1, 0, cells}, -1);
  CHECK(breaks(make_limit_rule(), with({nmc}, over)) == 0);
  auto above = fine;
  add_scans(above, 3'200, 9'000, 4'201);
  CHECK(breaks(make_limit_rule(), with({nmc}, above)) > 0);
}

TEST_CASE("safety rule 3: a rack that is closed without a lease, or again by itself, is found") {
  const std::vector<fact> closes{at(100, command_arrived{asked("close", 10'000)}),
                                 at(110, order_sent{1, 1, 1, true}),
                                 at(110, order_arrived{{1, 1, 1, true}, false}),
                                 at(120, contactors{true, false}), at(400, contactors{true, true})};
  CHECK(breaks(make_lease_rule(), closes) == 0);
  CHECK(breaks(make_lease_rule(), with(closes, {at(900, moment{}, -1)})) > 0);
  CHECK(breaks(make_lease_rule(), with(closes, {at(450, order_sent{1, 1, 2, true})})) > 0);
  // A recorded order is no lease.
  CHECK(breaks(make_lease_rule(), with(closes, {at(500, order_arrived{{1, 1, 1, true}, true}),
                                                at(900, moment{}, -1)})) > 0);
  const auto lapses =
      with(closes, {at(610, contactors{false, true}), at(640, contactors{false, false})});
  CHECK(breaks(make_lease_rule(), with(lapses, {at(2'000, moment{}, -1)})) == 0);
  const auto again = with(lapses, {at(2'000, order_arrived{{1, 9, 1, true}, false}),
                                   at(2'010, contactors{true, false})});
  CHECK(breaks(make_lease_rule(), again) > 0);
  // It never lets go.
  CHECK(breaks(make_lease_rule(),
               with(closes, {at(610, contactors{false, true}), at(900, moment{}, -1)})) > 0);
}

TEST_CASE("safety rule 4: missing or invalid cells that count as numbers are found") {
  std::vector<fact> history{at(0, limits_said{0, 0})};
  add_scans(history, 10, 3'000);
  history.push_back(at(3'000, limits_said{140, 140}));
  history.push_back(at(3'000, contactors{true, true}));
  CHECK(breaks(make_missing_rule(), history) == 0);
  CHECK(breaks(make_missing_rule(), with(history, {at(5'000, moment{}, -1)})) > 0);
  const auto zero = with(history, {at(3'500, limits_said{0, 0})});
  CHECK(breaks(make_missing_rule(), with(zero, {at(11'000, moment{}, -1)})) == 0);
  CHECK(breaks(make_missing_rule(), with(zero, {at(13'000, moment{}, -1)})) > 0);
  const auto open = with(zero, {at(3'600, contactors{false, false})});
  CHECK(breaks(make_missing_rule(), with(open, {at(6'000, contactors{true, false})})) > 0);

  // A current that was known is known no more.
  const auto known = with(zero, {at(3'500, values_heard{3'500 * ms, {}, 0.0, {}})});
  CHECK(breaks(make_missing_rule(), with(known, {at(8'300, moment{}, -1)})) == 0);
  CHECK(breaks(make_missing_rule(), with(known, {at(8'500, moment{}, -1)})) > 0);

  // What its sentinel stands for is no current.
  const auto blind = with(known, {at(8'000, values_heard{8'000 * ms})});
  CHECK(breaks(make_missing_rule(), with(blind, {at(8'500, moment{}, -1)})) > 0);

  // A port that catches up makes nothing new.
  auto backlog = open;
  for (std::uint32_t cell = 0; cell < rack_cells; cell += 4) {
    backlog.push_back(at(5'990, cells_heard{cell, {3'300, 3'300, 3'300, 3'300}, 3'100 * ms}));
  }
  CHECK(breaks(make_missing_rule(), with(backlog, {at(6'000, contactors{true, false})})) > 0);

  auto invalid = history;
  invalid.push_back(at(3'010, cells_heard{0, {65'535, 65'535, 3'300, 3'300}}));
  CHECK(breaks(make_missing_rule(), with(invalid, {at(3'900, moment{}, -1)})) > 0);
}

TEST_CASE("safety rule 5: a reset before the cell was behind its clear value is found") {
  event told;
  told.kind = "protection";
  told.subject = "rack_0";
  told.candidate = "cell_overvoltage";
  told.level = "fault";
  told.edge = "set";
  told.scope = "module_0:cell_0";
  const auto history = [&](std::uint16_t after_mv, std::int64_t reset_ms) {
    std::vector<fact> all;
    add_scans(all, 0, 2'000, 3'660);
    all.push_back(at(2'000, event_said{"rack_0", told}, -1));
    add_scans(all, 2'010, 30'000, after_mv);
    auto reset = told;
    reset.edge = "reset";
    reset.scope = {};
    std::erase_if(all, [&](const fact& each) { return each.time_us > reset_ms * ms; });
    all.push_back(at(reset_ms, event_said{"rack_0", reset}, -1));
    return all;
  };
  CHECK(breaks(make_reset_rule(), history(3'400, 12'100)) == 0);
  CHECK(breaks(make_reset_rule(), history(3'400, 11'800)) > 0);
  CHECK(breaks(make_reset_rule(), history(3'401, 29'000)) > 0);
  CHECK(breaks(make_reset_rule(), history(65'535, 29'000)) > 0); // no value
  // What another cell does is not this one's.
  told.scope = "module_0:cell_1";
  CHECK(breaks(make_reset_rule(), history(3'620, 29'000)) == 0);
  // A value that lay beyond in between begins it anew, one that nobody may have seen does not.
  told.scope = "module_0:cell_0";
  for (const std::int64_t beyond_ms : {200, 600}) {
    auto broken = history(3'300, 16'000);
    for (auto& each : broken) {
      auto* cells = std::get_if<cells_heard>(&each.what);
      if (cells != nullptr && cells->first == 0 && each.time_us >= 8'000 * ms &&
          each.time_us < (8'000 + beyond_ms) * ms)
        cells->millivolts[0] = 3'620;
    }
    CHECK((breaks(make_reset_rule(), broken) > 0) == (beyond_ms == 600));
  }
  // With the journal the latch is gone: another one stands in its place.
  auto forgotten = history(3'620, 29'000);
  forgotten.insert(forgotten.end() - 1, at(28'000, journal_gone{"rack_0"}, -1));
  CHECK(breaks(make_reset_rule(), forgotten) == 0);
}

TEST_CASE("safety rule 5: a restart that closes or forgets a latch is found") {
  const auto close = command_arrived{asked("close", 10'000)};
  const auto ended = chain_ended{"a crash", true};
  const auto closed = contactors{true, false};
  CHECK(breaks(make_restart_rule(), {at(10, ended), at(20, close), at(60, closed)}) == 0);
  CHECK(breaks(make_restart_rule(), {at(10, close), at(20, ended), at(60, closed)}) > 0);
  event latched;
  latched.kind = "protection";
  latched.subject = "rack_0";
  latched.candidate = "cell_overvoltage";
  latched.level = "fault";
  latched.edge = "set";
  auto reset = latched;
  reset.edge = "reset";
  const auto set_fact = at(10, event_said{"rack_0", latched}, -1);
  CHECK(breaks(make_restart_rule(), {set_fact, at(20, ended), at(30, close), at(90, closed),
                                     at(300, moment{}, -1)}) > 0);
  CHECK(
      breaks(make_restart_rule(), {set_fact, at(20, ended), at(25, event_said{"rack_0", reset}, -1),
                                   at(30, close), at(90, closed)}) == 0);
  CHECK(breaks(make_restart_rule(), {at(10, journal_gone{"rack_0"}, -1), at(30, close),
                                     at(90, closed), at(300, moment{}, -1)}) > 0);

  // A slow disk holds the event back, but not what it tells of.
  const auto slow = [&](std::int64_t happened_ms) {
    return std::vector<fact>{set_fact, at(30, close), at(90, closed),
                             at(150, event_said{"rack_0", reset, happened_ms * ms}, -1),
                             at(300, moment{}, -1)};
  };
  CHECK(breaks(make_restart_rule(), slow(80)) == 0);
  CHECK(breaks(make_restart_rule(), slow(120)) > 0);
  const auto asked_to_reset = at(40, command_arrived{asked("reset", 1'000)});
  const auto dies = at(120, ended);
  CHECK(breaks(make_restart_rule(), {set_fact, asked_to_reset, at(50, close), at(90, closed), dies,
                                     at(300, moment{}, -1)}) == 0);
  CHECK(breaks(make_restart_rule(),
               {set_fact, at(50, close), at(90, closed), dies, at(300, moment{}, -1)}) > 0);
  const auto late_latch = at(150, event_said{"rack_0", latched, 40 * ms}, -1);
  CHECK(breaks(make_restart_rule(), {at(30, close), at(90, closed), late_latch}) > 0);
}

TEST_CASE("safety rule 5: a closing that begins after a newer command to open is found") {
  const auto asks = [](std::int64_t t_ms, const std::string& operation, const std::string& key) {
    return at(t_ms, command_arrived{{key, operation, "rack_0/contactor", 0, 10'000 * ms}});
  };
  const auto accepted = [](std::int64_t t_ms, const std::string& operation,
                           const std::string& key) {
    return at(t_ms, command_accepted{key, operation});
  };
  const auto begins = [](std::int64_t t_ms) { return at(t_ms, order_sent{1, 1, 1, true}); };
  const std::vector<fact> both{asks(10, "close", "a"), accepted(10, "close", "a"),
                               asks(20, "open", "b")};
  CHECK(breaks(make_restart_rule(), with(both, {begins(60)})) == 0); // it was not accepted
  const auto taken = with(both, {accepted(30, "open", "b")});
  CHECK(breaks(make_restart_rule(), with(taken, {begins(60)})) > 0);
  CHECK(breaks(make_restart_rule(), with(taken, {begins(30)})) == 0);
  CHECK(breaks(make_restart_rule(), with(taken, {asks(40, "close", "c"), begins(60)})) == 0);
  // What is under way goes on until it is opened, and does not begin again.
  const auto runs = with({begins(5)}, taken);
  CHECK(breaks(make_restart_rule(), with(runs, {at(40, order_sent{1, 2, 1, true})})) == 0);
  CHECK(breaks(make_restart_rule(), with(runs, {at(40, order_sent{1, 2, 0, false}), begins(60)})) >
        0);
  // A repetition is as old as what it repeats.
  CHECK(breaks(make_restart_rule(),
               {asks(10, "open", "b"), asks(20, "close", "a"), asks(30, "open", "b"),
                accepted(30, "open", "b"), begins(60)}) == 0);
}

TEST_CASE("safety rule 6: an event that is lost, doubled or never stored is found") {
  const auto stored = [](std::int64_t t_ms, event what) {
    return at(t_ms, event_stored{"rack_0", std::move(what)}, -1);
  };
  const auto said = [](std::int64_t t_ms, event what) {
    return at(t_ms, event_said{"rack_0", std::move(what)}, -1);
  };
  const std::vector<fact> fine{stored(10, numbered(1)), said(20, numbered(1)),
                               stored(30, numbered(2))};
  CHECK(breaks(make_event_rule(), fine) == 0);
  CHECK(breaks(make_event_rule(), with(fine, {stored(40, numbered(2))})) > 0);
  CHECK(breaks(make_event_rule(), with(fine, {said(40, numbered(3))})) > 0);
  CHECK(breaks(make_event_rule(), with(fine, {said(40, numbered(2, "another"))})) > 0);
  const auto gap = with(fine, {stored(40, numbered(5))});
  CHECK(breaks(make_event_rule(), with(gap, {at(3'000, moment{}, -1)})) > 0);
  CHECK(breaks(make_event_rule(),
               with(gap, {stored(900, numbered(6, "events_lost")), at(3'000, moment{}, -1)})) == 0);
}

TEST_CASE("safety rule 7: a command that acts twice, late or for nobody is found") {
  const auto order = [](std::int64_t t_ms, std::uint8_t contactor) {
    return at(t_ms, order_sent{1, static_cast<std::uint16_t>(t_ms), contactor, contactor > 0});
  };
  const auto close = at(10, command_arrived{asked("close", 1'000)});
  CHECK(breaks(make_command_rule(), {close, order(20, 1), order(300, 2)}) == 0);
  CHECK(breaks(make_command_rule(), {close, order(1'010, 1)}) > 0);
  CHECK(breaks(make_command_rule(), {order(20, 1)}) > 0);
  CHECK(breaks(make_command_rule(), {close, order(20, 1), order(300, 0), order(900, 1)}) > 0);
  // The next attempt of the same closing follows after its pause.
  const auto slow = at(10, command_arrived{asked("close", 9'000)});
  CHECK(breaks(make_command_rule(), {slow, order(20, 1), order(300, 0), order(3'310, 1)}) == 0);
  CHECK(breaks(make_command_rule(), {close, order(20, 1), order(300, 0), order(3'310, 1)}) > 0);
  event reset;
  reset.subject = "rack_0";
  reset.edge = "reset";
  CHECK(breaks(make_command_rule(), {at(20, event_said{"rack_0", reset}, -1)}) > 0);
  const auto asked_to_reset = at(10, command_arrived{asked("reset", 1'000)});
  const auto told = [&](std::int64_t happened_ms) {
    return at(1'060, event_said{"rack_0", reset, happened_ms * ms}, -1);
  };
  CHECK(breaks(make_command_rule(), {asked_to_reset, told(990)}) == 0);
  CHECK(breaks(make_command_rule(), {asked_to_reset, told(1'010)}) > 0);
  CHECK(breaks(make_command_rule(), {asked_to_reset, told(5)}) > 0); // before it was asked for
}

TEST_CASE("safety rule 7: a value that is sent twice, late, for nobody or instead of a newer one") {
  const auto set =
      at(10, command_arrived{{"key", "set", "rack_0/charge_current_limit", 20.5, 1'000 * ms}});
  const auto value = [](std::int64_t t_ms) { return at(t_ms, value_sent{true, 20.5}); };
  CHECK(breaks(make_command_rule(), {set, value(20)}) == 0);
  CHECK(breaks(make_command_rule(), {set, value(20), value(900)}) > 0);
  CHECK(breaks(make_command_rule(), {set, value(1'200)}) > 0);
  CHECK(breaks(make_command_rule(), {value(20)}) > 0);
  // Who lost his journal knows no keys any more.
  const auto lost = at(500, journal_gone{"rack_0"}, -1);
  CHECK(breaks(make_command_rule(), {set, value(20), lost, value(900)}) == 0);
  CHECK(breaks(make_command_rule(), {set, value(20), lost, value(1'200)}) > 0);
  CHECK(breaks(make_command_rule(), {set, value(20), lost, value(900), value(950)}) > 0);
  // What the device does not hold is written again, but not at once, nor faster, nor tighter.
  const auto reports = [](std::int64_t from_ms, std::int64_t to_ms, double limit_a) {
    std::vector<fact> heard;
    for (auto t_ms = from_ms; t_ms < to_ms; t_ms += 100)
      heard.push_back(at(t_ms, limits_heard{limit_a, limit_a}));
    return heard;
  };
  const auto after = [&](const std::vector<fact>& heard, const std::vector<fact>& more) {
    return breaks(make_command_rule(), with(with({set, value(20)}, heard), more));
  };
  CHECK(after(reports(100, 3'000, 140), {value(3'000)}) == 0);
  CHECK(after(reports(100, 1'500, 140), {value(1'500)}) > 0);
  CHECK(after(reports(100, 3'000, 15), {value(3'000)}) > 0);
  CHECK(after(reports(100, 3'000, 140), {value(3'000), value(6'000)}) > 0);
  CHECK(after(reports(100, 3'000, 140), {value(3'000), value(8'000), value(13'000)}) == 0);
  CHECK(after(reports(100, 3'000, 140),
              {value(3'000), value(8'000), value(13'000), value(18'000)}) > 0);
  const auto newer =
      at(30, command_arrived{{"newer", "set", "rack_0/charge_current_limit", 30, 1'000 * ms}});
  CHECK(after(with({newer, at(40, value_sent{true, 30})}, reports(100, 3'000, 140)),
              {value(3'000)}) > 0);
  // After a restart of the chain once at once.
  const auto restarted = at(2'500, chain_ended{"a crash", true});
  CHECK(after(with(reports(100, 2'600, 20.5), with({restarted}, reports(2'600, 3'000, 140))),
              {value(3'000)}) == 0);
  CHECK(after(with(reports(100, 2'600, 20.5), with({restarted}, reports(2'600, 3'000, 140))),
              {value(3'000), value(3'200)}) > 0);
  // The one before is written again only where the newest was never reported, and in bounds.
  const auto replaced = [&](double reported_a) {
    return with(with(reports(25, 30, 20.5), {newer, at(40, value_sent{true, 30})}),
                with(reports(100, 300, reported_a), reports(300, 3'000, 140)));
  };
  CHECK(after(replaced(20.5), {value(3'000)}) == 0);
  CHECK(after(replaced(30), {value(3'000)}) > 0);
  // One value of two keys acts for each; what nobody asked for does not act, default or not.
  const auto same =
      at(30, command_arrived{{"another", "set", "rack_0/charge_current_limit", 20.5, 1'000 * ms}});
  CHECK(breaks(make_command_rule(), {set, value(20), same, value(40)}) == 0);
  CHECK(breaks(make_command_rule(), {set, value(20), same, value(40), value(60)}) > 0);
  CHECK(breaks(make_command_rule(), {set, at(20, value_sent{true, 140})}) > 0);
}

TEST_CASE("safety rule 7: a set for a time that goes back early, twice, too far or not at all") {
  const auto asks = [](std::int64_t t_ms, const std::string& key, double value_a,
                       std::int64_t length_ms) {
    return at(t_ms, command_arrived{{key, "set", "rack_0/charge_current_limit", value_a, 1'000 * ms,
                                     length_ms * ms}});
  };
  const auto value = [](std::int64_t t_ms, double value_a) {
    return at(t_ms, value_sent{true, value_a});
  };
  const auto holds = [](std::int64_t t_ms, double value_a) {
    return at(t_ms, limits_heard{value_a, 140});
  };
  const auto broken = [](const std::vector<fact>& history, const std::vector<fact>& more) {
    return breaks(make_command_rule(), with(history, more));
  };
  const auto ends = at(8'000, moment{}, -1);
  const std::vector<fact> timed{asks(10, "timed", 20.5, 4'000), value(20, 20.5), holds(50, 20.5)};
  CHECK(broken(timed, {value(4'100, 140), ends}) == 0);
  CHECK(broken(timed, {value(3'000, 140), ends}) > 0);
  CHECK(broken(timed, {value(4'100, 140), value(4'200, 140), ends}) > 0);
  CHECK(broken(timed, {value(4'100, 100), ends}) > 0); // which stands for nobody
  CHECK(broken(timed, {at(9'000, moment{}, -1)}) > 0);
  const auto stalls = at(3'000, chain_ended{"a standstill", false});
  CHECK(broken(timed, {stalls, at(9'000, moment{}, -1)}) == 0);
  // Beside another one.
  const auto beside = with({asks(1, "stays", 30, 0), value(5, 30), holds(8, 30)}, timed);
  CHECK(broken(beside, {value(4'100, 30), ends}) == 0);
  CHECK(broken(beside, {value(4'100, 140), ends}) > 0);
  // After a restart it goes on, once.
  const auto restarts = at(2'500, chain_ended{"a crash", true});
  CHECK(broken(beside, {restarts, value(2'600, 20.5), value(4'100, 30), ends}) == 0);
  CHECK(broken(beside, {restarts, value(2'600, 140), ends}) > 0);
  CHECK(broken(beside, {restarts, value(2'600, 20.5), value(2'700, 20.5), ends}) > 0);
  // With the journal it is forgotten.
  const auto gone = at(2'510, journal_gone{"rack_0"}, -1);
  CHECK(broken(timed, {restarts, gone, at(9'000, moment{}, -1)}) == 0);
  CHECK(broken(timed, {restarts, gone, value(4'100, 140), ends}) > 0);
}

} // namespace property_rules_test
