#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "messages/dbc/database.hpp"
#include "messages/expected.hpp"
#include "messages/j1939/packet.hpp"
#include "messages/j1939/value_state.hpp"

namespace voltaic::messages::j1939 {

/// A parameter of a message, ready to be shown.
struct reported_signal {
  std::string name;
  std::string unit;
  std::string value_json; ///< `null` unless valid
  std::string raw_json;
  std::string label; ///< a word for the raw value, or empty
  value_state state = value_state::valid;
  std::optional<std::uint32_t> spn;
};

/// Where the parameters of a group are known from: a DBC file, and the table of battery groups.
class signal_source {
 public:
  signal_source() = default;
  /// Messages of 29 bits, by their groups; of several for one group that of the source counts,
  /// else the one of the null address, else the first.
  explicit signal_source(dbc::database by);

  /// What the group is called there; empty: it is not known.
  [[nodiscard]] std::string name_of(const message& one) const;
  /// By the DBC file if it has the group, else by the table. Values that are none keep their raw
  /// value. Fails as decoding by a DBC file does.
  [[nodiscard]] expected<std::vector<reported_signal>> read(const message& one) const;

 private:
  [[nodiscard]] const dbc::message* find(const message& one) const;

  dbc::database by_;
  std::unordered_map<std::uint32_t, std::vector<std::size_t>> by_group_;
};

} // namespace voltaic::messages::j1939
