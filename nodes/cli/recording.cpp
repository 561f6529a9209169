#include "nodes/cli/recording.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace voltaic::nodes::cli {

void declare_record_option(command_options& app, std::string& path) {
  app.add_option("--record", path,
                 "Write every telemetry and event message of the site's bus to FILE")
      .option_text("FILE");
}

bool prepare_recording(std::string_view command, const std::string& path) {
  const auto cleared = bus::message::clear_recording(path);
  if (!cleared) fmt::print(stderr, "voltaic {}: --record: {}\n", command, cleared.error().text);
  return cleared.has_value();
}

bool finish_recording(std::string_view command, const std::string& path,
                      bus::message::recording_start start) {
  const auto checked = bus::message::check_recording(path, start);
  if (!checked) {
    fmt::print(stderr, "voltaic {}: {}\n", command, checked.error().text);
    return false;
  }
  for (const auto& what : checked->missing) {
    fmt::print(stderr, "voltaic {}: recording {}: missing: {}\n", command, path, what);
  }
  fmt::print(stderr, "voltaic {}: recording {}: {} messages\n", command, path, checked->frames);
  return checked->missing.empty();
}

} // namespace voltaic::nodes::cli
