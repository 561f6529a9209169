#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "messages/protection/condition.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::actors::protection {

/// What conditions are judged by; nothing where no valid value is known.
struct condition_values {
  std::optional<double> current_a; ///< positive: discharge
  std::optional<double> soc_percent;
};

/// Whether a level counts, of one condition with its numbers in the rack's units. What
/// cannot be judged counts as holding: an unknown current may be any.
class condition_model {
 public:
  /// `watched` is the candidate whose level has the condition, `table` what it stands in.
  /// `capacity_ah` 0: not known, so that no current can be compared with it.
  condition_model(const messages::protection::condition& asked,
                  const messages::protection::candidate& watched,
                  const messages::protection::table& table, double capacity_ah);

  /// `worst`: the most extreme value of the candidate, in its unit; nothing: not known.
  [[nodiscard]] bool holds(const condition_values& now, std::optional<double> worst) const;

 private:
  struct part {
    messages::protection::clause::kind asks;
    double first = 0; ///< A, percent or the candidate's unit
    double second = 0;
    bool known = true; ///< false: there is nothing to compare with
  };
  [[nodiscard]] bool holds(const part& asked, const condition_values& now,
                           std::optional<double> worst) const;

  std::vector<part> parts_;
  double sign_; ///< 1: the candidate has high limits
};

} // namespace voltaic::actors::protection
