// Vectors as `conformance` reads them: JSON that others wrote, to every function that it asks.
#include <array>
#include <exception>

#include "conformance/judge.hpp"
#include "fuzz/target.hpp"

namespace voltaic::fuzz {
namespace {

using conformance::json;

void judge_vector(const json& vector) {
  const auto judge = conformance::find_judge(vector.at("kind").get<std::string>());
  if (judge == nullptr) return;
  const auto got = judge(vector.at("input"), vector.at("expected"));
  if (got) (void)conformance::agrees(vector.at("expected"), *got);
}

/// A line, a vector. What is thrown at is an answer, as the program has it.
void run_conformance(bytes input) {
  auto rest = text_of(input);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const auto vector = json::parse(rest.substr(0, end), nullptr, false);
    rest.remove_prefix(end);
    if (!vector.is_object() || !vector.contains("kind")) continue;
    try {
      judge_vector(vector);
    } catch (const std::exception&) {
    }
  }
}

constexpr std::array<target, 1> targets{{{"conformance", run_conformance}}};

} // namespace

std::span<const target> conformance_targets() {
  return targets;
}

} // namespace voltaic::fuzz
