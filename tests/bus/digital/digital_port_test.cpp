#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "bus/digital/gpiod_port.hpp"
#include "bus/digital/simulated_port.hpp"

namespace voltaic::bus::digital::digital_port_test {

namespace {

/// Keeps the newest sample.
class samples {
 public:
  handler taker() {
    return [this](sample&& told) {
      const std::scoped_lock lock(mutex_);
      newest_ = std::move(told);
      ++count_;
      came_.notify_all();
    };
  }
  /// The next sample but one: it was read after the call.
  std::optional<sample> next() {
    std::unique_lock lock(mutex_);
    const auto wanted = count_ + 2;
    if (!came_.wait_for(lock, std::chrono::seconds(10), [&] { return count_ >= wanted; }))
      return std::nullopt;
    return newest_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  sample newest_;
  std::size_t count_ = 0;
};

port_options some_lines() {
  return {simulated_chip_name, "test", {17, 4}, {{27, false}, {22, true}}};
}

} // namespace

TEST_CASE("a digital port tells its inputs in their order, high where nobody plays them") {
  samples heard;
  auto chip = std::make_shared<simulated_chip>();
  const auto opened = open_simulated_port(some_lines(), chip, heard.taker());
  auto now = heard.next();
  REQUIRE(now);
  CHECK(now->levels == std::vector<bool>{true, true});
  chip->play(4, false);
  now = heard.next();
  REQUIRE(now);
  CHECK(now->levels == std::vector<bool>{true, false});
  CHECK(now->now_us > 0);
  chip->play_readable(false);
  now = heard.next();
  REQUIRE(now);
  CHECK(now->levels.empty());
  CHECK_FALSE(now->reason.empty());
}

TEST_CASE("the outputs of a digital port are safe when it opens and after it closed") {
  samples heard;
  auto chip = std::make_shared<simulated_chip>();
  chip->drive(27, true);
  auto opened = open_simulated_port(some_lines(), chip, heard.taker());
  CHECK_FALSE(chip->driven(27));
  CHECK(chip->driven(22));
  CHECK(opened->write({true, false}));
  CHECK(chip->driven(27));
  CHECK_FALSE(chip->driven(22));
  CHECK_FALSE(opened->write({true}));
  opened.reset();
  CHECK_FALSE(chip->driven(27));
  CHECK(chip->driven(22));
}

TEST_CASE("a chip that is not there is told by name") {
  const auto opened = open_port({"gpiochip_of_nobody", "test", {1}, {}}, [](sample&&) {});
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().text, Catch::StartsWith("gpiochip_of_nobody: "));
  const auto simulated = open_port(some_lines(), [](sample&&) {});
  CHECK(simulated);
}

} // namespace voltaic::bus::digital::digital_port_test
