#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "messages/canopen/object_dictionary.hpp"
#include "messages/expected.hpp"

namespace voltaic::messages::canopen {

inline constexpr std::uint32_t pdo_bits_max = 64;
/// At most so many objects of a bit each (CiA 301, 7.5.2.36).
inline constexpr std::size_t mapped_objects_max = 64;

/// One object in a PDO: an entry of 1600 to 17FF or 1A00 to 1BFF (CiA 301, 7.5.2.36).
struct mapped_object {
  object_address of;
  std::uint8_t bits = 0;
  friend bool operator==(const mapped_object&, const mapped_object&) = default;
};

/// Index, subindex and bits as an entry has them: 60100010 is 16 bits of 6010:00.
[[nodiscard]] mapped_object read_mapping_entry(std::uint32_t entry);
[[nodiscard]] std::uint32_t mapping_entry(const mapped_object& of);
/// A data type as object, 0001 to 0007: the bits are skipped (CiA 301, 7.4.8.2).
[[nodiscard]] bool is_dummy(const mapped_object& of);

/// Where each object lies in a PDO: one behind the other from the lowest bit on, no gaps.
class pdo_layout {
 public:
  struct place {
    mapped_object object;
    std::uint32_t start = 0; ///< bit
  };

  /// Fails on objects without bits and on more than 64 bits together.
  [[nodiscard]] static expected<pdo_layout> make(std::span<const mapped_object> mapping);
  [[nodiscard]] const std::vector<place>& places() const { return places_; }
  [[nodiscard]] std::uint32_t bits() const { return bits_; }
  /// The shortest payload that holds all.
  [[nodiscard]] std::size_t bytes() const;

  /// The bits of each place, dummies as well. Nothing where the payload is too short: such a PDO
  /// must not be processed (EMCY 8210); what is beyond is of no meaning.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> unpack(
      std::span<const std::uint8_t> payload) const;
  /// The other way, one value a place; what does not fit is cut off.
  [[nodiscard]] std::vector<std::uint8_t> pack(std::span<const std::uint64_t> values) const;

 private:
  std::vector<place> places_;
  std::uint32_t bits_ = 0;
};

/// One write to a device.
struct object_write {
  object_address to;
  std::uint32_t value = 0;
  std::uint8_t bytes = 0;
  friend bool operator==(const object_write&, const object_write&) = default;
};

/// Whose PDO it is, and which.
struct pdo_number {
  bool is_transmit = false; ///< by the device
  std::uint16_t number = 0; ///< from 0: 1400 or 1800 plus it
  friend bool operator==(const pdo_number&, const pdo_number&) = default;
};

/// What must be written, in this order, to change a mapping: the PDO is disabled, its count set
/// to 0, the entries written, the count set, and the PDO enabled (CiA 301, 7.5.2.36). Fails as
/// `pdo_layout::make`, and on an identifier that no PDO may have.
[[nodiscard]] expected<std::vector<object_write>> remapping_steps(
    const pdo_number& which, std::uint32_t cob_id, std::span<const mapped_object> mapping);

} // namespace voltaic::messages::canopen
