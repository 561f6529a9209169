#include "actors/runtime/fault_recorder.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace fault_recorder_test {

using namespace voltaic;
using namespace voltaic::actors::runtime;
using messages::us_per_s;

namespace {

/// Keeps what it gets; answers what it is told to.
class kept_captures final : public bus::message::capture_store {
 public:
  void put(bus::message::capture_job job) override {
    results.push_back({job.rack, job.id, job.is_whole, refuses ? "" : job.id + ".rec",
                       refuses ? "no room" : "", removed, job.pieces});
    jobs.push_back(std::move(job));
  }
  std::vector<bus::message::capture_result> take_results() override {
    return std::exchange(results, {});
  }
  std::vector<bus::message::capture_job> jobs;
  std::vector<bus::message::capture_result> results;
  std::vector<std::string> removed;
  bool refuses = false;
};

class fixture {
 protected:
  void event(messages::event told) {
    told.id = "e" + std::to_string(++sequence_);
    const messages::payload content(told);
    recorder.recorded(told, {now_us, 0}, messages::encode({.source = "node/events"}, content));
  }
  void protection(const std::string& level, const std::string& edge = "set") {
    messages::event told;
    told.kind = "protection";
    told.subject = "rack_0";
    told.candidate = "cell_overvoltage";
    told.level = level;
    told.edge = edge;
    event(told);
  }
  void contactor(const std::string& state) {
    messages::event told;
    told.kind = "contactor";
    told.subject = "rack_0";
    told.state = state;
    event(told);
  }
  void speak(const std::string& source) {
    const messages::header header{.source = source, .time = {now_us, 0}};
    const messages::payload content(messages::telemetry{});
    recorder.said(header, content, messages::encode(header, content));
  }
  std::vector<messages::event> pass(std::int64_t duration_us) {
    std::vector<messages::event> told;
    for (const auto end_us = now_us + duration_us; now_us < end_us;) {
      now_us += us_per_s / 2;
      speak("bms_0");
      speak("bms_1");
      for (auto& each : recorder.step(now_us)) told.push_back(std::move(each));
    }
    return told;
  }

  kept_captures store;
  fault_recorder recorder{
      {{"rack_0", {"bms_0", "rack_0", "rack_0/protection", "rack_0/contactor"}}}, store};
  std::int64_t now_us = 3'600 * us_per_s;

 private:
  std::uint64_t sequence_ = 0;
};

} // namespace

TEST_CASE_METHOD(fixture, "an event tells the file of a capture and the faults in it") {
  pass(20 * us_per_s);
  protection("fault");
  protection("hard");
  const auto told = pass(12 * us_per_s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == "system");
  CHECK(told[0].subject == "rack_0");
  CHECK(told[0].state == capture_stored);
  CHECK(told[0].reason ==
        "e1.rec: 10.0 s before and 10.0 s after e1 cell_overvoltage/fault , e2 "
        "cell_overvoltage/hard ");
  REQUIRE(store.jobs.size() == 2);
  CHECK_FALSE(store.jobs[0].is_whole);
  // Two events and 41 of the rack's own messages: nothing of another device.
  std::size_t messages = 0;
  for (const auto& piece : store.jobs[1].pieces) messages += piece->size();
  CHECK(messages == 43);
}

TEST_CASE_METHOD(fixture, "warnings, alarms, what clears and other racks make no capture") {
  pass(20 * us_per_s);
  protection("warning");
  protection("alarm");
  protection("fault", "clear");
  protection("fault", "latch");
  protection("fault", "reset");
  messages::event other;
  other.kind = "protection";
  other.subject = "rack_1";
  other.level = "fault";
  other.edge = "set";
  event(other);
  pass(12 * us_per_s);
  CHECK(store.jobs.empty());
}

TEST_CASE_METHOD(fixture, "a contactor that fails is captured, one that starts as failed is not") {
  contactor("fault");
  pass(12 * us_per_s);
  CHECK(store.jobs.empty());
  contactor("open");
  contactor("fault");
  pass(12 * us_per_s);
  CHECK(store.jobs.size() == 2);
}

TEST_CASE_METHOD(fixture, "older captures that gave way are told once") {
  pass(20 * us_per_s);
  protection("fault");
  store.removed = {"000001_old.rec"};
  pass(us_per_s);
  store.removed.clear();
  auto told = pass(12 * us_per_s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].reason.ends_with("; 000001_old.rec gave way"));
  protection("fault");
  told = pass(12 * us_per_s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].reason.find("gave way") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "F-106 a capture that is not stored is told once, with the reason") {
  pass(20 * us_per_s);
  store.refuses = true;
  protection("fault");
  auto told = pass(12 * us_per_s);
  REQUIRE(told.size() == 1);
  CHECK(told[0].state == capture_failed);
  CHECK(told[0].reason == "of e1: no room");
  SECTION("the next one is told again") {
    protection("fault");
    CHECK(pass(12 * us_per_s).size() == 1);
  }
  SECTION("whose second half finds room is stored") {
    protection("fault");
    CHECK(pass(us_per_s).size() == 1);
    store.refuses = false;
    told = pass(12 * us_per_s);
    REQUIRE(told.size() == 1);
    CHECK(told[0].state == capture_stored);
  }
}

TEST_CASE_METHOD(fixture, "the end of a node hands over what there is") {
  pass(20 * us_per_s);
  protection("fault");
  pass(2 * us_per_s);
  recorder.finish();
  REQUIRE(store.jobs.size() == 2);
  CHECK(store.jobs[1].is_whole);
}

} // namespace fault_recorder_test
