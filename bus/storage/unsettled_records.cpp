#include "bus/storage/unsettled_records.hpp"

#include <algorithm>

namespace voltaic::bus::storage {

namespace {

void put(std::vector<record>& into, const record& newer) {
  const auto at = std::ranges::lower_bound(into, newer.key, {}, &record::key);
  if (at != into.end() && at->key == newer.key)
    *at = newer;
  else
    into.insert(at, newer);
}

// What an actor goes by whether it was stored or not. Everything else is refused to whoever asked
// for it, and never was.
bool is_gone_by(const record& each) {
  return each.stream == latches_stream || each.stream == counters_stream;
}

} // namespace

std::uint64_t unsettled_records::given(const record& each) {
  waiting_.emplace_hint(waiting_.end(), ++numbers_, each);
  return numbers_;
}

record unsettled_records::durable(std::uint64_t number) {
  auto settled = waiting_.extract(number);
  if (settled.empty()) return {};
  auto& each = settled.mapped();
  const auto older = refused_.find({each.stream, each.key});
  if (older != refused_.end() && older->second.number < number) refused_.erase(older);
  return std::move(each);
}

void unsettled_records::refused(std::uint64_t number) {
  auto settled = waiting_.extract(number);
  if (settled.empty() || !is_gone_by(settled.mapped())) return;
  auto key = std::pair(settled.mapped().stream, settled.mapped().key);
  const auto known = refused_.find(key);
  // A full queue refuses at once what is newer than those that wait in it.
  if (known != refused_.end() && known->second.number > number) return;
  if (known == refused_.end() && refused_.size() >= refused_keys_max) return;
  refused_.insert_or_assign(std::move(key), kept{number, std::move(settled.mapped())});
}

void unsettled_records::lay_over(const std::string& stream, std::vector<record>& found) const {
  for (const auto& [key, each] : refused_)
    if (key.first == stream) put(found, each.record);
  for (const auto& [number, each] : waiting_) {
    if (each.stream != stream) continue;
    const auto newer = refused_.find({each.stream, each.key});
    if (newer == refused_.end() || newer->second.number < number) put(found, each);
  }
}

} // namespace voltaic::bus::storage
