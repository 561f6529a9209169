#include "actors/simulator/sunspec_model.hpp"

#include "messages/modbus/registers.hpp"

namespace voltaic::actors::simulator {
namespace {

constexpr std::uint16_t mark[] = {0x5375, 0x6E53}; // "SunS"
constexpr std::uint16_t common_model = 1;
constexpr std::uint16_t common_length = 66;
constexpr std::uint16_t device_address = 1;
constexpr std::uint16_t padding = 0x8000;
constexpr std::uint16_t end_model = 0xFFFF;
constexpr std::size_t long_words = 16;
constexpr std::size_t short_words = 8;

} // namespace

std::vector<std::uint16_t> sunspec_registers(const sunspec_identity& of) {
  std::vector<std::uint16_t> made{mark[0], mark[1], common_model, common_length};
  const auto add = [&](std::string_view text, std::size_t words) {
    const auto cut = text.substr(0, words * 2);
    const auto fresh = messages::modbus::write_text(cut, words, messages::modbus::word_order::abcd);
    made.insert(made.end(), fresh->begin(), fresh->end());
  };
  add(of.manufacturer, long_words);
  add(of.model, long_words);
  add(of.options, short_words);
  add(of.version, short_words);
  add(of.serial_number, long_words);
  made.insert(made.end(), {device_address, padding, end_model, 0});
  return made;
}

} // namespace voltaic::actors::simulator
