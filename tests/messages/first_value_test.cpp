#include "messages/points/first_value.hpp"

#include <catch2/catch.hpp>
#include <limits>

namespace first_value_test {

using namespace voltaic::messages;
using points::first_number;
using points::good_number;
using points::number_scale;

namespace {

template <class Values>
block saying(Values values, quality of = quality::good) {
  block said;
  said.quality = of;
  said.values = std::move(values);
  return said;
}

} // namespace

TEST_CASE("a signed word is negative, in its point's unit") {
  point_description current;
  current.raw_type = "i16";
  current.scale = 0.1;
  const auto by = points::scale_of(current);
  CHECK(by == number_scale{0.1, 0, true});
  CHECK(good_number(saying(block::words{0xFFCE}), by) == Approx(-5));
  current.raw_type = "u16";
  CHECK(good_number(saying(block::words{0xFFCE}), points::scale_of(current)) == Approx(6548.6));
  current.raw_type = "f64";
  CHECK(points::scale_of(current) == number_scale{});
  CHECK(good_number(saying(block::reals{-5}), points::scale_of(current)) == -5.0);
  CHECK(good_number(saying(block::integers{-7}), {2, 1, false}) == -13.0);
}

TEST_CASE("a number counts where neither its block nor its element is worse than uncertain") {
  const auto value_of = [](quality whole, std::vector<quality> elements) {
    auto said = saying(block::words{3}, whole);
    said.element_quality = std::move(elements);
    return good_number(said, {});
  };
  const auto is_fine = [](quality of) { return of <= quality::uncertain; };
  for (const auto whole : {quality::good, quality::uncertain, quality::stale, quality::invalid}) {
    CHECK(value_of(whole, {}).has_value() == is_fine(whole));
    for (const auto element :
         {quality::good, quality::uncertain, quality::stale, quality::invalid}) {
      CAPTURE(static_cast<int>(whole), static_cast<int>(element));
      CHECK(value_of(whole, {element}).has_value() == (is_fine(whole) && is_fine(element)));
    }
  }
}

TEST_CASE("what is no number of the first element is none") {
  CHECK_FALSE(first_number(saying(std::string("3")), {}));
  CHECK_FALSE(first_number(saying(block::words{}), {}));
  CHECK_FALSE(first_number(saying(block::reals{std::numeric_limits<double>::quiet_NaN()}), {}));
  CHECK_FALSE(first_number(saying(block::reals{std::numeric_limits<double>::infinity()}), {}));
  auto later = saying(block::words{3});
  later.first_index = 1;
  CHECK_FALSE(first_number(later, {}));
  CHECK(first_number(saying(block::words{3}, quality::invalid), {}) == 3.0);
}

} // namespace first_value_test
