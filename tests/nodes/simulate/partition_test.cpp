#include <catch2/catch.hpp>

#include <functional>
#include <string>

#include "messages/points/output.hpp"
#include "messages/profiles/device_profile.hpp"
#include "nodes/simulate/simulated_site.hpp"
#include "support/one_rack_site.hpp"

namespace partition_test {

using namespace voltaic;
using namespace voltaic::nodes;
using actors::simulator::override_kind;

namespace {

constexpr std::int64_t us_per_s = messages::us_per_s;
// The lease, the break wait and a status period beside it.
constexpr std::int64_t lease_end_us = us_per_s;

// One closed rack; what the edge says to it can be cut off, and what it says to the edge.
class closed_rack {
 public:
  closed_rack() : plan_(tests::one_rack_plan()) {
    site_ = std::make_unique<simulate::simulated_site>(
        plan_, simulate::simulated_site_options{
                   .make_groups = [this](const site::plan& plan, const site::node& node,
                                         const process::field_access& field) {
                     auto cut = field;
                     cut.sender = [this, field](const std::string& bus) {
                       return [this, send = field.sender(bus)](const messages::can::frame& frame) {
                         return cut_to_rack_ ? bus::can::send_result::sent : send(frame);
                       };
                     };
                     return process::make_groups(plan, node, cut);
                   }});
    run(3 * us_per_s);
    command("close");
    REQUIRE(until(10 * us_per_s, [&] { return shown("rack_0/contactor") == "closed"; }));
  }

  void cut_to_rack(bool cut) { cut_to_rack_ = cut; }
  // Every frame of the rack; the link itself stays.
  void cut_to_edge() {
    for (const auto& point : plan_.devices[0].profile->points)
      site_->set("rack_0", point.name, std::nullopt, override_kind::silent, 0);
  }
  void heal_to_edge() {
    for (const auto& point : plan_.devices[0].profile->points)
      site_->set("rack_0", point.name, std::nullopt, override_kind::release, 0);
  }
  void silence(const std::string& point, bool is_silent) {
    site_->set("rack_0", point, std::nullopt,
               is_silent ? override_kind::silent : override_kind::release, 0);
  }
  void load(double current_a) {
    site_->set("rack_0", "current", std::nullopt, override_kind::value, current_a);
    run(us_per_s);
  }
  void command(const std::string& operation) {
    messages::command asked;
    asked.id = asked.key = operation + std::to_string(++commands_);
    asked.target = site::command_actor;
    asked.operation = operation;
    asked.point = "rack_0";
    asked.role = "service";
    asked.user = "test";
    asked.deadline_utc_us = site_->now().utc_us + 5 * us_per_s;
    site_->send(std::move(asked));
  }
  void run(std::int64_t duration_us) {
    until(duration_us, [] { return false; });
  }
  bool until(std::int64_t duration_us, const std::function<bool()>& holds) {
    for (std::int64_t past_us = 0; past_us < duration_us; past_us += simulate::step_us) {
      if (holds()) return true;
      site_->step();
    }
    return holds();
  }
  std::string shown(const std::string& name) const {
    const auto found = site_->points().find(name);
    return found ? messages::points::value_text(*found) : "";
  }
  double limit(const std::string& name) const {
    const auto found = site_->points().find("rack_0/" + name);
    return found ? found->numbers[0] : -1;
  }

 private:
  site::plan plan_;
  bool cut_to_rack_ = false;
  int commands_ = 0;
  std::unique_ptr<simulate::simulated_site> site_;
};

} // namespace

TEST_CASE("F-033 orders that no longer reach a rack that still reports: both sides see it open") {
  closed_rack rack;
  rack.cut_to_rack(true);
  // The rack's own controller opens when its lease ends; the edge learns it from the echo.
  REQUIRE(rack.until(lease_end_us, [&] { return rack.shown("rack_0/opened_by_lease") == "1"; }));
  CHECK(rack.until(us_per_s, [&] { return rack.shown("rack_0/contactor") != "closed"; }));
  CHECK(rack.shown("rack_0/contactor_state") == "open");
  rack.cut_to_rack(false);
  rack.run(5 * us_per_s);
  CHECK(rack.shown("rack_0/contactor_state") == "open"); // nobody closes by itself
  rack.command("close");
  CHECK(rack.until(10 * us_per_s, [&] { return rack.shown("rack_0/contactor") == "closed"; }));
}

TEST_CASE("F-033 a rack that still obeys and no longer reports: limits to zero, then open") {
  closed_rack rack;
  rack.cut_to_edge();
  REQUIRE(rack.until(2 * us_per_s, [&] { return rack.limit("charge_current_limit") == 0; }));
  CHECK(rack.limit("discharge_current_limit") == 0);
  CHECK(rack.until(7 * us_per_s, [&] { return rack.shown("rack_0/contactor") != "closed"; }));
  rack.run(us_per_s);
  rack.heal_to_edge();
  rack.run(us_per_s);
  CHECK(rack.shown("rack_0/contactor_state") == "open");
  rack.run(20 * us_per_s);
  CHECK(rack.shown("rack_0/contactor_state") == "open");
}

TEST_CASE("F-162 a rack that was opened while nobody heard its current is locked for inspection") {
  closed_rack rack;
  rack.load(60); // of which its contactors may break a part only
  rack.cut_to_edge();
  rack.run(15 * us_per_s);
  rack.heal_to_edge();
  rack.run(5 * us_per_s);
  CHECK(rack.shown("rack_0/contactor") == "open");
  CHECK(rack.shown("rack_0/contactor_lock") == "break_current_unknown");
  rack.command("close");
  rack.run(10 * us_per_s);
  CHECK(rack.shown("rack_0/contactor") == "open");
  // What protection latched of the silence is reset with it, once it is known to be over.
  rack.run(60 * us_per_s);
  rack.command("reset");
  REQUIRE(rack.until(5 * us_per_s, [&] { return rack.shown("rack_0/contactor_lock") == "none"; }));
  rack.run(5 * us_per_s);
  rack.command("close");
  CHECK(rack.until(10 * us_per_s, [&] { return rack.shown("rack_0/contactor") == "closed"; }));
}

TEST_CASE("F-162 a rack at rest that was not heard for a while is closed again without service") {
  closed_rack rack;
  rack.load(0);
  rack.cut_to_edge();
  rack.run(5 * us_per_s);
  CHECK(rack.shown("rack_0/contactor_lock") == "none");
  const auto barred = [&] { return rack.shown("rack_0/closing_barred_by"); };
  // Until current and feedback are heard again it is not closed.
  CHECK(barred().find("communication_loss") != std::string::npos);
  CHECK(barred().find("feedback of the contactors is unknown") != std::string::npos);
  rack.command("close");
  rack.run(2 * us_per_s);
  CHECK(rack.shown("rack_0/contactor") != "closed");
  rack.heal_to_edge();
  CHECK(rack.until(10 * us_per_s, [&] { return rack.shown("rack_0/contactor") == "open"; }));
  REQUIRE(rack.until(60 * us_per_s, [&] { return barred() == "none"; }));
  rack.command("close");
  CHECK(rack.until(15 * us_per_s, [&] { return rack.shown("rack_0/contactor") == "closed"; }));
}

TEST_CASE("F-162 while the current alone is not heard, a rack at rest opens and is not closed") {
  closed_rack rack;
  rack.load(0);
  rack.silence("current", true);
  REQUIRE(rack.until(10 * us_per_s, [&] { return rack.shown("rack_0/contactor") == "open"; }));
  rack.run(us_per_s);
  CHECK(rack.shown("rack_0/contactor_lock") == "none");
  CHECK(rack.shown("rack_0/closing_barred_by").find("communication_loss") != std::string::npos);
  rack.command("close");
  rack.run(15 * us_per_s);
  CHECK(rack.shown("rack_0/contactor") == "open");
  rack.silence("current", false);
  REQUIRE(
      rack.until(60 * us_per_s, [&] { return rack.shown("rack_0/closing_barred_by") == "none"; }));
  rack.command("close");
  CHECK(rack.until(15 * us_per_s, [&] { return rack.shown("rack_0/contactor") == "closed"; }));
}

} // namespace partition_test
