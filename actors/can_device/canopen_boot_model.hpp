#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/can_device/canopen_access_model.hpp"
#include "actors/can_device/canopen_mapping_model.hpp"
#include "messages/profiles/canopen_rule.hpp"

namespace voltaic::actors::can_device {

/// Why a node was not started, by the letter that CiA 302-2 has for it.
struct boot_error {
  char letter = 'B';
  std::string text; ///< "vendor 00000ABC instead of 00000ABD"
  friend bool operator==(const boot_error&, const boot_error&) = default;
};

/// What a letter means: "no answer to 1000". Empty for what is none.
[[nodiscard]] std::string_view boot_letter_text(char letter);

/// Which objects of a node are read, compared and written, in which order, until it may be started
/// (CiA 302-2): who it is, then each value and PDO of its profile. What the device has already is
/// not written again; what was written is read back. Knows neither time nor frames.
class boot_model {
 public:
  struct access {
    messages::canopen::object_address of;
    std::optional<messages::canopen::object_bytes> to_write; ///< nothing: it is read
    friend bool operator==(const access&, const access&) = default;
  };

  /// `rule` must live as long as this.
  boot_model(const messages::profiles::canopen_rule& rule, std::uint8_t node);

  void begin();
  /// What is to be done now; nothing: it has ended.
  [[nodiscard]] std::optional<access> next() const;
  void take(const access_result& done);
  /// Who it is was found to be right.
  [[nodiscard]] bool is_identified() const { return at_ >= identity_steps_; }
  /// Something was written since it began.
  [[nodiscard]] bool has_written() const { return has_written_; }
  /// PDOs whose mapping the device itself says.
  [[nodiscard]] const std::vector<read_mapping>& mappings() const { return mappings_; }
  /// Ended by this; nothing: by success, or not at all.
  [[nodiscard]] const std::optional<boot_error>& error() const { return error_; }

 private:
  // A value that an object must have; bits outside of the mask may be any.
  struct wanted {
    messages::canopen::object_address of;
    std::uint64_t value = 0;
    std::uint64_t mask = ~0ull;
    char letter = 'J';
    bool at_least = false; ///< of a revision: the lower half may be higher
  };
  // Objects that belong together, and how they are made right.
  struct item {
    std::string name;
    std::vector<wanted> values;
    std::vector<access> writes;            ///< empty: they must be right
    std::optional<std::size_t> reads = {}; ///< instead: this one of the mappings
  };
  enum class phase : std::uint8_t { comparing, writing, verifying };

  void add_identity();
  void add_heartbeat();
  void add_writes();
  void add_pdo(const messages::profiles::canopen_pdo& pdo, std::uint32_t id_offset);
  void next_item();
  void take_mapping(const access_result& done);
  void take_value(const access_result& done);
  void fail(char letter, std::string text);

  const messages::profiles::canopen_rule& rule_;
  std::vector<item> items_;
  std::vector<read_mapping> mappings_;
  std::size_t identity_steps_ = 0; ///< of the items
  std::size_t at_ = 0;
  std::size_t part_ = 0; ///< of the item's values or writes
  phase phase_ = phase::comparing;
  bool has_written_ = false;
  std::optional<boot_error> error_;
};

} // namespace voltaic::actors::can_device
