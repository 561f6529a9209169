#include "messages/setpoint_list.hpp"

#include <catch2/catch.hpp>

namespace setpoint_list_test {

using namespace voltaic::messages;

TEST_CASE("a list of setpoints reads back as what it was written from") {
  const std::vector<setpoint> all{{"bms_0/charge_current_limit", 40.5, "anna the 1st", ""},
                                  {"inverter_0/run", 1, "b", "2026-01-01T00:01:00.000000Z"}};
  CHECK(read_setpoints(setpoint_text(all)) == all);
  CHECK(setpoint_text({}).empty());
  CHECK(read_setpoints("").empty());
}

TEST_CASE("a list of setpoints is read without harm, whatever it says") {
  const std::string text = setpoint_text({{"a/b", 1, "x; y", ""}, {"c/d", -2.5, "z", "t"}});
  CHECK(read_setpoints(text).size() == 2);
  CHECK(read_setpoints(text)[0].user == "x, y");
  for (std::size_t i = 0; i <= text.size(); ++i)
    CHECK(read_setpoints(text.substr(0, i)).size() <= 2);
  for (const auto* bad :
       {"; ; ", "a", "a nan - u", "a 1e999 - u", "a 1", " 1 - u", "a 1x - u", "a 1 -;x u"})
    CHECK(read_setpoints(bad).empty());
}

} // namespace setpoint_list_test
