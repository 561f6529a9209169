#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/command_line.hpp"
#include "support/temporary_folder.hpp"

namespace profiles_command_test {

using namespace voltaic::tests;
namespace fs = std::filesystem;

namespace {

/// A folder with the demo, and a key whose public part is `key`.
struct bench {
  bench() {
    fs::copy(VOLTAIC_SOURCE_FOLDER "/configs", place / "configs", fs::copy_options::recursive);
    const auto made = voltaic("profiles keygen -o " + (place / "site.key"));
    REQUIRE(made.code == 0);
    key = made.output.substr(0, made.output.size() - 1);
  }
  [[nodiscard]] command_outcome voltaic(const std::string& arguments) const {
    return run_voltaic(place, arguments, "cd " + place.path().string() + " &&");
  }
  [[nodiscard]] command_outcome sign(const std::string& files) const {
    return voltaic("profiles sign site.key " + files + " --project harbour");
  }
  void ask_for_signatures() const {
    std::ofstream(place / "configs/demo.toml", std::ios::app)
        << "\n[profiles]\nproject = \"harbour\"\nkeys = [\"" << key << "\"]\n";
  }
  void change(const std::string& file) const { std::ofstream(place / file, std::ios::app) << " "; }

  temporary_folder place;
  std::string key;
};

bool has(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("F-183 a key is made once, signs files, and a site says who signed them") {
  const bench here;
  CHECK(here.key.starts_with("ed25519:"));
  struct stat info {};
  REQUIRE(::stat((here.place / "site.key").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const auto again = here.voltaic("profiles keygen -o site.key");
  CHECK(again.code == 4);
  CHECK(again.output.empty());
  CHECK(has(again.errors, "site.key is there already"));

  const auto open = here.voltaic("check configs/demo.toml");
  CHECK(open.code == 0);
  CHECK(has(open.output, "files need no signature"));
  CHECK_FALSE(has(open.errors, "signature"));
  CHECK(here.voltaic("profiles verify configs/demo.toml").code == 1);

  here.ask_for_signatures();
  const auto before = here.voltaic("check configs/demo.toml");
  CHECK(before.code == 1);
  CHECK(
      has(before.output, "configs/profiles/demo_rack.json:1:1: is not signed for project harbour"));
  const auto signed_now =
      here.sign("configs/profiles/demo_*.json configs/inverters/*.json configs/protection/*.toml");
  CHECK(signed_now.code == 0);
  CHECK(has(signed_now.output,
            "configs/profiles/demo_rack.json.sig: for project harbour, version 1\n"));
  CHECK(has(signed_now.output, "lfp.toml.sig: for project harbour, without a version"));
  const auto after = here.voltaic("check configs/demo.toml");
  CHECK(after.code == 0);
  CHECK(has(after.output, "files are signed for project harbour, keys that count: 1\n"));
  const auto told = here.voltaic("profiles verify configs/demo.toml");
  CHECK(told.code == 0);
  CHECK(has(told.output,
            "/configs/profiles/demo_rack.json: version 1, signed for project harbour "
            "by " +
                here.key + "\n"));

  here.change("configs/profiles/demo_rack.json");
  for (const auto* command : {"check", "profiles verify"}) {
    const auto refused = here.voltaic(std::string(command) + " configs/demo.toml");
    CHECK(refused.code == 1);
    CHECK(refused.output ==
          "configs/profiles/demo_rack.json:1:1: is not the content that was signed: it was changed "
          "since, or its signature is that of another version\n");
  }
  CHECK(here.sign("configs/profiles/demo_rack.json").code == 0);
  CHECK(here.voltaic("profiles verify configs/demo.toml").code == 0);
}

TEST_CASE("F-183 files are verified by a key without a site") {
  const bench here;
  const std::string file = "configs/profiles/demo_rack.json";
  const auto by = [&](const std::string& key, const std::string& project) {
    return here.voltaic("profiles verify " + file + " --key " + key + " --project " + project);
  };
  const auto absent = by(here.key, "harbour");
  CHECK(absent.code == 1);
  CHECK(has(absent.output, "demo_rack.json.sig: cannot be read: No such file"));
  CHECK(here.sign(file).code == 0);
  const auto sound = by(here.key, "harbour");
  CHECK(sound.code == 0);
  CHECK(sound.output == file + ": version 1, signed for project harbour by " + here.key + "\n");
  CHECK(has(by(here.key, "quay").output, "is signed for project harbour, not for quay"));
  const auto other = here.voltaic("profiles keygen -o other.key");
  const auto refused = by(other.output.substr(0, other.output.size() - 1), "harbour");
  CHECK(refused.code == 1);
  CHECK(has(refused.output, "none of the site's keys"));
}

TEST_CASE("what cannot be signed or verified says why, and leaves nothing behind") {
  const bench here;
  CHECK(here.voltaic("profiles keygen").code == 2);
  CHECK(here.voltaic("profiles sign site.key configs/demo.toml").code == 2);
  CHECK(here.voltaic("profiles verify a b").code == 2);
  CHECK(here.voltaic("profiles verify a --key " + here.key).code == 2);
  CHECK(here.voltaic("profiles verify a --key ed25519:AAAA --project harbour").code == 2);
  CHECK(here.voltaic("profiles sign site.key configs/demo.toml --project 'a b'").code == 2);
  const auto missing = here.sign("configs/absent.json configs/demo.toml");
  CHECK(missing.code == 1);
  CHECK(has(missing.errors, "configs/absent.json cannot be read"));
  CHECK(fs::exists(here.place / "configs/demo.toml.sig"));
  CHECK_FALSE(fs::exists(here.place / "configs/demo.toml.sig.new"));
  CHECK_FALSE(fs::exists(here.place / "configs/absent.json.sig"));
  std::ofstream(here.place / "two\nlines.json") << "{}";
  const auto named = here.sign("'two\nlines.json'");
  CHECK(named.code == 1);
  CHECK(has(named.errors, "cannot be signed: "));
  CHECK_FALSE(fs::exists(here.place / "two\nlines.json.sig"));
  const auto no_key = here.voltaic("profiles sign configs/demo.toml a --project harbour");
  CHECK(no_key.code == 1);
  CHECK_FALSE(has(no_key.errors, "[site]"));
  fs::permissions(here.place / "site.key", fs::perms::group_read, fs::perm_options::add);
  const auto shared = here.sign("configs/demo.toml");
  CHECK(shared.code == 1);
  CHECK(has(shared.errors, "site.key may be read or written by others than its owner"));
}

} // namespace profiles_command_test
