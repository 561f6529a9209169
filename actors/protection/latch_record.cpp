#include "actors/protection/latch_record.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "actors/protection/ladder_model.hpp"
#include "actors/protection/plausibility_model.hpp"

namespace voltaic::actors::protection {

runtime::kept_latch latch_of(const row& of) {
  return {of.key,
          of.latched,
          {{"candidate", of.candidate},
           {"level", std::string(to_string(of.limit.level))},
           {"latch", std::string(to_string(of.kept()))},
           {"scope", of.scope},
           {"trips", std::to_string(of.trips)}}};
}

stored_latch stored_as(const runtime::kept_latch& each) {
  const auto detail = [&](const char* key) {
    const auto found = each.details.find(key);
    return found == each.details.end() ? std::string() : found->second;
  };
  const auto text = detail("trips");
  // Records of before trips were counted tell none; what cannot be read counts as all of them.
  std::uint32_t trips = text.empty() ? 0 : trips_max;
  std::from_chars(text.data(), text.data() + text.size(), trips);
  return {detail("candidate"),        detail("level"), detail("latch"), detail("scope"), each.name,
          std::min(trips, trips_max), each.latched};
}

bool is_lost_store(const row& of) {
  return of.latched && of.candidate == latch_store_lost;
}

} // namespace voltaic::actors::protection
