// Plain RS-485: frames that profiles describe.
#include <algorithm>
#include <array>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/target.hpp"
#include "messages/profiles/answer_plan.hpp"
#include "messages/profiles/load.hpp"
#include "messages/serial/dialect.hpp"
#include "messages/serial/receiver.hpp"

namespace voltaic::fuzz {
namespace {

using namespace messages::serial;

/// Frames of digits, of bytes with a length, and of bytes with an end behind them.
framing framing_of(std::uint8_t choice) {
  framing rules;
  rules.start = {0x7E};
  rules.request = *parse_parts("20 {address} {code} {length} {data} {checksum}");
  rules.answer = *parse_parts("20 {address} {result} {length} {data} {checksum}");
  rules.length.bytes = choice % 2 == 0 ? 1 : 2;
  rules.checksum.kind = choice % 5 == 0   ? checksum_kind::sum
                        : choice % 5 == 1 ? checksum_kind::twos_complement
                        : choice % 5 == 2 ? checksum_kind::exclusive_or
                        : choice % 5 == 3 ? checksum_kind::crc16_modbus
                                          : checksum_kind::crc16_ccitt;
  rules.checksum.bytes = choice % 5 < 3 ? 1 : 2;
  rules.checksum.skipped = choice % 4;
  if (choice % 3 != 0) rules.end = {0x0D};
  if (choice % 3 == 2) {
    rules.text = text_form::hex;
    rules.length = {2, false, true, choice % 7 != 0};
    rules.checksum.over_text = choice % 2 == 0;
  }
  return rules;
}

void check_found(const framing& rules, const receiver::found& found) {
  if (const auto* broken = std::get_if<broken_frame>(&found))
    return require(!broken->reason.empty(), "a broken frame is told with words");
  const auto& said = std::get<frame>(found);
  require(said.data.size() <= data_bytes_max, "no frame is longer than its bound");
  const auto again = encode(rules, direction::answer, said);
  require(again.size() <= frame_bytes_max, "no frame on the wire is, either");
  receiver from(rules, direction::answer);
  from.push(again);
  const auto read = from.next();
  require(read && std::holds_alternative<frame>(*read) && std::get<frame>(*read) == said,
          "a frame that is written is read as it was");
}

/// What came over a line, in pieces.
void run_framing(bytes input) {
  byte_source from(input);
  const auto rules = framing_of(from.byte());
  require(mistakes_in(rules).empty(), "the rules can be used");
  receiver line(rules, direction::answer);
  while (!from.empty()) {
    line.push(from.take(1 + from.byte() % 64u));
    for (auto found = line.next(); found; found = line.next()) check_found(rules, *found);
  }
  for (auto found = line.next_after_silence(); found; found = line.next_after_silence())
    check_found(rules, *found);
  require(!line.is_within_frame(), "behind a silence nothing is left");
  // The checksum that a mutation broke is mended: what lies behind it is the matter here.
  const frame mended{
      std::uint8_t{2},
      {},
      std::uint8_t{0},
      {input.begin(),
       input.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(input.size(), 100))}};
  check_found(rules, mended);
  const auto text = text_of(input);
  if (const auto parts = parse_parts(text))
    require(parts->size() <= parts_max, "a frame has at most so many places");
  if (const auto data = parse_data(text))
    require(data->size() <= parts_max, "a request has at most so many places");
}

/// Counts that the answer states, bits of one byte, a text, and places that may be missing.
constexpr std::string_view profile_text = R"({"name":"any","version":1,"protocol":"serial",
"commissioned":false,"framing":{"start":"7E","request":"{code} {length} {data}",
"answer":"{code} {length} {data}","length":{"bytes":1}},"points":{
"cell_voltage":{"channel":"CellVoltage","type":"u16","count":16,"unit":"V","scale":0.001,
"period_ms":500},
"temperature":{"channel":"Temperature","type":"i16","count":4,"unit":"degC","scale":0.1,
"period_ms":500},
"low":{"channel":"Low","type":"u16","unit":"","period_ms":500},
"high":{"channel":"High","type":"u16","unit":"","period_ms":500},
"name":{"channel":"Name","type":"text","unit":"","period_ms":500},
"energy":{"channel":"Energy","type":"i64","unit":"Wh","period_ms":500}},
"questions":[{"name":"all","code":"01","period_ms":500,"answer":[{"skip":1},{"count":"cells"},
{"count":"sensors","bytes":2},{"point":"cell_voltage","bytes":2,"times":"cells"},
{"point":"temperature","bytes":2,"type":"signed"},
{"point":"temperature","index":1,"bytes":2,"type":"signed","order":"intel","times":"sensors","less":1},
{"point":"low","start":0,"length":4},{"point":"high","start":4,"length":4,"overlaid":true},
{"point":"name","bytes":8},{"point":"energy","bytes":8,"type":"signed","optional":true}]}]})";

/// The information of an answer.
void run_answer(bytes input) {
  namespace profiles = messages::profiles;
  static const auto plan = [] {
    const auto loaded = profiles::load_profile(profile_text, "any.json");
    const auto* profile = std::get_if<profiles::device_profile>(&loaded);
    require(profile != nullptr, "the profile is sound");
    return *profiles::answer_plan::compile(*profile);
  }();
  const std::vector<std::uint16_t> answer(input.begin(), input.end());
  std::vector<profiles::sample> samples;
  const auto applied = plan.apply(0, answer, samples);
  require(applied || !applied.error().text.empty(), "an answer is refused with words");
  require(samples.size() == (applied ? 24u : 0u), "each element is told once, or none");
  for (const auto& letter : plan.text_of(0, 4, answer))
    require(letter >= ' ' && letter <= '~', "a text can be printed");
}

constexpr std::array<target, 2> targets{
    {{"serial_framing", run_framing}, {"serial_answer", run_answer}}};

} // namespace

std::span<const target> serial_targets() {
  return targets;
}

} // namespace voltaic::fuzz
