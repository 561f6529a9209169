#include "actors/contactor/watch_model.hpp"

#include <catch2/catch.hpp>

namespace voltaic::actors::contactor::watch_model_test {

namespace {

device_values telling(std::optional<bool> minus, std::optional<bool> plus,
                      std::optional<bool> precharge = {}) {
  device_values device;
  device.minus_closed = minus;
  device.plus_closed = plus;
  device.precharge_closed = precharge;
  return device;
}

std::string_view shown_of(watch_options options, const device_values& device) {
  return watch_model(options).step(device, false).shown;
}

} // namespace

TEST_CASE("a rack that takes no orders stands where its feedback says, else nobody knows") {
  const watch_options both{true, true};
  CHECK(shown_of(both, telling(true, true)) == "closed");
  CHECK(shown_of(both, telling(false, true)) == "open");
  CHECK(shown_of(both, telling(true, false)) == "open");
  CHECK(shown_of(both, telling(true, false, true)) == "precharge");
  CHECK(shown_of(both, telling(false, false, true)) == "open");
  CHECK(shown_of(both, telling(true, {})) == "unknown");
  CHECK(shown_of(both, telling({}, {})) == "unknown");
  // One that tells of one contactor alone is believed as far as it goes.
  CHECK(shown_of({false, true}, telling({}, true)) == "closed");
  CHECK(shown_of({true, false}, telling(true, {})) == "closed");
  CHECK(shown_of({false, true}, telling({}, false)) == "open");
  CHECK(shown_of({false, false}, telling({}, {})) == "unknown");
}

TEST_CASE("what a rack that takes no orders shows changes with its reason, once each") {
  watch_model rack({true, true});
  CHECK_FALSE(rack.step(telling({}, {}), false).changed); // still awaited
  CHECK(rack.last().reason == "start");
  CHECK(rack.step(telling(true, true), false).changed);
  CHECK(rack.last().reason == by_feedback);
  CHECK_FALSE(rack.step(telling(true, true), false).changed);
  CHECK(rack.step(telling({}, true), false).changed);
  CHECK(rack.last().reason == no_feedback);
  for (const watch_options one : {watch_options{true, false}, watch_options{false, true}}) {
    watch_model awaited(one);
    CHECK_FALSE(awaited.step({}, false).changed);
    CHECK(awaited.last().reason == "start");
  }
  watch_model silent({});
  CHECK(silent.step({}, false).changed);
  CHECK(silent.last().reason == no_feedback);
}

TEST_CASE("an opening that nothing here can bring about is told, and found when it comes") {
  watch_model rack({true, true});
  static_cast<void>(rack.step(telling(true, true), false));
  CHECK(rack.step(telling(true, true), true).changed);
  CHECK(rack.last().shown == "closed");
  CHECK(rack.last().reason == cannot_open);
  CHECK_FALSE(rack.step(telling(true, true), true).changed);
  // The battery's own electronics open it.
  CHECK(rack.step(telling(false, false), true).changed);
  CHECK(rack.last().shown == "open");
  CHECK(rack.last().reason == by_feedback);
}

} // namespace voltaic::actors::contactor::watch_model_test
