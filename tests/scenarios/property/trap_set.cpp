#include "scenarios/property/trap_set.hpp"

#include <fmt/format.h>

#include <array>

#include "scenarios/property/site_plan.hpp"

namespace voltaic::tests::property {

std::shared_ptr<trap> trap_set::of(const std::string& actor) {
  auto& one = all_[actor];
  if (!one) {
    one = std::make_shared<trap>();
    one->on_spring = [this, actor](crash_place here) { spring(actor, here); };
  }
  return one;
}

void trap_set::spring(const std::string& actor, crash_place here) {
  static constexpr std::array names{"message", "after_message", "batch",
                                    "wake",    "stored",        "construction"};
  ++hits_[fmt::format("crash at {}", names.at(static_cast<std::size_t>(here)))];
  const auto slash = actor.find('/');
  ++hits_["crash of " + (slash == std::string::npos ? actor.substr(0, actor.find('_'))
                                                    : actor.substr(slash + 1))];
  if (actor == link_actor) tell_({now_us_, -1, link_ended{}});
  if (rack_of(actor) >= 0)
    tell_({now_us_, rack_of(actor), chain_ended{"the crash of " + actor, true}});
}

void trap_set::watch_permits(int racks, messages::instant start) {
  for (int rack = 0; rack < racks; ++rack) {
    of(fmt::format("rack_{}/contactor", rack))->on_message = [this, rack, start](
                                                                 const messages::message& said) {
      const auto* permit = std::get_if<messages::permit>(&said.payload);
      if (permit == nullptr) return;
      tell_({now_us_, rack,
             permit_heard{said.header.source, said.header.time.monotonic_us - start.monotonic_us,
                          permit->granted, permit->close_allowed,
                          permit->opening == messages::opening::immediate}});
    };
  }
}

void trap_set::arm(const deed& one) {
  auto& armed = of(one.text)->armed;
  armed.insert(static_cast<crash_place>(one.count));
  // An actor is constructed again only once it ended.
  if (armed.contains(crash_place::construction)) armed.insert(crash_place::wake);
}

void trap_set::hold_back(const deed& one, std::int64_t until_us) {
  ++hits_[one.text.ends_with("/evaluator") ? "second evaluator lags" : "protection lags"];
  of(one.text)->holds_back = true;
  held_back_[one.text] = until_us;
  tell_({now_us_, one.rack, chain_ended{"a lag of " + one.text, false}});
}

void trap_set::let_go() {
  std::erase_if(held_back_, [&](const auto& one) {
    if (now_us_ >= one.second) of(one.first)->holds_back = false;
    return now_us_ >= one.second;
  });
}

} // namespace voltaic::tests::property
