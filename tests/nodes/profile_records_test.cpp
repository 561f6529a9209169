#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nodes/process/profile_records.hpp"

namespace profile_records_test {

using namespace voltaic;
using namespace voltaic::nodes::process;
using bus::storage::record;

namespace {

/// A journal as the store knows it: the newest record of each key.
class kept_journal {
 public:
  void append(record each) {
    each.sequence = ++sequence_;
    auto& stream = each.stream == sets_stream ? sets_ : contents_;
    stream[each.key] = std::move(each);
  }
  [[nodiscard]] kept_profiles read() const {
    std::vector<record> sets;
    std::vector<record> contents;
    for (const auto& [key, each] : sets_) sets.push_back(each);
    for (const auto& [key, each] : contents_) contents.push_back(each);
    return read_records(sets, contents);
  }
  [[nodiscard]] std::size_t slots() const { return contents_.size(); }
  void spoil(const std::string& slot) { contents_.at(slot).body.back() ^= 1; }

 private:
  std::uint64_t sequence_ = 0;
  std::map<std::string, record> sets_;
  std::map<std::string, record> contents_;
};

kept_profile file(const std::string& name, std::uint32_t version = 1) {
  kept_profile made;
  made.named = "/site/" + name;
  made.origin = "/site/" + name;
  made.kind = "device profile";
  made.name = name;
  made.version = version;
  return made;
}

std::vector<record> records(const kept_journal& into, std::vector<kept_profile> files,
                            const std::vector<std::string>& texts, std::int64_t utc_us = 1) {
  auto made = records_to_keep(into.read(), std::move(files), texts, utc_us);
  REQUIRE(made);
  return *std::move(made);
}

void keep(kept_journal& into, std::vector<kept_profile> files,
          const std::vector<std::string>& texts, std::int64_t utc_us = 1) {
  for (auto& each : records(into, std::move(files), texts, utc_us)) into.append(std::move(each));
}

/// The texts of the newest set, in its order; one that is not there has the reason in its place.
std::vector<std::string> texts_of(const kept_journal& from) {
  std::vector<std::string> found;
  const auto known = from.read();
  if (known.newest() == nullptr) return found;
  for (const auto& each : known.newest()->files) {
    const auto text = known.content(each.hash);
    found.push_back(text ? *text : text.error().text);
  }
  return found;
}

} // namespace

TEST_CASE("each content is kept once, and what has not changed is not written again") {
  kept_journal journal;
  CHECK(texts_of(journal).empty());
  keep(journal, {file("a"), file("b"), file("c")}, {"one", "two", "one"}, 10);
  CHECK(journal.slots() == 2);
  CHECK(texts_of(journal) == std::vector<std::string>{"one", "two", "one"});
  CHECK(records(journal, {file("a"), file("b"), file("c")}, {"one", "two", "one"}, 20).empty());

  const auto changed = records(journal, {file("a"), file("b", 2)}, {"one", "three"}, 30);
  REQUIRE(changed.size() == 2); // a content and, last, the set that names it
  CHECK(changed.back().stream == sets_stream);
  for (const auto& each : changed) journal.append(each);
  const auto known = journal.read();
  REQUIRE(known.newest()->files.size() == 2);
  CHECK(known.newest()->utc_us == 30);
  CHECK(known.newest()->files[0].since_utc_us == 10);
  CHECK(known.newest()->files[1].since_utc_us == 30);
  CHECK(known.newest()->files[1].version == 2);
  CHECK(known.newest()->files[1].bytes == 5);
}

TEST_CASE("a content that no record holds is kept in pieces, bytes of any kind, and none") {
  kept_journal journal;
  std::string large(3 * piece_bytes_max + 5, '\0');
  for (std::size_t at = 0; at < large.size(); ++at) large[at] = static_cast<char>(at * 7);
  const std::string whole(piece_bytes_max, '\n');
  keep(journal, {file("large"), file("whole"), file("empty")}, {large, whole, ""});
  CHECK(journal.slots() == 4 + 1 + 1);
  CHECK(texts_of(journal) == std::vector<std::string>{large, whole, ""});
  for (const auto& each : records(kept_journal(), {file("large")}, {large}))
    CHECK(each.body.size() < bus::storage::record_bytes_max);
}

TEST_CASE("F-184 a set that was cut off after any of its records leaves the former one, whole") {
  kept_journal before;
  const std::string large(2 * piece_bytes_max, 'x');
  keep(before, {file("a"), file("b")}, {"one", "two"});
  const auto next = records(before, {file("a"), file("b"), file("c")}, {"1", large, "three"}, 5);
  REQUIRE(next.size() == 5);
  for (std::size_t count = 0; count < next.size(); ++count) {
    INFO("killed after " << count << " records");
    auto journal = before;
    for (std::size_t each = 0; each < count; ++each) journal.append(next[each]);
    CHECK(texts_of(journal) == std::vector<std::string>{"one", "two"});
    // And what was left there is in nobody's way.
    keep(journal, {file("a"), file("b")}, {large, "four"}, 6);
    CHECK(texts_of(journal) == std::vector<std::string>{large, "four"});
  }
  for (const auto& each : next) before.append(each);
  CHECK(texts_of(before) == std::vector<std::string>{"1", large, "three"});
}

TEST_CASE("F-184 a damaged content is none, and is written again") {
  kept_journal journal;
  keep(journal, {file("a"), file("b")}, {"one", "two"});
  journal.spoil("0");
  auto found = texts_of(journal);
  CHECK(std::ranges::count(found, "its content does not have its hash") == 1);
  keep(journal, {file("a"), file("b")}, {"one", "two"}, 2);
  CHECK(texts_of(journal) == std::vector<std::string>{"one", "two"});
  CHECK(journal.slots() == 2);

  // A record of something else, or of half a set, counts as not there.
  journal.append({0, contents_stream, "7", 3, "no piece at all"});
  journal.append({0, sets_stream, "3", 3, R"({"files":[{"named":"/site/a"}]})"});
  CHECK(texts_of(journal) == std::vector<std::string>{"one", "two"});
}

TEST_CASE("only the newest sets are kept, with their contents, however often a site is applied") {
  kept_journal journal;
  for (int round = 0; round < 100; ++round) {
    const auto text = "content " + std::to_string(round);
    keep(journal, {file("a"), file("b")}, {text, "the same"}, round);
    CHECK(texts_of(journal) == std::vector<std::string>{text, "the same"});
    const auto known = journal.read();
    CHECK(known.sets.size() <= sets_max);
    for (const auto& set : known.sets)
      for (const auto& each : set.files) CHECK(known.content(each.hash));
  }
  CHECK(journal.slots() <= sets_max + 2);
  CHECK(journal.read().newest()->files[1].since_utc_us == 0);
}

TEST_CASE("former sets give up their contents where the slots do not suffice, never the newest") {
  kept_journal journal;
  const auto many = [](const std::string& word, std::size_t count) {
    std::pair<std::vector<kept_profile>, std::vector<std::string>> made;
    for (std::size_t each = 0; each < count; ++each) {
      made.first.push_back(file(std::to_string(each)));
      made.second.push_back(word + std::to_string(each));
    }
    return made;
  };
  for (const auto* word : {"a", "b", "c", "d"}) {
    const auto [files, texts] = many(word, slots_max / 2);
    keep(journal, files, texts);
    CHECK(texts_of(journal) == texts);
    CHECK(journal.slots() <= slots_max);
  }
  const auto [files, texts] = many("e", slots_max / 2 + 1);
  const auto refused = records_to_keep(journal.read(), files, texts, 9);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().text.find(std::to_string(slots_max)) != std::string::npos);
}

TEST_CASE("F-183 a profile of an older version is told by its file's name") {
  const std::vector<kept_profile> before{file("a", 3), file("b", 1), file("c", 2)};
  CHECK(older_versions(before, {file("a", 3), file("b", 2), file("d", 1)}).empty());
  CHECK(older_versions(before, {file("a", 2), file("c", 0)}) ==
        std::vector<std::string>{"a: version 2 after 3"});
}

} // namespace profile_records_test
