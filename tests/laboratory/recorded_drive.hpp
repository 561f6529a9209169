#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bus/can/logs/log_file.hpp"
#include "messages/can/logs/candump.hpp"

namespace laboratory {

/// A case that cannot be tried ends its program so, and ctest says that it was skipped.
[[noreturn]] inline void skip(const std::string& why) {
  std::printf("SKIPPED, nothing was tested: %s\n", why.c_str());
  std::fflush(stdout);
  std::_Exit(77);
}

/// The powertrain bus of a real car (bus 0 of the Kona capture) as often as it takes for so many
/// frames, at the speed at which they were recorded, as a log for canplayer.
class recorded_drive {
 public:
  recorded_drive(std::size_t frames, const std::string& interface_name)
      : path_(folder() + "/" + interface_name + "_drive.log") {
    read();
    const std::int64_t round_us = frames_.back().time_us + 1'000;
    std::string text;
    for (std::size_t i = 0; i < frames; ++i)
      voltaic::messages::can::write_candump_log(
          text, at(i), interface_name,
          1'000'000 + static_cast<std::int64_t>(i / frames_.size()) * round_us + at(i).time_us);
    std::ofstream(path_) << text;
  }
  recorded_drive(const recorded_drive&) = delete;
  recorded_drive& operator=(const recorded_drive&) = delete;
  ~recorded_drive() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The frame that is played as this one, from 0.
  [[nodiscard]] const voltaic::messages::can::frame& at(std::size_t number) const {
    return frames_[number % frames_.size()];
  }

 private:
  static std::string folder() {
    return std::getenv("LABORATORY"); // NOLINT(concurrency-mt-unsafe)
  }
  void read() {
    const std::string capture = folder() + "/kona.csv";
    if (!std::filesystem::exists(capture))
      skip("the recording of the Kona is not there (VOLTAIC_TEST_DATA)");
    auto log = voltaic::bus::can::log_file::open(capture);
    if (!log) throw std::runtime_error(log.error().text);
    using outcome = voltaic::bus::can::log_file::outcome;
    voltaic::messages::can::log_entry entry;
    std::int64_t began_us = 0;
    std::int64_t last_us = 0;
    for (auto said = log->next(entry); said != outcome::end; said = log->next(entry)) {
      if (said != outcome::frame || entry.channel != "0") continue;
      if (frames_.empty()) began_us = entry.frame.time_us;
      // Its writer mixed up the order of a few.
      last_us = std::max(last_us, entry.frame.time_us - began_us);
      frames_.push_back(entry.frame);
      frames_.back().time_us = last_us;
    }
    if (frames_.empty()) throw std::runtime_error(capture + " has no frames of bus 0");
  }

  const std::string path_;
  std::vector<voltaic::messages::can::frame> frames_;
};

} // namespace laboratory
