#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace voltaic::fuzz {

using byte_string = std::vector<std::uint8_t>;

/// No input grows beyond this.
inline constexpr std::size_t input_bytes_max = 16 * 1024;

/// Makes inputs of inputs: the same seed gives the same ones on every machine.
class mutator {
 public:
  /// `words` are written into inputs as they are.
  mutator(std::uint64_t seed, std::vector<std::string> words)
      : state_(seed), words_(std::move(words)) {}

  /// One of `corpus`, changed in one to `changes_max` places.
  [[nodiscard]] byte_string next(const std::vector<byte_string>& corpus);

  static constexpr std::size_t changes_max = 5;

 private:
  using change = void (mutator::*)(byte_string&, const std::vector<byte_string>&);
  [[nodiscard]] std::uint64_t random();
  /// 0 to `end` - 1; 0 where there is none.
  [[nodiscard]] std::size_t below(std::size_t end);
  void insert(byte_string& into, std::size_t at, const byte_string& what);
  void flip_bit(byte_string& of, const std::vector<byte_string>& corpus);
  void set_byte(byte_string& of, const std::vector<byte_string>& corpus);
  void set_extreme(byte_string& of, const std::vector<byte_string>& corpus);
  void insert_some(byte_string& into, const std::vector<byte_string>& corpus);
  void remove_some(byte_string& from, const std::vector<byte_string>& corpus);
  void double_some(byte_string& of, const std::vector<byte_string>& corpus);
  void cut_off(byte_string& of, const std::vector<byte_string>& corpus);
  void splice(byte_string& of, const std::vector<byte_string>& corpus);
  void put_word(byte_string& into, const std::vector<byte_string>& corpus);
  void change_number(byte_string& of, const std::vector<byte_string>& corpus);

  std::uint64_t state_;
  std::vector<std::string> words_;
};

} // namespace voltaic::fuzz
