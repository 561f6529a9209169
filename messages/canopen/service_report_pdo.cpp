#include <fmt/format.h>

#include <iterator>

#include "messages/can/logs/report_line.hpp"
#include "messages/canopen/lss.hpp"
#include "messages/canopen/service_report.hpp"
#include "messages/little_endian.hpp"
#include "messages/text_encoding.hpp"

/// The lines about PDOs and LSS.
namespace voltaic::messages::canopen {
namespace {

constexpr std::uint16_t receive_communication = 0x1400;
constexpr std::uint16_t transmit_communication = 0x1800;
constexpr std::uint16_t communication_to_mapping = 0x0200;
constexpr std::uint16_t pdos_max = 512; // CiA 301, 7.2.2
constexpr std::uint64_t disabled_bit = 0x8000'0000;
constexpr std::uint64_t extended_bit = 0x2000'0000;
constexpr std::uint64_t identifier_mask = 0x7FF;

/// "store" and so on; empty for what CiA 305 does not have here.
std::string_view words(lss::command of) {
  switch (of) {
    case lss::command::switch_global:
      return "switch state global";
    case lss::command::set_node_id:
      return "configure node id";
    case lss::command::set_bit_timing:
      return "configure bit timing";
    case lss::command::activate_bit_timing:
      return "activate bit timing";
    case lss::command::store:
      return "store configuration";
    case lss::command::select_vendor:
      return "switch state selective, vendor";
    case lss::command::select_product:
      return "switch state selective, product";
    case lss::command::select_revision:
      return "switch state selective, revision";
    case lss::command::select_serial:
      return "switch state selective, serial";
    case lss::command::selected:
      return "selected";
    case lss::command::identified:
      return "identified";
    case lss::command::fastscan:
      return "fastscan";
    case lss::command::inquire_vendor:
      return "inquire vendor";
    case lss::command::inquire_product:
      return "inquire product";
    case lss::command::inquire_revision:
      return "inquire revision";
    case lss::command::inquire_serial:
      return "inquire serial";
    case lss::command::inquire_node_id:
      return "inquire node id";
  }
  return {};
}

} // namespace

void service_report::collect_pdos() {
  for (const auto first : {transmit_communication, receive_communication}) {
    for (std::uint16_t i = 0; i < pdos_max; ++i) {
      const auto record = static_cast<std::uint16_t>(first + i);
      const auto* object = by_->find({record, 1});
      const auto base = by_->number({record, 1}, 0);
      if (object == nullptr || !base || (*base & (disabled_bit | extended_bit)) != 0) continue;
      const auto& value = object->parameter_value ? object->parameter_value : object->default_value;
      pdos_.push_back({static_cast<std::uint32_t>(*base & identifier_mask), value->adds_node,
                       static_cast<std::uint16_t>(record + communication_to_mapping)});
    }
  }
}

bool service_report::describes(std::uint8_t node) const {
  return by_ && (!by_->node || *by_->node == node);
}

std::string service_report::name_of(const object_address& of) const {
  const auto* object = by_ ? by_->find(of) : nullptr;
  if (object == nullptr) return {};
  const auto group = by_->groups.find(of.index);
  const bool is_alone = group == by_->groups.end() || group->second.name.empty() ||
                        group->second.name == object->name;
  return is_alone ? object->name : group->second.name + "." + object->name;
}

bool service_report::read_described_pdo(std::span<const std::uint8_t> payload) {
  const auto id = entry_.frame.id;
  for (const auto& each : pdos_) {
    std::optional<std::uint8_t> node = by_->node;
    if (each.adds_node) {
      if (id <= each.id || id > each.id + node_max) continue;
      node = static_cast<std::uint8_t>(id - each.id);
      if (!describes(*node)) continue;
    } else if (id != each.id) {
      continue;
    }
    const auto by = classify(id);
    read_pdo(by.value_or(connection{}), payload);
    node_ = by ? by->node : node;
    add_signals(each.mapping, node.value_or(0), payload);
    return true;
  }
  return false;
}

void service_report::read_pdo(const connection& by, std::span<const std::uint8_t> payload) {
  kind_ = "pdo";
  add("id", fmt::format(R"("0x{:03X}")", entry_.frame.id));
  if (by.number != 0) {
    add_text("direction", by.what == service::transmit_pdo ? "transmit" : "receive");
    add("number", fmt::to_string(by.number));
  }
  add("data", to_json(object_bytes(payload.begin(), payload.end())));
}

void service_report::add_signals(std::uint16_t mapping, std::uint8_t node,
                                 std::span<const std::uint8_t> payload) {
  const auto objects = by_->mapping(mapping, node);
  const auto layout = pdo_layout::make(objects);
  if (!layout) return refuse(layout.error().text);
  const auto bits = layout->unpack(payload);
  if (!bits)
    return refuse(fmt::format("is shorter than the {} bytes that are mapped", layout->bytes()));
  std::string json = "{";
  for (std::size_t i = 0; i < bits->size(); ++i) {
    const auto& one = layout->places()[i].object;
    if (is_dummy(one)) continue;
    const auto* object = by_->find(one.of);
    const auto name = name_of(one.of);
    const auto type = object != nullptr ? object->type : data_type::unsigned64;
    fmt::format_to(std::back_inserter(json), R"({}{}:{{"value":{},"object":"{}"}})",
                   json.size() > 1 ? "," : "", json_text(name.empty() ? to_string(one.of) : name),
                   to_json(value_of_bits(type, (*bits)[i], one.bits)), to_string(one.of));
  }
  add("signals", json + "}");
}

void service_report::read_lss(bool is_answer, std::span<const std::uint8_t> payload) {
  kind_ = "lss";
  constexpr std::size_t lss_bytes = 8;
  const auto what = payload.size() == lss_bytes ? words(static_cast<lss::command>(payload[0]))
                                                : std::string_view();
  if (what.empty()) return refuse("is nothing that CiA 305 has");
  add_text("command", what);
  add("answer", is_answer ? "true" : "false");
  const auto number = get_number(payload.subspan(1, 4));
  switch (static_cast<lss::command>(payload[0])) {
    case lss::command::switch_global:
      return add_text("state", payload[1] != 0 ? "configuration" : "waiting");
    case lss::command::set_node_id:
      if (is_answer) break;
      return add("node_id", fmt::to_string(payload[1]));
    case lss::command::inquire_node_id:
      return is_answer ? add("node_id", fmt::to_string(payload[1])) : void();
    case lss::command::set_bit_timing:
      if (is_answer) break;
      return add("rate", fmt::to_string(payload[2]));
    case lss::command::activate_bit_timing:
      return add("delay_ms", fmt::to_string(number & 0xFFFF));
    case lss::command::store:
      if (is_answer) break;
      return;
    case lss::command::inquire_vendor:
    case lss::command::inquire_product:
    case lss::command::inquire_revision:
    case lss::command::inquire_serial:
      return is_answer ? add("value", fmt::to_string(number)) : void();
    case lss::command::select_vendor:
    case lss::command::select_product:
    case lss::command::select_revision:
    case lss::command::select_serial:
    case lss::command::fastscan:
      return add("value", fmt::to_string(number));
    case lss::command::selected:
    case lss::command::identified:
      return;
  }
  add("error_code", fmt::to_string(payload[1]));
}

} // namespace voltaic::messages::canopen
