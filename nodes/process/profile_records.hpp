#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/storage/journal.hpp"
#include "messages/expected.hpp"
#include "nodes/site/site_files.hpp"

/// What the store of profiles writes into its journal, and what it makes of that again. Pure.
///
/// Contents lie in numbered slots, in pieces that a record holds; a set says which of them a site
/// was applied with, and is one record: a content is of use once a set names it, so whatever a
/// crash leaves is either the former set or the new one, whole.
namespace voltaic::nodes::process {

inline constexpr const char* contents_stream = "profile_contents";
inline constexpr const char* sets_stream = "profile_sets";
/// Sets that are kept, with all contents that they name; the newest is the one that was applied.
inline constexpr std::size_t sets_max = 4;
/// Of a content in one record; with `slots_max` 64 MiB, as much as a site may be applied with.
inline constexpr std::size_t piece_bytes_max = 64 * 1024;
/// Records of contents; the oldest sets give up theirs where they do not suffice.
inline constexpr std::size_t slots_max = 1'024;

/// A file of a set.
struct kept_profile {
  std::string named;  ///< absolute, as the site file names it
  std::string origin; ///< real path that it was read from
  /// "device profile", "protection", "inverter profile", "table", "signature"
  std::string kind;
  std::string name;          ///< that the file gives itself; empty: none
  std::uint32_t version = 0; ///< that it says of itself; 0: none
  std::string hash;          ///< of its bytes, 16 hex digits
  std::uint64_t bytes = 0;
  std::int64_t since_utc_us = 0; ///< the first set that has had this content without a break
  friend bool operator==(const kept_profile&, const kept_profile&) = default;
};

/// What a site was applied with.
struct kept_set {
  std::uint64_t sequence = 0; ///< of its record: a newer set has a larger one
  std::string slot;
  std::int64_t utc_us = 0;
  std::vector<kept_profile> files;
};

/// All that a journal holds.
struct kept_profiles {
  std::vector<kept_set> sets;              ///< oldest first
  std::vector<bus::storage::record> slots; ///< pieces of contents, by slot
  /// The set that was applied last; nullptr: none was.
  [[nodiscard]] const kept_set* newest() const { return sets.empty() ? nullptr : &sets.back(); }
  /// The content of that hash, whole and sound, or why there is none.
  [[nodiscard]] messages::expected<std::string> content(std::string_view hash) const;
};

/// Of the newest record of each key of both streams. What is unreadable counts as not there.
[[nodiscard]] kept_profiles read_records(const std::vector<bus::storage::record>& sets,
                                         const std::vector<bus::storage::record>& contents);

/// What has to be appended, in this order, so that `files` with these texts are the newest set:
/// nothing where they are that already. `files` has a text for each of its members, in their
/// order; since when each holds is told here. Fails where it would take too many slots.
[[nodiscard]] messages::expected<std::vector<bus::storage::record>> records_to_keep(
    const kept_profiles& known, std::vector<kept_profile> files,
    const std::vector<std::string>& texts, std::int64_t utc_us);

/// The version that a file had in a set, where that is a higher one; a version of 0 is none.
[[nodiscard]] std::optional<std::uint32_t> version_before(const std::vector<kept_profile>& before,
                                                          const kept_profile& now);

/// Files of both sets, by name, whose version went back: "rack.json: version 2 after 3".
[[nodiscard]] std::vector<std::string> older_versions(const std::vector<kept_profile>& before,
                                                      const std::vector<kept_profile>& now);

} // namespace voltaic::nodes::process
