#include "bus/signing/ed25519.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <optional>
#include <stdexcept>

#include "messages/signatures/signature.hpp"

namespace voltaic::bus::signing {

namespace {

using messages::failure;
using messages::signatures::private_key_prefix;
using messages::signatures::public_key_prefix;

constexpr int base64 = sodium_base64_VARIANT_ORIGINAL;
constexpr std::size_t public_bytes = crypto_sign_PUBLICKEYBYTES;
constexpr std::size_t seed_bytes = crypto_sign_SEEDBYTES;
constexpr std::size_t seed_letters = sodium_base64_ENCODED_LEN(seed_bytes, base64) - 1;
// Its one line: prefix, seed, end.
constexpr std::size_t key_file_bytes = private_key_prefix.size() + seed_letters + 1;
constexpr mode_t key_file_mode = 0600;

// Once a process; it is thread safe, and chooses the fastest code for the machine.
void prepare() {
  static const int prepared = ::sodium_init();
  if (prepared < 0) throw std::runtime_error("libsodium cannot be used on this machine");
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <std::size_t Size>
std::optional<std::array<unsigned char, Size>> decoded(std::string_view text) {
  std::array<unsigned char, Size> bytes{};
  std::size_t length = 0;
  if (::sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length,
                          nullptr, base64) != 0 ||
      length != Size)
    return std::nullopt;
  return bytes;
}

template <std::size_t Size>
std::string encoded(const std::array<unsigned char, Size>& bytes) {
  std::array<char, sodium_base64_ENCODED_LEN(Size, base64)> text{};
  ::sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), base64);
  return text.data();
}

std::optional<std::array<unsigned char, public_bytes>> public_key_of(std::string_view text) {
  if (!text.starts_with(public_key_prefix)) return std::nullopt;
  prepare();
  auto point = decoded<public_bytes>(text.substr(public_key_prefix.size()));
  if (!point || ::crypto_core_ed25519_is_valid_point(point->data()) != 1) return std::nullopt;
  return point;
}

/// Closed at the end of its block.
class open_file {
 public:
  explicit open_file(int number) : number_(number) {}
  ~open_file() {
    if (number_ >= 0) ::close(number_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

failure system_failure(const std::string& path, const char* what) {
  return failure{fmt::format("{} {}: {}", path, what, std::strerror(errno))};
}

// What it holds outlives a power cut only with the name that leads to it.
bool sync_folder_of(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const open_file opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.number() >= 0 && ::fsync(opened.number()) == 0;
}

} // namespace

std::string sha256_of(std::string_view content) {
  prepare();
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  ::crypto_hash_sha256(digest.data(), bytes_of(content), content.size());
  std::array<char, crypto_hash_sha256_BYTES * 2 + 1> text{};
  ::sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
  return text.data();
}

bool is_public_key(std::string_view key) {
  return public_key_of(key).has_value();
}

bool verifies(std::string_view text, std::string_view value, std::string_view key) {
  const auto point = public_key_of(key);
  if (!point) return false;
  const auto bytes = decoded<crypto_sign_BYTES>(value);
  return bytes && ::crypto_sign_verify_detached(bytes->data(), bytes_of(text), text.size(),
                                                point->data()) == 0;
}

void private_key::wipe::operator()(unsigned char* bytes) const {
  ::sodium_free(bytes);
}

private_key::secret private_key::room(std::size_t bytes) {
  prepare();
  secret made(static_cast<unsigned char*>(::sodium_malloc(bytes)));
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

messages::expected<private_key> private_key::make() {
  auto bytes = room(crypto_sign_SECRETKEYBYTES);
  std::array<unsigned char, public_bytes> point{};
  if (::crypto_sign_keypair(point.data(), bytes.get()) != 0) return failure{"no key could be made"};
  return private_key(std::move(bytes));
}

messages::expected<private_key> private_key::read(const std::string& path) {
  const open_file file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (file.number() < 0 || ::fstat(file.number(), &info) != 0)
    return system_failure(path, "cannot be read");
  if (!S_ISREG(info.st_mode)) return failure{path + " is no regular file"};
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure{
        fmt::format("{} may be read or written by others than its owner (mode {:04o}): "
                    "chmod 600, and think of a new key",
                    path, info.st_mode & 07777)};
  const auto line = room(key_file_bytes + 1); // one more tells a longer file
  std::size_t length = 0;
  ssize_t count = 0;
  while (length <= key_file_bytes &&
         (count = ::read(file.number(), line.get() + length, key_file_bytes + 1 - length)) > 0)
    length += static_cast<std::size_t>(count);
  if (count < 0) return system_failure(path, "cannot be read");
  const std::string_view text(reinterpret_cast<const char*>(line.get()), length);
  const failure no_key{path + " holds no private key of voltaic profiles keygen"};
  if (text.size() != key_file_bytes || !text.starts_with(private_key_prefix) || text.back() != '\n')
    return no_key;
  const auto seed = room(seed_bytes);
  std::size_t read_bytes = 0;
  if (::sodium_base642bin(seed.get(), seed_bytes, text.data() + private_key_prefix.size(),
                          seed_letters, nullptr, &read_bytes, nullptr, base64) != 0 ||
      read_bytes != seed_bytes)
    return no_key;
  auto bytes = room(crypto_sign_SECRETKEYBYTES);
  std::array<unsigned char, public_bytes> point{};
  if (::crypto_sign_seed_keypair(point.data(), bytes.get(), seed.get()) != 0) return no_key;
  return private_key(std::move(bytes));
}

messages::expected<bool> private_key::write_new(const std::string& path) const {
  const auto line = room(key_file_bytes + 1);
  std::memcpy(line.get(), private_key_prefix.data(), private_key_prefix.size());
  // The seed stands first in what libsodium calls the secret key.
  ::sodium_bin2base64(reinterpret_cast<char*>(line.get()) + private_key_prefix.size(),
                      seed_letters + 1, bytes_.get(), seed_bytes, base64);
  line.get()[key_file_bytes - 1] = '\n';
  const open_file file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, key_file_mode));
  if (file.number() < 0 && errno == EEXIST)
    return failure{path + " is there already, and a key is never written over"};
  if (file.number() < 0) return system_failure(path, "cannot be written");
  const bool written =
      ::fchmod(file.number(), key_file_mode) == 0 &&
      ::write(file.number(), line.get(), key_file_bytes) == static_cast<ssize_t>(key_file_bytes) &&
      ::fsync(file.number()) == 0 && sync_folder_of(path);
  if (written) return true;
  auto why = system_failure(path, "cannot be written");
  ::unlink(path.c_str());
  return why;
}

std::string private_key::public_key() const {
  std::array<unsigned char, public_bytes> point{};
  ::crypto_sign_ed25519_sk_to_pk(point.data(), bytes_.get());
  return std::string(public_key_prefix) + encoded(point);
}

std::string private_key::sign(std::string_view text) const {
  std::array<unsigned char, crypto_sign_BYTES> value{};
  ::crypto_sign_detached(value.data(), nullptr, bytes_of(text), text.size(), bytes_.get());
  return encoded(value);
}

} // namespace voltaic::bus::signing
