// conformance FILE.json: `pass ID`, `fail ID: ...` or `skip ID` for each vector of the file.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>

#include "conformance/judge.hpp"

namespace {

using voltaic::conformance::json;

struct counts {
  int passed = 0;
  int failed = 0;
  int skipped = 0;
};

// What the product makes of it; what it throws at is its answer too.
std::optional<json> result_of(const json& vector) {
  const auto judge = voltaic::conformance::find_judge(vector.at("kind").get<std::string>());
  if (judge == nullptr) return std::nullopt;
  try {
    return judge(vector.at("input"), vector.at("expected"));
  } catch (const std::exception& error) {
    return json{{"error", error.what()}};
  }
}

void check(const json& vector, counts& counted) {
  const auto id = vector.at("id").get<std::string>();
  const auto got = result_of(vector);
  if (!got) {
    ++counted.skipped;
    std::printf("skip %s\n", id.c_str());
    return;
  }
  // Nothing at all is expected of an input that has to be refused.
  auto expected = vector.at("expected");
  if (expected.is_null()) expected = json{{"accepted", false}};
  if (voltaic::conformance::agrees(expected, *got)) {
    ++counted.passed;
    std::printf("pass %s\n", id.c_str());
    return;
  }
  ++counted.failed;
  std::printf("fail %s: expected %s, got %s\n", id.c_str(), expected.dump().c_str(),
              got->dump().c_str());
}

} // namespace

int main(int count, char** arguments) {
  constexpr int done = 0;
  constexpr int findings = 1;
  constexpr int usage = 2;
  if (count != 2) {
    std::fprintf(stderr, "usage: conformance FILE.json\n");
    return usage;
  }
  std::ifstream file(arguments[1]);
  const auto document = json::parse(file, nullptr, false);
  if (!document.is_object() || !document.contains("vectors")) {
    std::fprintf(stderr, "%s: is no file of vectors\n", arguments[1]);
    return usage;
  }
  // Paths in it are relative to its folder.
  const auto folder = std::filesystem::absolute(arguments[1]).parent_path();
  counts counted;
  try {
    std::filesystem::current_path(folder);
    for (const auto& vector : document.at("vectors")) check(vector, counted);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", arguments[1], error.what());
    return usage;
  }
  std::printf("%d passed, %d failed, %d skipped\n", counted.passed, counted.failed,
              counted.skipped);
  return counted.failed == 0 ? done : findings;
}
