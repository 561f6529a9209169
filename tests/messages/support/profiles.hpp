#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/load.hpp"
#include "messages/support/vectors.hpp"

namespace voltaic::tests {

/// The findings as a person sees them, one a line.
inline std::string to_text(const messages::findings& findings) {
  std::string text;
  for (const auto& one : findings)
    text += one.file + ":" + std::to_string(one.line) + ":" + std::to_string(one.column) + ": " +
            one.text + "\n";
  return text;
}

/// A profile that must load.
inline messages::profiles::device_profile load_good(std::string_view text,
                                                    std::string_view name = "test.json") {
  auto result = messages::profiles::load_profile(text, name);
  if (const auto* found = std::get_if<messages::findings>(&result)) FAIL(to_text(*found));
  return std::get<messages::profiles::device_profile>(std::move(result));
}

inline std::string profile_file(std::string_view name) {
  return std::string(VOLTAIC_SOURCE_FOLDER "/configs/profiles/").append(name);
}

inline messages::profiles::device_profile load_file(std::string_view name) {
  return load_good(text_of(profile_file(name)), name);
}

/// A frame from its identifier and hexadecimal bytes.
inline messages::can::frame make_frame(std::uint32_t id, std::string_view hex,
                                       bool extended = false) {
  messages::can::frame result;
  result.id = id;
  result.extended = extended;
  for (const auto byte : bytes_of(hex)) result.data[result.length++] = byte;
  return result;
}

/// What one frame says, by point name.
class decoded_frame {
 public:
  decoded_frame(const messages::profiles::device_profile& profile,
                const messages::can::frame& frame, std::uint32_t id_offset = 0)
      : profile_(profile) {
    const auto plan = messages::profiles::decode_plan::compile(profile, id_offset);
    REQUIRE(plan.has_value());
    applied = plan->apply(frame, samples);
  }

  [[nodiscard]] const messages::profiles::sample& sample(std::string_view point,
                                                         std::uint32_t index = 0) const {
    const auto position = profile_.find_point(point);
    REQUIRE(position.has_value());
    for (const auto& one : samples)
      if (one.point == *position && one.index == index) return one;
    FAIL("no sample of " << point);
    return samples.front();
  }
  /// The good value in engineering units.
  [[nodiscard]] double value(std::string_view name, std::uint32_t index = 0) const {
    const auto& one = sample(name, index);
    REQUIRE(one.good);
    const auto& point = profile_.points[one.point];
    if (point.type == messages::profiles::raw_type::f64) return one.real;
    return static_cast<double>(one.raw) * point.scale + point.offset;
  }

  std::vector<messages::profiles::sample> samples;
  messages::profiles::decode_plan::applied applied;

 private:
  const messages::profiles::device_profile& profile_;
};

} // namespace voltaic::tests
