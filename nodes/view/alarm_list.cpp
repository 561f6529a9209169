#include "nodes/view/alarm_list.hpp"

#include <algorithm>
#include <charconv>

#include "messages/protection/table.hpp"

namespace voltaic::nodes::view {

namespace {

/// The worst is the greatest; a level that is not known counts as worse.
std::size_t rank(const alarm& of) {
  const auto level = messages::protection::level_of(of.level);
  return level ? static_cast<std::size_t>(*level) : messages::protection::levels_max;
}

/// An event of many elements tells one, and of the others how many: "23 more in the same step".
std::int64_t elements_of(const messages::event& said) {
  std::int64_t others = 0;
  const auto* end = said.reason.data() + said.reason.size();
  const auto [stop, error] = std::from_chars(said.reason.data(), end, others);
  const bool counts = error == std::errc() && std::string_view(stop, end).starts_with(" more");
  return 1 + (counts ? others : 0);
}

} // namespace

void alarm_list::lives_as(const std::string& node, const std::string& boot) {
  auto& known = lives_[node];
  if (known.boot == boot) return;
  const bool is_first = known.boot.empty();
  known = {boot, 0};
  if (is_first) return;
  std::erase_if(shelved_, [&](const auto& one) { return one.second == node; });
  for (auto each = entries_.begin(); each != entries_.end();) {
    auto& one = each->second;
    if (one.node == node) one.what.places = 0;
    each = one.node == node && !latches_(one.what) ? entries_.erase(each) : std::next(each);
  }
}

bool alarm_list::apply(const messages::event& said, std::int64_t utc_us) {
  lives_as(said.node, said.boot);
  auto& known = lives_[said.node];
  if (said.sequence <= known.sequence) return false;
  known.sequence = said.sequence;
  if (said.kind != "protection") return true;
  const key which{said.subject, said.candidate, said.level};
  if (said.edge == "shelve") shelved_[which] = said.node;
  if (said.edge == "unshelve") shelved_.erase(which);
  if (said.edge == "set") {
    auto& one = entries_[which];
    one.node = said.node;
    set(one, said, utc_us);
    return true;
  }
  const auto found = entries_.find(which);
  if (found == entries_.end()) return true;
  auto& what = found->second.what;
  if (said.edge == "acknowledge") {
    what.acknowledged = true;
  } else if (said.edge == "reset") {
    entries_.erase(found);
  } else if (said.edge == "clear" || said.edge == "latch") {
    what.places = std::max<std::int64_t>(what.places - elements_of(said), 0);
    if (what.places == 0 && said.edge == "clear") entries_.erase(found);
  }
  return true;
}

void alarm_list::set(entry& into, const messages::event& said, std::int64_t utc_us) const {
  auto& what = into.what;
  if (what.places == 0) {
    what.utc_us = utc_us;
    what.acknowledged = false;
  }
  what.rack = said.subject;
  what.candidate = said.candidate;
  what.level = said.level;
  what.scope = said.scope;
  what.value = said.value;
  what.unit = said.unit;
  what.threshold = said.threshold;
  what.is_measured = said.has_value || said.threshold != 0;
  what.reason = said.reason;
  // A rack as a whole is one place, also where its next life says so again.
  const bool is_whole = said.scope.empty() || said.scope == "rack";
  what.places = is_whole ? 1 : what.places + elements_of(said);
}

std::vector<alarm> alarm_list::standing() const {
  std::vector<alarm> result;
  for (const auto& [which, one] : entries_) {
    result.push_back(one.what);
    result.back().shelved = shelved_.contains(which);
  }
  put_worst_first(result);
  return result;
}

void put_worst_first(std::vector<alarm>& all) {
  std::stable_sort(all.begin(), all.end(), [](const alarm& a, const alarm& b) {
    if (a.shelved != b.shelved) return b.shelved;
    return rank(a) != rank(b) ? rank(a) > rank(b) : a.utc_us > b.utc_us;
  });
}

void add_locks(std::vector<alarm>& to, const std::string& rack,
               const std::vector<std::string>& locks) {
  for (const auto& lock : locks) {
    const bool is_said = std::ranges::any_of(to, [&](const alarm& one) {
      return one.rack == rack && one.candidate == lock && one.level != "warning";
    });
    if (is_said) continue;
    alarm made;
    made.rack = rack;
    made.candidate = lock;
    made.level = "fault";
    made.scope = "contactor";
    to.push_back(std::move(made));
  }
  put_worst_first(to);
}

} // namespace voltaic::nodes::view
