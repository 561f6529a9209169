#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "actors/runtime/progress_page.hpp"
#include "nodes/process/process_figures.hpp"
#include "nodes/process/wedge_model.hpp"

namespace voltaic::nodes::process {

/// Watches the progress page of a node's process for an actor that stands still.
class progress_watch {
 public:
  /// `limit_us`: how long an actor may stand still, as `[supervision]` of the site says.
  explicit progress_watch(std::int64_t limit_us) : wedge_(limit_us) {}

  /// One look, at least every `look_period_us`. The name of an actor that is wedged. A node
  /// that is starting or stopping is not judged.
  [[nodiscard]] std::optional<std::string> look(const actors::runtime::progress_layout& page,
                                                pid_t process, std::int64_t now_us);
  /// Forgets: another process.
  void reset();

 private:
  wedge_model wedge_;
  starvation_probe probe_;
};

} // namespace voltaic::nodes::process
