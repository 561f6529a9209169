#include "messages/configuration/identity.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "messages/configuration/text.hpp"

namespace voltaic::messages::configuration {

using nlohmann::json;

std::string encode_identity(const kept_identity& of) {
  json body{
      {"known", of.known}, {"said", of.said}, {"accepted_by", nullptr}, {"was_lost", of.was_lost}};
  if (of.accepted_by)
    body["accepted_by"] = {{"user", of.accepted_by->user},
                           {"role", of.accepted_by->role},
                           {"reason", of.accepted_by->reason},
                           {"utc_us", of.accepted_by->utc_us}};
  return body.dump(-1, ' ', true, json::error_handler_t::replace);
}

expected<kept_identity> decode_identity(std::string_view body) try {
  const auto read = json::parse(body);
  kept_identity made{read.at("known").get<identity>(),
                     {},
                     read.at("said").get<identity>(),
                     read.at("was_lost").get<bool>()};
  if (made.known.size() > identity_values_max || made.said.size() > identity_values_max)
    return failure{"it has too many values"};
  if (const auto& by = read.at("accepted_by"); !by.is_null())
    made.accepted_by =
        approver{by.at("user").get<std::string>(), by.at("role").get<std::string>(),
                 by.at("reason").get<std::string>(), by.at("utc_us").get<std::int64_t>()};
  return made;
} catch (const json::exception& error) {
  return failure{error.what()};
}

std::optional<std::string> find_identity(const std::vector<kept_version>& kept,
                                         const std::string& rack, const std::string& former) {
  const auto key = identity_key(former.empty() ? rack : former);
  const kept_version* found = nullptr;
  for (const auto& each : kept) {
    if (each.rack != key || (former.empty() && !each.is_own)) continue;
    if (found == nullptr || each.utc_us > found->utc_us) found = &each;
  }
  if (found == nullptr) return std::nullopt;
  return found->body;
}

identity with_said(const kept_identity& of) {
  auto made = of.known;
  for (const auto& [name, value] : of.said) made[name] = value;
  return made;
}

std::string text_of(const identity& of) {
  std::string text;
  for (const auto& [name, value] : of)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  return text;
}

std::string hash_of(const identity& of) {
  return content_hash(json(of).dump(-1, ' ', true, json::error_handler_t::replace));
}

std::vector<std::string> differences(const identity& known, const identity& said) {
  std::vector<std::string> found;
  for (const auto& [name, value] : said) {
    const auto before = known.find(name);
    if (before != known.end() && before->second != value)
      found.push_back(fmt::format("{}: {} -> {}", name, before->second, value));
  }
  return found;
}

} // namespace voltaic::messages::configuration
