#include "actors/contactor/evidence_model.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

namespace voltaic::actors::contactor::evidence_model_test {

namespace {

constexpr std::int64_t start_us = 1'000'000;
const contactor_options rules;

device_values open_device() {
  device_values device;
  device.minus_closed = device.plus_closed = device.precharge_closed = false;
  device.current_a = 0;
  device.rack_v = 800;
  device.bus_v = 0;
  return device;
}
device_values closed_device() {
  auto device = open_device();
  device.minus_closed = device.plus_closed = true;
  device.bus_v = device.rack_v;
  return device;
}

/// In a state since `start_us`, with what the device shows since then.
struct watched {
  explicit watched(state in, const device_values& shows, const contactor_options& by = rules,
                   side first = side::plus)
      : at(in), model(by) {
    model.observe(at, shows, start_us);
    model.enter(start_us, first);
  }
  std::string weld(std::int64_t after_us) {
    return std::string(model.weld(at, start_us + after_us));
  }
  bool dropped(const device_values& shows, std::int64_t after_us) {
    model.observe(at, shows, start_us + after_us);
    return model.dropped();
  }
  state at;
  evidence_model model;
};

/// Which one contradicts a state exactly from a time on; empty: none ever does.
std::string named(state at, const device_values& shows, std::int64_t after_us,
                  side first = side::plus) {
  watched just_before(at, shows, rules, first);
  watched then(at, shows, rules, first);
  CHECK(just_before.weld(after_us - 1).empty());
  return then.weld(after_us);
}

constexpr std::int64_t forever_us = 3'600'000'000;

} // namespace

TEST_CASE("what is known of three contactors, open, closed or silent") {
  using feedback = std::optional<bool>;
  for (const feedback minus : {feedback(), feedback(false), feedback(true)}) {
    for (const feedback plus : {feedback(), feedback(false), feedback(true)}) {
      for (const feedback precharge : {feedback(), feedback(false), feedback(true)}) {
        device_values device;
        device.minus_closed = minus;
        device.plus_closed = plus;
        device.precharge_closed = precharge;
        const std::multiset<feedback> all{minus, plus, precharge};
        CHECK(known(device) == (all.count(feedback()) == 0));
        CHECK(any_closed(device) == (all.count(feedback(true)) > 0));
        CHECK(all_open(device) == (all.count(feedback(false)) == 3));
        CHECK(conducting(device) == (minus == true && plus == true));
      }
    }
  }
}

TEST_CASE("F-159 a contactor that stays closed where all are ordered open is named after 300 ms") {
  for (const auto at : {state::open, state::pause, state::opening_second, state::unconfirmed,
                        state::verifying, state::fault}) {
    CAPTURE(to_string(at));
    auto shows = open_device();
    CHECK(watched(at, shows).weld(forever_us).empty());
    shows.precharge_closed = true;
    CHECK(named(at, shows, rules.feedback_us) == "precharge");
    shows.plus_closed = true;
    CHECK(named(at, shows, rules.feedback_us) == "plus");
    shows.minus_closed = true;
    CHECK(named(at, shows, rules.feedback_us) == "minus");
  }
}

TEST_CASE("F-024 after a start a closed contactor may live on the last lease for a while") {
  const auto patience_us = rules.lease_us + rules.reducing_us + rules.feedback_us;
  CHECK(patience_us == 3'800'000);
  for (const auto* name : {"minus", "plus", "precharge"}) {
    auto shows = open_device();
    (std::string(name) == "minus"  ? shows.minus_closed
     : std::string(name) == "plus" ? shows.plus_closed
                                   : shows.precharge_closed) = true;
    CHECK(named(state::starting, shows, patience_us) == name);
  }
}

TEST_CASE("F-159 in each state of a closing only the contactor that must be open can be welded") {
  auto plus = open_device();
  plus.minus_closed = plus.precharge_closed = true;
  CHECK(watched(state::closing_minus, plus).weld(forever_us).empty());
  CHECK(watched(state::precharging, plus).weld(forever_us).empty());
  plus.plus_closed = true;
  CHECK(named(state::closing_minus, plus, rules.feedback_us) == "plus");
  CHECK(named(state::precharging, plus, rules.feedback_us) == "plus");
  CHECK(watched(state::closing_plus, plus).weld(forever_us).empty());
  for (const auto at : {state::opening_precharge, state::closed, state::reducing}) {
    CAPTURE(to_string(at));
    CHECK(watched(at, closed_device()).weld(forever_us).empty());
    auto shows = closed_device();
    shows.precharge_closed = true;
    CHECK(named(at, shows, rules.feedback_us) == "precharge");
  }
}

TEST_CASE("F-159 of an opening, the contactor that was ordered open first is watched first") {
  CHECK(named(state::opening_first, closed_device(), rules.feedback_us, side::plus) == "plus");
  CHECK(named(state::opening_first, closed_device(), rules.feedback_us, side::minus) == "minus");
  auto shows = open_device();
  shows.minus_closed = true;
  CHECK(watched(state::opening_first, shows, rules, side::plus).weld(forever_us).empty());
  shows = open_device();
  shows.plus_closed = true;
  CHECK(watched(state::opening_first, shows, rules, side::minus).weld(forever_us).empty());
}

TEST_CASE("a contactor that opened in between begins its time again") {
  auto shows = open_device();
  shows.minus_closed = true;
  watched rack(state::open, shows);
  rack.model.observe(state::open, open_device(), start_us + 100'000);
  rack.model.observe(state::open, shows, start_us + 200'000);
  CHECK(rack.weld(200'000 + rules.feedback_us - 1).empty());
  CHECK(rack.weld(200'000 + rules.feedback_us) == "minus");
  // So does one whose state begins later.
  rack.model.enter(start_us + 1'000'000, side::plus);
  CHECK(rack.weld(1'000'000 + rules.feedback_us - 1).empty());
  CHECK(rack.weld(1'000'000 + rules.feedback_us) == "minus");
}

TEST_CASE(
    "F-159 a bus at the rack's voltage for 5 s betrays a weld, from 60 V on and nearer than 3 V") {
  struct row {
    double rack_v;
    std::optional<double> bus_v;
    bool shares;
    bool follows;
  };
  for (const auto& [rack_v, bus_v, shares, follows] : std::vector<row>{{800, 800, false, true},
                                                                       {800, 797.1, false, true},
                                                                       {800, 797, false, false},
                                                                       {800, 803, false, false},
                                                                       {800, 802.9, false, true},
                                                                       {800, 0, false, false},
                                                                       {60, 60, false, true},
                                                                       {59.9, 59.9, false, false},
                                                                       {800, {}, false, false},
                                                                       {800, 800, true, false}}) {
    CAPTURE(rack_v, bus_v.value_or(-1), shares);
    auto by = rules;
    by.shares_bus = shares;
    auto shows = open_device();
    shows.rack_v = rack_v;
    shows.bus_v = bus_v;
    for (const auto at : {state::open, state::verifying}) {
      CHECK(watched(at, shows, by).model.bus_agrees() == !follows);
      CHECK(watched(at, shows, by).weld(rules.decay_us - 1).empty());
      CHECK(watched(at, shows, by).weld(rules.decay_us) == (follows ? "bus" : ""));
    }
    CHECK(watched(state::opening_second, shows, by).weld(forever_us).empty());
    shows.rack_v.reset();
    CHECK(watched(state::open, shows, by).model.bus_agrees());
  }
}

TEST_CASE("F-160 feedback that is missing adds up to 300 ms, and is forgiven four times slower") {
  auto gone = closed_device();
  gone.plus_closed = false;
  for (const auto at : {state::closed, state::reducing, state::opening_precharge}) {
    CAPTURE(to_string(at));
    watched rack(at, closed_device());
    CHECK_FALSE(rack.dropped(gone, 299'999));
    CHECK(rack.dropped(gone, 300'000));
    watched chatters(at, closed_device());
    CHECK_FALSE(chatters.dropped(gone, 200'000));
    CHECK_FALSE(chatters.dropped(closed_device(), 600'000)); // 100 ms are left
    CHECK_FALSE(chatters.dropped(gone, 799'999));
    CHECK(chatters.dropped(gone, 800'000));
    watched rested(at, closed_device());
    CHECK_FALSE(rested.dropped(closed_device(), 60'000'000)); // nothing is saved up
    CHECK(rested.dropped(gone, 60'300'000));
    rested.model.enter(start_us + 60'300'000, side::plus);
    CHECK_FALSE(rested.model.dropped());
    auto silent = gone;
    silent.precharge_closed.reset();
    CHECK_FALSE(watched(at, closed_device()).dropped(silent, forever_us)); // unknown is not open
  }
  for (const auto at : {state::open, state::closing_minus, state::closing_plus, state::pause}) {
    CHECK_FALSE(watched(at, open_device()).dropped(open_device(), forever_us));
  }
}

TEST_CASE("F-160 a precharge needs both its contactors once they were seen, and only then") {
  auto both = open_device();
  both.minus_closed = both.precharge_closed = true;
  for (const bool minus : {false, true}) {
    auto one = open_device();
    (minus ? one.minus_closed : one.precharge_closed) = true;
    watched rack(state::precharging, open_device());
    CHECK_FALSE(rack.dropped(one, 10'000'000)); // on its way
    CHECK_FALSE(rack.model.precharge_seen());
    CHECK_FALSE(rack.dropped(both, 10'100'000));
    CHECK(rack.model.precharge_seen());
    CHECK_FALSE(rack.dropped(one, 10'399'999));
    CHECK(rack.dropped(one, 10'400'000));
    rack.model.enter(start_us + 10'400'000, side::plus);
    CHECK_FALSE(rack.model.precharge_seen());
  }
  watched elsewhere(state::closing_minus, open_device());
  elsewhere.dropped(both, 100'000);
  CHECK_FALSE(elsewhere.model.precharge_seen());
}

TEST_CASE("feedback that is unknown for a second is blindness, whichever contactor is silent") {
  for (int silent = 0; silent < 3; ++silent) {
    auto shows = open_device();
    (silent == 0   ? shows.minus_closed
     : silent == 1 ? shows.plus_closed
                   : shows.precharge_closed)
        .reset();
    const watched rack(state::closed, shows);
    CHECK_FALSE(rack.model.is_blind(start_us + rules.feedback_lost_us - 1));
    CHECK(rack.model.is_blind(start_us + rules.feedback_lost_us));
  }
  CHECK_FALSE(watched(state::closed, closed_device()).model.is_blind(start_us + forever_us));
}

} // namespace voltaic::actors::contactor::evidence_model_test
