#include "actors/can_device/canopen_emergency_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/event_codes.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace canopen = messages::canopen;
namespace codes = messages::event_codes;

} // namespace

std::string to_words(const canopen::emergency& said) {
  const auto detail = canopen::emergency_detail(said.code);
  const auto text = detail.empty() ? canopen::emergency_class(said.code) : detail;
  const auto bits = canopen::error_register_text(said.error_register);
  return fmt::format("{:04X} {}{}", said.code, text.empty() ? "of no class" : text,
                     bits.empty() ? "" : fmt::format(" ({})", bits));
}

void emergency_watch::take(const canopen::emergency& said, std::int64_t now_us) {
  if (now_us - window_us_ >= emergency_window_us) {
    window_us_ = now_us;
    in_window_ = 0;
  }
  const auto before = standing_.all().size();
  standing_.take(said);
  if (++in_window_ > emergencies_max) {
    busy_us_ = now_us;
    if (!std::exchange(babbles_, true))
      notices_.push_back(
          {codes::emergency, "babbling", "alarm",
           fmt::format("more than {} within 10 s, last {}", emergencies_max, to_words(said))});
  }
  if (babbles_) {
    ++untold_;
    return;
  }
  if (canopen::is_reset(said)) {
    if (before != 0) notices_.push_back({codes::emergency, "cleared", "", to_words(said)});
  } else if (standing_.all().size() != before) {
    notices_.push_back({codes::emergency, "error", "warning", to_words(said)});
  }
}

void emergency_watch::step(std::int64_t now_us) {
  if (!babbles_ || now_us - busy_us_ < emergency_quiet_us) return;
  babbles_ = false;
  const auto stands = text();
  notices_.push_back({codes::emergency, "quiet", "",
                      fmt::format("{} were not told one by one{}", std::exchange(untold_, 0),
                                  stands.empty() ? "" : "; stands " + stands)});
}

void emergency_watch::reset() {
  standing_.take({});
}

std::vector<notice> emergency_watch::take_notices() {
  return std::exchange(notices_, {});
}

std::string emergency_watch::text() const {
  std::string made;
  const auto& all = standing_.all();
  for (std::size_t i = 0; i < std::min(all.size(), emergencies_spelled); ++i)
    made += (i == 0 ? "" : "; ") + to_words(all[i]);
  if (all.size() > emergencies_spelled)
    made += fmt::format("; and {} more", all.size() - emergencies_spelled);
  return made;
}

} // namespace voltaic::actors::can_device
