#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "nodes/process/child_process.hpp"

namespace voltaic::nodes::process {

/// Tells each shortage once: set by the first process that is refused for want of it,
/// cleared by the next one that starts.
class shortage_model {
 public:
  /// The event of the first refusal: which process, why, and what to do. Nothing when
  /// the shortage is known, or when `lacks` is none.
  [[nodiscard]] std::optional<messages::event> refused(shortage lacks, std::string_view process,
                                                       std::string_view reason);
  /// A process was made: one event for each shortage that is over.
  [[nodiscard]] std::vector<messages::event> started(std::string_view process);

 private:
  std::array<bool, 2> known_{}; ///< descriptors, processes
};

} // namespace voltaic::nodes::process
