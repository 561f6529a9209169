#include "fuzz/target.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace voltaic::fuzz {
namespace {

const target* chosen = nullptr;

std::array<std::span<const target>, 6> all_targets() {
  return {file_targets(),   wire_targets(),         modbus_targets(),
          serial_targets(), conversation_targets(), conformance_targets()};
}

} // namespace

const target* find_target(std::string_view name) {
  for (const auto group : all_targets())
    for (const auto& each : group)
      if (each.name == name) return &each;
  return nullptr;
}

std::string target_names() {
  std::string names;
  for (const auto group : all_targets())
    for (const auto& each : group) names += std::string(each.name) + '\n';
  return names;
}

void choose(const target& which) {
  chosen = &which;
}

void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void require_sound(const messages::findings& all, std::string_view file) {
  for (const auto& each : all) {
    require(!each.text.empty(), "a finding has words");
    require(each.file.find(file) != std::string::npos, "a finding names its file");
    require(each.line > 0 && each.column > 0, "a finding names line and column");
  }
}

} // namespace voltaic::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  voltaic::fuzz::require(voltaic::fuzz::chosen != nullptr, "a target is chosen");
  voltaic::fuzz::chosen->run({data, size});
  return 0;
}
