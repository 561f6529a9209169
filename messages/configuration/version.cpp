#include "messages/configuration/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "messages/configuration/items.hpp"
#include "messages/configuration/profile_words.hpp"
#include "messages/configuration/text.hpp"

namespace voltaic::messages::configuration {

using nlohmann::json;

namespace {

const std::string by_site_file = "site file at start";

version version_of(std::uint32_t number, const std::string& origin, const rack_configuration& rules,
                   const std::vector<change>& changes) {
  version made{number, {}, origin, {}, {}, canonical_text(rules)};
  made.hash = content_hash(made.text);
  for (const auto& each : changes) made.changes.push_back(to_string(each));
  return made;
}

standing first_version(const known_configuration& known, const rack_configuration& wanted) {
  standing made;
  made.was_lost = known.body.has_value() || known.others_unreadable;
  made.after_utc_us = known.utc_us;
  const auto* origin = known.body ? "site file at start, the former was unreadable"
                       : known.others_unreadable
                           ? "site file at start, another journal is unreadable"
                       : known.journal_was_lost ? "site file at start, the journal was lost"
                                                : "site file at first start";
  made.in_force = version_of(1, origin, wanted, {});
  made.rules = wanted;
  made.is_new = true;
  return made;
}

bool is_at_place(const std::string& body, const rack_configuration& wanted) {
  const auto kept = decode_version(body);
  const auto of = kept ? read_configuration(kept->text)
                       : expected<rack_configuration>(failure{kept.error().text});
  if (!of || of->id_offset != wanted.id_offset || of->address != wanted.address) return false;
  return of->bus == wanted.bus || (!of->port.empty() && of->port == wanted.port);
}

/// What the rack is, the site says: whoever reads and commands it goes by the same.
void take_structure(const rack_configuration& from, rack_configuration& into) {
  for (const auto& [name, value, rule, since_when] : text_items)
    if (rule == looser_when::structure) into.*value = from.*value;
  for (const auto& [name, value, rule, since_when] : number_items)
    if (rule == looser_when::structure) into.*value = from.*value;
}

} // namespace

known_configuration find_known(const std::vector<kept_version>& kept, const std::string& rack,
                               const rack_configuration& wanted) {
  const kept_version* own = nullptr;
  const kept_version* at_place = nullptr;
  const auto take = [](const kept_version*& newest, const kept_version& each) {
    if (newest == nullptr || each.utc_us > newest->utc_us) newest = &each;
  };
  for (const auto& each : kept) {
    if (each.rack.ends_with(staged_key({}))) continue; // nobody approved that
    if (each.is_own && each.rack == rack) take(own, each);
    if (is_at_place(each.body, wanted)) take(at_place, each);
  }
  const bool is_elsewhere = own != nullptr && !is_at_place(own->body, wanted);
  const auto* known = at_place == nullptr || is_elsewhere ? own : at_place;
  // Of two that are as old its own counts.
  if (own != nullptr && known != nullptr && own->utc_us == known->utc_us) known = own;
  if (known == nullptr) return {};
  return {.body = known->body,
          .former = known == own ? std::string() : known->rack,
          .utc_us = known->utc_us};
}

std::string encode_version(const version& of) {
  json approvers = json::array();
  for (const auto& each : of.approvers)
    approvers.push_back({{"user", each.user},
                         {"role", each.role},
                         {"reason", each.reason},
                         {"utc_us", each.utc_us}});
  return json({{"version", of.number},
               {"hash", of.hash},
               {"origin", of.origin},
               {"approvers", std::move(approvers)},
               {"changes", of.changes},
               {"text", of.text}})
      .dump();
}

expected<version> decode_version(std::string_view body) try {
  const auto read = json::parse(body);
  version made{read.at("version").get<std::uint32_t>(),
               read.at("hash").get<std::string>(),
               read.at("origin").get<std::string>(),
               {},
               read.at("changes").get<std::vector<std::string>>(),
               read.at("text").get<std::string>()};
  for (const auto& each : read.at("approvers"))
    made.approvers.push_back(
        {each.at("user").get<std::string>(), each.at("role").get<std::string>(),
         each.at("reason").get<std::string>(), each.at("utc_us").get<std::int64_t>()});
  if (content_hash(made.text) != made.hash) return failure{"its text does not have its hash"};
  return made;
} catch (const json::exception& error) {
  return failure{error.what()};
}

namespace {

/// A profile that says other things is shown by what it says, where that was kept.
std::vector<change> with_words(std::vector<change> changes, const known_configuration& known) {
  const auto at = std::ranges::find(changes, "profile_content", &change::item);
  if (at == changes.end()) return changes;
  const auto former = known.words.find(at->before);
  const auto wanted = known.words.find(at->after);
  if (former == known.words.end() || wanted == known.words.end()) return changes;
  const auto words = word_changes(former->second, wanted->second);
  changes.insert(at + 1, words.begin(), words.end());
  return changes;
}

standing judged(const known_configuration& known, const rack_configuration& wanted) {
  if (!known.body) return first_version(known, wanted);
  auto last = decode_version(*known.body);
  auto approved = last ? read_configuration(last->text)
                       : expected<rack_configuration>(failure{last.error().text});
  if (!approved) return first_version(known, wanted);
  standing made;
  const auto by_site = compare(*approved, wanted);
  const auto taken = compare(*approved, by_site.tighter);
  made.is_new = !taken.changes.empty() || !known.former.empty();
  made.after_utc_us = known.utc_us;
  made.was_lost = !known.former.empty();
  const auto origin =
      known.former.empty() ? by_site_file : fmt::format("{}, was {}", by_site_file, known.former);
  made.in_force = made.is_new ? version_of(last->number + 1, origin, by_site.tighter, taken.changes)
                              : *std::move(last);
  made.rules = made.is_new ? by_site.tighter : *std::move(approved);
  // Against what holds from now on: what is tighter is no news any more.
  const auto left = compare(made.rules, wanted);
  for (const auto& each : left.to_approve())
    made.replaces = made.replaces || each.effect == effect::replaces;
  if (!left.to_approve().empty())
    made.staged =
        version_of(made.in_force.number + 1, "approved", wanted, with_words(left.changes, known));
  take_structure(wanted, made.rules);
  return made;
}

} // namespace

standing standing_of(const known_configuration& known, const rack_configuration& wanted) {
  auto made = judged(known, wanted);
  const auto words = known.words.find(wanted.profile_content);
  if (words != known.words.end()) made.profile_words = words->second;
  return made;
}

} // namespace voltaic::messages::configuration
