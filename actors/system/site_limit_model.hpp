#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "messages/contactor_words.hpp"
#include "messages/quality.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::system {

/// A rack that is lost holds its limits in force for so long at most.
inline constexpr std::int64_t lost_rack_hold_us_max = 60 * messages::us_per_s;

/// How the limits of racks become one.
enum class limit_policy : std::uint8_t {
  /// Racks in parallel share the current as their resistances have it, so that the
  /// smallest limit binds every one of them.
  smallest_times_active,
  sum ///< each rack has a controller of its own that keeps it within its limit
};

/// What a lost rack does to the limits of the others.
enum class lost_answer : std::uint8_t {
  hold,    ///< binds with the limits that it last had, without a share, then `stop`
  exclude, ///< nothing: the others go on by themselves
  stop     ///< nothing may flow until it is back or out of the site file
};

/// By what a rack is lost, and what follows.
struct lost_rules {
  lost_answer silent = lost_answer::hold;  ///< nobody hears it
  lost_answer invalid = lost_answer::hold; ///< what is heard of it cannot be used
  std::int64_t hold_us = lost_rack_hold_us_max;
  friend bool operator==(const lost_rules&, const lost_rules&) = default;
};

/// How a site makes limits of its racks'.
struct limit_rules {
  limit_policy policy = limit_policy::smallest_times_active;
  lost_rules lost;
  friend bool operator==(const limit_rules&, const limit_rules&) = default;
};

/// What is heard of one rack's limit, now.
struct limit_part {
  double value = 0;
  messages::quality quality = messages::quality::never; ///< of the value
  std::optional<messages::joining> standing;            ///< nothing: that is not known
  messages::quality contactor = messages::quality::never;
};

/// The limit of all racks, and the positions of those that it lacks.
struct site_limit {
  double value = 0;
  bool usable = false;
  messages::quality worst = messages::quality::good;
  std::vector<std::size_t> missing;
  std::vector<std::size_t> stopping; ///< of these, those that let nothing flow
};

/// One kind of limit of all racks: never the sum of some of those that count. Pure.
class site_limit_model {
 public:
  /// What the limit limits.
  enum class kind : std::uint8_t {
    flow,    ///< current or power: nothing may flow where nobody knows better
    ceiling, ///< a voltage that no rack may exceed: the lowest counts
    floor    ///< one that no rack may fall below: the highest counts
  };
  site_limit_model(kind of, limit_rules rules, std::size_t racks);

  /// Time does not run back. One part for each rack.
  [[nodiscard]] site_limit step(std::span<const limit_part> racks, std::int64_t now_us);

 private:
  /// A limit as its rack last had it while it was heard.
  struct held {
    std::optional<double> value; ///< nothing: it did not count
    std::int64_t heard_us = 0;   ///< 0: never since it counts no more
  };
  /// Where all racks together stand.
  struct tally {
    std::optional<double> smallest;
    double sum = 0;
    int active = 0;
  };

  /// False: it lets nothing flow.
  [[nodiscard]] bool add_lost(const limit_part& rack, held& known, tally& all,
                              std::int64_t now_us) const;
  /// What a rack that is heard and binds allows.
  [[nodiscard]] double most_of(const limit_part& rack) const;
  static void add_heard(const limit_part& rack, const held& known, tally& all);
  /// While no rack stops it.
  [[nodiscard]] double flow_of(const tally& all) const;
  [[nodiscard]] site_limit voltage(std::span<const limit_part> racks, site_limit found) const;

  kind kind_;
  limit_rules rules_;
  std::vector<held> held_;
};

} // namespace voltaic::actors::system
