#include "actors/contactor/watch_model.hpp"

#include <utility>

#include "messages/contactor_words.hpp"

namespace voltaic::actors::contactor {

watch_model::watch_model(watch_options options) : options_(options) {
  last_.shown = messages::contactor_unknown;
}

// The main contactors are in series: one that is open is enough, closed are all that are told of.
std::string_view watch_model::judge(const device_values& device) const {
  if (device.minus_closed == false) return "open";
  if (device.plus_closed == false) return device.precharge_closed == true ? "precharge" : "open";
  const bool has_any = options_.has_minus || options_.has_plus;
  const bool minus = !options_.has_minus || device.minus_closed == true;
  const bool plus = !options_.has_plus || device.plus_closed == true;
  return has_any && minus && plus ? "closed" : messages::contactor_unknown;
}

const watched& watch_model::step(const device_values& device, bool demanded) {
  const auto shown = judge(device);
  const bool tells = options_.has_minus || options_.has_plus;
  const bool is_unknown = shown == messages::contactor_unknown;
  std::string reason = is_unknown ? no_feedback : by_feedback;
  // Feedback that is still awaited is not lost.
  if (is_unknown && tells && last_.reason == "start") reason = last_.reason;
  if (demanded && shown != "open") reason = cannot_open;
  last_.changed = shown != last_.shown || reason != last_.reason;
  last_.shown = shown;
  last_.reason = std::move(reason);
  return last_;
}

} // namespace voltaic::actors::contactor
