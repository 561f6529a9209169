#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/time.hpp"

namespace voltaic::nodes::simulate {

/// A frame as an inverter was told it.
struct told_frame {
  std::string inverter;
  std::string id;   ///< "0x351"
  std::string data; ///< "1402740E740ECC01"
  /// Numbers, then flags that are set, by name.
  std::vector<std::pair<std::string, double>> numbers;
  std::vector<std::string> flags;
};

/// Puts the events of all nodes of a simulated site in order: by time since
/// t=0, then sequence, then subject. What lies before t=0 is left out.
class event_writer {
 public:
  /// `zero_us` is t=0 on the monotonic clock.
  event_writer(std::int64_t zero_us, bool json) : zero_us_(zero_us), json_(json) {}

  void add(const messages::event& event, std::int64_t time_us);
  /// A frame that an inverter heard and that says something new, with what it means.
  void add(const told_frame& told, std::int64_t time_us);

  /// The lines up to and without `until_us`, in order. Nothing earlier may be
  /// added afterwards.
  [[nodiscard]] std::vector<std::string> take(std::int64_t until_us);
  /// Everything that is left.
  [[nodiscard]] std::vector<std::string> take_rest() { return take(INT64_MAX); }

 private:
  struct entry {
    std::int64_t t_ms = 0;
    std::int64_t time_us = 0;
    messages::event event;
    std::string line = {}; ///< in place of the event
  };
  [[nodiscard]] std::string line_of(const entry& from) const;

  std::int64_t zero_us_;
  bool json_;
  std::vector<entry> waiting_;
};

} // namespace voltaic::nodes::simulate
