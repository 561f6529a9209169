#include "actors/simulator/j1939_trouble_model.hpp"

#include <algorithm>

namespace voltaic::actors::simulator {
namespace {

constexpr std::uint8_t amber_lamp = 0x04;
constexpr std::uint8_t red_stop_lamp = 0x10;
constexpr std::uint8_t occurrences_max = 126;
constexpr std::uint8_t severe_fmi_max = 1;
constexpr std::uint8_t unused = 0xFF;
constexpr std::size_t bytes_min = 8;

} // namespace

bool j1939_trouble_codes::begin(std::uint32_t spn, std::uint8_t fmi, bool is_latched) {
  if (spn == 0 || spn > spn_max || fmi > fmi_max || (spn == spn_max && fmi == fmi_max))
    return false;
  const auto is_it = [&](const code& each) { return each.spn == spn && each.fmi == fmi; };
  auto known = std::ranges::find_if(active_, is_it);
  if (known == active_.end()) {
    if (active_.size() >= codes_max) return false;
    code made{spn, fmi, 0, false, false};
    const auto before = std::ranges::find_if(previous_, is_it);
    if (before != previous_.end()) {
      made.occurrences = before->occurrences;
      previous_.erase(before);
    }
    known = active_.insert(active_.end(), made);
  }
  if (!known->is_there)
    known->occurrences =
        std::min<std::uint8_t>(occurrences_max, static_cast<std::uint8_t>(known->occurrences + 1));
  known->is_there = true;
  known->is_latched = is_latched;
  return true;
}

void j1939_trouble_codes::keep(const code& gone) {
  if (previous_.size() == codes_max) previous_.erase(previous_.begin());
  previous_.push_back(gone);
}

void j1939_trouble_codes::end(std::optional<std::uint32_t> spn) {
  for (auto& each : active_) {
    if (spn && each.spn != *spn) continue;
    each.is_there = false;
    if (!each.is_latched) keep(each);
  }
  std::erase_if(active_, [](const code& each) { return !each.is_there && !each.is_latched; });
}

void j1939_trouble_codes::clear_active() {
  std::erase_if(active_, [](const code& each) { return !each.is_there; });
}

void j1939_trouble_codes::clear_previous() {
  previous_.clear();
}

bool j1939_trouble_codes::is_severe() const {
  return std::ranges::any_of(active_, [](const code& each) { return each.fmi <= severe_fmi_max; });
}

std::vector<std::uint8_t> j1939_trouble_codes::payload_of(const std::vector<code>& codes) const {
  const std::uint8_t lamps = active_.empty() ? 0 : is_severe() ? red_stop_lamp : amber_lamp;
  std::vector<std::uint8_t> made = {lamps, unused};
  for (const auto& each : codes) {
    made.push_back(static_cast<std::uint8_t>(each.spn & 0xFF));
    made.push_back(static_cast<std::uint8_t>(each.spn >> 8 & 0xFF));
    made.push_back(static_cast<std::uint8_t>((each.spn >> 16 & 7) << 5 | each.fmi));
    made.push_back(each.occurrences);
  }
  if (codes.empty()) made.resize(made.size() + 4, 0); // SPN 0 and FMI 0: there is none
  made.resize(std::max(made.size(), bytes_min), unused);
  return made;
}

std::vector<std::uint8_t> j1939_trouble_codes::active_payload() const {
  return payload_of(active_);
}

std::vector<std::uint8_t> j1939_trouble_codes::previous_payload() const {
  return payload_of(previous_);
}

} // namespace voltaic::actors::simulator
