#include "actors/protection/identity_model.hpp"

#include <algorithm>
#include <utility>

namespace voltaic::actors::protection {

namespace configuration = messages::configuration;

identity_model::identity_model(std::optional<configuration::kept_identity> kept) {
  if (kept) kept_ = *kept;
  stored_ = std::move(kept);
  bars_closing_ = is_other();
  // What stood in a former life is told again.
  has_news_ = bars_closing_ || (is_known() && !kept_.accepted_by);
  judge_awaited();
}

bool identity_model::is_other() const {
  return kept_.was_lost || !differences().empty();
}

std::vector<std::string> identity_model::differences() const {
  return configuration::differences(kept_.known, kept_.said);
}

void identity_model::expect(names all) {
  expected_ = std::move(all);
  heard_.clear(); // of a former catalogue
  judge_awaited();
}

void identity_model::lose(const std::string& name) {
  heard_.erase(name);
  judge_awaited();
}

void identity_model::judge_awaited() {
  const auto found = std::ranges::find_if(kept_.known, [&](const auto& each) {
    return !heard_.contains(each.first) && (!expected_ || expected_->contains(each.first));
  });
  first_awaited_ = found != kept_.known.end() ? found->first : std::string();
}

void identity_model::hear(const std::string& name, std::string value) {
  take_value(name, std::move(value));
  // What there is no room for was not accepted either.
  if (kept_.said.contains(name)) heard_.insert(name);
  judge_awaited();
}

void identity_model::take_value(const std::string& name, std::string value) {
  if (const auto before = kept_.said.find(name);
      before != kept_.said.end() && before->second == value)
    return;
  const bool is_room = kept_.said.size() < configuration::identity_values_max;
  if (!is_room && !kept_.said.contains(name)) return;
  // What another device says beside its other values is for whoever accepts it.
  if (!kept_.known.contains(name) && !is_other()) {
    kept_.known[name] = value;
    kept_.accepted_by.reset();
  }
  kept_.said[name] = std::move(value);
  has_news_ = true;
  bars_closing_ = bars_closing_ || is_other();
}

identity_model::news identity_model::step(std::int64_t now_us) {
  news found;
  if (!has_news_ && !bars_closing_ && !alarmed_) return found;
  if (is_other()) {
    same_since_us_.reset();
  } else {
    if (!same_since_us_) same_since_us_ = now_us;
    if (now_us - *same_since_us_ >= identity_steady_us) bars_closing_ = false;
  }
  if (alarmed_ && !bars_closing_) {
    found.changed = edge::clear;
    alarmed_.reset();
  }
  if (!has_news_) return found;
  if (!due_us_) {
    due_us_ = now_us + identity_gather_us;
    if (told_us_) due_us_ = std::max(*due_us_, *told_us_ + identity_repeat_us);
  }
  if (now_us < *due_us_) return found;
  due_us_.reset();
  has_news_ = false;
  told_us_ = now_us;
  found.is_to_keep = stored_ != kept_;
  stored_ = kept_;
  if (is_other() && alarmed_ != kept_.said) {
    found.changed = edge::set;
    alarmed_ = kept_.said;
  }
  const bool warns = is_known() && !kept_.accepted_by;
  if (std::exchange(is_warned_, warns) != warns) found.unaccepted = warns ? edge::set : edge::clear;
  return found;
}

configuration::kept_identity identity_model::accepted(configuration::approver by) const {
  return {configuration::with_said(kept_), std::move(by), kept_.said};
}

void identity_model::take(const configuration::kept_identity& accepted) {
  kept_.known = accepted.known;
  kept_.accepted_by = accepted.accepted_by;
  stored_ = accepted;
  kept_.was_lost = false;
  bars_closing_ = is_other();
  judge_awaited();
  // Told at the next step, whatever was told just before.
  has_news_ = true;
  due_us_ = 0;
}

} // namespace voltaic::actors::protection
