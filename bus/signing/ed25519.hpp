#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "messages/expected.hpp"

/// Ed25519 (RFC 8032) and SHA-256 by libsodium, and the file of a private key. All that is known
/// of libsodium is here.
namespace voltaic::bus::signing {

/// 64 hex digits.
[[nodiscard]] std::string sha256_of(std::string_view content);

/// "ed25519:" and the base64 of a point that somebody can have the private key of; what anybody
/// could sign for (a point of small order) is none.
[[nodiscard]] bool is_public_key(std::string_view key);

/// Whether `value`, the base64 of a signature, is that of `text` by the owner of `key`. False as
/// well where one of them is no such thing.
[[nodiscard]] bool verifies(std::string_view text, std::string_view value, std::string_view key);

/// A key that signs. It lies in memory that is never written to swap or a core dump where the
/// system permits that, and that is wiped when the key goes.
class private_key {
 public:
  /// A new one, by the system's random numbers.
  [[nodiscard]] static messages::expected<private_key> make();
  /// Of a file that only its owner may read. Fails with words that name the file.
  [[nodiscard]] static messages::expected<private_key> read(const std::string& path);

  /// Into a file that is not there yet, mode 0600, on disk when it returns. Fails with words that
  /// name the file.
  [[nodiscard]] messages::expected<bool> write_new(const std::string& path) const;
  /// "ed25519:" and base64.
  [[nodiscard]] std::string public_key() const;
  /// Base64 of the signature of a text.
  [[nodiscard]] std::string sign(std::string_view text) const;

 private:
  struct wipe {
    void operator()(unsigned char* bytes) const;
  };
  using secret = std::unique_ptr<unsigned char, wipe>;
  explicit private_key(secret seed_and_public) : bytes_(std::move(seed_and_public)) {}
  static secret room(std::size_t bytes);

  secret bytes_; ///< seed and public key, as libsodium has them
};

} // namespace voltaic::bus::signing
