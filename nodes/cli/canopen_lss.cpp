#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/canopen/identifiers.hpp"
#include "nodes/cli/canopen_request.hpp"

namespace voltaic::nodes::cli {
namespace {

namespace canopen = messages::canopen;
namespace lss = messages::canopen::lss;
using nlohmann::ordered_json;

constexpr std::int64_t lss_timeout_us = 500'000;
constexpr std::int64_t scan_answer_us = 50'000;
/// Of a scan whose last question was not confirmed.
constexpr int scan_attempts_max = 3;
/// No bus has more.
constexpr std::size_t found_max = canopen::node_max;
constexpr std::int64_t taken_answer_us = 200'000;

std::optional<std::uint32_t> parse_number(std::string_view text) {
  constexpr int hexadecimal = 16;
  constexpr int decimal = 10;
  const bool is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (is_hexadecimal) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, error] =
      std::from_chars(text.data(), end, value, is_hexadecimal ? hexadecimal : decimal);
  if (text.empty() || error != std::errc() || at != end) return std::nullopt;
  return value;
}

std::optional<lss::identity> parse_identity(std::string_view text) {
  std::array<std::uint32_t, 4> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto colon = text.find(':');
    const bool is_last = i + 1 == parts.size();
    if ((colon == std::string_view::npos) != is_last) return std::nullopt;
    const auto number = parse_number(text.substr(0, colon));
    if (!number) return std::nullopt;
    parts[i] = *number;
    if (!is_last) text.remove_prefix(colon + 1);
  }
  return lss::identity{parts[0], parts[1], parts[2], parts[3]};
}

std::string to_text(const lss::identity& of) {
  return fmt::format("0x{:08X}:0x{:08X}:0x{:08X}:0x{:08X}", of.vendor, of.product, of.revision,
                     of.serial);
}

exit_code end(exit_code code, std::string_view why) {
  fmt::print(stderr, "voltaic canopen lss: {}\n", why);
  return code;
}

void print_device(const canopen_request& given, const lss::identity& who,
                  std::optional<std::uint8_t> node) {
  const bool has_node = node && *node != lss::unconfigured_node;
  if (given.as_json)
    fmt::print("{}\n", ordered_json({{"identity", to_text(who)},
                                     {"node", has_node ? ordered_json(*node) : ordered_json()}})
                           .dump());
  else
    fmt::print("{}  {}\n", to_text(who), has_node ? fmt::format("node {}", *node) : "no node id");
}

/// Back to waiting whatever happened: a device in configuration speaks no CANopen.
class configuration {
 public:
  explicit configuration(canopen_bus& bus) : bus_(bus) {}
  ~configuration() { bus_.tell(lss::switch_global(false)); }
  configuration(const configuration&) = delete;
  configuration& operator=(const configuration&) = delete;

 private:
  canopen_bus& bus_;
};

exit_code scan(const canopen_request& given, canopen_bus& bus, std::int64_t answer_us) {
  const configuration ends(bus);
  std::size_t count = 0;
  int failed = 0;
  while (count < found_max && failed < scan_attempts_max) {
    const auto by = bus.scan_fast(answer_us);
    if (by.has_failed()) {
      ++failed;
      continue;
    }
    if (!by.found()) break;
    failed = 0;
    ++count;
    print_device(given, *by.found(), std::nullopt);
  }
  if (failed == scan_attempts_max)
    return end(exit_code::outcome_unknown,
               "answers were lost or came late; a longer --timeout may help");
  if (count == 0) return end(exit_code::findings, "no device without a node id answers");
  return exit_code::done;
}

/// The one device into configuration. Nothing: it does not answer.
bool select(canopen_bus& bus, const std::optional<lss::identity>& who, std::int64_t timeout_us) {
  if (!who) {
    bus.tell(lss::switch_global(true));
    return true;
  }
  bus.tell(lss::switch_global(false));
  return bus.ask_lss(lss::switch_selective(*who), lss::command::selected, timeout_us).has_value();
}

exit_code inquire(const canopen_request& given, canopen_bus& bus, std::int64_t timeout_us) {
  std::array<std::uint32_t, 5> said{};
  std::size_t at = 0;
  for (const auto what :
       {lss::command::inquire_vendor, lss::command::inquire_product, lss::command::inquire_revision,
        lss::command::inquire_serial, lss::command::inquire_node_id}) {
    const std::array asked = {lss::inquire(what)};
    const auto answer = bus.ask_lss(asked, what, timeout_us);
    if (!answer) return end(exit_code::findings, "no device answers");
    said[at++] = answer->value;
  }
  print_device(given, {said[0], said[1], said[2], said[3]}, static_cast<std::uint8_t>(said[4]));
  return exit_code::done;
}

/// Sets or stores. A device that refuses says an error.
exit_code change(canopen_bus& bus, const messages::can::frame& order, lss::command what,
                 std::string_view word, std::int64_t timeout_us) {
  const std::array asked = {order};
  const auto answer = bus.ask_lss(asked, what, timeout_us);
  if (!answer)
    return end(exit_code::outcome_unknown,
               fmt::format("the device does not say whether it {}", word));
  if (answer->error == 0) return exit_code::done;
  return end(exit_code::refused, fmt::format("the device refuses: error {}, its own {}",
                                             answer->error, answer->specific));
}

bool is_taken(canopen_bus& bus, std::uint8_t node) {
  canopen_bus::transfer asked;
  asked.node = node;
  asked.of = {0x1000, 0};
  asked.timeout_us = taken_answer_us;
  return bus.run(asked).aborted != canopen::abort_code::timeout;
}

exit_code configure(const canopen_request& given, const chosen_bus& at, std::int64_t timeout_us,
                    const std::optional<lss::identity>& who, std::uint8_t node) {
  auto& bus = *at.bus;
  const bool sets = given.deed == "set-node-id";
  if (given.is_alone && !at.nodes_of_site.empty())
    return end(exit_code::refused,
               fmt::format("{} runs with nodes on {}: --alone would take them out of operation",
                           at.owner->name, given.bus));
  if (sets && (at.nodes_of_site.contains(node) || is_taken(bus, node)))
    return end(exit_code::refused,
               fmt::format("there is a node {} on {} already", node, given.bus));
  const configuration ends(bus);
  if (!select(bus, who, timeout_us))
    return end(exit_code::findings, fmt::format("no device {} answers", given.identity));
  if (given.deed == "inquire") return inquire(given, bus, timeout_us);
  auto code = exit_code::done;
  if (sets)
    code =
        change(bus, lss::set_node_id(node), lss::command::set_node_id, "took the id", timeout_us);
  if (code == exit_code::done && (!sets || given.stores))
    code = change(bus, lss::store(), lss::command::store, "stored it", timeout_us);
  record_deed(given, at,
              fmt::format("LSS {}{} of {}: {}", given.deed, sets ? fmt::format(" {}", node) : "",
                          who ? to_text(*who) : "the only device",
                          code == exit_code::done ? "done" : "failed"));
  if (code == exit_code::done && given.as_json)
    fmt::print("{}\n", ordered_json({{"deed", given.deed},
                                     {"node", sets ? ordered_json(node) : ordered_json()},
                                     {"stored", !sets || given.stores},
                                     {"result", "done"}})
                           .dump());
  else if (code == exit_code::done)
    fmt::print("{}{}: done\n", given.deed, sets ? fmt::format(" {}", node) : "");
  return code;
}

} // namespace

exit_code run_canopen_lss(const canopen_request& given) {
  const bool scans = given.deed == "scan";
  const bool sets = given.deed == "set-node-id";
  const std::uint32_t node = sets ? parse_number(given.value).value_or(0) : 0;
  if (sets && (node < 1 || node > canopen::node_max))
    return end(exit_code::usage, "set-node-id takes an id of 1 to 127");
  if (!sets && (!given.value.empty() || given.stores))
    return end(exit_code::usage, "an ID and --store belong to set-node-id");
  std::optional<lss::identity> who;
  if (!given.identity.empty()) {
    who = parse_identity(given.identity);
    if (!who) return end(exit_code::usage, "--identity: expected VENDOR:PRODUCT:REVISION:SERIAL");
  }
  if (!scans && who.has_value() == given.is_alone)
    return end(
        exit_code::usage,
        "--identity says which device is meant, or --alone that it is the only one on the bus");
  const auto timeout_us = answer_time_us(given, scans ? scan_answer_us : lss_timeout_us);
  if (!timeout_us) return exit_code::usage;
  // In configuration a device takes no part in its site: that is a change as well.
  auto chosen = choose_bus(given, bus_use::changes);
  if (const auto* code = std::get_if<exit_code>(&chosen)) return *code;
  const auto& at = std::get<chosen_bus>(chosen);
  if (scans) return scan(given, *at.bus, *timeout_us);
  return configure(given, at, *timeout_us, who, static_cast<std::uint8_t>(node));
}

} // namespace voltaic::nodes::cli
