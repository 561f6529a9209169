#include "messages/codec/payloads.hpp"

namespace voltaic::messages {

payload::payload() = default;
payload::payload(const payload&) = default;
payload::payload(payload&&) noexcept = default;
payload& payload::operator=(const payload&) = default;
payload& payload::operator=(payload&&) noexcept = default;
payload::~payload() = default;

bool operator==(const payload& left, const payload& right) {
  return static_cast<const any_payload&>(left) == static_cast<const any_payload&>(right);
}

} // namespace voltaic::messages
