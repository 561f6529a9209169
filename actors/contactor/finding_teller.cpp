#include "actors/contactor/finding_teller.hpp"

#include <utility>

#include "messages/chain_finding.hpp"
#include "messages/protection/table.hpp"

namespace voltaic::actors::contactor {

void say_findings(runtime::context& owner, const std::string& rack, finding_model& from,
                  runtime::instant now) {
  for (auto& each : from.take_changes()) {
    messages::event said;
    said.kind = messages::kind_finding;
    said.subject = rack;
    said.candidate = std::move(each.candidate);
    said.level = to_string(messages::protection::level::alarm);
    said.edge = each.stands ? "set" : "clear";
    said.reason = std::move(each.reason);
    said.actions = std::move(each.actions);
    said.has_value = each.value.has_value();
    said.value = each.value.value_or(0);
    said.threshold = each.threshold;
    if (each.threshold != 0) said.unit = "A";
    owner.say(runtime::plane::local, std::move(said), now);
  }
}

} // namespace voltaic::actors::contactor
