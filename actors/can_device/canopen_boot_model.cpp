#include "actors/can_device/canopen_boot_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/canopen/abort_code.hpp"
#include "messages/little_endian.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace canopen = messages::canopen;
namespace profiles = messages::profiles;
using canopen::object_address;
using canopen::object_bytes;

constexpr std::uint16_t device_type_index = 0x1000;
constexpr std::uint16_t identity_index = 0x1018;
constexpr std::uint16_t heartbeat_index = 0x1017;
constexpr std::uint16_t transmit_record = 0x1800;
constexpr std::uint16_t receive_record = 0x1400;
constexpr std::uint16_t mapping_behind_record = 0x200; ///< 1A00 belongs to 1800
constexpr std::uint8_t transmission_subindex = 2;
constexpr std::uint8_t event_subindex = 5;
/// Bit 31: the PDO is off; bit 30, whether it may be asked for, is the device's affair.
constexpr std::uint64_t cob_id_mask = 0xBFFF'FFFF;
constexpr std::uint32_t revision_minor_mask = 0xFFFF;

object_bytes bytes_of(std::uint64_t value, std::size_t count) {
  object_bytes made(count);
  messages::put_number(made, value);
  return made;
}

} // namespace

std::string_view boot_letter_text(char letter) {
  constexpr std::string_view texts[] = {
      "not in the list of nodes",          // A
      "no answer to 1000",                 // B
      "another device type",               // C
      "another vendor",                    // D
      "no heartbeat",                      // E
      "no answer to guarding",             // F
      "objects of the download missing",   // G
      "software update needed, forbidden", // H
      "software update failed",            // I
      "configuration failed",              // J
      "heartbeat lost at the start",       // K
      "was operational already",           // L
      "another product",                   // M
      "another revision",                  // N
      "another serial number",             // O
  };
  if (letter < 'A' || letter > 'O') return {};
  return texts[letter - 'A'];
}

boot_model::boot_model(const profiles::canopen_rule& rule, std::uint8_t node) : rule_(rule) {
  add_identity();
  identity_steps_ = items_.size();
  add_heartbeat();
  add_writes();
  for (const auto& pdo : rule.pdos) add_pdo(pdo, static_cast<std::uint32_t>(node - rule.node));
}

void boot_model::add_identity() {
  const auto add = [&](const char* name, object_address of, char letter,
                       const std::optional<std::uint32_t>& value) {
    wanted one{of, value.value_or(0), value ? ~0ull : 0, letter};
    one.at_least = letter == 'N';
    items_.push_back({name, {one}, {}});
  };
  // That is asked whatever it answers: whether there is a node at all.
  add("device type", {device_type_index, 0}, 'C', rule_.identity.device_type);
  const auto add_stated = [&](const char* name, std::uint8_t subindex, char letter,
                              const std::optional<std::uint32_t>& value) {
    if (value) add(name, {identity_index, subindex}, letter, value);
  };
  add_stated("vendor", 1, 'D', rule_.identity.vendor_id);
  add_stated("product", 2, 'M', rule_.identity.product_code);
  add_stated("revision", 3, 'N', rule_.identity.revision_number);
  add_stated("serial number", 4, 'O', rule_.identity.serial_number);
}

void boot_model::add_heartbeat() {
  if (rule_.heartbeat_ms == 0) return;
  const object_address of{heartbeat_index, 0};
  items_.push_back(
      {"heartbeat", {{of, rule_.heartbeat_ms}}, {{of, bytes_of(rule_.heartbeat_ms, 2)}}});
}

void boot_model::add_writes() {
  for (const auto& each : rule_.writes) {
    item made{canopen::to_string(each.to), {}, {{each.to, each.value}}};
    if (each.verify) made.values.push_back({each.to, messages::get_number(each.value)});
    items_.push_back(std::move(made));
  }
}

void boot_model::add_pdo(const profiles::canopen_pdo& pdo, std::uint32_t id_offset) {
  if (pdo.use == profiles::mapping_use::assumed) return;
  if (pdo.use == profiles::mapping_use::read) {
    items_.push_back({"PDO " + pdo.name, {}, {}, mappings_.size()});
    mappings_.emplace_back(pdo, id_offset);
    return;
  }
  const auto record = static_cast<std::uint16_t>(
      (pdo.which.is_transmit ? transmit_record : receive_record) + pdo.which.number);
  const auto mapping = static_cast<std::uint16_t>(record + mapping_behind_record);
  const auto cob_id = pdo.cob_id + id_offset;
  item made{"PDO " + pdo.name, {}, {}};
  made.values.push_back({{record, 1}, cob_id, cob_id_mask});
  std::vector<access> parameters;
  const auto want = [&](std::uint8_t subindex, std::uint64_t value, std::size_t count) {
    made.values.push_back({{record, subindex}, value});
    parameters.push_back({{record, subindex}, bytes_of(value, count)});
  };
  if (pdo.transmission) want(transmission_subindex, *pdo.transmission, 1);
  if (pdo.event_ms) want(event_subindex, *pdo.event_ms, 2);
  made.values.push_back({{mapping, 0}, pdo.objects.size()});
  for (std::size_t i = 0; i < pdo.objects.size(); ++i)
    made.values.push_back(
        {{mapping, static_cast<std::uint8_t>(i + 1)}, canopen::mapping_entry(pdo.objects[i])});
  const auto steps = canopen::remapping_steps(pdo.which, cob_id, pdo.objects);
  // An identifier that no PDO may have is found to be different, and told then.
  if (pdo.use == profiles::mapping_use::written && steps) {
    for (const auto& step : *steps) {
      made.writes.push_back({step.to, bytes_of(step.value, step.bytes)});
      // While it is off.
      if (made.writes.size() == 1)
        made.writes.insert(made.writes.end(), parameters.begin(), parameters.end());
    }
  }
  items_.push_back(std::move(made));
}

void boot_model::begin() {
  at_ = 0;
  part_ = 0;
  phase_ = phase::comparing;
  has_written_ = false;
  error_.reset();
  for (auto& each : mappings_) each.begin();
  if (!items_.empty() && items_.front().values.empty()) phase_ = phase::writing;
}

std::optional<boot_model::access> boot_model::next() const {
  if (error_ || at_ >= items_.size()) return std::nullopt;
  const auto& of = items_[at_];
  if (of.reads) return access{*mappings_[*of.reads].next(), {}};
  if (phase_ == phase::writing) return of.writes[part_];
  return access{of.values[part_].of, {}};
}

void boot_model::next_item() {
  ++at_;
  part_ = 0;
  const bool only_writes = at_ < items_.size() && items_[at_].values.empty() && !items_[at_].reads;
  phase_ = only_writes ? phase::writing : phase::comparing;
}

void boot_model::take(const access_result& done) {
  const auto& of = items_[at_];
  if (of.reads) return take_mapping(done);
  if (phase_ != phase::writing) return take_value(done);
  has_written_ = true;
  if (done.aborted)
    return fail(
        'J',
        fmt::format("{}: writing {} was refused: {:08X} {}", of.name, canopen::to_string(done.of),
                    static_cast<std::uint32_t>(*done.aborted), canopen::to_string(*done.aborted)));
  if (++part_ < of.writes.size()) return;
  if (of.values.empty()) return next_item();
  part_ = 0;
  phase_ = phase::verifying;
}

void boot_model::take_mapping(const access_result& done) {
  const auto& of = items_[at_];
  if (done.aborted)
    return fail(
        'J',
        fmt::format("{}: reading {} failed: {:08X} {}", of.name, canopen::to_string(done.of),
                    static_cast<std::uint32_t>(*done.aborted), canopen::to_string(*done.aborted)));
  const auto bytes = std::span(done.data).first(std::min<std::size_t>(done.data.size(), 8));
  auto& mapping = mappings_[*of.reads];
  if (auto why = mapping.take(messages::get_number(bytes)); !why.empty())
    return fail('J', of.name + ": " + std::move(why));
  if (!mapping.next()) next_item();
}

void boot_model::take_value(const access_result& done) {
  const auto& of = items_[at_];
  const auto& one = of.values[part_];
  if (done.aborted) {
    const bool is_silent = at_ == 0 && *done.aborted == canopen::abort_code::timeout;
    // A device without 1000, which each must have, is none that could be told apart.
    return fail(
        is_silent || at_ == 0 ? 'B' : one.letter,
        fmt::format("{}: reading {} failed: {:08X} {}", of.name, canopen::to_string(one.of),
                    static_cast<std::uint32_t>(*done.aborted), canopen::to_string(*done.aborted)));
  }
  // As many bytes as a number has.
  const auto bytes = std::span(done.data).first(std::min<std::size_t>(done.data.size(), 8));
  const auto value = messages::get_number(bytes);
  bool is_right = ((value ^ one.value) & one.mask) == 0;
  if (one.at_least)
    is_right = (value & ~std::uint64_t{revision_minor_mask}) ==
                   (one.value & ~std::uint64_t{revision_minor_mask}) &&
               value >= one.value;
  if (is_right) {
    if (++part_ == of.values.size()) next_item();
    return;
  }
  if (phase_ == phase::comparing && !of.writes.empty()) {
    part_ = 0;
    phase_ = phase::writing;
    return;
  }
  fail(one.letter, fmt::format("{}: {} is {:08X} instead of {:08X}", of.name,
                               canopen::to_string(one.of), value, one.value));
}

void boot_model::fail(char letter, std::string text) {
  error_ = boot_error{letter, std::move(text)};
}

} // namespace voltaic::actors::can_device
