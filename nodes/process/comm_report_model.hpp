#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/payloads.hpp"

namespace voltaic::nodes::process {

/// Makes lines of what a node sees of its buses and Modbus lines, in the words that an installer
/// searches for: Timeout, CRC Error, bus-warn, error-passive, bus-off, bitrate, No ACK. Pure.
///
/// A link's change is told at once, and the same word of the same link not again for
/// `quiet_us`; what was kept back is counted in the next line.
class comm_report {
 public:
  static constexpr std::int64_t quiet_us = 10 * messages::us_per_s;

  /// Several nodes look at one bus, and one of them tells of it: this one of these links. What a
  /// node lost itself it tells in any case. Beside a bus: after how many microseconds without a
  /// frame it is silent; 0: never.
  explicit comm_report(std::map<std::string, std::int64_t> told_links)
      : told_links_(std::move(told_links)) {}

  /// What is new, a line each: "can0 bus-off: ...".
  [[nodiscard]] std::vector<std::string> step(const std::vector<messages::bus_health>& buses,
                                              const std::vector<messages::line_health>& lines,
                                              std::int64_t now_us);

 private:
  struct known_bus {
    messages::bus_health seen;
    std::int64_t heard_us = 0; ///< when `rx` last grew
    bool silent = false;
    bool is_new = true;
  };
  struct word {
    std::int64_t quiet_until_us = 0;
    std::uint64_t kept_back = 0;
  };

  void look_at(const messages::bus_health& now, std::int64_t now_us);
  void look_at_state(const messages::bus_health& now, const known_bus& known, std::int64_t now_us);
  void look_at_silence(const messages::bus_health& now, known_bus& known, std::int64_t now_us);
  void look_at(const messages::line_health& now, std::int64_t now_us);
  void tell(const std::string& link, std::string_view what, std::string_view words,
            std::int64_t now_us);
  void tell_growth(const std::string& link, std::string_view what, std::uint64_t grown,
                   std::string_view words, std::int64_t now_us);

  const std::map<std::string, std::int64_t> told_links_; ///< silence in us, by name
  std::map<std::string, known_bus> buses_;
  std::map<std::string, messages::line_health> lines_;
  std::map<std::string, word> words_; ///< by link and word
  std::vector<std::string> told_;     ///< by this step
};

} // namespace voltaic::nodes::process
