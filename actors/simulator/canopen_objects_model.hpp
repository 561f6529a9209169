#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "messages/canopen/object_dictionary.hpp"
#include "messages/canopen/pdo_mapping.hpp"

namespace voltaic::actors::simulator {

/// The object dictionary of a simulated CANopen device: numbers only, and PDOs whose mapping is
/// changed as CiA 301, 7.5.2.36 has it, while the device is pre-operational.
class canopen_objects final : public messages::canopen::object_dictionary {
 public:
  using address = messages::canopen::object_address;
  using abort_code = messages::canopen::abort_code;

  /// A number of so many bytes; more than 0 bits: it lies so in a PDO.
  void add(const address& at, std::uint64_t value, std::size_t bytes, bool is_writable = false,
           std::uint8_t bits = 0);
  /// Communication and mapping record of a PDO, from 0.
  void add_pdo(const messages::canopen::pdo_number& which, std::uint32_t cob_id,
               std::uint16_t event_ms,
               const std::vector<messages::canopen::mapped_object>& mapping);
  /// The device's own doing.
  void set(const address& at, std::uint64_t value) { values_.at(at).value = value; }
  [[nodiscard]] std::uint64_t get(const address& at) const { return values_.at(at).value; }
  /// Writing is refused by this from now on.
  void refuse_writes(std::optional<abort_code> by) { refused_by_ = by; }
  void set_operational(bool runs) { runs_ = runs; }

  /// What a PDO carries now; nothing where it is off.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> pack(std::uint16_t transmit_pdo) const;

  [[nodiscard]] std::variant<messages::canopen::object_bytes, abort_code> read(
      const address& of) const override;
  [[nodiscard]] std::optional<abort_code> refusal_to_write(
      const address& to, std::optional<std::size_t> size) const override;
  [[nodiscard]] std::optional<abort_code> write(const address& to,
                                                std::span<const std::uint8_t> value) override;

 private:
  struct entry {
    std::uint64_t value = 0;
    std::size_t bytes = 4;
    bool is_writable = false;
    std::uint8_t bits = 0; ///< in a PDO; 0: may not be mapped
  };
  [[nodiscard]] bool is_mappable(std::uint32_t mapping_entry) const;
  [[nodiscard]] std::optional<abort_code> refusal_of_pdo(const address& to,
                                                         std::uint64_t value) const;

  std::map<address, entry> values_;
  std::optional<abort_code> refused_by_;
  bool runs_ = false;
};

} // namespace voltaic::actors::simulator
