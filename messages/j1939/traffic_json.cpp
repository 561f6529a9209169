#include "messages/j1939/traffic_json.hpp"

#include <fmt/format.h>

#include <iterator>

#include "messages/can/logs/report_line.hpp"
#include "messages/j1939/diagnostics.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/name.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::j1939 {
namespace {

std::string hex(std::span<const std::uint8_t> bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

void append_signal(std::string& out, const reported_signal& one) {
  fmt::format_to(std::back_inserter(out), R"({}:{{"value":{},"unit":{},"raw":{})",
                 json_text(one.name), one.value_json, json_text(one.unit), one.raw_json);
  if (!one.label.empty()) out += R"(,"label":)" + json_text(one.label);
  if (one.spn) fmt::format_to(std::back_inserter(out), R"(,"spn":{})", *one.spn);
  if (one.state != value_state::valid)
    fmt::format_to(std::back_inserter(out), R"(,"quality":"invalid","status":{})",
                   json_text(to_string(one.state)));
  out += '}';
}

void append_faults(std::string& out, const message& of, const fault_report& faults) {
  const auto at = std::back_inserter(out);
  fmt::format_to(at,
                 R"(,"{}":{{"lamps":{{"malfunction":"{}","red_stop":"{}","amber_warning":"{}",)"
                 R"("protect":"{}"}},"flash":{{"malfunction":"{}","red_stop":"{}",)"
                 R"("amber_warning":"{}","protect":"{}"}},"dtcs":[)",
                 of.pgn == groups::active_faults ? "dm1" : "dm2",
                 to_string(faults.malfunction.state), to_string(faults.red_stop.state),
                 to_string(faults.amber_warning.state), to_string(faults.protect.state),
                 to_string(faults.malfunction.flash), to_string(faults.red_stop.flash),
                 to_string(faults.amber_warning.flash), to_string(faults.protect.flash));
  for (std::size_t i = 0; i < faults.codes.size(); ++i) {
    const auto& code = faults.codes[i];
    fmt::format_to(at, R"({}{{"spn":{},"fmi":{},"text":"{}","oc":{},"cm":{}}})", i > 0 ? "," : "",
                   code.spn, code.fmi, fmi_text(code.fmi), code.occurrences, code.conversion);
  }
  out += "]}";
}

/// Writes what is special about each kind, behind time and bus.
class writer {
 public:
  writer(std::string& out, const signal_source& source) : out_(out), source_(source) {}

  void operator()(const message& one) const {
    const auto at = std::back_inserter(out_);
    fmt::format_to(at, R"("pgn":{},"source":{},"destination":{},"priority":{},"data":"{}",)",
                   one.pgn, one.source, one.destination, one.priority, hex(one.payload));
    const auto name = source_.name_of(one);
    if (!name.empty()) out_ += R"("message":)" + json_text(name) + ',';
    const auto read = source_.read(one);
    out_ += R"("signals":{)";
    for (std::size_t i = 0; read && i < read->size(); ++i) {
      if (i > 0) out_ += ',';
      append_signal(out_, (*read)[i]);
    }
    out_ += '}';
    const bool has_faults = one.pgn == groups::active_faults || one.pgn == groups::previous_faults;
    const auto faults = has_faults ? read_faults(one.payload) : std::nullopt;
    if (faults) append_faults(out_, one, *faults);
    if (!read) out_ += R"(,"error":)" + json_text(read.error().text);
  }

  void operator()(const heard_claim& one) const {
    const auto of = split_name(one.name);
    fmt::format_to(std::back_inserter(out_),
                   R"("source":{},"destination":{},"address_claim":{{"address":{},"claimed":{},)"
                   R"("name":"{}","arbitrary_address_capable":{},"industry_group":{},)"
                   R"("vehicle_system_instance":{},"vehicle_system":{},"function":{},)"
                   R"("function_instance":{},"ecu_instance":{},"manufacturer_code":{},)"
                   R"("identity_number":{}}})",
                   one.address, one.destination, one.address, one.address < null_address,
                   hex(bytes_of_name(one.name)), of.arbitrary_address_capable ? 1 : 0,
                   of.industry_group, of.vehicle_system_instance, of.vehicle_system, of.function,
                   of.function_instance, of.ecu_instance, of.manufacturer_code, of.identity_number);
  }

  void operator()(const heard_abort& one) const {
    fmt::format_to(std::back_inserter(out_),
                   R"("source":{},"destination":{},"abort":{{"pgn":{},"reason":{},"text":"{}"}})",
                   one.source, one.destination, one.pgn, static_cast<int>(one.reason),
                   to_string(one.reason));
  }

 private:
  std::string& out_;
  const signal_source& source_;
};

} // namespace

void append_json_line(std::string& out, const can::log_entry& entry, const heard& one,
                      const signal_source& source) {
  const auto time = can::seconds_text(entry);
  fmt::format_to(std::back_inserter(out), R"({{"t":{},"bus":{},)", time.empty() ? "null" : time,
                 json_text(can::bus_name(entry.channel)));
  std::visit(writer(out, source), one);
  out += '}';
}

} // namespace voltaic::messages::j1939
