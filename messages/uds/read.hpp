#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// ISO 14229's service ReadDataByIdentifier: what a diagnostic tester asks an electronic control
/// unit for, and what that answers. Pure.
namespace voltaic::messages::uds {

inline constexpr std::uint8_t read_service = 0x22;
inline constexpr std::uint8_t read_answer = 0x62;
inline constexpr std::uint8_t negative_answer = 0x7F;
/// The unit needs longer: its answer is still to come.
inline constexpr std::uint8_t response_pending = 0x78;

/// The request for one data identifier.
[[nodiscard]] std::vector<std::uint8_t> encode_read(std::uint16_t data_identifier);

/// The data behind the identifier.
struct data_record {
  std::uint16_t data_identifier = 0;
  std::vector<std::uint8_t> data;
  friend bool operator==(const data_record&, const data_record&) = default;
};
/// Why a unit answers a request with a no.
struct refusal {
  std::uint8_t service = 0;
  std::uint8_t code = 0; ///< of the standard: 0x31 is "request out of range"
  friend bool operator==(const refusal&, const refusal&) = default;
};
/// Nothing where the message is neither.
[[nodiscard]] std::optional<std::variant<data_record, refusal>> decode_answer(
    std::span<const std::uint8_t> message);

/// "0x31 request out of range".
[[nodiscard]] std::string to_words(const refusal& what);

/// The positive answer to a request as a unit gives it.
[[nodiscard]] std::vector<std::uint8_t> encode_answer(const data_record& what);
[[nodiscard]] std::vector<std::uint8_t> encode_refusal(const refusal& what);
/// The identifier that a request reads; nothing where it is no read of exactly one.
[[nodiscard]] std::optional<std::uint16_t> decode_read(std::span<const std::uint8_t> request);

/// How long a tester waits, with the standard's names and usual values.
struct read_times {
  std::int64_t p2_us = 150'000;            ///< for the begin of an answer (P2)
  std::int64_t p2_extended_us = 5'000'000; ///< once the unit said that it needs longer (P2*)
  std::uint8_t pendings_max = 10;          ///< as often may it say so
};

/// One read, from its request to its end. Answers of other services and identifiers are passed
/// over.
class read_exchange {
 public:
  read_exchange(std::uint16_t data_identifier, read_times times)
      : data_identifier_(data_identifier), times_(times) {}

  /// The request has gone out.
  void asked(std::int64_t now_us) { due_us_ = now_us + times_.p2_us; }
  /// An answer has begun to come: the transport's own times count until it is whole.
  void answer_begins(std::int64_t now_us);

  /// What an exchange has come to.
  enum class state : std::uint8_t { waiting, answered, refused, timed_out };
  /// A message of the unit.
  [[nodiscard]] state take(std::span<const std::uint8_t> message, std::int64_t now_us);
  [[nodiscard]] state step(std::int64_t now_us);

  /// Once it is answered.
  [[nodiscard]] const std::vector<std::uint8_t>& data() const { return data_; }
  /// Once it is refused.
  [[nodiscard]] refusal why() const { return why_; }

 private:
  std::uint16_t data_identifier_;
  read_times times_;
  state state_ = state::waiting;
  std::int64_t due_us_ = 0;
  std::uint8_t pendings_ = 0;
  std::vector<std::uint8_t> data_;
  refusal why_;
};

} // namespace voltaic::messages::uds
