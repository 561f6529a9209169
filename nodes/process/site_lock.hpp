#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "messages/expected.hpp"

namespace voltaic::nodes::process {

/// Who holds a site says so again after this.
inline constexpr std::int64_t holding_told_us = 1'000'000;

/// The right to run a site: held by one process, freed by its end however it ends.
class site_lock {
 public:
  /// Fails with words that name the process which holds it.
  [[nodiscard]] static messages::expected<std::unique_ptr<site_lock>> take(
      const std::string& runtime_folder, const std::string& command);
  ~site_lock();
  /// Says that it is held still, when it is time. Any clock that only rises.
  void tell_held(std::int64_t now_us);
  site_lock(const site_lock&) = delete;
  site_lock& operator=(const site_lock&) = delete;

 private:
  explicit site_lock(int file) : file_(file) {}
  int file_;
  std::optional<std::int64_t> told_us_;
};

/// Who held a site and ended without giving it back: killed, crashed, or with the machine.
struct lost_holder {
  std::string name; ///< "voltaic up, process 42"
  std::time_t held =
      0; ///< when it said last that it held the site, `holding_told_us` before at most
};

/// Nothing: somebody holds the site, or whoever held it last stopped it in order.
[[nodiscard]] std::optional<lost_holder> last_lost_holder(const std::string& runtime_folder);

/// Who holds the lock of a site ("voltaic up, process 42"); nothing when nobody does.
[[nodiscard]] std::optional<std::string> lock_holder(const std::string& runtime_folder);

} // namespace voltaic::nodes::process
