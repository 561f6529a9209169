#include "messages/j1939/traffic_text.hpp"

#include <fmt/format.h>

#include <iterator>

#include "messages/j1939/diagnostics.hpp"
#include "messages/j1939/groups.hpp"

namespace voltaic::messages::j1939 {
namespace {

void append_faults(std::string& out, const fault_report& faults) {
  const auto at = std::back_inserter(out);
  const auto add = [&](std::string_view name, const lamp& one) {
    if (one.state == lamp_state::on) fmt::format_to(at, "  {} lamp on", name);
  };
  add("malfunction", faults.malfunction);
  add("red stop", faults.red_stop);
  add("amber warning", faults.amber_warning);
  add("protect", faults.protect);
  for (const auto& code : faults.codes)
    fmt::format_to(at, "  SPN {} FMI {} ({}) x{}", code.spn, code.fmi, fmi_text(code.fmi),
                   code.occurrences);
  if (faults.codes.empty()) out += "  no faults";
}

/// Writes what is special about each kind, behind time and bus.
class writer {
 public:
  writer(std::string& out, const signal_source& source) : out_(out), source_(source) {}

  void operator()(const message& one) const {
    const auto at = std::back_inserter(out_);
    const auto name = source_.name_of(one);
    fmt::format_to(at, "{:>6}  {:02X} > {:02X}  {}", one.pgn, one.source, one.destination,
                   name.empty() ? "-" : name);
    const auto read = source_.read(one);
    const bool has_faults = one.pgn == groups::active_faults || one.pgn == groups::previous_faults;
    const auto faults = has_faults ? read_faults(one.payload) : std::nullopt;
    if (read)
      for (const auto& each : *read) append_signal(each);
    if (faults) append_faults(out_, *faults);
    if (!read || (read->empty() && !faults))
      fmt::format_to(at, "  {:02X}", fmt::join(one.payload, ""));
    if (!read) fmt::format_to(at, "  {}", read.error().text);
  }

  void operator()(const heard_claim& one) const {
    fmt::format_to(std::back_inserter(out_), "{:>6}  {:02X} > {:02X}  {}  NAME {:016X}",
                   groups::address_claimed, one.address, one.destination,
                   one.address < null_address ? "address claim" : "cannot claim an address",
                   one.name);
  }

  void operator()(const heard_abort& one) const {
    fmt::format_to(std::back_inserter(out_), "{:>6}  {:02X} > {:02X}  abort {}: {}", one.pgn,
                   one.source, one.destination, static_cast<int>(one.reason),
                   to_string(one.reason));
  }

 private:
  void append_signal(const reported_signal& one) const {
    const auto at = std::back_inserter(out_);
    if (one.state != value_state::valid) {
      fmt::format_to(at, "  {} {}", one.name, to_string(one.state));
      return;
    }
    fmt::format_to(at, "  {} {}", one.name, one.label.empty() ? one.value_json : one.label);
    if (!one.unit.empty()) fmt::format_to(at, " {}", one.unit);
  }

  std::string& out_;
  const signal_source& source_;
};

} // namespace

void append_text_line(std::string& out, const can::log_entry& entry, const heard& one,
                      const signal_source& source) {
  const auto time = can::seconds_text(entry);
  fmt::format_to(std::back_inserter(out), "{:>17}  {:<6}  ", time.empty() ? "-" : time,
                 can::bus_name(entry.channel));
  std::visit(writer(out, source), one);
}

} // namespace voltaic::messages::j1939
