#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "messages/codec/payloads.hpp"
#include "messages/tighter.hpp"

namespace voltaic::actors::command {

/// From where the plant is commanded.
enum class command_mode : std::uint8_t {
  remote, ///< from everywhere
  local   ///< by those at the plant; others may only open
};
/// "remote", "local".
[[nodiscard]] std::string_view to_string(command_mode mode);
/// Nothing for another word.
[[nodiscard]] std::optional<command_mode> command_mode_of(std::string_view word);

/// Whether a command makes things safer whatever else holds: it opens, or says that somebody saw
/// an alarm. Never refused for whose turn it is.
[[nodiscard]] bool is_always_allowed(const messages::command& asked);

/// Setpoints that are owned at once. Where more are, the one that ends first is forgotten:
/// whoever sets it then is judged by role alone.
inline constexpr std::size_t owners_max = 1'024;

/// Whose word counts: the LOCAL/REMOTE switch, and who owns a setpoint. Who sets one for a time
/// owns it that long: others may tighten it, and whoever goes before the owner may take it
/// over. Pure.
class authority_model {
 public:
  /// `setpoint` is the one name of what is set, whichever it was asked by; empty: nothing is.
  /// `side`: where its tighter values lie.
  [[nodiscard]] std::optional<std::string> refusal(const messages::command& asked,
                                                   const std::string& setpoint,
                                                   messages::tighter side,
                                                   std::int64_t now_utc_us) const;
  /// A set that was carried out. Who owned the setpoint before, where it changes hands.
  std::optional<std::string> took(const messages::command& acted, const std::string& setpoint,
                                  std::int64_t now_utc_us);

  [[nodiscard]] command_mode mode() const { return mode_; }
  void switch_to(command_mode mode) { mode_ = mode; }

 private:
  struct owner {
    std::string user;
    std::uint8_t priority = 0;
    double value = 0;
    std::int64_t until_utc_us = 0;
  };
  [[nodiscard]] const owner* owner_of(const std::string& setpoint, std::int64_t now_utc_us) const;
  void make_room(std::int64_t now_utc_us);

  std::map<std::string, owner> owners_;
  command_mode mode_ = command_mode::remote;
};

} // namespace voltaic::actors::command
