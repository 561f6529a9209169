#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <variant>

#include "bus/signing/ed25519.hpp"
#include "messages/signatures/signature.hpp"
#include "nodes/process/site_start.hpp"
#include "nodes/site/load.hpp"
#include "support/site_scene.hpp"

namespace signed_site_test {

using namespace voltaic;
using namespace voltaic::nodes;
using bus::signing::private_key;
using messages::finding_kind;
namespace signatures = messages::signatures;
namespace fs = std::filesystem;

namespace {

constexpr const char* profile = tests::site_scene::rack_profile;
constexpr const char* profile_signature = "profiles/demo_rack.json.sig";
constexpr const char* limits = tests::site_scene::limits;

private_key new_key() {
  auto made = private_key::make();
  REQUIRE(made);
  return *std::move(made);
}

/// A site that takes files of one key for project harbour, and that key.
class signed_scene : public tests::site_scene {
 public:
  signed_scene() {
    ask_for_signatures();
    sign(profile);
    sign(limits);
  }
  void ask_for_signatures() const {
    write("site.toml", tests::one_rack_text("kept") +
                           "[profiles]\nproject = \"harbour\"\nkeys = [\"" + key_.public_key() +
                           "\"]\n");
  }
  /// As `voltaic profiles sign` does.
  void sign(const std::string& file, const private_key& by, const std::string& project,
            const std::string& name) const {
    signatures::signature made;
    const auto content = read(file);
    made.says = {project, name, signatures::stated_version(content),
                 bus::signing::sha256_of(content), by.public_key()};
    made.value = by.sign(signed_text(made.says));
    write(file + ".sig", text_of(made));
  }
  void sign(const std::string& file) const {
    sign(file, key_, "harbour", fs::path(file).filename().string());
  }
  [[nodiscard]] const private_key& key() const { return key_; }

 private:
  private_key key_ = new_key();
};

/// What the file is refused for by whoever looks at the disk; the site starts as it was applied.
messages::finding refused(const signed_scene& here, const process::site_start& applied) {
  const auto on_disk = site::load(here.path("site.toml"));
  REQUIRE(std::holds_alternative<messages::findings>(on_disk));
  const auto found = std::get<messages::findings>(on_disk);
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == finding_kind::signature);
  CHECK(found[0].file.starts_with(here.path(profile)));
  const auto started = here.must_load();
  CHECK(started.contents == applied.contents);
  CHECK(started.rejected == found);
  CHECK(std::holds_alternative<messages::findings>(here.load(process::bad_files::refuse)));
  return found[0];
}

bool says(const messages::finding& found, const std::string& words) {
  UNSCOPED_INFO(found.text);
  return found.text.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("F-183 a file that no key of the site vouches for does not run: what was applied does") {
  const signed_scene here;
  here.keep_soundly();
  const auto applied = here.must_load();
  CHECK(applied.rejected.empty());
  CHECK(applied.contents.files.size() == 4);
  const auto check = [&](const std::string& words) {
    CHECK(says(refused(here, applied), words));
    here.sign(profile);
    CHECK(here.must_load().rejected.empty());
  };
  fs::remove(here.path(profile_signature));
  check("is not signed for project harbour: " + here.path(profile_signature) + ": No such file");
  here.sign(profile, new_key(), "harbour", "demo_rack.json");
  check("none of the site's keys");
  here.sign(profile, here.key(), "quay", "demo_rack.json");
  check("is signed for project quay, not for harbour");
  here.sign(profile, here.key(), "harbour", "other_rack.json");
  check("that of other_rack.json");
  here.cut(profile_signature);
  check("the line has no end");
  here.write(profile_signature, std::string(signatures::signature_bytes_max + 1, 'a'));
  check("is longer than");
  fs::remove(here.path(profile_signature));
  fs::create_directory(here.path(profile_signature));
  CHECK(says(refused(here, applied), "is no regular file"));
  fs::remove(here.path(profile_signature));
  here.sign(profile);
  // Another name for what the key signed is another statement.
  here.replace(profile_signature, "project = harbour", "project = harbouR");
  check("is not as it was signed");
  // Somebody else's signature under the name of the site's key.
  here.sign(profile, new_key(), "harbour", "demo_rack.json");
  const auto text = here.read(profile_signature);
  const auto from = text.find("ed25519:");
  here.write(profile_signature,
             text.substr(0, from) + here.key().public_key() + text.substr(text.find('\n', from)));
  check("not made by the owner of the key");
}

TEST_CASE("F-183 one changed byte of a signed profile, whichever, is found before it is read") {
  const signed_scene here;
  here.keep_soundly();
  const auto applied = here.must_load();
  const auto good = here.read(profile);
  for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    here.write(profile, bad);
    // Nothing of its contents is told, only that they are not the signed ones.
    CHECK(says(refused(here, applied), "is not the content that was signed"));
  }
  here.write(profile, good + " ");
  CHECK(says(refused(here, applied), "is not the content that was signed"));
  here.write(profile, good);
  const auto signature = here.read(profile_signature);
  for (std::size_t at = 0; at < signature.size(); at += 37) {
    auto bad = signature;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    here.write(profile_signature, bad);
    INFO("byte " << at);
    static_cast<void>(refused(here, applied));
  }
}

TEST_CASE("F-183 the two files of a site do not stand in for each other, signed as they are") {
  const signed_scene here;
  here.keep_soundly();
  const auto applied = here.must_load();
  fs::copy_file(here.path(limits), here.path(profile), fs::copy_options::overwrite_existing);
  fs::copy_file(here.path(std::string(limits) + ".sig"), here.path(profile_signature),
                fs::copy_options::overwrite_existing);
  CHECK(says(refused(here, applied), "that of lfp.toml, a file of another name"));
}

TEST_CASE("F-183 a signature that says another version than its file is refused") {
  const signed_scene here;
  here.keep_soundly();
  const auto applied = here.must_load();
  signatures::signature made;
  made.says = {"harbour", "demo_rack.json", 9, bus::signing::sha256_of(here.read(profile)),
               here.key().public_key()};
  made.value = here.key().sign(signed_text(made.says));
  here.write(profile_signature, text_of(made));
  CHECK(says(refused(here, applied), "says that it is version 1, and its signature that it is 9"));
}

TEST_CASE("F-183 an older version is refused, however soundly it was signed") {
  const signed_scene here;
  const auto older = here.read(profile);
  const auto its_signature = here.read(profile_signature);
  here.replace(profile, "\"version\": 1", "\"version\": 3");
  here.sign(profile);
  here.keep_soundly();
  const auto applied = here.must_load();
  here.write(profile, older);
  here.write(profile_signature, its_signature);
  const auto started = here.must_load();
  CHECK(started.contents == applied.contents);
  REQUIRE(started.rejected.size() == 1);
  CHECK(says(started.rejected[0], "version 1 is older than 3"));
  CHECK(started.rejected[0].kind == finding_kind::mistake);
}

TEST_CASE(
    "F-183 what was kept needs a signature as well: a store of unsigned files starts nothing") {
  const signed_scene here;
  here.write("site.toml", tests::one_rack_text("kept"));
  fs::remove(here.path(profile_signature));
  here.keep_soundly(); // as a site without keys, or as somebody who may write the state folder
  here.ask_for_signatures();
  CHECK(std::holds_alternative<messages::findings>(here.load()));
  // Its signature may come later.
  here.sign(profile);
  here.keep_soundly();
  here.cut(profile);
  CHECK(here.must_load().rejected.size() == 1);
  // A key that counts no more takes what it signed along.
  here.replace("site.toml", here.key().public_key(), new_key().public_key());
  CHECK(std::holds_alternative<messages::findings>(here.load()));
}

TEST_CASE("F-183 a node that starts judges what was applied by its signatures again") {
  const signed_scene here;
  auto applied = here.must_load().contents;
  const auto file = here.path("site.toml");
  CHECK(std::holds_alternative<site::plan>(site::load_contents(applied, file)));
  auto changed = applied;
  changed.files[0].text += " ";
  CHECK(std::holds_alternative<messages::findings>(site::load_contents(changed, file)));
  auto without = applied;
  std::erase_if(without.files, [](const auto& each) { return each.named.ends_with(".json.sig"); });
  CHECK(std::holds_alternative<messages::findings>(site::load_contents(without, file)));
}

TEST_CASE("F-181 a signature is not followed out of the site's folder") {
  const signed_scene here;
  const tests::temporary_folder elsewhere;
  fs::rename(here.path(profile_signature), elsewhere / "demo_rack.json.sig");
  fs::create_symlink(elsewhere / "demo_rack.json.sig", here.path(profile_signature));
  const auto found = std::get<messages::findings>(here.load());
  REQUIRE(found.size() == 1);
  CHECK(says(found[0], "leaves the site's folder"));
}

TEST_CASE("a site without keys looks at no signature") {
  const signed_scene here;
  here.write("site.toml", tests::one_rack_text("kept"));
  here.write(profile_signature, "no signature at all");
  const auto started = here.must_load();
  CHECK(started.rejected.empty());
  CHECK(started.contents.files.size() == 2);
}

TEST_CASE("what was kept of a signed site names its signatures as such") {
  const signed_scene here;
  here.keep_soundly();
  const auto known = process::read_profiles(here.must_load().plan.folders.state);
  REQUIRE(known);
  std::vector<std::string> kinds;
  for (const auto& each : known->newest()->files) kinds.push_back(each.kind);
  CHECK(kinds ==
        std::vector<std::string>{"device profile", "signature", "protection", "signature"});
}

} // namespace signed_site_test
