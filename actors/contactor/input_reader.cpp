#include "actors/contactor/input_reader.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::actors::contactor {

namespace {

constexpr std::int64_t silent_periods = 3;

const char* name_of(input_role role) {
  switch (role) {
    case input_role::stop:
      return emergency_stop;
    case input_role::interlock:
      return interlock_open;
    case input_role::fire:
    case input_role::reset_key:
      break;
  }
  return fire_detected;
}

const char* unreadable_name(input_role role) {
  switch (role) {
    case input_role::stop:
      return emergency_stop_unreadable;
    case input_role::interlock:
      return interlock_unreadable;
    case input_role::fire:
    case input_role::reset_key:
      break;
  }
  return fire_unreadable;
}

} // namespace

input_reader::input_reader(std::vector<input_options> inputs)
    : inputs_(std::move(inputs)), known_(inputs_.size()) {}

void input_reader::learn(const messages::catalogue& described) {
  for (std::size_t each = 0; each < inputs_.size(); ++each) {
    if (described.owner != inputs_[each].source) continue;
    known_[each].fingerprint = described.fingerprint;
    known_[each].position.reset();
    for (std::size_t at = 0; at < described.points.size(); ++at) {
      const auto& point = described.points[at];
      if (point.name != inputs_[each].point) continue;
      known_[each].position = static_cast<std::uint16_t>(at);
      known_[each].scale = messages::points::scale_of(point);
      known_[each].silence_us =
          std::max(input_silence_us_min, silent_periods * point.period_ms * messages::us_per_ms);
    }
  }
}

bool input_reader::take(const messages::telemetry& said, std::int64_t heard_us) {
  bool is_news = false;
  for (std::size_t each = 0; each < inputs_.size(); ++each) {
    auto& about = known_[each];
    if (said.owner != inputs_[each].source || said.fingerprint != about.fingerprint) continue;
    for (const auto& block : said.blocks) {
      if (about.position != block.point || block.first_index != 0) continue;
      is_news = true;
      const auto told = messages::points::good_number(block, about.scale);
      about.is_said = told.has_value();
      about.is_active = told.value_or(1) != 0;
      about.news.hear(block.source_time_us, heard_us);
    }
  }
  return is_news;
}

std::vector<active_input> input_reader::active(std::int64_t now_us) const {
  std::vector<active_input> found;
  for (std::size_t each = 0; each < inputs_.size(); ++each) {
    const auto& about = known_[each];
    const bool is_heard = about.is_heard(now_us);
    if (inputs_[each].role == input_role::reset_key || (is_heard && !about.is_active)) continue;
    const bool locks = is_heard && inputs_[each].role == input_role::fire;
    auto& made = found.emplace_back(active_input{name_of(inputs_[each].role), locks});
    if (is_heard) continue;
    made.why = "not heard";
    made.unheard_as = unreadable_name(inputs_[each].role);
  }
  return found;
}

std::vector<unreadable_input> input_reader::unreadable(std::int64_t now_us) const {
  std::vector<unreadable_input> found;
  for (std::size_t each = 0; each < inputs_.size(); ++each) {
    if (inputs_[each].role != input_role::reset_key && !known_[each].is_heard(now_us))
      found.push_back({unreadable_name(inputs_[each].role), inputs_[each].point});
  }
  return found;
}

std::optional<bool> input_reader::key(std::int64_t now_us) const {
  const auto found = std::ranges::find(inputs_, input_role::reset_key, &input_options::role);
  if (found == inputs_.end()) return std::nullopt;
  const auto& about = known_[static_cast<std::size_t>(found - inputs_.begin())];
  return about.is_heard(now_us) ? std::optional(about.is_active) : std::nullopt;
}

std::string input_reader::key_point() const {
  const auto found = std::ranges::find(inputs_, input_role::reset_key, &input_options::role);
  return found == inputs_.end() ? std::string() : found->point;
}

} // namespace voltaic::actors::contactor
