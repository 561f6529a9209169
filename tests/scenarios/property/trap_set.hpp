#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "scenarios/property/history.hpp"
#include "scenarios/property/parts.hpp"
#include "scenarios/property/schedule.hpp"
#include "scenarios/property/world.hpp"

namespace voltaic::tests::property {

/// The traps of all actors of a site, by name; they outlive the actors' lives.
class trap_set {
 public:
  /// `now_us`: the time of the facts, while this lives.
  trap_set(const std::int64_t& now_us, std::function<void(const fact&)> tell, hit_counters& hits)
      : now_us_(now_us), tell_(std::move(tell)), hits_(hits) {}

  [[nodiscard]] std::shared_ptr<trap> of(const std::string& actor);
  /// From now on the permits that come to the contactors of these racks are told, with the time
  /// since `start`.
  void watch_permits(int racks, messages::instant start);
  /// The actor of the deed throws.
  void arm(const deed& one);
  /// It gets nothing until then.
  void hold_back(const deed& one, std::int64_t until_us);
  /// Whose time is over gets everything.
  void let_go();

 private:
  void spring(const std::string& actor, crash_place here);

  const std::int64_t& now_us_;
  std::function<void(const fact&)> tell_;
  hit_counters& hits_;
  std::map<std::string, std::shared_ptr<trap>> all_;
  std::map<std::string, std::int64_t> held_back_; ///< actors, and until when
};

} // namespace voltaic::tests::property
