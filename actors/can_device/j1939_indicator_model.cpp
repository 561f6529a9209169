#include "actors/can_device/j1939_indicator_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "messages/j1939/value_state.hpp"
#include "messages/profiles/bits.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace j1939 = messages::j1939;
namespace profiles = messages::profiles;

constexpr auto valid = static_cast<std::uint8_t>(j1939::value_state::valid);

// Of a field that does not lie in the payload it says nothing: its length is told elsewhere.
std::uint8_t state_of(const profiles::signal& one, std::size_t length,
                      std::span<const std::uint8_t> payload) {
  const auto [window, bits] = profiles::place(one.bits, static_cast<unsigned>(length));
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  const auto rest = payload.subspan(std::min<std::size_t>(window, payload.size()));
  std::copy_n(rest.begin(), std::min(rest.size(), bytes.size()), bytes.begin());
  const auto intel = profiles::load_word(bytes.data());
  const auto word = bits.order == profiles::bit_order::intel ? intel : profiles::swap_bytes(intel);
  const auto raw = word >> profiles::word_shift(bits) & profiles::low_mask(bits.length);
  return static_cast<std::uint8_t>(j1939::state_of(raw, bits.length));
}

} // namespace

indicator_watch::indicator_watch(const profiles::device_profile& profile) : profile_(&profile) {
  for (const auto& message : profile.messages) {
    const bool has_any = std::ranges::any_of(message.signals, &profiles::signal::indicators);
    states_.emplace_back(has_any ? message.signals.size() : 0, valid);
  }
}

void indicator_watch::take(std::uint16_t message, std::span<const std::uint8_t> payload) {
  auto& known = states_[message];
  const auto& of = profile_->messages[message];
  if (known.empty() || payload.size() < of.length) return;
  bool is_other = false;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!of.signals[i].indicators) continue;
    const auto now = state_of(of.signals[i], of.length, payload);
    is_other = is_other || now != known[i];
    known[i] = now;
  }
  if (is_other) spell();
}

void indicator_watch::spell() {
  text_.clear();
  std::size_t found = 0;
  for (std::size_t m = 0; m < states_.size(); ++m)
    for (std::size_t i = 0; i < states_[m].size(); ++i) {
      if (states_[m][i] == valid || ++found > indicators_spelled) continue;
      const auto& one = profile_->messages[m].signals[i];
      const auto& point = profile_->points[one.point];
      text_ += fmt::format("{}{}{}{}: {}", found == 1 ? "" : "; ", point.name,
                           point.count > 1 ? fmt::format("[{}]", one.index) : "",
                           one.spn == 0 ? "" : fmt::format(" (SPN {})", one.spn),
                           j1939::to_string(static_cast<j1939::value_state>(states_[m][i])));
    }
  if (found > indicators_spelled) text_ += fmt::format("; and {} more", found - indicators_spelled);
}

} // namespace voltaic::actors::can_device
