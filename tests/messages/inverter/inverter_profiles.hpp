#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "messages/inverter/codec.hpp"
#include "messages/inverter/load_inverter.hpp"
#include "messages/support/profiles.hpp"

namespace voltaic::tests {

inline std::string inverter_file(std::string_view name) {
  return std::string(VOLTAIC_SOURCE_FOLDER "/configs/inverters/").append(name);
}

/// A shipped inverter profile; it must load.
inline messages::inverter::inverter_profile load_inverter(std::string_view name) {
  auto loaded = messages::inverter::load_inverter_profile(text_of(inverter_file(name)), name);
  if (const auto* wrong = std::get_if<messages::findings>(&loaded)) FAIL(to_text(*wrong));
  return std::get<messages::inverter::inverter_profile>(std::move(loaded));
}

/// The same, as options share it.
inline std::shared_ptr<const messages::inverter::inverter_profile> shared_inverter(
    std::string_view name) {
  return std::make_shared<const messages::inverter::inverter_profile>(load_inverter(name));
}

/// The frame of an identifier that the battery sends.
inline const messages::inverter::frame_layout& sent_layout(
    const messages::inverter::inverter_profile& profile, std::uint32_t id) {
  for (const auto& each : profile.frames)
    if (each.id.id == id) return each;
  FAIL("no frame " << id);
  return profile.frames.front();
}

inline std::string hex_of(const messages::can::frame& frame) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string text;
  for (std::size_t i = 0; i < frame.length; ++i) {
    text += digits[frame.data[i] >> 4];
    text += digits[frame.data[i] & 0xF];
  }
  return text;
}

} // namespace voltaic::tests
