#include "messages/profiles/poll_plan.hpp"

#include <utility>

#include "messages/profiles/answer_plan.hpp"
#include "messages/profiles/register_plan.hpp"

namespace voltaic::messages::profiles {
namespace {

template <class Plan>
expected<std::shared_ptr<const poll_plan>> shared(expected<Plan> made) {
  if (!made) return made.error();
  return std::shared_ptr<const poll_plan>(std::make_shared<const Plan>(*std::move(made)));
}

} // namespace

expected<register_write> poll_plan::encode_order(const order& order) const {
  return failure{order.device + " takes no orders"};
}

std::optional<std::uint16_t> poll_plan::find_set(std::string_view point_or_channel) const {
  const auto all = commands();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].purpose != command_purpose::order &&
        (all[i].point == point_or_channel || all[i].channel == point_or_channel))
      return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

expected<std::shared_ptr<const poll_plan>> make_poll_plan(const device_profile& profile) {
  if (profile.protocol == protocol::serial) return shared(answer_plan::compile(profile));
  return shared(register_plan::compile(profile));
}

} // namespace voltaic::messages::profiles
