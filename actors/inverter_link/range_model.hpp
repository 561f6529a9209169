#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "messages/inverter/field_range.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::inverter_link {

/// What the inverter's frames could not say is remembered this long: a value at the end of its
/// field is told once.
inline constexpr std::int64_t range_memory_us = 10 * messages::us_per_s;

/// Which values the frames of a profile cannot say, so that they are left out. Pure.
class range_model {
 public:
  range_model(std::shared_ptr<const messages::inverter::inverter_profile> profile,
              const messages::inverter::wire_options& wire)
      : profile_(std::move(profile)), wire_(wire) {}

  /// Looks at what is about to be told.
  void look(const messages::inverter::payload& told, std::int64_t now_us);
  /// A voltage of the battery or a limit of it cannot be said: an inverter that does not know it
  /// may neither charge nor discharge. That lasts until it can be said: while nobody knows the
  /// voltage, it is the one that it was.
  [[nodiscard]] bool stops() const { return !stopping_.empty(); }
  /// What cannot be said, in words; empty: everything can, or could just now.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  /// The reason where it has become another one since this was asked last.
  [[nodiscard]] std::optional<std::string> take_news();

 private:
  void look(const messages::inverter::field& at, const messages::inverter::payload& told);

  std::shared_ptr<const messages::inverter::inverter_profile> profile_;
  messages::inverter::wire_options wire_;
  std::set<messages::inverter::item> stopping_; ///< voltages of the battery that cannot be said
  std::string found_;                           ///< by the look that is going on
  std::string names_;                           ///< of the items in the reason
  std::string found_names_;
  std::string reason_;
  std::string names_told_;
  std::int64_t found_us_ = 0;
};

} // namespace voltaic::actors::inverter_link
