#include "nodes/site/resolve_buses.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "nodes/site/claim.hpp"

namespace voltaic::nodes::site {
namespace {

namespace fs = std::filesystem;

/// Of an interface of Linux (IFNAMSIZ), in a log or in the machine.
constexpr std::size_t interface_name_max = 15;
constexpr auto interface_characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

void check_name(const can_bus& bus, position at, reporter& report) {
  const auto name = std::string_view(bus.uri).substr(bus.uri.find(':') + 1);
  const auto consists = [&](std::size_t size_max, const char* characters) {
    return !name.empty() && name.size() <= size_max &&
           name.find_first_not_of(characters) == std::string_view::npos;
  };
  if (bus.uri.starts_with("virtual:") && !consists(32, "abcdefghijklmnopqrstuvwxyz0123456789_"))
    report.add(at, "port: a virtual bus has a name of lower case letters, digits and _");
  if (bus.kind == bus_kind::socketcan && !consists(interface_name_max, interface_characters))
    report.add(at, fmt::format("port: expected socketcan:NAME with the name of an interface, as "
                               "`ip link` shows it, found \"{}\"",
                               bus.uri));
}

void resolve_replay(can_bus& bus, position at, const fs::path& folder, reporter& report) {
  const auto colon = bus.uri.find(':');
  const auto hash = bus.uri.rfind('#');
  // GVRET numbers its buses; candump writes the interface's name.
  const auto recorded = hash == std::string::npos ? std::string() : bus.uri.substr(hash + 1);
  if (recorded.empty() || recorded.size() > interface_name_max ||
      recorded.find_first_not_of(interface_characters) != std::string::npos) {
    report.add(at, "port: expected replay:FILE#BUS with the number or name of the recorded bus");
    return;
  }
  const auto given = bus.uri.substr(colon + 1, hash - colon - 1);
  const fs::path file = folder / given;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    report.add(at, fmt::format("port: there is no file {}", given));
    return;
  }
  bus.uri = fmt::format("replay:{}#{}", fs::canonical(file).string(), recorded);
}

} // namespace

void resolve_buses(const draft& source, plan& result, reporter& report) {
  const auto folder = fs::path(result.file).parent_path();
  name_set names;
  name_set uris;
  for (const auto& bus : source.buses) {
    if (!claim(names, bus.item.name, bus.name_at, report)) continue;
    auto item = bus.item;
    if (item.kind == bus_kind::replay)
      resolve_replay(item, bus.port_at, folder, report);
    else
      check_name(item, bus.port_at, report);
    // A recording is only read: any number of buses may play it.
    if (item.kind != bus_kind::replay && !uris.insert(item.uri).second)
      report.add(bus.port_at, fmt::format("port: {} is already the port of another bus", item.uri));
    result.buses.push_back(std::move(item));
  }
}

} // namespace voltaic::nodes::site
