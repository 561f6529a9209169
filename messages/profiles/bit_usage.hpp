#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/profiles/device_profile.hpp"

namespace voltaic::messages::profiles {

/// Who uses which bits of a frame: everybody, or one multiplexer value.
class bit_usage {
 public:
  /// Takes bits for `who`, as people know it; `mux`: only in frames whose multiplexer has this
  /// value. Nothing: they were free. Else which bit somebody else has, in words.
  /// A field lies in eight bytes of its message of so many.
  [[nodiscard]] std::optional<std::string> take(const bit_field& bits, unsigned message_bytes,
                                                const std::optional<std::int64_t>& mux,
                                                std::string who);
  /// Takes a whole byte of each frame.
  void take_byte(unsigned byte, std::string who);

 private:
  struct claim {
    unsigned window = 0; ///< first of the eight bytes in which they lie
    std::uint64_t bits = 0;
    std::optional<std::int64_t> mux;
    std::string who;
  };
  /// Bits of both, as they lie in the first one's window.
  [[nodiscard]] static std::uint64_t common(const claim& one, const claim& other);
  std::vector<claim> claims_;
};

} // namespace voltaic::messages::profiles
