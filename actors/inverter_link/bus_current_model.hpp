#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/inverter_link/current_witness_model.hpp"
#include "actors/inverter_link/link_options.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/contactor_words.hpp"
#include "messages/points/last_news.hpp"
#include "messages/points/watched_points.hpp"

namespace voltaic::actors::inverter_link {

/// A CAN inverter says its current about this often at least; how often it does is learnt.
inline constexpr std::int64_t frame_gap_us_max = 2 * messages::us_per_s;
/// Racks that the words name one by one.
inline constexpr std::size_t named_racks_max = 8;

/// Hears what is measured on the DC bus of an inverter and what the racks there show, and has both
/// compared. Pure. A value counts only while it comes; what is only kept by a relay, stale or
/// invalid is none, and never zero.
class bus_current_model {
 public:
  explicit bus_current_model(const model_options& options);

  /// Nobody measures the current: nothing is compared.
  [[nodiscard]] bool is_idle() const { return !measured_.is_known(); }
  void learn(const messages::catalogue& described) { points_.learn(described); }
  void take(const messages::telemetry& said, std::int64_t now_us);
  /// A CAN inverter said its current; nothing: that it does not know it.
  void take_measured(std::optional<double> current_a, std::int64_t now_us);
  /// `standing`: of each rack, as far as that is known. True: some word changed.
  bool step(std::span<const std::optional<messages::joining>> standing, std::int64_t now_us);

  [[nodiscard]] messages::current_agreement of(std::size_t rack) const { return judge_.of(rack); }
  [[nodiscard]] std::optional<double> measured_a() const;
  [[nodiscard]] std::optional<double> sum_a() const { return judge_.sum_a(); }
  /// "inverter_0/current measures 99.8 A, rack_0 shows -100.0 A"
  [[nodiscard]] std::string words() const;

 private:
  [[nodiscard]] std::size_t watch(const std::string& point);
  [[nodiscard]] std::optional<heard_current> heard(std::size_t place, std::int64_t now_us) const;
  [[nodiscard]] std::optional<heard_current> measure(std::int64_t now_us) const;
  [[nodiscard]] std::string source() const;

  messages::inverter::measured_current measured_;
  std::string inverter_;
  std::vector<std::string> names_; ///< of the racks
  messages::points::watched_points points_;
  std::vector<messages::points::last_news> news_; ///< by place
  std::size_t current_place_ = 0;
  std::size_t power_place_ = 0;
  std::size_t voltage_place_ = 0;
  std::vector<std::size_t> rack_places_;
  std::optional<heard_current> framed_; ///< of frames
  std::int64_t frame_gap_us_ = 0;       ///< between the last two
  std::optional<heard_current> now_;    ///< as of the last step
  std::vector<shown_current> shown_;
  current_witness_model judge_;
};

} // namespace voltaic::actors::inverter_link
