#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "scenarios/property/history.hpp"
#include "scenarios/property/schedule.hpp"

namespace voltaic::tests::property {

/// How often each kind of fault, and each outcome, really happened.
using hit_counters = std::map<std::string, std::uint64_t>;

/// A whole site on virtual time to which a schedule happens: the product's
/// actors, nodes and relay, simulated racks, and every seam in between in the
/// hands of the test.
class world {
 public:
  using observer = std::function<void(const fact&)>;
  struct options {
    /// From then on nobody hears the relay any more.
    std::optional<std::int64_t> bus_ends_ms;
  };

  /// The schedule must outlive the world.
  world(const schedule& what, options with, observer tell);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Plays the whole schedule.
  void run();
  [[nodiscard]] const hit_counters& hits() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace voltaic::tests::property
