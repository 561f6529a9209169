#include "actors/protection/approval_model.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/roles.hpp"

namespace voltaic::actors::protection {

approval approval_model::judge(const std::string& what, const approving& who, std::int64_t now_us) {
  using messages::deed;
  using step = approval::step;
  if (!messages::may(who.role, deed::loosen_protection))
    return {step::refused, messages::refusal_of(who.role, deed::loosen_protection), {}};
  if (!begun_ || begun_->what != what || now_us >= begun_->until_us) {
    begun_ = {what, who, now_us + approval_us};
    return {step::first, {}, {}};
  }
  if (begun_->who.user == who.user)
    return {step::refused,
            fmt::format("{} approved it already: it takes a second person", who.user),
            {}};
  if (!messages::may(who.role, deed::approve_loosening) &&
      !messages::may(begun_->who.role, deed::approve_loosening))
    return {step::refused, messages::refusal_of(who.role, deed::approve_loosening), {}};
  return {step::complete, {}, std::exchange(begun_, std::nullopt)->who};
}

const approving* approval_model::begun_by(std::int64_t now_us) const {
  return begun_ && now_us < begun_->until_us ? &begun_->who : nullptr;
}

} // namespace voltaic::actors::protection
