#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/can/logs/log_entry.hpp"
#include "messages/canopen/eds.hpp"
#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/sdo_trace.hpp"

namespace voltaic::messages::canopen {

/// What logged frames say in CANopen, one line a service, for programs and for people: by the
/// predefined connection set and, where a device is described, by its PDOs. An SDO transfer is
/// a line at its end.
class service_report {
 public:
  /// `by` describes the node that it names, or all nodes where it names none.
  explicit service_report(std::optional<device_description> by);

  /// Reads a frame; what is asked below is about the last one.
  void read(const can::log_entry& entry);
  /// Whether the frame is a service, or ended one.
  [[nodiscard]] bool has_message() const { return !kind_.empty(); }
  [[nodiscard]] bool readable() const { return error_.empty(); }
  /// One JSON object, without the line's end.
  void append_json(std::string& out) const;
  /// A line of columns for people, without its end.
  void append_text(std::string& out) const;
  /// Of transfers that had not ended when the log did.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  /// A PDO of the described device.
  struct described_pdo {
    std::uint32_t id = 0; ///< without the node's id where `adds_node`
    bool adds_node = false;
    std::uint16_t mapping = 0;
  };
  using place = std::pair<std::string, std::uint8_t>; ///< bus and node

  void add(std::string_view key, std::string json);
  void add_text(std::string_view key, std::string_view text);
  void refuse(std::string text) { error_ = std::move(text); }
  void collect_pdos();
  [[nodiscard]] bool describes(std::uint8_t node) const;
  [[nodiscard]] std::string name_of(const object_address& of) const;
  void dispatch(const connection& by, std::span<const std::uint8_t> payload);
  void read_order(std::span<const std::uint8_t> payload);
  void read_sync_or_time(service what, std::span<const std::uint8_t> payload);
  void read_errors(std::span<const std::uint8_t> payload);
  void read_state(std::uint8_t node, std::span<const std::uint8_t> payload);
  void read_guard_request(const can::frame& frame);
  [[nodiscard]] bool read_described_pdo(std::span<const std::uint8_t> payload);
  void read_pdo(const connection& by, std::span<const std::uint8_t> payload);
  void add_signals(std::uint16_t mapping, std::uint8_t node, std::span<const std::uint8_t> payload);
  void read_sdo(const connection& by, std::span<const std::uint8_t> payload);
  void add_record(const sdo_record& of);
  void read_lss(bool is_answer, std::span<const std::uint8_t> payload);

  std::optional<device_description> by_;
  std::vector<described_pdo> pdos_;
  std::map<place, sdo_trace> transfers_;
  std::map<place, bool> asked_; ///< by guarding, and has not answered yet

  can::log_entry entry_;
  std::string bus_;
  std::string_view kind_;
  std::optional<std::uint8_t> node_;
  std::vector<std::pair<std::string_view, std::string>> fields_; ///< key and JSON
  std::string error_;
};

} // namespace voltaic::messages::canopen
