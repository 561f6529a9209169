#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "messages/codec/payloads.hpp"
#include "messages/points/first_value.hpp"
#include "messages/points/last_news.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::command {

/// Racks are joined on one DC bus only this near to each other in voltage, and only while
/// those that are closed carry no more than this (20 A as foxBMS has it).
inline constexpr double parallel_difference_v_max = 3;
inline constexpr double parallel_current_a_max = 20;
/// What a rack said counts this long; its contactor speaks once a second.
inline constexpr std::int64_t parallel_age_us_max = 3 * messages::us_per_s;

/// The rack that a command closes; empty: none.
[[nodiscard]] std::string rack_closed_by(const messages::command& asked);

/// Refuses to close a rack onto a DC bus whose other racks do not allow it. The rack's own
/// chain measures the bus and judges by that; it hears no other rack, so this is known
/// here alone: which ones, and that one of them is welded. Pure.
class parallel_model {
 public:
  /// rack -> its DC bus, where it has one, and every rack -> the device that feeds it.
  parallel_model(const std::map<std::string, std::string>& dc_buses,
                 const std::map<std::string, std::string>& devices);

  /// The actors whose words it needs; none where no DC bus has two racks.
  [[nodiscard]] std::vector<std::string> sources() const;
  void learn(const messages::catalogue& described);
  void take(const messages::telemetry& said, std::int64_t heard_us);
  /// Why the rack that this command closes must stay open, as one that is not known; empty: it
  /// closes none, or may.
  [[nodiscard]] std::vector<std::string> refuse(const messages::command& asked,
                                                std::int64_t now_us) const;

 private:
  template <class Value>
  struct heard {
    std::optional<Value> value; ///< nothing: nobody knows it
    messages::points::last_news news;
  };
  struct place {
    std::uint64_t fingerprint = 0;
    std::uint16_t position = 0;
    messages::points::number_scale scale;
  };
  struct number {
    place at;
    heard<double> said;
  };
  struct word {
    place at;
    heard<std::string> said;
  };
  struct member {
    std::string dc_bus;
    std::string device;
    number voltage;
    number current;
    word contactor;
    word lock;
    number joined; ///< to the DC bus, by its contactors' feedback
  };
  template <class Value>
  [[nodiscard]] static std::optional<Value> fresh(const heard<Value>& of, std::int64_t now_us);
  [[nodiscard]] std::string refusal(const std::string& name, const member& closing,
                                    const std::string& other_name, const member& other,
                                    std::int64_t now_us) const;

  std::set<std::string> known_;         ///< every rack of the site
  std::map<std::string, member> racks_; ///< that share a DC bus
};

} // namespace voltaic::actors::command
