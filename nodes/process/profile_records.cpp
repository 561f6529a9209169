#include "nodes/process/profile_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "messages/configuration/text.hpp"

namespace voltaic::nodes::process {

namespace {

using bus::storage::record;
using messages::expected;
using messages::failure;
using messages::configuration::content_hash;
using nlohmann::json;

/// A part of a content as a record holds it: "HASH NUMBER COUNT\n" and its bytes.
struct piece {
  std::string hash;
  std::size_t number = 0; ///< from 0
  std::size_t count = 0;
  std::string_view bytes;
};

std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<piece> read_piece(std::string_view body) {
  piece found;
  const auto space = body.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  found.hash = body.substr(0, space);
  body.remove_prefix(space + 1);
  const auto number = take_number(body);
  if (!number || !body.starts_with(' ')) return std::nullopt;
  body.remove_prefix(1);
  const auto count = take_number(body);
  if (!count || !body.starts_with('\n')) return std::nullopt;
  return piece{std::move(found.hash), *number, *count, body.substr(1)};
}

json to_json(const kept_profile& of) {
  return {{"named", of.named},     {"origin", of.origin},
          {"kind", of.kind},       {"name", of.name},
          {"version", of.version}, {"hash", of.hash},
          {"bytes", of.bytes},     {"since_utc_us", of.since_utc_us}};
}

kept_profile read_profile(const json& from) {
  kept_profile found;
  from.at("named").get_to(found.named);
  from.at("origin").get_to(found.origin);
  from.at("kind").get_to(found.kind);
  from.at("name").get_to(found.name);
  from.at("version").get_to(found.version);
  from.at("hash").get_to(found.hash);
  from.at("bytes").get_to(found.bytes);
  from.at("since_utc_us").get_to(found.since_utc_us);
  return found;
}

std::optional<kept_set> read_set(const record& from) {
  try {
    const auto read = json::parse(from.body);
    kept_set found{from.sequence, from.key, from.utc_us, {}};
    for (const auto& each : read.at("files")) found.files.push_back(read_profile(each));
    return found;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::size_t pieces_of(const std::string& text) {
  return std::max<std::size_t>(1, (text.size() + piece_bytes_max - 1) / piece_bytes_max);
}

// Since when it holds: since it was first applied, as long as nothing else was.
std::int64_t since(const kept_set* before, const kept_profile& now, std::int64_t utc_us) {
  if (before == nullptr) return utc_us;
  const auto was = std::ranges::find(before->files, now.named, &kept_profile::named);
  return was != before->files.end() && was->hash == now.hash ? was->since_utc_us : utc_us;
}

/// Slots that no set needs, first those with what a crash or damage left of contents that are
/// written `afresh`, so that it is gone then. Sets are let go, oldest first and never the newest,
/// until there are enough.
std::optional<std::vector<std::string>> free_slots(const kept_profiles& known,
                                                   const std::set<std::string>& wanted,
                                                   const std::set<std::string>& afresh,
                                                   std::size_t needed) {
  // The new set takes the place of the oldest.
  const std::size_t too_many = known.sets.size() < sets_max ? 0 : known.sets.size() + 1 - sets_max;
  for (auto first = too_many; first == too_many || first < known.sets.size(); ++first) {
    auto used = wanted;
    for (auto each = first; each < known.sets.size(); ++each)
      for (const auto& file : known.sets[each].files) used.insert(file.hash);
    std::set<std::string> taken;
    std::vector<std::string> free;
    for (const auto& slot : known.slots) {
      const auto held = read_piece(slot.body);
      if (!held || (!used.contains(held->hash) && !afresh.contains(held->hash))) continue;
      taken.insert(slot.key);
      if (afresh.contains(held->hash)) free.push_back(slot.key);
    }
    for (std::size_t slot = 0; slot < slots_max && free.size() < needed; ++slot)
      if (auto key = fmt::to_string(slot); !taken.contains(key)) free.push_back(std::move(key));
    if (free.size() >= needed) return free;
  }
  return std::nullopt;
}

// The place of the oldest set, which the new one takes.
std::string set_slot(const kept_profiles& known) {
  for (std::size_t slot = 0; slot < sets_max; ++slot) {
    auto key = fmt::to_string(slot);
    if (std::ranges::find(known.sets, key, &kept_set::slot) == known.sets.end()) return key;
  }
  return known.sets.front().slot;
}

} // namespace

expected<std::string> kept_profiles::content(std::string_view hash) const {
  std::map<std::size_t, std::string_view> pieces;
  std::size_t count = 0;
  for (const auto& slot : slots) {
    const auto held = read_piece(slot.body);
    if (!held || held->hash != hash) continue;
    count = held->count;
    pieces[held->number] = held->bytes;
  }
  if (count == 0 || pieces.size() != count) return failure{"its content is not there"};
  std::string text;
  for (const auto& [number, bytes] : pieces) text += bytes;
  if (content_hash(text) != hash) return failure{"its content does not have its hash"};
  return text;
}

kept_profiles read_records(const std::vector<record>& sets, const std::vector<record>& contents) {
  kept_profiles found;
  found.slots = contents;
  for (const auto& each : sets)
    if (auto read = read_set(each)) found.sets.push_back(*std::move(read));
  std::ranges::sort(found.sets, {}, &kept_set::sequence);
  return found;
}

expected<std::vector<record>> records_to_keep(const kept_profiles& known,
                                              std::vector<kept_profile> files,
                                              const std::vector<std::string>& texts,
                                              std::int64_t utc_us) {
  const auto* before = known.newest();
  std::map<std::string, const std::string*> fresh; // by hash
  std::set<std::string> wanted;
  std::set<std::string> afresh;
  std::size_t needed = 0;
  for (std::size_t index = 0; index < files.size(); ++index) {
    auto& file = files[index];
    file.hash = content_hash(texts[index]);
    file.bytes = texts[index].size();
    file.since_utc_us = since(before, file, utc_us);
    const auto held = known.content(file.hash);
    if (held && *held != texts[index])
      return failure{fmt::format("{} and another content have one hash", file.origin)};
    if (held)
      wanted.insert(file.hash);
    else if (fresh.emplace(file.hash, &texts[index]).second)
      needed += pieces_of(texts[index]);
    if (!held) afresh.insert(file.hash);
  }
  if (before != nullptr && fresh.empty() && before->files == files) return std::vector<record>{};
  auto slots = free_slots(known, wanted, afresh, needed);
  if (!slots) return failure{fmt::format("its contents fill more than {} records", slots_max)};
  std::vector<record> made;
  for (const auto& [hash, text] : fresh)
    for (std::size_t number = 0; number < pieces_of(*text); ++number)
      made.push_back(
          {0, contents_stream, (*slots)[made.size()], utc_us,
           fmt::format("{} {} {}\n{}", hash, number, pieces_of(*text),
                       std::string_view(*text).substr(number * piece_bytes_max, piece_bytes_max))});
  auto list = json::array();
  for (const auto& each : files) list.push_back(to_json(each));
  made.push_back(
      {0, sets_stream, set_slot(known), utc_us,
       json({{"files", std::move(list)}}).dump(-1, ' ', false, json::error_handler_t::replace)});
  return made;
}

std::optional<std::uint32_t> version_before(const std::vector<kept_profile>& before,
                                            const kept_profile& now) {
  const auto was = std::ranges::find(before, now.named, &kept_profile::named);
  if (was == before.end() || now.version >= was->version || now.version == 0) return std::nullopt;
  return was->version;
}

std::vector<std::string> older_versions(const std::vector<kept_profile>& before,
                                        const std::vector<kept_profile>& now) {
  std::vector<std::string> told;
  for (const auto& is : now) {
    if (const auto was = version_before(before, is))
      told.push_back(fmt::format("{}: version {} after {}",
                                 std::filesystem::path(is.named).filename().string(), is.version,
                                 *was));
  }
  return told;
}

} // namespace voltaic::nodes::process
