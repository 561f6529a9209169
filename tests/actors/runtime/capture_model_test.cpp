#include "actors/runtime/capture_model.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

namespace capture_model_test {

using namespace voltaic;
using namespace voltaic::actors::runtime;
using messages::captured_message;
using messages::us_per_s;

namespace {

constexpr std::int64_t scan_us = 100'000;
constexpr std::int64_t start_us = 3'600 * us_per_s;

messages::frame_ptr frame_of(std::size_t bytes) {
  return std::make_shared<const messages::frame>(std::vector<std::uint64_t>(bytes / 8));
}

std::vector<captured_message> frames_of(const capture& made) {
  std::vector<captured_message> all;
  for (const auto& piece : made.pieces) all.insert(all.end(), piece->begin(), piece->end());
  return all;
}

/// A rack that says one message each scan, and somebody who looks at each of them.
class speaking_rack {
 public:
  explicit speaking_rack(std::size_t bytes = 64) : said_(frame_of(bytes)) {}
  void speak(std::int64_t duration_us) {
    for (const auto end_us = now_us + duration_us; now_us < end_us;) {
      now_us += scan_us;
      model.hear({now_us, false, said_});
      look();
    }
  }
  void look() {
    if (auto made = model.take(now_us)) made_.push_back(*std::move(made));
  }
  void fault(const std::string& id) {
    model.hear({now_us, true, frame_of(64)});
    model.fault(id, id, now_us);
  }
  capture& whole(std::size_t position = 0) {
    std::erase_if(made_, [](const capture& each) { return !each.is_whole; });
    REQUIRE(made_.size() > position);
    return made_[position];
  }
  const std::vector<capture>& made() const { return made_; }

  capture_model model;
  std::int64_t now_us = start_us;

 private:
  messages::frame_ptr said_;
  std::vector<capture> made_;
};

} // namespace

TEST_CASE("a capture holds every scan from 10 s before a fault to 10 s after it") {
  speaking_rack rack;
  rack.speak(25 * us_per_s);
  rack.fault("f1");
  const auto fault_us = rack.now_us;
  rack.speak(15 * us_per_s);
  const auto& made = rack.whole();
  CHECK(made.id == "f1");
  CHECK(made.before_us == 10 * us_per_s);
  CHECK(made.after_us == 10 * us_per_s);
  CHECK_FALSE(made.is_cut);
  const auto frames = frames_of(made);
  CHECK(frames.size() == 202); // both ends belong to it, and the fault's own event
  CHECK(frames.front().time_us == fault_us - 10 * us_per_s);
  CHECK(frames.back().time_us == fault_us + 10 * us_per_s);
  CHECK(std::ranges::is_sorted(frames, {}, &captured_message::time_us));
  CHECK(std::ranges::count_if(frames, &captured_message::is_event) == 1);
}

TEST_CASE("what came before a fault is handed out at once, the whole under the same name later") {
  speaking_rack rack;
  rack.speak(20 * us_per_s);
  rack.fault("f1");
  rack.look();
  REQUIRE(rack.made().size() == 1);
  CHECK(rack.made()[0].id == "f1");
  CHECK_FALSE(rack.made()[0].is_whole);
  CHECK(rack.made()[0].before_us == 10 * us_per_s);
  CHECK(rack.made()[0].after_us == 0);
  rack.speak(15 * us_per_s);
  REQUIRE(rack.made().size() == 2);
  CHECK(rack.made()[1].id == "f1");
  CHECK(rack.made()[1].is_whole);
}

TEST_CASE("a fault within a capture is named in it and prolongs it, up to a minute") {
  speaking_rack rack;
  rack.speak(20 * us_per_s);
  rack.fault("f1");
  rack.speak(4 * us_per_s);
  rack.fault("f2");
  rack.speak(30 * us_per_s);
  CHECK(rack.whole().faults == std::vector<std::string>{"f1", "f2"});
  CHECK(rack.whole().after_us == 14 * us_per_s);
  SECTION("a later fault begins a capture of its own, with its own 10 s before") {
    rack.fault("f3");
    rack.speak(11 * us_per_s);
    CHECK(rack.whole(1).id == "f3");
    CHECK(rack.whole(1).before_us == 10 * us_per_s);
  }
  SECTION("one that begins just after the end of another has what lies before it as well") {
    speaking_rack other;
    other.speak(20 * us_per_s);
    other.fault("f1");
    other.speak(11 * us_per_s);
    other.fault("f2");
    other.speak(11 * us_per_s);
    CHECK(other.whole(1).id == "f2");
    CHECK(other.whole(1).before_us == 10 * us_per_s);
  }
  SECTION("faults without end do not") {
    speaking_rack busy;
    busy.speak(20 * us_per_s);
    for (int each = 0; each < 80; ++each) {
      busy.fault("f" + std::to_string(each));
      busy.speak(us_per_s);
    }
    busy.speak(11 * us_per_s);
    CHECK(busy.whole().after_us == capture_after_us_max);
    CHECK(busy.whole().faults.size() == 60); // the next one began another
    CHECK(busy.whole(1).before_us == 10 * us_per_s);
  }
}

TEST_CASE("many faults at once are counted, and some of them named") {
  speaking_rack rack;
  rack.speak(20 * us_per_s);
  for (int each = 0; each < 500; ++each) rack.fault("f" + std::to_string(each));
  rack.speak(11 * us_per_s);
  CHECK(rack.whole().id == "f0");
  CHECK(rack.whole().faults.size() == capture_faults_max);
  CHECK(rack.whole().more_faults == 500 - capture_faults_max);
}

TEST_CASE("a fault soon after the start is captured with what there is before it") {
  speaking_rack rack;
  rack.speak(3 * us_per_s);
  rack.fault("f1");
  rack.speak(15 * us_per_s);
  CHECK(rack.whole().before_us == 3 * us_per_s - scan_us);
  CHECK(rack.whole().after_us == 10 * us_per_s);
}

TEST_CASE("the capture of a rack that falls silent ends by the node's clock") {
  speaking_rack rack;
  rack.speak(20 * us_per_s);
  rack.fault("f1");
  rack.look();
  for (int second = 1; second < 10; ++second) {
    CHECK_FALSE(rack.model.take(rack.now_us + second * us_per_s));
  }
  const auto made = rack.model.take(rack.now_us + 10 * us_per_s);
  REQUIRE(made);
  CHECK(made->is_whole);
  CHECK(made->after_us == 0);
}

TEST_CASE("a recording that is played slowly is captured by its own time") {
  speaking_rack rack;
  rack.speak(20 * us_per_s);
  rack.fault("f1");
  std::int64_t node_us = 0;
  std::optional<capture> made;
  const auto fault_us = rack.now_us;
  while (!made || !made->is_whole) {
    rack.now_us += scan_us;
    rack.model.hear({rack.now_us, false, frame_of(64)});
    node_us += us_per_s; // ten times as long
    made = rack.model.take(node_us);
    REQUIRE(rack.now_us < fault_us + 11 * us_per_s);
  }
  CHECK(made->after_us == 10 * us_per_s);
}

TEST_CASE("what is kept in memory is bounded in messages and bytes, whatever a rack says") {
  SECTION("many messages: the oldest give way") {
    capture_model model;
    for (std::int64_t each = 0; each < 3 * std::int64_t{capture_frames_max}; ++each)
      model.hear({start_us + each, false, frame_of(8)});
    CHECK(model.frames() <= capture_frames_max);
    CHECK(model.frames() > capture_frames_max - capture_piece_frames);
  }
  SECTION("large ones: the same") {
    speaking_rack rack(200 * 1024);
    rack.speak(20 * us_per_s);
    CHECK(rack.model.bytes() <= capture_bytes_max);
    CHECK(rack.model.frames() == capture_bytes_max / (200 * 1024));
  }
  SECTION("within a capture what led to the fault stays, and the rest is told to be missing") {
    speaking_rack rack(50 * 1024); // 10 s of it fill most of the room
    rack.speak(20 * us_per_s);
    rack.fault("f1");
    rack.speak(15 * us_per_s);
    CHECK(rack.whole().is_cut);
    CHECK(rack.whole().before_us == 10 * us_per_s);
    CHECK(rack.whole().after_us < 10 * us_per_s);
    CHECK(rack.model.bytes() <= capture_bytes_max);
  }
  SECTION("faults without end after that begin no other within ten seconds, and are counted") {
    speaking_rack rack(50 * 1024);
    rack.speak(20 * us_per_s);
    for (int each = 0; each < 40; ++each) {
      rack.fault("f" + std::to_string(each));
      rack.speak(us_per_s);
    }
    const auto first_end_us = frames_of(rack.whole(0)).back().time_us;
    CHECK(rack.whole(0).missed_faults == 0);
    CHECK(rack.whole(1).missed_faults > 5);
    CHECK(rack.whole(1).missed_faults + rack.whole(0).faults.size() ==
          static_cast<std::size_t>(std::stoi(rack.whole(1).id.substr(1))));
    const auto& second = rack.whole(1);
    CHECK(frames_of(second).back().time_us - second.after_us >= first_end_us + capture_rest_us);
  }
  SECTION("at rest it is what ten seconds need") {
    speaking_rack rack;
    rack.speak(120 * us_per_s);
    CHECK(rack.model.frames() >= 101);
    CHECK(rack.model.frames() < 101 + 2 * capture_piece_frames);
  }
}

TEST_CASE("what is handed out twice is not copied, but for where it begins") {
  speaking_rack rack;
  rack.speak(30 * us_per_s);
  rack.fault("f1");
  rack.speak(11 * us_per_s);
  REQUIRE(rack.made().size() == 2);
  const auto& half = rack.made()[0].pieces;
  const auto& whole = rack.made()[1].pieces;
  REQUIRE(half.size() > 3);
  for (std::size_t each = 2; each < half.size(); ++each) CHECK(half[each] == whole[each]);
}

TEST_CASE("the newest catalogue of each speaker begins a capture") {
  speaking_rack rack;
  const auto old = frame_of(8);
  const auto newest = frame_of(16);
  rack.model.describe("bms_0", {start_us, false, old});
  rack.model.describe("rack_0", {start_us, false, frame_of(24)});
  rack.speak(20 * us_per_s);
  rack.model.describe("bms_0", {rack.now_us, false, newest});
  rack.fault("f1");
  rack.speak(11 * us_per_s);
  const auto frames = frames_of(rack.whole());
  CHECK(frames[0].frame == newest);
  CHECK(frames[1].frame->bytes().size() == 24);
  CHECK(frames[0].time_us == frames[2].time_us);
}

TEST_CASE("what there is of a capture is kept when the node ends") {
  speaking_rack rack;
  CHECK_FALSE(rack.model.take_rest());
  rack.speak(20 * us_per_s);
  rack.fault("f1");
  rack.speak(2 * us_per_s);
  const auto made = rack.model.take_rest();
  REQUIRE(made);
  CHECK(made->after_us == 2 * us_per_s);
  CHECK_FALSE(rack.model.take_rest());
}

} // namespace capture_model_test
