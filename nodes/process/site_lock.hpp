#pragma once

#include <memory>
#include <optional>
#include <string>

#include "messages/expected.hpp"

namespace voltaic::nodes::process {

/// The right to run a site: held by one process, freed by its end however it ends.
class site_lock {
 public:
  /// Fails with words that name the process which holds it.
  [[nodiscard]] static messages::expected<std::unique_ptr<site_lock>> take(
      const std::string& runtime_folder, const std::string& command);
  ~site_lock();
  site_lock(const site_lock&) = delete;
  site_lock& operator=(const site_lock&) = delete;

 private:
  explicit site_lock(int file) : file_(file) {}
  int file_;
};

/// Who holds the lock of a site ("voltaic up, process 42"); nothing when nobody does.
[[nodiscard]] std::optional<std::string> lock_holder(const std::string& runtime_folder);

} // namespace voltaic::nodes::process
