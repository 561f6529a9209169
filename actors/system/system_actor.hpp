#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actors/runtime/actor.hpp"
#include "actors/system/link_watch_model.hpp"
#include "actors/system/lost_rack_watch_model.hpp"
#include "actors/system/system_model.hpp"

namespace voltaic::actors::system {

/// The energy counters are journalled this often, and when the node ends: a kill
/// costs at most what flowed in between.
inline constexpr std::int64_t counters_period_us = 60 * messages::us_per_s;

struct actor_options {
  model_options model;
  std::vector<std::string> sources; ///< whoever says a point of a rack
  std::vector<std::string> nodes;   ///< whoever says how links fare
};

/// Links are said this often.
inline constexpr std::int64_t links_period_us = messages::us_per_s;

/// The SYSTEM actor: says what racks are together and how links fare, and keeps the energy.
/// One speaks for all racks of the site, one for each part of them that has an inverter.
class system_actor final : public runtime::actor {
 public:
  /// Throws std::invalid_argument with every finding of the options.
  system_actor(runtime::context& context, const actor_options& options);
  using runtime::actor::receive;
  void receive(const messages::message& message) override;
  void wake(runtime::instant now) override;
  void ending() override;

 private:
  void load();
  /// The present on the clock of the racks' ports, which in a replay is another
  /// than the node's: as much later than the last that was heard as has passed.
  [[nodiscard]] runtime::instant present(runtime::instant now) const;
  void keep(runtime::instant now);

  runtime::context& context_;
  model model_;
  link_watch watch_;
  lost_rack_watch lost_racks_;
  const bool has_links_;
  const std::string energy_key_; ///< of its counters in the journal
  energy_counters kept_;
  runtime::instant heard_;       ///< source time of the newest that was heard
  std::int64_t heard_at_us_ = 0; ///< on the node's clock; 0: nothing was
  std::int64_t said_us_ = 0;
  std::int64_t links_said_us_ = 0;
  std::int64_t kept_us_ = 0;
  bool described_ = false; ///< this incarnation has said its catalogue
};

} // namespace voltaic::actors::system
