#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "messages/canopen/identifiers.hpp"
#include "nodes/cli/canopen_request.hpp"
#include "nodes/cli/command_options.hpp"
#include "nodes/cli/running_site.hpp"
#include "nodes/cli/subcommands.hpp"

namespace voltaic::nodes::cli {
namespace {

namespace canopen = messages::canopen;
using nlohmann::ordered_json;

constexpr std::int64_t census_answer_us = 200'000;
constexpr std::int64_t listen_us = 3'000'000;

constexpr std::pair<canopen::object_address, const char*> facts[] = {
    {{0x1000, 0}, "device_type"},
    {{0x1018, 1}, "vendor_id"},
    {{0x1018, 2}, "product_code"},
    {{0x1018, 3}, "revision_number"},
    {{0x1018, 4}, "serial_number"}};

void print_node(std::uint8_t node, const canopen::found_node& found, bool as_json) {
  if (as_json) {
    ordered_json line = {
        {"node", node},
        {"state", found.state ? ordered_json(std::string(canopen::to_string(*found.state)))
                              : ordered_json()},
        {"answers", found.answers},
        {"is_double", found.is_double}};
    for (const auto& [at, name] : facts) {
      const auto known = found.numbers.find(at);
      line[name] = known == found.numbers.end()
                       ? ordered_json()
                       : ordered_json(fmt::format("0x{:08X}", known->second));
    }
    fmt::print("{}\n", line.dump());
    return;
  }
  std::string text =
      fmt::format("node {:>3}  {:<15}", node, found.state ? canopen::to_string(*found.state) : "");
  for (const auto& [at, name] : facts)
    if (const auto known = found.numbers.find(at); known != found.numbers.end())
      text += fmt::format("  {} 0x{:08X}", name, known->second);
  if (found.is_double) text += "  TWO NODES WITH THIS ID";
  fmt::print("{}\n", text);
}

exit_code scan(const canopen_request& given) {
  const auto answer_us = answer_time_us(given, given.listens ? listen_us : census_answer_us);
  if (!answer_us) return exit_code::usage;
  auto chosen = choose_bus(given, given.listens ? bus_use::listens : bus_use::asks);
  if (const auto* code = std::get_if<exit_code>(&chosen)) return *code;
  canopen::node_census::options how;
  how.answer_us = *answer_us;
  how.asks = !given.listens;
  how.listen_us = *answer_us;
  how.others = std::get<chosen_bus>(chosen).nodes_of_site;
  if (how.asks && !how.others.empty())
    fmt::print(stderr, "voltaic canopen: not asked, the site does so itself: node {}\n",
               fmt::join(how.others, ", "));
  const auto census = std::get<chosen_bus>(chosen).bus->take_census(how);
  bool has_double = false;
  for (const auto& [node, found] : census.nodes()) {
    print_node(node, found, given.as_json);
    has_double = has_double || found.is_double;
  }
  if (census.nodes().empty())
    fmt::print(stderr, "voltaic canopen: no node {} on {}\n",
               given.listens ? "says anything" : "answers", given.bus);
  return census.nodes().empty() || has_double ? exit_code::findings : exit_code::done;
}

exit_code run(const canopen_request& given) {
  if (given.command == "sdo") return run_canopen_sdo(given);
  if (given.command == "lss") return run_canopen_lss(given);
  return scan(given);
}

void declare_bus(command_options& app, canopen_request& given) {
  app.add_option("BUS", given.bus, "Bus of the site, as can0").type_name("BUS").required();
  declare_site_option(app, given.site, "--site", "Site file; without it the site that runs");
  app.add_option("--uri", given.uri, "Without a site: socketcan:can0, or udp: or tcp: of a gateway")
      .type_name("URI");
  app.add_flag("--json", given.as_json, "One JSON object a line");
}

void declare_timeout(command_options& app, canopen_request& given, const char* help) {
  app.add_option("--timeout", given.timeout, help).type_name("DURATION");
}

void declare_reason(command_options& app, canopen_request& given) {
  app.add_option("--reason", given.reason, "Required where a device is changed; the site logs it")
      .type_name("WORDS");
}

void declare_sdo(command_options app, canopen_request& given) {
  declare_bus(app, given);
  app.add_option("NODE", given.node, "Node id")
      .type_name("NODE")
      .required()
      .range(1, canopen::node_max);
  app.add_option("DEED", given.deed, "read or write")
      .type_name("DEED")
      .required()
      .one_of({"read", "write"});
  app.add_option("OBJECT", given.object, "Index and subindex: 0x1018:1")
      .type_name("OBJECT")
      .required();
  app.add_option("VALUE", given.value, "To write; bytes as hexadecimal digits").type_name("VALUE");
  app.add_option("--type", given.type,
                 "Data type as CiA 301 has it: UNSIGNED32, INTEGER16, VISIBLE_STRING, DOMAIN")
      .type_name("TYPE");
  app.add_flag("--block", given.by_blocks, "In blocks with a CRC, for what is long");
  app.add_option("--from", given.from, "Write a file's bytes, as a program to 0x1F50:1, in blocks")
      .type_name("FILE");
  declare_timeout(app, given, "Of each answer; else 500ms");
  declare_reason(app, given);
}

void declare_lss(command_options app, canopen_request& given) {
  declare_bus(app, given);
  app.add_option("DEED", given.deed, "scan, inquire, set-node-id or store")
      .type_name("DEED")
      .required()
      .one_of({"scan", "inquire", "set-node-id", "store"});
  app.add_option("ID", given.value, "Node id to give, 1 to 127").type_name("ID");
  app.add_option("--identity", given.identity,
                 "Which device: VENDOR:PRODUCT:REVISION:SERIAL, as scan prints it")
      .type_name("IDENTITY");
  app.add_flag("--alone", given.is_alone, "It is the only device on the bus");
  app.add_flag("--store", given.stores, "With set-node-id: it keeps the id over power cuts");
  declare_timeout(app, given, "Of each answer; else 500ms, of scan 50ms");
  declare_reason(app, given);
}

} // namespace

action declare_canopen(command_options& app) {
  auto given = std::make_shared<canopen_request>();
  auto scan_options =
      app.add_command("scan", "Who is on the bus, and who is there twice", given->command);
  declare_bus(scan_options, *given);
  scan_options.add_flag("--listen", given->listens, "Send nothing: hear who says a heartbeat");
  declare_timeout(scan_options, *given, "Of all answers to a question, 200ms; to listen, 3s");
  declare_sdo(app.add_command("sdo", "Read or write an object of a node", given->command), *given);
  declare_lss(
      app.add_command("lss", "Find devices without a node id, and give them one", given->command),
      *given);
  return [given] { return run(*given); };
}

} // namespace voltaic::nodes::cli
