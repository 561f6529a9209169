#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/configuration/version.hpp"

namespace voltaic::actors::protection {

using messages::configuration::approval_us;

/// Somebody who approves something.
struct approving {
  std::string user;
  std::string role;
  std::string reason;
  std::int64_t utc_us = 0;
};

/// What an approval comes to.
struct approval {
  enum class step : std::uint8_t {
    refused,
    first,   ///< it waits for a second person
    complete ///< two persons want the same
  };
  approval::step reached = step::refused;
  std::string why;                ///< of a refusal
  std::optional<approving> first; ///< of a complete one: who began
};

/// Two persons approve the same: both engineers at least, one of them with the role service. Pure;
/// nothing of it outlives a restart.
class approval_model {
 public:
  /// `what` stands for all of it: an approval of something else begins anew.
  [[nodiscard]] approval judge(const std::string& what, const approving& who, std::int64_t now_us);

  /// Who approved first, while that waits for a second person; null: nobody.
  [[nodiscard]] const approving* begun_by(std::int64_t now_us) const;

 private:
  struct begun {
    std::string what;
    approving who;
    std::int64_t until_us = 0;
  };
  std::optional<begun> begun_;
};

} // namespace voltaic::actors::protection
