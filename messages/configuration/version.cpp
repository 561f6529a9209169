#include "messages/configuration/version.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "messages/configuration/items.hpp"
#include "messages/configuration/text.hpp"

namespace voltaic::messages::configuration {

using nlohmann::json;

namespace {

constexpr const char* by_site_file = "site file at start";

version version_of(std::uint32_t number, const char* origin, const rack_configuration& rules,
                   const std::vector<change>& changes) {
  version made{number, {}, origin, {}, {}, canonical_text(rules)};
  made.hash = content_hash(made.text);
  for (const auto& each : changes) made.changes.push_back(to_string(each));
  return made;
}

standing first_version(const known_configuration& known, const rack_configuration& wanted) {
  standing made;
  made.was_lost = known.body.has_value();
  const auto* origin = made.was_lost            ? "site file at start, the former was unreadable"
                       : known.journal_was_lost ? "site file at start, the journal was lost"
                                                : "site file at first start";
  made.in_force = version_of(1, origin, wanted, {});
  made.rules = wanted;
  made.is_new = true;
  return made;
}

/// What the rack is, the site says: whoever reads and commands it goes by the same.
void take_structure(const rack_configuration& from, rack_configuration& into) {
  for (const auto& [name, value, rule] : text_items)
    if (rule == looser_when::structure) into.*value = from.*value;
  for (const auto& [name, value, rule] : number_items)
    if (rule == looser_when::structure) into.*value = from.*value;
}

} // namespace

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

standing standing_of(const known_configuration& known, const rack_configuration& wanted) {
  if (!known.body) return first_version(known, wanted);
  auto last = decode_version(*known.body);
  auto approved = last ? read_configuration(last->text)
                       : expected<rack_configuration>(failure{last.error().text});
  if (!approved) return first_version(known, wanted);
  standing made;
  const auto by_site = compare(*approved, wanted);
  const auto taken = compare(*approved, by_site.tighter);
  made.is_new = !taken.changes.empty();
  made.in_force = made.is_new
                      ? version_of(last->number + 1, by_site_file, by_site.tighter, taken.changes)
                      : *std::move(last);
  made.rules = made.is_new ? by_site.tighter : *std::move(approved);
  // Against what holds from now on: what is tighter is no news any more.
  const auto left = compare(made.rules, wanted);
  for (const auto& each : left.to_approve())
    made.replaces = made.replaces || each.effect == effect::replaces;
  if (!left.to_approve().empty())
    made.staged = version_of(made.in_force.number + 1, "approved", wanted, left.changes);
  take_structure(wanted, made.rules);
  return made;
}

} // namespace voltaic::messages::configuration
