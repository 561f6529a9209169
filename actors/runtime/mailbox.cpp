#include "actors/runtime/mailbox.hpp"

#include <array>
#include <cassert>
#include <type_traits>

namespace voltaic::actors::runtime {
namespace {

// In the order of messages::payload's alternatives, behind monostate.
constexpr std::array kinds{kind::telemetry, kind::event,  kind::command, kind::result,
                           kind::permit,    kind::limits, kind::health,  kind::snapshot,
                           kind::catalogue, kind::tick,   kind::order};
static_assert(std::variant_size_v<messages::any_payload> == kinds.size() + 1);
static_assert(
    std::is_same_v<std::variant_alternative_t<1, messages::any_payload>, messages::telemetry>);
static_assert(
    std::is_same_v<std::variant_alternative_t<11, messages::any_payload>, messages::order>);

} // namespace

kind kind_of(const messages::payload& payload) {
  assert(has_kind(payload));
  return kinds[payload.index() - 1];
}

} // namespace voltaic::actors::runtime
