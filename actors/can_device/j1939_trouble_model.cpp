#include "actors/can_device/j1939_trouble_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/event_codes.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace codes = messages::event_codes;
namespace j1939 = messages::j1939;

bool has(const std::vector<j1939::trouble_code>& all, const j1939::trouble_code& one) {
  return std::ranges::any_of(all, [&](const j1939::trouble_code& each) {
    return each.spn == one.spn && each.fmi == one.fmi && each.conversion == one.conversion;
  });
}

} // namespace

trouble_watch::trouble_watch(name_of_parameter name_of) : name_of_(std::move(name_of)) {}

std::string trouble_watch::words(const j1939::trouble_code& one) const {
  const auto name = name_of_(one.spn);
  const auto how = j1939::fmi_text(one.fmi);
  return fmt::format("SPN {}{}: {} (FMI {})", one.spn, name.empty() ? "" : " " + name,
                     how.empty() ? "of no known kind" : how, one.fmi);
}

std::string trouble_watch::spelled(const trouble_codes& all) const {
  std::string made;
  for (std::size_t i = 0; i < std::min(all.size(), troubles_spelled); ++i)
    made += (i == 0 ? "" : "; ") + words(all[i]);
  if (all.size() > troubles_spelled)
    made += fmt::format("; and {} more", all.size() - troubles_spelled);
  return made;
}

void trouble_watch::take_active(std::span<const std::uint8_t> payload, std::int64_t now_us) {
  const auto said = j1939::read_faults(payload);
  if (!said) return;
  said_us_ = now_us;
  become(said->codes, now_us);
}

void trouble_watch::take_previous(std::span<const std::uint8_t> payload) {
  if (const auto said = j1939::read_faults(payload)) previous_ = said->codes;
}

void trouble_watch::become(const trouble_codes& now, std::int64_t now_us) {
  const auto before = std::exchange(active_, now);
  for (const auto& each : now)
    if (!has(before, each)) tell("active", "warning", words(each), now_us);
  for (const auto& each : before)
    if (!has(now, each)) tell("cleared", "", words(each), now_us);
}

void trouble_watch::tell(const char* state, const char* level, std::string reason,
                         std::int64_t now_us) {
  if (now_us - window_us_ >= trouble_window_us) {
    window_us_ = now_us;
    in_window_ = 0;
  }
  if (++in_window_ > troubles_max) {
    busy_us_ = now_us;
    if (!std::exchange(babbles_, true))
      notices_.push_back({codes::trouble_code, "babbling", "alarm",
                          fmt::format("more than {} changes within 10 s, last {}: {}", troubles_max,
                                      state, reason)});
  }
  if (babbles_) {
    ++untold_;
    return;
  }
  notices_.push_back({codes::trouble_code, state, level, std::move(reason)});
}

void trouble_watch::step(std::int64_t now_us) {
  if (!active_.empty() && now_us - said_us_ > trouble_silence_us) become({}, now_us);
  if (!babbles_ || now_us - busy_us_ < trouble_quiet_us) return;
  babbles_ = false;
  const auto stands = active();
  notices_.push_back(
      {codes::trouble_code, "quiet", "",
       fmt::format("{} changes were not told one by one{}", std::exchange(untold_, 0),
                   stands.empty() ? "" : "; active " + stands)});
}

void trouble_watch::reset() {
  active_.clear();
  previous_.clear();
}

std::vector<notice> trouble_watch::take_notices() {
  return std::exchange(notices_, {});
}

} // namespace voltaic::actors::can_device
