#include "messages/serial/dialect.hpp"

#include <fmt/format.h>

#include <charconv>

namespace voltaic::messages::serial {

frame fill(const ask& what, std::uint8_t address, std::span<const std::uint8_t> value) {
  frame made;
  made.address = address;
  made.code = what.code;
  for (const auto& each : what.data) {
    if (each.what == data_part::kind::value)
      made.data.insert(made.data.end(), value.begin(), value.end());
    else
      made.data.push_back(each.what == data_part::kind::address ? address : each.byte);
  }
  return made;
}

expected<std::vector<data_part>> parse_data(std::string_view text) {
  std::vector<data_part> result;
  while (true) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return result;
    text.remove_prefix(begin);
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), byte, 16);
    if (word == "{address}")
      result.push_back({data_part::kind::address, 0});
    else if (word == "{value}")
      result.push_back({data_part::kind::value, 0});
    else if (word.size() == 2 && error == std::errc() && end == word.data() + word.size())
      result.push_back({data_part::kind::constant, byte});
    else
      return failure{
          fmt::format("\"{}\" is neither a byte as 7E nor one of {{address}}, {{value}}", word)};
    if (result.size() > parts_max)
      return failure{fmt::format("a request has at most {} places", parts_max)};
  }
}

} // namespace voltaic::messages::serial
