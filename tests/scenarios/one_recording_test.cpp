#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <map>

#include "actors/simulator/simulated_rack_model.hpp"
#include "bus/can/replay/replay_port.hpp"
#include "bus/message/record/recording.hpp"
#include "support/temporary_folder.hpp"

namespace one_recording_test {

using namespace voltaic;
using actors::simulator::override_kind;
using actors::simulator::simulated_rack_model;
using actors::simulator::slot_us;

namespace {

constexpr std::int64_t recorded_us = 24 * messages::us_per_s;

/// What happens to a rack in the recording, and when.
struct incident {
  std::int64_t t_ms;
  const char* point;
  std::optional<std::uint32_t> index;
  override_kind kind;
  double value;
};

const std::vector<incident> overvoltage = {
    {3'000, "cell_voltage", 19, override_kind::value, 3.56},
    {8'000, "cell_voltage", 19, override_kind::value, 3.61},
    {12'000, "cell_voltage", 19, override_kind::value, 3.66},
    {16'000, "cell_voltage", 19, override_kind::release, 0},
};
const std::vector<incident> defects = {
    {2'000, "cell_voltage", 3, override_kind::invalid, 0},
    {7'000, "cell_voltage", 3, override_kind::release, 0},
    {9'000, "cell_voltage", {}, override_kind::silent, 0},
    {16'000, "cell_voltage", {}, override_kind::release, 0},
    {18'000, "cell_temperature", 7, override_kind::invalid, 0},
};

/// What one rack says, as candump logs it.
std::multimap<std::int64_t, std::string> record_rack(const std::string& interface, bool closed,
                                                     const std::vector<incident>& incidents) {
  actors::simulator::rack_options options;
  options.controller.initially_closed = closed;
  options.pack.soc_percent = 50;
  simulated_rack_model rack(options);
  std::multimap<std::int64_t, std::string> lines;
  auto next = incidents.begin();
  for (std::int64_t t_us = 0; t_us < recorded_us; t_us += slot_us) {
    for (; next != incidents.end() && next->t_ms * 1'000 <= t_us; ++next) {
      REQUIRE(rack.set(next->point, next->index, next->kind, next->value));
    }
    std::int64_t within_us = 0;
    for (const auto& frame : rack.step(t_us, {})) {
      const auto at_us = t_us + within_us;
      within_us += 217; // about the time of a frame on the wire: stamps off every grid
      auto line = fmt::format("({}.{:06}) {} {:03X}#", 1'700'000'000 + at_us / 1'000'000,
                              at_us % 1'000'000, interface, frame.id);
      for (std::size_t i = 0; i < frame.length; ++i) line += fmt::format("{:02X}", frame.data[i]);
      lines.emplace(at_us, std::move(line));
    }
  }
  return lines;
}

void write_log(const std::string& path) {
  auto lines = record_rack("can0", true, overvoltage);
  lines.merge(record_rack("can1", false, defects));
  std::ofstream file(path);
  for (const auto& [at_us, line] : lines) file << line << '\n';
}

void write_site(const tests::temporary_folder& place) {
  const std::filesystem::path configs = std::string(VOLTAIC_SOURCE_FOLDER) + "/configs";
  for (const auto* folder : {"profiles", "protection"}) {
    std::filesystem::copy(configs / folder, place.path() / folder);
  }
  std::ofstream(place / "site.toml") << fmt::format(R"([site]
name = "recorded"
[[bus]]
name = "can{{0..1}}"
port = "replay:{0}#can{{0..1}}"
speed = 6
epoch = 2026-01-31T12:00:00Z
[[device]]
name = "bms_{{0..1}}"
profile = "profiles/demo_rack.json"
bus = "can{{0..1}}"
[[rack]]
name = "rack_{{0..1}}"
device = "bms_{{0..1}}"
protection = "protection/lfp.toml"
)",
                                                    place / "drive.log");
}

/// Frames of one source by their numbers, and events of one speaker in order.
struct heard {
  std::map<std::string, std::map<std::uint64_t, std::string>> frames;
  std::map<std::string, std::vector<messages::message>> events;
};

/// Who says events of this kind; the node's numbers run over all its actors.
std::string speaker_of(const messages::event& event) {
  return event.subject + (event.kind == "contactor" ? "/contactor" : "/protection");
}

heard read(const std::string& path) {
  auto source = bus::message::recording::open(path);
  REQUIRE(source);
  const auto end_us = bus::can::epoch_monotonic_us + recorded_us;
  heard all;
  std::map<std::string, messages::event> by_id;
  bus::message::recorded one;
  while (source->next(one)) {
    auto message = messages::decode(*one.frame);
    REQUIRE(message);
    const auto& header = message->header;
    if (header.sequence == 0 || header.time.monotonic_us > end_us) continue;
    // It hears both chains in the order of arrival, and speaks when its node's clock says.
    if (header.source == "system") continue;
    // What a node's process costs is the machine's.
    if (header.source.ends_with("/process")) continue;
    if (auto* event = std::get_if<messages::event>(&message->payload)) {
      const auto cause = fmt::format("{}-{}-{}", event->node, event->boot, event->first_out);
      by_id[event->id] = *event;
      // The first of a group is named by what it was, not by its number.
      if (event->first_out != 0) {
        REQUIRE(by_id.contains(cause));
        const auto& first = by_id[cause];
        event->key += first.subject + first.candidate + first.scope + first.level + first.edge;
      }
      event->id.clear();
      event->boot.clear();
      event->sequence = event->first_out = 0;
      message->header.sequence = 0;
      all.events[speaker_of(*event)].push_back(*std::move(message));
      continue;
    }
    // The dispatcher shows its switch when its node's clock says.
    if (header.source == "command") continue;
    const auto bytes = one.frame->bytes();
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    CHECK(all.frames[header.source].emplace(header.sequence, text).second);
  }
  return all;
}

/// Runs the command in a fresh state; what it recorded.
heard play(const tests::temporary_folder& place, const std::string& mode,
           const std::string& options) {
  const char* program = std::getenv("VOLTAIC");
  REQUIRE(program != nullptr);
  const auto folder = place / mode;
  std::filesystem::create_directories(folder);
  const auto line = fmt::format(
      "env VOLTAIC_RUNTIME_DIR={0}/run VOLTAIC_STATE_DIR={0}/state {1} {2} {3} {4} --record "
      "{0}/bus.rec > {0}/output 2>&1",
      folder, program, mode, place / "site.toml", options);
  const int status = std::system(line.c_str());
  std::ifstream output(folder + "/output");
  INFO(std::string(std::istreambuf_iterator<char>(output), {}));
  REQUIRE(status == 0);
  return read(folder + "/bus.rec");
}

void check_same(const heard& a, const heard& b) {
  for (const auto& [source, frames] : a.frames) {
    INFO(source);
    REQUIRE(b.frames.contains(source));
    const auto& others = b.frames.at(source);
    CHECK(frames.size() == others.size());
    for (const auto& [sequence, bytes] : frames) {
      INFO(sequence);
      REQUIRE(others.contains(sequence));
      REQUIRE(others.at(sequence) == bytes);
    }
  }
  for (const auto& [source, events] : a.events) {
    INFO(source);
    REQUIRE(b.events.contains(source));
    const auto& others = b.events.at(source);
    CHECK(events.size() == others.size());
    for (std::size_t i = 0; i < std::min(events.size(), others.size()); ++i) {
      const auto& event = std::get<messages::event>(events[i].payload);
      const auto& other = std::get<messages::event>(others[i].payload);
      INFO(fmt::format("{}: {} {} {} {} / {} {} {} {}", i, event.kind, event.candidate, event.edge,
                       event.state, other.kind, other.candidate, other.edge, other.state));
      CHECK(events[i].header == others[i].header);
      REQUIRE(event == other);
    }
  }
  CHECK(a.frames.size() == b.frames.size());
  CHECK(a.events.size() == b.events.size());
}

bool has_event(const heard& all, const std::string& speaker, const std::string& candidate,
               const std::string& level) {
  const auto& events = all.events.at(speaker);
  return std::any_of(events.begin(), events.end(), [&](const auto& message) {
    const auto& event = std::get<messages::event>(message.payload);
    return event.candidate == candidate && event.level == level && event.edge == "set";
  });
}

} // namespace

TEST_CASE("one recording gives the same bytes in run, up and simulate") {
  const tests::temporary_folder place;
  write_log(place / "drive.log");
  write_site(place);

  const auto simulated = play(place, "simulate", "--for 30s");
  for (const auto* source : {"bms_0", "bms_1", "rack_0", "rack_1", "rack_0/protection",
                             "rack_1/protection", "rack_0/contactor", "rack_1/contactor"}) {
    INFO(source);
    REQUIRE(simulated.frames.contains(source));
    CHECK(simulated.frames.at(source).begin()->first == 1);
    CHECK(simulated.frames.at(source).rbegin()->first == simulated.frames.at(source).size());
  }
  for (const auto* level : {"warning", "alarm", "fault"}) {
    CHECK(has_event(simulated, "rack_0/protection", "cell_overvoltage", level));
  }
  CHECK(has_event(simulated, "rack_1/protection", "sensor_invalid", "warning"));
  CHECK(has_event(simulated, "rack_1/protection", "communication_loss", "warning"));

  // The recording lasts 4 s at this speed, and begins when the nodes do.
  const auto run = play(place, "run", "--for 6s");
  check_same(simulated, run);
  const auto up = play(place, "up", "--for 6s --quiet");
  check_same(simulated, up);
}

} // namespace one_recording_test
