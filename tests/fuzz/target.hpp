#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "messages/finding.hpp"

/// Parsers of bytes that others wrote, each behind one function that takes any bytes at all.
namespace voltaic::fuzz {

using bytes = std::span<const std::uint8_t>;

/// One parser, and what must hold of everything that it makes of its input.
struct target {
  std::string_view name;
  void (*run)(bytes input) = nullptr;
};
/// By what they read: files, what comes over a wire at once, whole conversations.
[[nodiscard]] std::span<const target> file_targets();
[[nodiscard]] std::span<const target> wire_targets();
[[nodiscard]] std::span<const target> modbus_targets();
[[nodiscard]] std::span<const target> serial_targets();
[[nodiscard]] std::span<const target> conversation_targets();
[[nodiscard]] std::span<const target> conformance_targets();

/// The target of that name, or nullptr.
[[nodiscard]] const target* find_target(std::string_view name);
/// Every name, a line each.
[[nodiscard]] std::string target_names();
/// What `LLVMFuzzerTestOneInput` runs from now on.
void choose(const target& which);

/// Ends the program where something does not hold: with the words, and a saved input.
void require(bool holds, std::string_view what);
/// Findings of a refused or defective file: each has words, the file's name and a place.
void require_sound(const messages::findings& all, std::string_view file);

[[nodiscard]] inline std::string_view text_of(bytes input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

/// Takes an input apart; what is not there any more is 0 or empty.
class byte_source {
 public:
  explicit byte_source(bytes input) : rest_(input) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    const auto taken = take(1);
    return taken.empty() ? std::uint8_t{0} : taken[0];
  }
  std::uint32_t number(std::size_t size) {
    std::uint32_t result = 0;
    for (const auto each : take(size)) result = result << 8 | each;
    return result;
  }
  bytes take(std::size_t most) {
    const auto taken = rest_.first(most < rest_.size() ? most : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  bytes rest_;
};

} // namespace voltaic::fuzz

/// The entry that LLVM's libFuzzer looks for, and our own driver calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
