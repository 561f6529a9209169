#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actors/inverter_link/link_options.hpp"
#include "actors/runtime/actor.hpp"
#include "actors/runtime/last_hop.hpp"
#include "actors/runtime/standing_values.hpp"

namespace voltaic::actors::inverter_link {

/// The last hop of `set` for the points that a link writes itself: what somebody sets there is one
/// more cap on what the inverter is told, and reaches the inverter only through the link. It has
/// role, length and reversion as every value that is set, and outlives restarts. Where nobody set
/// anything the cap is the loosest value that the point takes.
class people_caps {
 public:
  /// Loads what the journal remembers.
  people_caps(runtime::context& owner, const model_options& options);

  void receive(const messages::command& asked, runtime::instant now);
  void stored(std::uint64_t token, const bus::storage::append_result& result, runtime::instant now);

  /// Carries out what is due and ends what is over.
  void step(runtime::instant now);
  /// What caps the link now, in the order of the profile's writes; of points that nobody set: none.
  [[nodiscard]] std::vector<standing_cap> standing() const;
  /// Answers who set something, once it is told: `told` says what of it the inverter is told.
  template <class Told>
  void finish(const Told& told, runtime::instant now) {
    for (auto& each : std::exchange(acted_, {}))
      commands_.finish(each.command, messages::outcome::done, {}, told(each.item), now);
  }

 private:
  struct acted {
    messages::command command;
    messages::inverter::item item = 0;
  };
  [[nodiscard]] std::optional<std::uint16_t> find(std::string_view point) const;
  [[nodiscard]] std::optional<std::string> refusal(const messages::command& asked,
                                                   std::optional<std::uint16_t> set) const;
  void act(const messages::command& asked, runtime::instant now);

  std::string device_;
  std::vector<cap_point> points_;
  runtime::last_hop commands_;
  runtime::standing_values values_;
  std::vector<acted> acted_; ///< and not answered yet
};

} // namespace voltaic::actors::inverter_link
