#include "messages/canopen/service_report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iterator>

#include "messages/can/frame.hpp"
#include "messages/can/logs/report_line.hpp"
#include "messages/can/logs/text.hpp"
#include "messages/canopen/emergency.hpp"
#include "messages/canopen/synchronisation.hpp"
#include "messages/text_encoding.hpp"

namespace voltaic::messages::canopen {
namespace {

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  return to_json(object_bytes(bytes.begin(), bytes.end()));
}

/// A JSON text without its quotes, all else as it is.
std::string_view bare(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return json;
  return json.substr(1, json.size() - 2);
}

} // namespace

service_report::service_report(std::optional<device_description> by) : by_(std::move(by)) {
  if (by_) collect_pdos();
}

void service_report::add(std::string_view key, std::string json) {
  fields_.emplace_back(key, std::move(json));
}

void service_report::add_text(std::string_view key, std::string_view text) {
  add(key, json_text(text));
}

void service_report::read(const can::log_entry& entry) {
  entry_ = entry;
  bus_ = can::bus_name(entry.channel);
  kind_ = {};
  node_.reset();
  fields_.clear();
  error_.clear();
  const auto& frame = entry.frame;
  if (frame.error || frame.fd || frame.extended || frame.length > can::classic_bytes_max) return;
  if (frame.remote) return read_guard_request(frame);
  const std::span<const std::uint8_t> payload(frame.data.data(), frame.length);
  const auto by = classify(frame.id);
  const bool may_be_pdo = !is_restricted(frame.id) && (!by || by->what == service::transmit_pdo ||
                                                       by->what == service::receive_pdo);
  if (may_be_pdo && read_described_pdo(payload)) return;
  if (by) dispatch(*by, payload);
}

void service_report::dispatch(const connection& by, std::span<const std::uint8_t> payload) {
  if (by.node != 0) node_ = by.node;
  switch (by.what) {
    case service::nmt:
      return read_order(payload);
    case service::sync:
    case service::time:
      return read_sync_or_time(by.what, payload);
    case service::emergency:
      return read_errors(payload);
    case service::transmit_pdo:
    case service::receive_pdo:
      return read_pdo(by, payload);
    case service::sdo_response:
    case service::sdo_request:
      return read_sdo(by, payload);
    case service::error_control:
      return read_state(by.node, payload);
    case service::lss_response:
      return read_lss(true, payload);
    case service::lss_request:
      return read_lss(false, payload);
  }
}

void service_report::read_order(std::span<const std::uint8_t> payload) {
  kind_ = "nmt";
  const auto order = read_nmt(payload);
  if (!order) return refuse("is no order that CiA 301 knows");
  node_ = order->node;
  add_text("command", to_string(order->command));
}

void service_report::read_sync_or_time(service what, std::span<const std::uint8_t> payload) {
  if (what == service::sync) {
    kind_ = "sync";
    const auto said = read_sync(payload);
    if (!said) return refuse("is no SYNC counter of 1 to 240");
    add("counter", said->counter ? fmt::to_string(*said->counter) : "null");
    return;
  }
  kind_ = "time";
  const auto utc_us = read_time(payload);
  if (!utc_us) return refuse("is no time of day");
  constexpr std::int64_t second_us = 1'000'000;
  constexpr std::int64_t millisecond_us = 1'000;
  const auto milliseconds = *utc_us % second_us / millisecond_us;
  add("utc", fmt::format(R"("{:%Y-%m-%dT%H:%M:%S}.{:03}Z")",
                         fmt::gmtime(static_cast<std::time_t>(*utc_us / second_us)), milliseconds));
}

void service_report::read_errors(std::span<const std::uint8_t> payload) {
  kind_ = "emcy";
  const auto said = read_emergency(payload);
  if (!said) return refuse("has not the 8 bytes of an emergency message");
  add("code", fmt::format(R"("0x{:04X}")", said->code));
  add_text("class", emergency_class(said->code));
  const auto detail = emergency_detail(said->code);
  if (!detail.empty()) add_text("detail", detail);
  add("register", fmt::to_string(said->error_register));
  add_text("register_text", error_register_text(said->error_register));
  add("manufacturer", hexadecimal(said->manufacturer));
}

void service_report::read_guard_request(const can::frame& frame) {
  const auto by = classify(frame.id);
  if (!by || by->what != service::error_control) return;
  kind_ = "guard";
  node_ = by->node;
  asked_[{bus_, by->node}] = true;
  add("request", "true");
}

void service_report::read_state(std::uint8_t node, std::span<const std::uint8_t> payload) {
  const auto said = read_error_control(payload);
  auto& asked = asked_[{bus_, node}];
  const bool is_answer = asked || (said && said->toggle);
  asked = false;
  kind_ = is_answer ? "guard" : "heartbeat";
  if (!said) return refuse("is no state that CiA 301 knows");
  add_text("state", to_string(said->state));
  if (is_answer) add("toggle", said->toggle ? "true" : "false");
}

void service_report::read_sdo(const connection& by, std::span<const std::uint8_t> payload) {
  const auto ended = transfers_[{bus_, by.node}].take(by.what == service::sdo_request, payload);
  if (ended) add_record(*ended);
}

void service_report::add_record(const sdo_record& of) {
  kind_ = "sdo";
  add("index", fmt::to_string(of.of.index));
  add("subindex", fmt::to_string(of.of.subindex));
  if (const auto name = name_of(of.of); !name.empty()) add_text("name", name);
  add_text("direction", of.is_download ? "download" : "upload");
  if (of.aborted) {
    add("abort",
        fmt::format(R"({{"code":"0x{:08X}","text":{},"by":"{}"}})",
                    static_cast<std::uint32_t>(*of.aborted), json_text(to_string(*of.aborted)),
                    of.aborted_by_client ? "client" : "server"));
    return;
  }
  if (of.is_block) add("block", "true");
  add("data", hexadecimal(of.data));
  if (!of.defect.empty()) return refuse(of.defect);
  const auto* object = by_ && describes(*node_) ? by_->find(of.of) : nullptr;
  if (object == nullptr || to_string(object->type).empty()) return;
  if (const auto value = decode(object->type, of.data)) add("value", to_json(*value));
}

std::vector<std::string> service_report::complaints() const {
  std::vector<std::string> all;
  for (const auto& [where, trace] : transfers_)
    if (trace.open())
      all.push_back(fmt::format("{}: the SDO transfer of {} with node {} had not ended",
                                where.first, to_string(trace.open()->of), where.second));
  return all;
}

void service_report::append_json(std::string& out) const {
  const auto at = std::back_inserter(out);
  const auto time = can::seconds_text(entry_);
  if (!has_message()) {
    can::append_json_head(out, entry_, json_text(bus_));
    out += R"("kind":null)";
    return can::append_json_tail(out, entry_, false, {});
  }
  fmt::format_to(at, R"({{"t":{},"bus":{},"kind":"{}","node":{})", time.empty() ? "null" : time,
                 json_text(bus_), kind_, node_ ? fmt::to_string(*node_) : "null");
  for (const auto& [key, json] : fields_) fmt::format_to(at, R"(,"{}":{})", key, json);
  if (!error_.empty()) out += R"(,"error":)" + json_text(error_);
  out += '}';
}

void service_report::append_text(std::string& out) const {
  constexpr std::size_t kind_width = 9;
  can::append_text_head(out, entry_, bus_, has_message() ? kind_ : "-", kind_width);
  const auto at = std::back_inserter(out);
  if (!has_message()) return can::append_text_tail(out, entry_, false, {});
  if (node_) fmt::format_to(at, "  node {}", *node_);
  for (const auto& [key, json] : fields_) fmt::format_to(at, "  {} {}", key, bare(json));
  if (!error_.empty()) fmt::format_to(at, "  {}", error_);
}

} // namespace voltaic::messages::canopen
