#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "messages/canopen/eds_literal.hpp"
#include "nodes/cli/canopen_request.hpp"

namespace voltaic::nodes::cli {
namespace {

namespace canopen = messages::canopen;
using nlohmann::ordered_json;

constexpr std::int64_t sdo_timeout_us = 500'000;
/// A reading that nobody answered changes nothing, and is tried again.
constexpr int read_attempts_max = 3;

std::optional<canopen::object_address> parse_object(std::string_view text) {
  constexpr int hexadecimal = 16;
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  canopen::object_address at;
  const auto* end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, at.index, hexadecimal);
  if (index.ec != std::errc() || index.ptr == end || *index.ptr != ':') return std::nullopt;
  const auto sub = std::from_chars(index.ptr + 1, end, at.subindex, hexadecimal);
  if (sub.ec != std::errc() || sub.ptr != end) return std::nullopt;
  return at;
}

exit_code misused(std::string_view what) {
  fmt::print(stderr, "voltaic canopen sdo: {}\n", what);
  return exit_code::usage;
}

std::string hexadecimal_text(const canopen::object_bytes& bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("{:02X}", byte);
  return text;
}

std::string index_text(const canopen::object_address& of) {
  return fmt::format("0x{:04X}:{:02X}", of.index, of.subindex);
}

/// A value's bytes; of a file how many it has, and where they are from.
std::string written_text(const canopen_request& given, const canopen::object_bytes& bytes) {
  if (given.from.empty()) return hexadecimal_text(bytes);
  return fmt::format("{} bytes of {}", bytes.size(), given.from);
}

/// What a file holds.
messages::expected<canopen::object_bytes> program_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return messages::failure{fmt::format("--from {}: {}", path, error.message())};
  if (size == 0 || size > canopen::sdo_data_bytes_max)
    return messages::failure{fmt::format("--from {}: {} bytes, 1 to {} can be written", path, size,
                                         canopen::sdo_data_bytes_max)};
  std::ifstream file(path, std::ios::binary);
  canopen::object_bytes bytes(static_cast<std::size_t>(size));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) return messages::failure{fmt::format("--from {}: it cannot be read", path)};
  return bytes;
}

/// What came, or why nothing did.
void print_outcome(const canopen_request& given, const canopen_bus::transfer& what,
                   std::optional<canopen::data_type> type, const canopen::sdo_outcome& how) {
  std::string value;
  if (!how.aborted && !what.data && type) {
    const auto read = canopen::decode(*type, how.data);
    value = read ? canopen::to_json(*read) : "";
    if (!read) fmt::print(stderr, "voltaic canopen sdo: {}\n", read.error().text);
  }
  if (given.as_json) {
    ordered_json line = {{"bus", given.bus},
                         {"node", given.node},
                         {"index", fmt::format("0x{:04X}", what.of.index)},
                         {"subindex", what.of.subindex},
                         {"result", how.aborted ? "aborted" : "done"}};
    if (how.aborted)
      line["abort"] = {{"code", fmt::format("0x{:08X}", static_cast<std::uint32_t>(*how.aborted))},
                       {"text", std::string(canopen::to_string(*how.aborted))}};
    else if (!given.from.empty())
      line["bytes"] = what.data->size();
    else
      line["data"] = hexadecimal_text(what.data ? *what.data : how.data);
    if (!value.empty()) line["value"] = ordered_json::parse(value);
    fmt::print("{}\n", line.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  } else if (how.aborted) {
    fmt::print("node {}  {}  aborted: {} (0x{:08X})\n", given.node, index_text(what.of),
               canopen::to_string(*how.aborted), static_cast<std::uint32_t>(*how.aborted));
  } else if (what.data) {
    fmt::print("node {}  {}  written: {}\n", given.node, index_text(what.of),
               written_text(given, *what.data));
  } else {
    fmt::print("node {}  {}  {}\n", given.node, index_text(what.of),
               value.empty() ? hexadecimal_text(how.data) : value);
  }
}

exit_code code_of(const canopen_bus::transfer& what, const canopen::sdo_outcome& how) {
  if (!how.aborted) return exit_code::done;
  if (!what.data) return exit_code::findings;
  // Whether it acted before the answer was lost nobody knows.
  return *how.aborted == canopen::abort_code::timeout ? exit_code::outcome_unknown
                                                      : exit_code::refused;
}

} // namespace

exit_code run_canopen_sdo(const canopen_request& given) {
  const bool writes = given.deed == "write";
  const auto of = parse_object(given.object);
  if (!of)
    return misused(fmt::format("{}: expected an index and a subindex as 0x1018:1", given.object));
  const auto type = canopen::parse_data_type(given.type);
  if (!given.type.empty() && !type)
    return misused(fmt::format("--type {}: no data type of CiA 301, as UNSIGNED32", given.type));
  const bool has_file = !given.from.empty();
  if (!writes && (has_file || !given.value.empty()))
    return misused("read takes neither VALUE nor --from");
  if (writes && has_file != given.value.empty())
    return misused("to write, either VALUE or --from is required");
  if (writes && !has_file && !type)
    return misused("--type is required to write: it says how long the value is");
  canopen_bus::transfer what;
  what.node = static_cast<std::uint8_t>(given.node);
  what.of = *of;
  what.way = given.by_blocks || has_file ? canopen::sdo_way::blocks : canopen::sdo_way::segments;
  const auto timeout_us = answer_time_us(given, sdo_timeout_us);
  if (!timeout_us) return exit_code::usage;
  what.timeout_us = *timeout_us;
  if (has_file) {
    auto data = program_of(given.from);
    if (!data) return misused(data.error().text);
    what.data = *std::move(data);
    what.progress = [size = what.data->size()](std::size_t sent) {
      fmt::print(stderr, "voltaic canopen sdo: {} of {} bytes\n", std::min(sent, size), size);
    };
  } else if (writes) {
    const auto literal = canopen::parse_literal(given.value, *type);
    if (!literal) return misused(literal.error().text);
    auto data = canopen::encode(*type, literal->at(what.node));
    if (!data) return misused(data.error().text);
    what.data = *std::move(data);
  }
  auto chosen = choose_bus(given, writes ? bus_use::changes : bus_use::asks);
  if (const auto* code = std::get_if<exit_code>(&chosen)) return *code;
  const auto& at = std::get<chosen_bus>(chosen);
  if (at.nodes_of_site.contains(what.node)) {
    fmt::print(stderr,
               "voltaic canopen sdo: {} runs and asks node {} itself: a second one who asks would "
               "be taken for a second node, and its rack opened\n",
               at.owner->name, given.node);
    return exit_code::refused;
  }
  auto how = at.bus->run(what);
  for (int tries = 1;
       !writes && tries < read_attempts_max && how.aborted == canopen::abort_code::timeout; ++tries)
    how = at.bus->run(what);
  if (writes)
    record_deed(given, at,
                fmt::format("node {}, {} {} {}", given.node, index_text(*of),
                            how.aborted ? "was not written:" : "was written:",
                            how.aborted ? std::string(canopen::to_string(*how.aborted))
                                        : written_text(given, *what.data)));
  print_outcome(given, what, type, how);
  return code_of(what, how);
}

} // namespace voltaic::nodes::cli
