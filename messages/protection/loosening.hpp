#pragma once

#include <string>
#include <vector>

#include "messages/protection/derating.hpp"
#include "messages/protection/table.hpp"

/// What one set of protection rules permits that another does not.
namespace voltaic::messages::protection {

/// In which respects `after` protects less than `before`, in words; none: in no respect. A level
/// that is gone or that trips later, farther out or with less consequence, one that clears sooner
/// or nearer, a weaker latch, and any other condition, which may hold more seldom.
[[nodiscard]] std::vector<std::string> loosenings(const table& before, const table& after);

/// The same of curves: that leave more anywhere, rise faster or look less far ahead, and of
/// targets that lie farther out.
[[nodiscard]] std::vector<std::string> loosenings(const derating& before, const derating& after);

} // namespace voltaic::messages::protection
