#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/codec/codec.hpp"
#include "messages/expected.hpp"

/// The newest value of every point, as an observer of the bus knows it.
namespace voltaic::messages::points {

/// Points that one table holds at most; more are refused and counted.
inline constexpr std::size_t points_max = 65'536;

/// So long a value may take from its source to whoever shows it.
inline constexpr std::int64_t way_us = 500 * us_per_ms;

/// The age up to which a good value of a point with this period may be shown as good: as long
/// as its source calls it good, until it is said the next time, and its way. 0 (the point has
/// no period): without end.
[[nodiscard]] std::int64_t shown_good_us(std::uint32_t period_ms);

/// One point and what is known of its value.
struct point_state {
  point_description description;
  std::string owner;                                    ///< whose catalogue describes it
  bool received = false;                                ///< false: nothing was ever said of it
  instant source_time;                                  ///< when the value was true, on both clocks
  messages::quality quality = messages::quality::never; ///< the worst of its elements
  std::vector<double> numbers; ///< engineering values, `description.count` of them
  std::vector<messages::quality> element_quality; ///< as many
  std::string text;                               ///< the value of a text point
  std::vector<std::string> missing;               ///< what an aggregate had to leave out
};

/// What the table did not take, and why.
struct point_table_statistics {
  std::uint64_t applied = 0;           ///< blocks taken
  std::uint64_t older = 0;             ///< repeated or reordered blocks, left out
  std::uint64_t without_catalogue = 0; ///< telemetry of an owner not yet described
  std::uint64_t other_fingerprint = 0; ///< telemetry for another catalogue, not interpreted
  std::uint64_t out_of_range = 0;      ///< blocks that do not fit their point
};

/// Feeds on decoded messages and holds the newest value per point. A value
/// keeps its source time however often it is published again; a source that is
/// down keeps its last values, as stale.
class point_table {
 public:
  /// Takes catalogues, telemetry and the end of a snapshot; ignores the rest.
  void apply(const message& message);

  /// Says that a source is alive or down. Any newer telemetry makes it alive again.
  void set_alive(std::string_view source, bool alive);

  /// From now on values are shown as they are at this time (microseconds since 1970): what is
  /// older than `shown_good_us` of its point is stale, whoever said last that it is good. Values
  /// of simulated or recorded time have no age. Never called: no value ages.
  void look_at(std::int64_t now_utc_us) { now_utc_us_ = now_utc_us; }

  /// The catalogue of an owner, or nullptr.
  [[nodiscard]] const catalogue* catalogue_of(std::string_view owner) const;

  /// Every point that one of the patterns fits (none given: all), sorted by
  /// name. A pattern may also be the path of one element, which comes back as a
  /// point of its own, named with its index.
  [[nodiscard]] std::vector<point_state> select(const std::vector<std::string>& patterns) const;

  /// One point by either spelling, or one element by its path.
  [[nodiscard]] expected<point_state> find(std::string_view path) const;

  [[nodiscard]] const point_table_statistics& statistics() const { return statistics_; }

 private:
  /// The order of what one source said of one point.
  struct stamp {
    std::string source;
    std::uint32_t incarnation = 0;
    std::uint64_t sequence = 0;
    std::int64_t monotonic_us = 0;
    std::int64_t utc_us = 0;
    utc_quality utc = utc_quality::unknown;
  };
  struct kept {
    point_state state;
    stamp last;
  };
  struct owner_entry {
    messages::catalogue catalogue;
    std::vector<kept> points;
  };

  void apply(const catalogue& catalogue);
  void apply(const header& header, const telemetry& telemetry);
  void apply(const header& header, const block& block, kept& to);
  [[nodiscard]] static bool is_older(const header& header, const kept& known);
  [[nodiscard]] point_state shown(const kept& point) const;
  [[nodiscard]] bool is_too_old(const kept& point) const;

  std::map<std::string, owner_entry, std::less<>> owners_;
  std::map<std::string, bool, std::less<>> alive_; ///< sources that were heard of
  std::optional<std::int64_t> now_utc_us_;
  std::size_t points_ = 0;
  point_table_statistics statistics_;
};

} // namespace voltaic::messages::points
