#pragma once

#include <cstdint>
#include <vector>

#include "messages/codec/payloads.hpp"

namespace voltaic::actors::rack {

/// The elements of an array as its device says them: `marks[i]` is the quality of `values[i]`.
struct elements {
  std::vector<double> values;
  std::vector<messages::quality> marks;
};

/// How a device's point becomes engineering values: value = raw * scale + offset.
struct reading {
  std::uint32_t count = 0;
  double scale = 1;
  double offset = 0;
  bool is_signed = false;
};

/// The elements of a block that covers its whole point; of any other, none.
[[nodiscard]] elements read_elements(const messages::block& block, const reading& as);

/// What the elements of each module are together; `group_size` divides their number. A module is as
/// good as its worst element.
[[nodiscard]] elements sum_modules(const elements& of, std::uint32_t group_size);

/// Extremes and sum over the good elements, and which were left out.
struct summary {
  messages::quality worst = messages::quality::good;
  std::vector<std::uint32_t> left_out;
  std::size_t used = 0; ///< 0: the others say nothing
  std::size_t lowest = 0;
  std::size_t highest = 0;
  double sum = 0;
};
[[nodiscard]] summary summarise(const elements& of);

} // namespace voltaic::actors::rack
