#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <stdexcept>
#include <utility>

#include "actors/protection/bench_rack.hpp"
#include "actors/protection/protection_actor.hpp"
#include "messages/points/catalogue.hpp"
#include "support/test_node.hpp"

namespace voltaic::actors::protection::refused_latch_test {
namespace {

constexpr std::uint32_t cells = 32;
constexpr const char* latch_key = "rack_0/protection/cell_overvoltage/fault";

/// What the test makes of the rack and its protection.
struct plant {
  std::uint16_t highest_mv = 3'300;
  bool fails = false; ///< protection throws at what it hears next
  messages::permit permit;
};

/// The rack's device: all cells at each wake.
class device final : public runtime::actor {
 public:
  device(runtime::context& context, std::shared_ptr<plant> of)
      : context_(context), plant_(std::move(of)) {
    std::vector<messages::point_description> points(1);
    points[0].name = "rack_0/cell_voltage";
    points[0].raw_type = "u16";
    points[0].count = cells;
    points[0].scale = 0.001;
    described_ = messages::points::make_catalogue("bms_0", points);
  }
  using runtime::actor::receive;
  void receive(const messages::message& /*message*/) override {}
  void wake(runtime::instant now) override {
    std::vector<std::uint16_t> values(cells, 3'300);
    values.back() = plant_->highest_mv;
    messages::block block;
    block.source_time_us = now.monotonic_us;
    block.quality = messages::quality::good;
    block.values = std::move(values);
    context_.say(runtime::plane::telemetry, described_, now);
    context_.say(runtime::plane::telemetry,
                 messages::telemetry{"bms_0", described_.fingerprint, {block}}, now);
    context_.say(runtime::plane::local,
                 messages::tick{now.monotonic_us, now.utc_us - now.monotonic_us}, now);
  }

 private:
  runtime::context& context_;
  std::shared_ptr<plant> plant_;
  messages::catalogue described_;
};

/// Protection that fails when it is told to.
class failing_protection final : public runtime::actor {
 public:
  failing_protection(runtime::context& context, std::shared_ptr<plant> of)
      : own_(context, actor_options{testing::options_for("lfp", cells), "bms_0"}),
        plant_(std::move(of)) {}
  using runtime::actor::receive;
  void receive(const messages::message& message) override {
    if (std::exchange(plant_->fails, false)) throw std::runtime_error("told to fail");
    own_.receive(message);
  }
  void stored(std::uint64_t token, const bus::storage::append_result& result) override {
    own_.stored(token, result);
  }

 private:
  protection_actor own_;
  std::shared_ptr<plant> plant_;
};

struct site {
  std::shared_ptr<plant> rack = std::make_shared<plant>();
  tests::test_node node{{{runtime::strategy::rest_for_one, children()}}};

  std::vector<runtime::child_spec> children() {
    const auto of = rack;
    return {{"bms_0", "device",
             [of](runtime::context& context) { return std::make_unique<device>(context, of); }},
            {"rack_0/protection", "protection",
             [of](runtime::context& context) {
               return std::make_unique<failing_protection>(context, of);
             }},
            {"ears", "ears", [of](runtime::context& context) {
               context.listen("rack_0/protection", runtime::kind::permit);
               return std::make_unique<tests::scripted_actor>(
                   context, [of](runtime::context&, const messages::message& message) {
                     of->permit = std::get<messages::permit>(message.payload);
                   });
             }}};
  }

  /// A fault that is over by now, which the disk did not take.
  void latch_and_refuse() {
    node.advance(2'000'000);
    REQUIRE(rack->permit.close_allowed);
    node.journal.refused_stream = bus::storage::latches_stream;
    rack->highest_mv = 3'660;
    node.advance(2'000'000);
    rack->highest_mv = 3'300;
    node.advance(15'000'000);
    REQUIRE_FALSE(is_on_disk());
    REQUIRE(is_latched());
  }
  void fail() {
    const auto lives = incarnation();
    rack->fails = true;
    node.advance(5'000'000);
    REQUIRE(incarnation() == lives + 1);
  }
  [[nodiscard]] std::uint32_t incarnation() const {
    return node.engine->health().actors.at(1).incarnation;
  }
  [[nodiscard]] bool is_latched() const { return bars("cell_overvoltage/fault"); }
  [[nodiscard]] bool bars(const std::string& what) const {
    return !rack->permit.close_allowed &&
           std::ranges::any_of(rack->permit.reasons, [&](const std::string& each) {
             return each.starts_with(what) && each.find("is latched") != std::string::npos;
           });
  }
  [[nodiscard]] bool is_on_disk() const {
    return std::ranges::any_of(node.journal.records,
                               [](const auto& each) { return each.key == latch_key; });
  }
};

} // namespace

TEST_CASE("F-106 a latch that the disk refused is known to protection that is started again") {
  site one;
  one.latch_and_refuse();
  one.fail();
  CHECK(one.is_latched());
  // That the disk refused a latch is a latch as well, and refused like it.
  CHECK(one.bars("latch_store_lost/fault"));
  one.fail();
  CHECK(one.is_latched());
  CHECK(one.bars("latch_store_lost/fault"));
}

TEST_CASE("F-106 protection that is started again gives the disk what its former life could not") {
  site one;
  one.latch_and_refuse();
  one.fail();
  CHECK_FALSE(one.is_on_disk());
  one.node.journal.refused_stream.clear();
  one.node.advance(2'000'000);
  CHECK(one.is_on_disk());
  CHECK(one.is_latched());
}

TEST_CASE("F-106 a permit's epoch that the disk refused is not given again in the same node") {
  site one;
  one.node.advance(1'000'000);
  const auto first = one.rack->permit.epoch;
  one.node.journal.refused_stream = bus::storage::counters_stream;
  one.fail();
  CHECK(one.rack->permit.epoch == first + 1);
  CHECK_FALSE(one.rack->permit.close_allowed);
  one.fail();
  CHECK(one.rack->permit.epoch == first + 2);
}

} // namespace voltaic::actors::protection::refused_latch_test
