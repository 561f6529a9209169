#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Which role it takes to do what. The only place where that is decided;
/// docs/roles.md shows the same table to people.
namespace voltaic::messages {

/// By rising rights: each role may also do what those before it may.
inline constexpr std::array<std::string_view, 4> roles{"viewer", "operator", "engineer", "service"};

/// What somebody asks for.
enum class deed : std::uint8_t {
  acknowledge,
  shelve, ///< a warning is not told for a while; and that it is told again
  open,
  close,
  tighten,           ///< a set value nearer to zero than what is in force, on its side of it
  reset_latch,       ///< of latch `user`
  take_local,        ///< from now on only those at the plant command it
  loosen,            ///< any other set value
  give_remote,       ///< others may command it again
  loosen_protection, ///< ask for it, or agree to it
  reset_lock,        ///< of latch `lock`, and the contactor's own latches
  accept_device,     ///< that another device stands in a rack's place
  commission,        ///< write to a device on its bus, or give it a node id
  change_site,       ///< apply a site file to a site that somebody else started
  approve_loosening  ///< be the one of the two persons who answers for it
};

/// What a deed takes, and how people call it.
struct right {
  deed what = deed::acknowledge;
  std::string_view name;
  std::string_view role;
};

/// All deeds, by rising rights.
inline constexpr std::array<right, 15> rights{{
    {deed::acknowledge, "acknowledge an event", "operator"},
    {deed::shelve, "shelve a warning", "operator"},
    {deed::open, "open a rack", "operator"},
    {deed::close, "close a rack", "operator"},
    {deed::tighten, "tighten a limit", "operator"},
    {deed::reset_latch, "reset a latch", "operator"},
    {deed::take_local, "switch to local", "operator"},
    {deed::loosen, "loosen a limit", "engineer"},
    {deed::give_remote, "switch to remote", "engineer"},
    {deed::loosen_protection, "approve what loosens protection, with a second person", "engineer"},
    {deed::reset_lock, "reset a lock", "service"},
    {deed::accept_device, "accept another device in a rack's place", "service"},
    {deed::commission, "write to a device by voltaic canopen", "service"},
    {deed::change_site, "apply a site file to somebody else's site", "service"},
    {deed::approve_loosening, "answer for loosened protection", "service"},
}};

/// The highest role that one of the groups has, by the groups of each role as the site file maps
/// them; empty: none. Where nothing is mapped at all, whoever may use the site has them all.
[[nodiscard]] std::string highest_role(
    const std::map<std::string, std::vector<std::string>>& mapped,
    const std::set<std::string>& groups);

/// An unknown role may nothing.
[[nodiscard]] bool may(std::string_view role, deed what);

/// Whether somebody may reset locks: who has the role for it, and is at the plant.
enum class lock_right : std::uint8_t { given, needs_service, needs_plant };
/// `priority`: whose word the command is (messages/command_priority.hpp).
[[nodiscard]] lock_right lock_right_of(std::string_view role, std::uint8_t priority);
/// "needs role service"; empty where the right is given.
[[nodiscard]] std::string_view refusal_of(lock_right right);

/// "to close a rack needs role operator, not viewer".
[[nodiscard]] std::string refusal_of(std::string_view role, deed what);

} // namespace voltaic::messages
