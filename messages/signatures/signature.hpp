#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/finding.hpp"

/// Signatures of the files that a site names: who vouches for which content, in which project.
namespace voltaic::messages::signatures {

/// The signature of FILE lies beside it as FILE.sig.
inline constexpr std::string_view file_suffix = ".sig";
/// A longer one is refused; the longest names make 613 bytes.
inline constexpr std::size_t signature_bytes_max = 1'024;
inline constexpr std::size_t project_length_max = 64;
/// NAME_MAX of Linux.
inline constexpr std::size_t file_name_length_max = 255;
/// Of one site.
inline constexpr std::size_t keys_max = 16;

/// In front of the base64 of an Ed25519 key (RFC 8032): the public key's 32 bytes, and the private
/// key's 32 bytes of seed.
inline constexpr std::string_view public_key_prefix = "ed25519:";
inline constexpr std::string_view private_key_prefix = "ed25519-private:";

/// What is signed.
struct statement {
  std::string project;       ///< that the file is meant for
  std::string file;          ///< its name, without folders
  std::uint32_t version = 0; ///< that the file says of itself; 0: none
  std::string sha256;        ///< of its bytes, 64 hex digits
  std::string key;           ///< the public key: "ed25519:" and base64
  friend bool operator==(const statement&, const statement&) = default;
};

/// What a signature file holds.
struct signature {
  statement says;
  std::string value; ///< base64 of the 64 bytes of Ed25519
  friend bool operator==(const signature&, const signature&) = default;
};

/// The bytes that are signed: the lines of the file before its last one. The first names what
/// they are, so that they are no statement of any other protocol.
[[nodiscard]] std::string signed_text(const statement& says);
/// The whole file.
[[nodiscard]] std::string text_of(const signature& of);
/// Reads such a file, which has one form only: what was read and is written again is the same
/// text. Never throws.
[[nodiscard]] std::variant<signature, finding> read_signature(std::string_view text,
                                                              const std::string& file);

/// Letters, digits, and "._-" between them, at most 64.
[[nodiscard]] bool is_project(std::string_view text);
/// Prefix and length of a public key, and the characters of base64.
[[nodiscard]] bool has_key_form(std::string_view text);

/// What a JSON text says of its version at its top level; 0: none, or it is no JSON object.
[[nodiscard]] std::uint32_t stated_version(std::string_view text);

/// Which signatures a site takes.
struct trust {
  std::string project;
  std::vector<std::string> keys; ///< public ones
  friend bool operator==(const trust&, const trust&) = default;
};

/// A file that is to be trusted.
struct signed_file {
  std::string_view name; ///< without folders
  std::string_view sha256;
  std::uint32_t version = 0;
};

/// Why a statement whose signature is sound is none of this file; nothing: it is.
[[nodiscard]] std::optional<std::string> mismatch(const statement& says, const trust& by,
                                                  const signed_file& of);

} // namespace voltaic::messages::signatures
