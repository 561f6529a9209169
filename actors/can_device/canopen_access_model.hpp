#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "messages/can/frame.hpp"
#include "messages/canopen/sdo_client.hpp"

namespace voltaic::actors::can_device {

/// An access that fails is tried so often altogether.
inline constexpr int object_tries = 3;
/// So many accesses one after another that are answered again after their answer, none of which
/// was tried twice, are answered by two nodes.
inline constexpr int second_answers_max = 3;

/// What became of an access.
struct access_result {
  messages::canopen::object_address of;
  bool is_write = false;
  std::optional<messages::canopen::abort_code> aborted; ///< the last try's
  messages::canopen::object_bytes data;                 ///< of an upload
};

/// Reads and writes objects of one node, one at a time, each up to three times. Pure.
class object_access {
 public:
  object_access(std::uint8_t node, std::int64_t timeout_us);

  void upload(const messages::canopen::object_address& from, std::int64_t now_us);
  void download(const messages::canopen::object_address& to, messages::canopen::object_bytes data,
                std::int64_t now_us);
  /// Forgets what is under way.
  void reset();
  [[nodiscard]] bool is_busy() const { return active_.has_value(); }

  /// A frame of the node's server.
  void receive(std::span<const std::uint8_t> payload, std::int64_t now_us);
  void step(std::int64_t now_us);
  [[nodiscard]] std::optional<access_result> take_result() { return std::exchange(result_, {}); }
  [[nodiscard]] std::vector<messages::can::frame> take_frames(std::int64_t now_us);
  /// Somebody answers what another one has answered: why that is believed, once.
  [[nodiscard]] std::optional<std::string> take_second_node() {
    return std::exchange(second_node_, {});
  }

 private:
  struct active {
    messages::canopen::object_address of;
    std::optional<messages::canopen::object_bytes> to_write;
    int tries = 0;
  };
  void begin(std::int64_t now_us);
  void settle(std::int64_t now_us);
  /// Notes what ended an access.
  void note_answer(const messages::canopen::sdo_frame& said);
  /// An answer to another access, which is left alone: a late one, or a second node's.
  [[nodiscard]] bool is_stray(const messages::canopen::sdo_frame& said) const;
  void note_stray(const messages::canopen::sdo_frame& said);

  std::uint8_t node_;
  messages::canopen::sdo_client client_;
  std::optional<active> active_;
  std::optional<access_result> result_;
  std::optional<messages::canopen::sdo_frame> answered_; ///< what ended the access before
  bool answered_at_once_ = false; ///< by its first try: nobody could answer it twice
  bool seen_twice_ = false;       ///< and was answered again
  int second_answers_ = 0;        ///< accesses in a row
  std::optional<std::string> second_node_;
};

} // namespace voltaic::actors::can_device
