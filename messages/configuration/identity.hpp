#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/configuration/version.hpp"
#include "messages/expected.hpp"

/// Which device is meant by a rack's configuration: what it said of itself when somebody accepted
/// it, kept beside the versions of the configuration.
namespace voltaic::messages::configuration {

/// Key of its record in `stream`.
[[nodiscard]] inline std::string identity_key(const std::string& rack) {
  return rack + "/identity";
}

/// A device says no more of itself; the loader of profiles refuses one that would.
inline constexpr std::size_t identity_values_max = 256;

/// What a device says of itself, by the names of its points: "serial_number", and
/// "module_serial[3]" of one element of several. What it has not said is not there.
using identity = std::map<std::string, std::string, std::less<>>;

/// An identity as the journal keeps it.
struct kept_identity {
  identity known;                      ///< what is compared with
  std::optional<approver> accepted_by; ///< nothing: nobody; `known` is what was heard first
  identity said;                       ///< what the device said last
  bool was_lost = false; ///< what was accepted before could not be read: it may be another one
  friend bool operator==(const kept_identity&, const kept_identity&) = default;
};

/// As the body of a record, and back.
[[nodiscard]] std::string encode_identity(const kept_identity& of);
[[nodiscard]] expected<kept_identity> decode_identity(std::string_view body);

/// The record of a rack among those of its site: its own, or that of its former name or node where
/// `former` says so (`known_configuration::former`).
[[nodiscard]] std::optional<std::string> find_identity(const std::vector<kept_version>& kept,
                                                       const std::string& rack,
                                                       const std::string& former);

/// What is known once the device is accepted as it is: what it said last, and what it is silent on.
[[nodiscard]] identity with_said(const kept_identity& of);

/// "hardware_version 3, serial_number 4711"; empty: it has said nothing.
[[nodiscard]] std::string text_of(const identity& of);
/// By which people name it when they accept it: 16 hex digits.
[[nodiscard]] std::string hash_of(const identity& of);
/// What `said` says otherwise than `known`, "serial_number: 4711 -> 4712"; what only one of the
/// two says is no difference.
[[nodiscard]] std::vector<std::string> differences(const identity& known, const identity& said);

} // namespace voltaic::messages::configuration
