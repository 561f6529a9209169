#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/time.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// In which respects racks of both plans are protected less by the wanted one:
/// "rack_0: cell_overvoltage/fault: set". Ratings that rose are among them, and a profile that
/// became commissioned.
[[nodiscard]] std::vector<std::string> loosened_protection(const site::plan& running,
                                                           const site::plan& wanted);

/// What was asked for by one person waits so long for another one.
inline constexpr std::int64_t approval_us = 15 * 60 * messages::us_per_s;

/// Who asks for a change.
struct asker {
  std::string user;
  std::string role;
};

/// Protection is loosened when two persons ask for the same: both engineers at least, one of
/// them with the role service. Pure.
class loosening_approval {
 public:
  /// Why it is not carried out, or not yet; nothing: it may be. `what` stands for all of the
  /// change: another text is another change, and the former one is forgotten.
  [[nodiscard]] std::optional<std::string> judge(const std::string& what, const asker& who,
                                                 std::int64_t now_us);
  /// Whether a change waits for a second person.
  [[nodiscard]] bool is_staged() const { return staged_.has_value(); }

 private:
  struct staged {
    std::string what;
    asker who;
    std::int64_t until_us = 0;
  };
  std::optional<staged> staged_;
};

} // namespace voltaic::nodes::process
