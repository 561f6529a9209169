#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <variant>

#include "messages/configuration/rack_configuration.hpp"
#include "messages/protection/limits_file.hpp"

namespace voltaic::tests {

/// A rack by the project's own limits.
inline messages::configuration::rack_configuration sample_configuration(
    const std::string& chemistry = "lfp") {
  const auto path =
      std::string(VOLTAIC_SOURCE_FOLDER) + "/configs/protection/" + chemistry + ".toml";
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  auto limits = messages::protection::load(text, path);
  REQUIRE(std::holds_alternative<messages::protection::table>(limits));
  messages::configuration::rack_configuration made;
  made.profile = "demo_rack";
  made.profile_content = "0123456789abcdef";
  made.bus = "can0";
  made.id_offset = 192;
  made.commissioned = 1;
  made.lease_ms = 500;
  made.capacity_ah = 280;
  made.charge_current_a = 140;
  made.discharge_current_a = 140.5;
  made.break_current_a = 5;
  made.limits = std::get<messages::protection::table>(std::move(limits));
  made.derating = messages::protection::derating_of({}, made.limits);
  return made;
}

} // namespace voltaic::tests
