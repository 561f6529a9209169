#include "nodes/process/loosening_approval.hpp"

#include <catch2/catch.hpp>
#include <memory>

#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"

namespace loosening_approval_test {

using namespace voltaic;
using namespace voltaic::nodes::process;
using nodes::site::plan;

namespace {

const asker ada{"ada", "engineer"};
const asker bob{"bob", "engineer"};
const asker eve{"eve", "service"};

plan site_with(double set, double rated_a = 100, bool commissioned = true) {
  plan made;
  messages::protection::table rules;
  messages::protection::candidate watched;
  watched.name = "cell_overvoltage";
  watched.limits.resize(1);
  watched.limits[0].set = set;
  rules.candidates = {watched};
  auto profile = std::make_shared<messages::profiles::device_profile>();
  profile->ratings = {280, rated_a, 100, 20};
  profile->commissioned = commissioned;
  made.devices.resize(1);
  made.devices[0].name = "bms_0";
  made.devices[0].profile = profile;
  made.racks.resize(1);
  made.racks[0].name = "rack_0";
  made.racks[0].device = "bms_0";
  made.racks[0].protection = std::make_shared<messages::protection::table>(rules);
  return made;
}

} // namespace

TEST_CASE("what a new plan protects less is told by rack, and tightening is nothing") {
  using words = std::vector<std::string>;
  CHECK(loosened_protection(site_with(3.6), site_with(3.6)).empty());
  CHECK(loosened_protection(site_with(3.6), site_with(3.5)).empty());
  CHECK(loosened_protection(site_with(3.6), site_with(3.7)) ==
        words{"rack_0: cell_overvoltage/warning: set"});
  CHECK(loosened_protection(site_with(3.6), site_with(3.6, 120)) ==
        words{"rack_0: ratings: charge_current_a"});
  CHECK(loosened_protection(site_with(3.6, 100, false), site_with(3.6)) ==
        words{"rack_0: commissioned"});
  auto other = site_with(3.7);
  other.racks[0].name = "rack_1";
  CHECK(loosened_protection(site_with(3.6), other).empty());
}

TEST_CASE("protection is loosened by two persons, one of them of the service") {
  loosening_approval model;
  CHECK(model.judge("a", {"kim", "operator"}, 0));
  CHECK_FALSE(model.is_staged());
  CHECK(model.judge("a", ada, 0));
  CHECK(model.is_staged());
  CHECK(model.judge("a", ada, 1));
  CHECK(model.judge("a", bob, 2));
  CHECK_FALSE(model.judge("a", eve, 3));
  CHECK_FALSE(model.is_staged());
  CHECK(model.judge("a", eve, 4));
  CHECK_FALSE(model.judge("a", bob, 5));
}

TEST_CASE("one person alone loosens nothing, whatever the role") {
  loosening_approval model;
  for (int times = 0; times < 5; ++times) CHECK(model.judge("a", eve, times));
}

TEST_CASE("an approval is for the same change, and ends") {
  loosening_approval model;
  CHECK(model.judge("a", ada, 0));
  CHECK(model.judge("b", eve, 1));
  CHECK(model.judge("a", ada, 2));
  CHECK(model.judge("a", eve, 2 + approval_us));
}

} // namespace loosening_approval_test
