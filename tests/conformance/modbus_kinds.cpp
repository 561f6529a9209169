#include <array>
#include <map>
#include <stdexcept>

#include "conformance/judge.hpp"
#include "messages/modbus/frame.hpp"
#include "messages/modbus/pdu.hpp"
#include "messages/modbus/registers.hpp"
#include "messages/modbus/service_pdu.hpp"

namespace voltaic::conformance {
namespace {

using namespace messages::modbus;

const json refused = {{"accepted", false}};
constexpr unsigned byte_bits = 8;

const std::map<std::string, function, std::less<>> functions = {
    {"read coils", function::read_coils},
    {"read discrete inputs", function::read_discrete},
    {"read holding registers", function::read_holding},
    {"read input registers", function::read_input},
    {"write single coil", function::write_coil},
    {"write single register", function::write_register},
    {"write multiple coils", function::write_coils},
    {"write multiple registers", function::write_registers},
    {"mask write register", function::mask_write},
    {"read/write multiple registers", function::read_write},
};

const std::map<std::string, service, std::less<>> services = {
    {"read exception status", service::exception_status},
    {"diagnostics", service::diagnostics},
    {"get comm event counter", service::event_counter},
    {"get comm event log", service::event_log},
    {"report server id", service::server_id},
    {"report slave id", service::server_id},
    {"report device id", service::server_id},
    {"read file record", service::read_file},
    {"write file record", service::write_file},
    {"read FIFO queue", service::read_fifo},
    {"read device identification", service::identification},
    {"read device information", service::identification},
};

std::vector<std::uint16_t> words_of(const json& registers) {
  std::vector<std::uint16_t> words;
  for (const auto& each : registers) {
    const auto word =
        each.is_string() ? std::stoul(each.get<std::string>(), nullptr, 16) : each.get<unsigned>();
    words.push_back(static_cast<std::uint16_t>(word));
  }
  return words;
}

std::vector<std::uint16_t> flags_of(const json& bits) {
  std::vector<std::uint16_t> flags;
  for (const auto& each : bits)
    flags.push_back(each.is_boolean() ? each.get<bool>() : each.get<int>() != 0);
  return flags;
}

// What is read or written, in whichever form a vector states it.
std::vector<std::uint16_t> values_of(const json& of) {
  for (const auto* name : {"registers", "write_registers"})
    if (of.contains(name)) return words_of(of.at(name));
  if (of.contains("bits")) return flags_of(of.at("bits"));
  if (of.contains("value"))
    return of.at("value").is_boolean() ? flags_of(json::array({of.at("value")}))
                                       : words_of(json::array({of.at("value")}));
  if (of.contains("and_mask")) return words_of(json::array({of.at("and_mask"), of.at("or_mask")}));
  std::vector<std::uint16_t> bits;
  if (!of.contains("bits_lsb_first")) return bits;
  const auto bytes = bytes_of(of.at("bits_lsb_first").get<std::string>());
  for (unsigned i = 0; i < of.at("count").get<unsigned>(); ++i)
    bits.push_back((bytes.at(i / byte_bits) >> (i % byte_bits)) & 1u);
  return bits;
}

json frame_json(std::uint8_t unit, const std::vector<std::uint8_t>& pdu) {
  return {{"unit", unit}, {"pdu", hex_of(pdu)}};
}

std::optional<json> judge_rtu(const json& input, const json& /*expected*/) {
  const auto frame = parse_rtu(bytes_of(input.at("frame").get<std::string>()));
  if (!frame) return refused;
  auto got = frame_json(frame->unit, frame->pdu);
  got["crc_ok"] = true; // else it is no frame
  return got;
}

std::optional<json> judge_ascii(const json& input, const json& /*expected*/) {
  const auto frame = parse_ascii(input.at("frame_text").get<std::string>());
  if (!frame) return refused;
  return frame_json(frame->unit, frame->pdu);
}

std::optional<json> judge_lrc(const json& input, const json& /*expected*/) {
  return json{{"lrc", lrc(bytes_of(input.at("data").get<std::string>()))}};
}

// Requests as a server cuts them off what comes.
std::optional<json> judge_rtu_stream(const json& input, const json& /*expected*/) {
  std::vector<std::uint8_t> stream;
  json got = {{"after_chunk", json::array()}};
  int frames = 0;
  for (const auto& chunk : input.at("chunks")) {
    const auto bytes = bytes_of(chunk.get<std::string>());
    stream.insert(stream.end(), bytes.begin(), bytes.end());
    for (;;) {
      const auto length = rtu_request_bytes(stream);
      if (!length || *length == 0 || stream.size() < *length) break;
      const auto frame = parse_rtu(std::span(stream).first(*length));
      stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(*length));
      if (!frame) continue;
      got.update(frame_json(frame->unit, frame->pdu));
      ++frames;
    }
    got["after_chunk"].push_back(frames);
  }
  return got;
}

std::optional<json> judge_crc(const json& input, const json& /*expected*/) {
  const auto crc = crc16(bytes_of(input.at("data").get<std::string>()));
  const std::array wire = {static_cast<std::uint8_t>(crc & 0xFF),
                           static_cast<std::uint8_t>(crc >> byte_bits)};
  return json{{"crc_value_byteswapped", wire[0] << byte_bits | wire[1]},
              {"wire_bytes_lo_hi", hex_of(wire)}};
}

std::optional<json> judge_tcp(const json& input, const json& /*expected*/) {
  const auto parsed = parse_tcp(bytes_of(input.at("adu").get<std::string>()));
  if (parsed.state != framing::complete) return refused;
  auto got = frame_json(parsed.frame.unit, parsed.frame.pdu);
  got["tid"] = parsed.frame.transaction;
  got["protocol"] = 0; // else it is no frame
  return got;
}

std::optional<json> judge_tcp_stream(const json& input, const json& /*expected*/) {
  std::vector<std::uint8_t> stream;
  json got = {{"after_chunk", json::array()}};
  int frames = 0;
  for (const auto& chunk : input.at("chunks")) {
    const auto bytes = bytes_of(chunk.get<std::string>());
    stream.insert(stream.end(), bytes.begin(), bytes.end());
    for (;;) {
      const auto parsed = parse_tcp(stream);
      if (parsed.state != framing::complete) break;
      got.update(frame_json(parsed.frame.unit, parsed.frame.pdu));
      stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(parsed.bytes));
      ++frames;
    }
    got["after_chunk"].push_back(frames);
  }
  return got;
}

// The first of the names that is there, else 0.
std::uint16_t number_of(const json& in, std::initializer_list<const char*> names) {
  for (const auto* name : names)
    if (in.contains(name)) return words_of(json::array({in.at(name)})).front();
  return 0;
}

// Nothing for a function that we do not speak.
std::optional<request> request_of(const json& input, const json& arguments) {
  const auto found = functions.find(input.at("function").get<std::string>());
  if (found == functions.end()) return std::nullopt;
  request asked;
  asked.function = found->second;
  asked.address = number_of(arguments, {"address", "read_address"});
  asked.count = number_of(arguments, {"count", "read_count"});
  asked.write_address = number_of(arguments, {"write_address"});
  asked.values = values_of(arguments);
  return asked;
}

std::vector<file_records> records_of(const json& arguments) {
  std::vector<file_records> records;
  for (const auto& each : arguments.value("records", json::array()))
    records.push_back({number_of(each, {"file", "file_number"}),
                       number_of(each, {"record", "record_number"}),
                       number_of(each, {"count", "record_length"}), values_of(each)});
  return records;
}

std::optional<json> judge_service(const json& input) {
  const auto found = services.find(input.at("function").get<std::string>());
  if (found == services.end()) return std::nullopt;
  const auto& arguments = input.at("args");
  service_request asked{found->second};
  asked.address = number_of(arguments, {"address", "sub_function"});
  asked.words = values_of(arguments);
  asked.records = records_of(arguments);
  asked.level = static_cast<std::uint8_t>(number_of(arguments, {"level", "read_code"}));
  asked.object = static_cast<std::uint8_t>(number_of(arguments, {"object", "object_id"}));
  const auto pdu = encode(asked);
  if (!pdu) throw std::invalid_argument(pdu.error().text);
  return json{{"pdu", hex_of(*pdu)}};
}

std::optional<json> judge_request(const json& input, const json& /*expected*/) {
  auto asked = request_of(input, input.at("args"));
  if (!asked) return judge_service(input);
  const bool writes =
      asked->function == function::write_coils || asked->function == function::write_registers;
  if (writes) asked->count = 0;
  return json{{"pdu", hex_of(encode(*asked))}};
}

std::optional<json> judge_response(const json& input, const json& /*expected*/) {
  if (!input.contains("request")) return std::nullopt;
  const auto asked = parse_request(bytes_of(input.at("request").get<std::string>()));
  const auto* sound = std::get_if<request>(&asked);
  if (sound == nullptr) return std::nullopt;
  const auto values = values_of(input);
  if (sound->count != 0 && values.size() != sound->count)
    throw std::invalid_argument("other values than the request asks for");
  return json{{"pdu", hex_of(encode_answer(*sound, values))}};
}

std::optional<json> judge_exception(const json& input, const json& /*expected*/) {
  std::vector<std::uint8_t> pdu;
  if (input.contains("request_pdu")) {
    pdu = bytes_of(input.at("request_pdu").get<std::string>());
  } else {
    const auto asked = request_of(input, input);
    if (!asked) return std::nullopt;
    pdu = encode(*asked);
  }
  const auto read = parse_request(pdu);
  const auto* why = std::get_if<exception>(&read);
  if (why == nullptr || pdu.empty()) return std::nullopt; // the table behind it decides
  return json{{"exception", static_cast<int>(*why)},
              {"response_pdu", hex_of(encode_exception(pdu.front(), *why))}};
}

std::optional<json> judge_word_order(const json& input, const json& /*expected*/) {
  const std::map<std::string, register_type, std::less<>> types = {
      {"float32", register_type::f32}, {"float64", register_type::f64},
      {"uint32", register_type::u32},  {"int32", register_type::i32},
      {"uint64", register_type::u64},  {"int64", register_type::i64}};
  const auto type = types.find(input.at("type").get<std::string>());
  const auto order = word_order_from_name(input.at("order").get<std::string>());
  if (type == types.end() || !order) return std::nullopt;
  return json{{"value", read_number(words_of(input.at("registers")), type->second, *order)}};
}

constexpr std::array kinds = {
    kind{"modbus.rtu", judge_rtu},
    kind{"modbus.rtu_error", judge_rtu},
    kind{"modbus.rtu_stream", judge_rtu_stream},
    kind{"modbus.ascii", judge_ascii},
    kind{"modbus.lrc", judge_lrc},
    kind{"modbus.crc", judge_crc},
    kind{"modbus.tcp", judge_tcp},
    kind{"modbus.tcp_error", judge_tcp},
    kind{"modbus.tcp_stream", judge_tcp_stream},
    kind{"modbus.pdu_request", judge_request},
    kind{"modbus.pdu_response", judge_response},
    kind{"modbus.server_exception", judge_exception},
    kind{"modbus.word_order", judge_word_order},
};

} // namespace

std::span<const kind> modbus_kinds() {
  return kinds;
}

} // namespace voltaic::conformance
