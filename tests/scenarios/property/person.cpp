#include "scenarios/property/person.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "nodes/site/plan.hpp"

namespace voltaic::tests::property {
namespace {

using messages::us_per_ms;

constexpr const char* name = "operator";
/// Between two repetitions of a command.
constexpr std::int64_t repeat_us = 130 * us_per_ms;

messages::command command_of(const deed& what, messages::instant now) {
  messages::command made;
  made.key = what.key;
  made.operation = what.text;
  made.role = what.role;
  made.user = "somebody";
  made.reply_to = name;
  made.deadline_utc_us = now.utc_us + what.deadline_ms * us_per_ms;
  const auto rack = fmt::format("rack_{}", what.rack);
  const char* limit = what.index == 0 ? "charge_current_limit" : "discharge_current_limit";
  made.point = what.text == "reset" ? rack
               : what.text == "set" ? rack + "/" + limit
                                    : rack + "/contactor";
  made.target = !what.direct           ? std::string(nodes::site::command_actor)
                : what.text == "reset" ? rack + "/protection"
                : what.text == "set"   ? fmt::format("bms_{}", what.rack)
                                       : rack + "/contactor";
  if (what.text == "set") made.value = what.value;
  if (what.kind == deed_kind::switch_on) {
    made.point = fmt::format("dio_{}/relay", what.rack);
    if (what.direct) made.target = fmt::format("dio_{}", what.rack);
    made.value = 1.0;
  }
  made.lease_ms = static_cast<std::uint64_t>(what.length_ms);
  return made;
}

} // namespace

person::person(bus::message::memory_hub& hub, hit_counters& hits)
    : hits_(hits),
      ear_(std::make_unique<watched_listener>(
          nullptr, [this](bus::message::plane, const messages::frame& frame) { count(frame); })),
      door_(hub.make_endpoint({name, {}, {bus::message::plane::events}}, *ear_)) {}

void person::ask(const deed& what, messages::instant now) {
  auto command = command_of(what, now);
  ++hits_[fmt::format("asked to {}", what.text)];
  ++hits_["asked as " + what.role];
  if (what.length_ms > 0) ++hits_["asked to set for a time"];
  if (what.delay_ms > 0) ++hits_["command sent late"];
  if (what.repeats > 1) ++hits_["command repeated"];
  for (std::uint32_t i = 0; i < what.repeats; ++i) {
    command.id = fmt::format("{}-{}", what.key, i);
    letters_.push_back({now.monotonic_us + what.delay_ms * us_per_ms + i * repeat_us, command});
  }
}

void person::send_due(messages::instant now) {
  std::erase_if(letters_, [&](const letter& one) {
    if (one.send_us > now.monotonic_us) return false;
    const messages::header header{
        .source = name, .time = now, .utc_quality = messages::utc_quality::simulated};
    door_->send(messages::encode(header, one.command));
    return true;
  });
}

void person::count(const messages::frame& heard) {
  const auto message = messages::decode(heard);
  if (!message) throw std::logic_error(message.error().text);
  if (const auto* result = std::get_if<messages::result>(&message->payload)) {
    static constexpr std::array names{"done", "rejected", "expired", "unknown", "accepted"};
    ++hits_[fmt::format("command {}", names.at(static_cast<std::size_t>(result->outcome)))];
    return;
  }
  auto& newest = newest_[message->header.source];
  const auto sequence = message->header.sequence;
  if (sequence == newest) ++hits_["message doubled by the hub"];
  if (sequence < newest) ++hits_["message reordered by the hub"];
  newest = std::max(newest, sequence);
}

} // namespace voltaic::tests::property
