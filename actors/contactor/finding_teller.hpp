#pragma once

#include <string>

#include "actors/contactor/finding_model.hpp"
#include "actors/runtime/actor.hpp"

namespace voltaic::actors::contactor {

/// Says what was found about a rack to its protection, which tells people.
void say_findings(runtime::context& owner, const std::string& rack, finding_model& from,
                  runtime::instant now);

} // namespace voltaic::actors::contactor
