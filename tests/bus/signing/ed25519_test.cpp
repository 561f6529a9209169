#include "bus/signing/ed25519.hpp"

#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/temporary_folder.hpp"

namespace ed25519_test {

using namespace voltaic;
using bus::signing::private_key;
namespace fs = std::filesystem;

namespace {

// RFC 8032, section 7.1, test 3, in base64.
const std::string known_seed = "xaqN9D+fg3vtt0QvMdy3sWbThTUHbwlLhc46LgtEWPc=";
const std::string known_key = "ed25519:/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=";
const std::string known_text = "\xaf\x82";
const std::string known_value =
    "YpHWV97sJAJIJ+acOr4BowzlSKKEdDpEXjaA19taw6wY/5tTjRbykK5n92CYTcZZSnwV6XFu0o3AJ77O6h7ECg==";

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& text, ::mode_t mode = 0600) {
  std::ofstream(path) << text;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

std::string reason(const std::string& path) {
  const auto read = private_key::read(path);
  REQUIRE_FALSE(read);
  CHECK(read.error().text.find(path) == 0);
  return read.error().text;
}

} // namespace

TEST_CASE("F-183 signatures are those of RFC 8032, and sums those of FIPS 180") {
  const tests::temporary_folder place;
  write(place / "key", "ed25519-private:" + known_seed + "\n");
  const auto key = private_key::read(place / "key");
  REQUIRE(key);
  CHECK(key->public_key() == known_key);
  CHECK(key->sign(known_text) == known_value);
  CHECK(bus::signing::verifies(known_text, known_value, known_key));
  CHECK(bus::signing::sha256_of("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("F-183 a changed bit of text, signature or key verifies nothing") {
  for (std::size_t at = 0; at < known_value.size(); ++at) {
    auto value = known_value;
    value[at] = value[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(bus::signing::verifies(known_text, value, known_key));
  }
  for (std::size_t at = 0; at < known_key.size(); ++at) {
    auto key = known_key;
    key[at] = key[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(bus::signing::verifies(known_text, known_value, key));
  }
  CHECK_FALSE(bus::signing::verifies("\xaf\x83", known_value, known_key));
  CHECK_FALSE(bus::signing::verifies("", known_value, known_key));
  for (const auto* none : {"", "ed25519:", "AAAA", "ed25519:AAAA"}) {
    CHECK_FALSE(bus::signing::verifies(known_text, none, known_key));
    CHECK_FALSE(bus::signing::verifies(known_text, known_value, none));
  }
}

TEST_CASE("a key that anybody could sign for is no public key") {
  CHECK(bus::signing::is_public_key(known_key));
  // The neutral element: points of small order have signatures that nobody made.
  CHECK_FALSE(bus::signing::is_public_key("ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
  CHECK_FALSE(bus::signing::is_public_key("ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
  CHECK_FALSE(bus::signing::is_public_key("ed25519-private:" + known_seed));
}

TEST_CASE("a private key is written once, for its owner alone, and read again") {
  const tests::temporary_folder place;
  const auto path = place / "site.key";
  const auto made = private_key::make();
  REQUIRE(made);
  CHECK(bus::signing::is_public_key(made->public_key()));
  REQUIRE(made->write_new(path));
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const auto read = private_key::read(path);
  REQUIRE(read);
  CHECK(read->public_key() == made->public_key());
  CHECK(bus::signing::verifies("text", read->sign("text"), made->public_key()));
  const auto before = content(path);
  const auto other = private_key::make();
  REQUIRE(other);
  CHECK(other->public_key() != made->public_key());
  const auto again = other->write_new(path);
  REQUIRE_FALSE(again);
  CHECK(again.error().text == path + " is there already, and a key is never written over");
  CHECK(content(path) == before);
  fs::create_symlink(place / "nowhere", place / "link.key");
  CHECK_FALSE(other->write_new(place / "link.key"));
  CHECK_FALSE(other->write_new(place / "no folder/site.key"));
}

TEST_CASE("a file that is no private key, or that others may read, is refused by its name") {
  const tests::temporary_folder place;
  const auto path = place / "site.key";
  CHECK(reason(path).find("cannot be read") != std::string::npos);
  CHECK(reason(place.path().string()).find("is no regular file") != std::string::npos);
  const auto good = "ed25519-private:" + known_seed + "\n";
  for (const auto& text :
       {std::string(), good + "x", good.substr(1), good.substr(0, 20), known_key + "\n",
        std::string(100'000, 'a'), "ed25519-private:" + std::string(44, '!') + "\n"}) {
    write(path, text);
    CHECK(reason(path).find("holds no private key") != std::string::npos);
  }
  for (const ::mode_t mode : {0640u, 0604u, 0660u}) {
    write(path, good, mode);
    const auto why = reason(path);
    CHECK(why.find("others than its owner") != std::string::npos);
    CHECK(why.find(known_seed) == std::string::npos);
  }
}

} // namespace ed25519_test
