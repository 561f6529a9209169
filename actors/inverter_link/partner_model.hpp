#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/inverter_link/heartbeat_model.hpp"
#include "actors/inverter_link/link_options.hpp"
#include "messages/inverter/compatibility.hpp"

namespace voltaic::actors::inverter_link {

/// Whether battery and inverter are known to work together.
enum class compatibility : std::uint8_t {
  unknown,
  awaited, ///< one of them has not said yet what it is
  compatible,
  incompatible
};
[[nodiscard]] std::string_view to_string(compatibility of);

/// An inverter that is there for so long without a word of what it is does not say it.
inline constexpr std::int64_t identity_patience_us = 10 * messages::us_per_s;

/// Judges by the site's table, and by what battery and inverter say of themselves now: who
/// is exchanged while the link lives is judged anew. Pure.
class partner_model {
 public:
  explicit partner_model(const model_options& options);

  void tell_inverter(messages::inverter::told_identity told);
  void tell_battery(std::size_t rack, messages::inverter::told_identity told);
  /// True where the judgement, or who is judged, became another one.
  [[nodiscard]] bool step(presence inverter, std::int64_t now_us);

  [[nodiscard]] inverter_link::compatibility compatibility() const { return judged_; }
  /// The inverter's name in words; empty: it said none.
  [[nodiscard]] const std::string& inverter() const { return inverter_text_; }
  /// Why, with the names of both.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  struct battery {
    std::string rack;
    messages::inverter::product kind;
  };
  [[nodiscard]] inverter_link::compatibility judge();

  std::shared_ptr<const messages::inverter::compatibility_table> table_;
  messages::inverter::product inverter_;
  std::vector<battery> batteries_;
  inverter_link::compatibility judged_ = compatibility::unknown;
  std::string inverter_text_;
  std::string reason_;
  bool is_judged_ = false;
  std::optional<std::int64_t> there_us_; ///< since then the inverter is there
};

} // namespace voltaic::actors::inverter_link
