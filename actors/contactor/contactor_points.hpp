#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/contactor/contactor_model.hpp"
#include "messages/codec/payloads.hpp"
#include "messages/machine_time.hpp"

namespace voltaic::actors::contactor {

/// The points are said again this often, changed or not.
inline constexpr std::int64_t state_period_us = messages::us_per_s;

/// The points that the contactor of a rack says, as `owner`: state, locks, what its contacts have
/// been through, and what bars its closing.
[[nodiscard]] messages::catalogue catalogue_of(const std::string& rack, const std::string& owner);

/// The same of a rack that nothing here can open or close: state and lock, nothing to command.
[[nodiscard]] messages::catalogue watch_catalogue_of(const std::string& rack,
                                                     const std::string& owner);

/// Their values, in the order of the catalogue; the state stands first. `joined`: to the DC bus;
/// nothing: that is not known.
[[nodiscard]] std::vector<messages::block> blocks_of(
    std::string_view shown, const std::vector<std::string>& latches, std::optional<bool> joined,
    const wear& counted, const std::vector<std::string>& barred_by, std::int64_t now_us);
/// The values of a rack that takes no orders.
[[nodiscard]] std::vector<messages::block> blocks_of(std::string_view shown,
                                                     const std::vector<std::string>& latches,
                                                     std::optional<bool> joined,
                                                     std::int64_t now_us);

/// What the journal keeps of it.
struct kept_wear {
  wear counted;
  double heat_share = 0;
  messages::machine_time stored; ///< when it was so hot
};
[[nodiscard]] std::string encode_wear(const kept_wear& kept);
/// The same read again; what a foreign hand wrote counts as nothing.
[[nodiscard]] kept_wear decode_wear(const std::string& body);

} // namespace voltaic::actors::contactor
