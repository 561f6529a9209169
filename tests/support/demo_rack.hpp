#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "messages/profiles/device_profile.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::tests {

/// The profile of the demo's racks, as it is shipped.
inline std::shared_ptr<const messages::profiles::device_profile> demo_rack() {
  const std::string path = VOLTAIC_SOURCE_FOLDER "/configs/profiles/demo_rack.json";
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto loaded = messages::profiles::load_profile(text, path);
  REQUIRE(std::holds_alternative<messages::profiles::device_profile>(loaded));
  return std::make_shared<const messages::profiles::device_profile>(
      std::get<messages::profiles::device_profile>(std::move(loaded)));
}

} // namespace voltaic::tests
