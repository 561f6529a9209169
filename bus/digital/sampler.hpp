#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "bus/digital/port.hpp"

namespace voltaic::bus::digital {

/// The thread of a port: reads and tells at the port's pace until it is destroyed.
class sampler {
 public:
  /// Fills in the levels, or why there are none.
  using reader = std::function<void(sample&)>;
  sampler(reader read, handler told);

 private:
  void run(const std::stop_token& stop) const;

  reader read_;
  handler told_;
  std::jthread thread_; ///< last: it uses the others
};

} // namespace voltaic::bus::digital
