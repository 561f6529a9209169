#include <catch2/catch.hpp>

#include <utility>

#include "actors/contactor/reset_key.hpp"
#include "support/test_node.hpp"

// A key that resets latches: what counts as a turn, and what a turn asks for.
namespace voltaic::actors::contactor::reset_key_test {

namespace {

using messages::outcome;
using tests::test_node;

constexpr std::int64_t s = messages::us_per_s;
using lines = std::vector<std::string>;

/// A rack whose key shows what it is told to, in a node on virtual time.
struct stage {
  std::optional<bool> is_active = false;
  bool is_open = true;
  test_node node{{group()}};

  runtime::group_spec group() {
    class looker final : public runtime::actor {
     public:
      looker(runtime::context& context, stage& of)
          : of_(of), key_(context, "rack_0", "dio_0/key") {}
      using runtime::actor::receive;
      void receive(const messages::message& message) override {
        if (const auto* told = std::get_if<messages::result>(&message.payload)) key_.take(*told);
      }
      void wake(runtime::instant /*now*/) override { key_.look(of_.is_active, of_.is_open); }

     private:
      stage& of_;
      reset_key key_;
    };
    runtime::group_spec made;
    made.children.push_back({"rack_0/contactor", "contactor", [this](runtime::context& context) {
                               return std::make_unique<looker>(context, *this);
                             }});
    return made;
  }
  void show(std::optional<bool> what) {
    is_active = what;
    node.advance(100'000);
  }
  void turn() {
    show(true);
    node.advance(s);
    show(false);
  }
  [[nodiscard]] std::vector<messages::command> asked() const {
    std::vector<messages::command> found;
    for (const auto& frame : node.outside.sent) {
      const auto message = messages::decode(*frame);
      if (const auto* command = std::get_if<messages::command>(&message->payload))
        found.push_back(*command);
    }
    return found;
  }
  [[nodiscard]] lines events() const {
    lines found;
    for (const auto& message : node.outside.all<messages::event>()) {
      const auto& event = std::get<messages::event>(message.payload);
      found.push_back(event.subject + " " + event.state + " " + event.reason);
    }
    return found;
  }
  void answer(outcome what, lines reasons = {}) {
    messages::result told;
    told.key = told.id = asked().back().key;
    told.reply_to = "rack_0/contactor";
    told.outcome = what;
    told.reasons = std::move(reasons);
    messages::header from;
    from.source = "command";
    from.incarnation = 1;
    node.hear(bus::message::plane::commands, from, told);
  }
};

} // namespace

TEST_CASE("a reset key counts by its edge, when it is let go, and all of the turn was seen") {
  const auto turns = [](const std::vector<std::optional<bool>>& shown) {
    reset_key_model key;
    int turned = 0;
    std::int64_t now_us = 100 * s;
    for (const auto& each : shown)
      turned += key.hear(each, now_us += 3 * s) == key_turn::turned ? 1 : 0;
    return turned;
  };
  const auto unknown = std::optional<bool>();
  CHECK(turns({false, true}) == 0); // not let go: stuck, or its wire is shorted
  CHECK(turns({false, true, true, true, true, true}) == 0);
  CHECK(turns({false, true, true, true, true, true, false}) == 0); // it was stuck for 15 s
  CHECK(turns({false, true, false}) == 1);
  CHECK(turns({false, true, true, false, false}) == 1);
  CHECK(turns({false, true, false, true, false}) == 2);
  CHECK(turns({true, false}) == 0); // as at a start with a key that is turned
  CHECK(turns({unknown, true, false}) == 0);
  CHECK(turns({false, unknown, true, false}) == 0); // nobody saw it turn
  CHECK(turns({false, true, unknown, false}) == 0); // nor that it was let go
  CHECK(turns({false, false, unknown}) == 0);
}

TEST_CASE("a reset key is held for longer than a disturbance, and turned once while it bounces") {
  const auto turns_after = [](std::int64_t held_us) {
    reset_key_model key;
    (void)key.hear(false, s);
    (void)key.hear(true, 2 * s);
    return key.hear(false, 2 * s + held_us);
  };
  CHECK(turns_after(key_hold_us_min - 1) == key_turn::too_short);
  CHECK(turns_after(key_hold_us_min) == key_turn::turned);
  CHECK(turns_after(key_hold_us_max) == key_turn::turned);
  CHECK(turns_after(key_hold_us_max + 1) == key_turn::too_long);
  reset_key_model key;
  int turned = 0;
  bool is_active = false;
  for (std::int64_t now_us = s; now_us < s + key_spacing_us; now_us += key_hold_us_min)
    turned += key.hear(std::exchange(is_active, !is_active), now_us) != key_turn::none ? 1 : 0;
  CHECK(turned == 1);
  for (const bool is_turned : {false, true}) { // again, just within the spacing and at its end
    reset_key_model again;
    std::int64_t now_us = s;
    const auto turn_until = [&](std::int64_t until_us) {
      (void)again.hear(false, until_us - 3 * s);
      (void)again.hear(true, until_us - s);
      return again.hear(false, until_us);
    };
    REQUIRE(turn_until(now_us += 10 * s) == key_turn::turned);
    CHECK((turn_until(now_us + key_spacing_us - (is_turned ? 0 : 1)) == key_turn::turned) ==
          is_turned);
  }
}

TEST_CASE("a turn or a miss 5 s after the one before is another, one just before that is not") {
  for (const std::int64_t held_us : {key_hold_us_min, key_hold_us_min - 1}) {
    const auto told = held_us == key_hold_us_min ? key_turn::turned : key_turn::too_short;
    for (const std::int64_t early_us : {0, 1}) {
      reset_key_model key;
      const auto let_go_at = [&](std::int64_t now_us) {
        (void)key.hear(false, now_us - held_us - 1);
        (void)key.hear(true, now_us - held_us);
        return key.hear(false, now_us);
      };
      CHECK(let_go_at(10 * s) == told);
      CHECK(let_go_at(10 * s + key_spacing_us - early_us) ==
            (early_us == 0 ? told : key_turn::none));
    }
  }
}

TEST_CASE("a reset key that is turned too short or too long says so, once for each turn") {
  stage rack;
  rack.show(false);
  for (int bounce = 0; bounce < 5; ++bounce) {
    rack.show(true);
    rack.show(false);
  }
  const lines too_short{
      "rack_0 reset_key the key dio_0/key was turned: too short, it counts from 200 ms on; nothing "
      "is reset"};
  CHECK(rack.events() == too_short);
  rack.turn(); // longer, and at once: it counts
  CHECK(rack.asked().size() == 1);
  rack.answer(outcome::done);
  rack.node.advance(2 * key_spacing_us);
  rack.show(true);
  rack.node.advance(key_hold_us_max);
  rack.show(true);
  rack.show(false);
  CHECK(rack.asked().size() == 1);
  REQUIRE(rack.events().size() == 3);
  CHECK(rack.events().back() ==
        "rack_0 reset_key the key dio_0/key was turned: too long, it counts up to 10 s; nothing is "
        "reset");
}

TEST_CASE("a turn of the reset key asks for what a person with the role service would") {
  stage rack;
  rack.show(false);
  CHECK(rack.asked().empty());
  rack.turn();
  REQUIRE(rack.asked().size() == 1);
  const auto asked = rack.asked().front();
  CHECK(asked.operation == "reset");
  CHECK(asked.point == "rack_0");
  CHECK(asked.target == "command");
  CHECK(asked.role == "service");
  CHECK(asked.user == "dio_0/key");
  CHECK(asked.reason == "the key dio_0/key was turned");
  CHECK(asked.deadline_utc_us <= rack.node.clock.now().utc_us + key_deadline_us);
  rack.answer(outcome::rejected, {"fire_detected is active"});
  CHECK(rack.events() == lines{"rack_0 reset_key the key dio_0/key was turned: refused: "
                               "fire_detected is active"});
  rack.show(true);
  rack.node.advance(60 * s); // it is left turned
  rack.show(false);
  CHECK(rack.asked().size() == 1);
  rack.turn();
  REQUIRE(rack.asked().size() == 2);
  rack.answer(outcome::done);
  CHECK(rack.events().back() == "rack_0 reset_key the key dio_0/key was turned: done");
}

TEST_CASE("a turn of the reset key while the rack is not open resets nothing, and is told") {
  stage rack;
  rack.is_open = false;
  rack.show(false);
  rack.turn();
  CHECK(rack.asked().empty());
  CHECK(rack.events() == lines{"rack_0 reset_key the key dio_0/key was turned: rack_0 is not known "
                               "to be open, nothing is reset"});
  rack.is_open = true; // that it opens afterwards is no turn
  rack.node.advance(10 * s);
  CHECK(rack.asked().empty());
}

} // namespace voltaic::actors::contactor::reset_key_test
