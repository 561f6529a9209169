#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/configuration/compare.hpp"
#include "messages/configuration/rack_configuration.hpp"
#include "messages/expected.hpp"
#include "messages/time.hpp"

/// Which configuration holds for a rack: what was approved last, and what its site wants instead.
namespace voltaic::messages::configuration {

/// The journal's stream of them. Key: the rack's name, and `staged_key` of it.
inline constexpr const char* stream = "configuration";
[[nodiscard]] inline std::string staged_key(const std::string& rack) {
  return rack + "/staged";
}

/// Whether the warning that something is staged is put aside; its body is empty where it is not.
[[nodiscard]] inline std::string shelf_key(const std::string& rack) {
  return rack + "/shelved";
}

/// What one person approved waits so long for another one, in microseconds.
inline constexpr std::int64_t approval_us = 15 * 60 * us_per_s;

/// Somebody who agreed.
struct approver {
  std::string user;
  std::string role;
  std::string reason;
  std::int64_t utc_us = 0;
  friend bool operator==(const approver&, const approver&) = default;
};

/// A configuration as the journal keeps it: complete, so that it can be run though every file
/// that it came from has changed.
struct version {
  std::uint32_t number = 0;
  std::string hash;   ///< of `text`
  std::string origin; ///< "site file at start", "approved"
  std::vector<approver> approvers;
  std::vector<std::string> changes; ///< against the version before, in words
  std::string text;                 ///< canonical
  friend bool operator==(const version&, const version&) = default;
};

/// As the body of a record, and back. Fails on what is no version or does not have its hash.
[[nodiscard]] std::string encode_version(const version& of);
[[nodiscard]] expected<version> decode_version(std::string_view body);

/// What holds for a rack from a start of its chain on.
struct standing {
  version in_force;
  /// Compiled from its text; except the items that only say what the rack is, which are the site's.
  rack_configuration rules;
  bool is_new = false; ///< `in_force` has to be journalled
  std::int64_t after_utc_us =
      0;                 ///< when it followed another one: that is older, whatever clocks say
  bool was_lost = false; ///< what was approved cannot be read, or latches are with a former name
  bool replaces = false; ///< the site has another rack or words than were approved: never close
  std::optional<version> staged;       ///< what the site wants, if some of it needs approval
  std::string profile_words;           ///< what the site's profile says; empty: not known
  std::optional<std::string> identity; ///< record of which device it is; nothing: never heard
};

/// What the journals know of a rack's configuration.
struct known_configuration {
  std::optional<std::string> body; ///< of its newest version
  bool journal_was_lost = false;
  bool others_unreadable = false; ///< some journal beside its own: of a former name or node, maybe
  /// Its rack's name, where `body` was kept under another one or in another node's journal.
  std::string former = {};
  std::int64_t utc_us = 0;                  ///< of `body`
  std::map<std::string, std::string> words; ///< of profiles, by their hash; the site's as well
};

/// A version as some journal keeps it.
struct kept_version {
  std::string rack;
  std::int64_t utc_us = 0;
  std::string body;
  bool is_own = false; ///< in the journal of the rack's node
};

/// What the journals beside that of a rack's node keep.
struct kept_elsewhere {
  std::vector<kept_version> versions;
  bool any_unreadable = false; ///< who knows what stands there
};

/// What of `kept` is known of a rack: its own newest version, or a newer one of whatever was at the
/// same place: on the same bus, or one with the same port, with the same offset of identifiers. So
/// neither another name nor another node makes a rack a new one. Its own of another place is
/// not passed over: whether that may be is for people to approve.
[[nodiscard]] known_configuration find_known(const std::vector<kept_version>& kept,
                                             const std::string& rack,
                                             const rack_configuration& wanted);

/// Equal, or only tighter: what the site wants holds. Otherwise the tighter of each row does, and
/// the rest is staged. Where nothing was ever approved the site's holds as version 1; where it
/// cannot be read, or may stand in a journal that cannot, as well, and `was_lost` says so. Pure:
/// asked again it says the same, also after `in_force` was journalled.
[[nodiscard]] standing standing_of(const known_configuration& known,
                                   const rack_configuration& wanted);

} // namespace voltaic::messages::configuration
