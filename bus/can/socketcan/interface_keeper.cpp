#include "bus/can/socketcan/interface_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace voltaic::bus::can {
interface_keeper::interface_keeper(std::vector<interface_settings> wanted, teller tell)
    : tell_(std::move(tell)) {
  for (auto& each : wanted) kept_.push_back({std::move(each), {}});
}

bool interface_keeper::set_up_all() {
  bool all = true;
  for (kept& each : kept_) all = set_up_one(each) && all;
  return all;
}

bool interface_keeper::set_up_one(kept& one) {
  const auto& name = one.wanted.name;
  const auto there = read_interface(name);
  if (there && !*there) {
    if (!std::exchange(one.told, true))
      tell_(false, fmt::format("{}: there is no such interface; it is set up when it comes", name));
    return false;
  }
  const auto done = set_up(one.wanted);
  if (there && *there) one.index = (*there)->index;
  one.told = false;
  if (!done) {
    one.index = 0;
    if (std::exchange(one.told_failure, done.error().text) != done.error().text)
      tell_(true, fmt::format("{}; tried again", done.error().text));
    return false;
  }
  one.told_failure.clear();
  tell_set_up(one.wanted, *done);
  return true;
}

/// What it runs by is what the kernel made of the request.
void interface_keeper::tell_set_up(const interface_settings& wanted, bool was_changed) {
  const auto got = read_interface(wanted.name);
  const auto there = got && *got ? **got : interface_state{};
  tell_(false, fmt::format("{} is up: {}{}", wanted.name, setting_words(there, wanted),
                           was_changed ? "" : ", as it was already"));
  if (there.kind == "can" && has_other_sample_point(there, wanted))
    tell_(true, fmt::format("{}: the sample point is {:.1f} %, and {:.1f} % was wanted: its driver "
                            "makes no nearer one of {} bit/s",
                            wanted.name, there.sample_point_percent, *wanted.sample_point_percent,
                            wanted.bitrate));
}

void interface_keeper::asked(const setup_request& request, std::int64_t now_us) {
  const auto found = std::ranges::find(kept_, request.interface_name,
                                       [](const kept& each) { return each.wanted.name; });
  if (found == kept_.end()) {
    tell_(false, fmt::format("{}: no interface of this site, nothing is done to it",
                             request.interface_name));
    return;
  }
  if (request.what == setup_request::verb::reset) {
    found->policy.reset();
    found->told = false;
    tell_(false, fmt::format("{}: restarts are allowed again", request.interface_name));
  }
  found->is_asked = true;
  found->asked_us = now_us;
}

void interface_keeper::step(std::int64_t now_us) {
  for (kept& each : kept_) {
    look_for(each, now_us);
    if (each.is_asked) restart_if_off(each, now_us);
  }
}

void interface_keeper::look_for(kept& one, std::int64_t now_us) {
  const auto there = read_interface(one.wanted.name);
  if (!there) return;
  if (!*there)
    one.index = 0;
  else if (((*there)->index != one.index || !(*there)->up) && one.backoff.due(now_us)) {
    if (set_up_one(one))
      one.backoff.succeeded();
    else
      one.backoff.failed(now_us);
  }
}

void interface_keeper::restart_if_off(kept& one, std::int64_t now_us) {
  const auto there = read_interface(one.wanted.name);
  const bool is_off = there && *there && (*there)->state == controller_state::bus_off;
  if (!is_off || now_us - one.asked_us > request_us_max) {
    one.is_asked = false;
    one.policy.bus_is_on();
    return;
  }
  const auto& name = one.wanted.name;
  switch (one.policy.bus_is_off(now_us)) {
    case restart_policy::answer::wait:
      return;
    case restart_policy::answer::given_up:
      if (!std::exchange(one.told, true))
        tell_(true,
              fmt::format("{} bus-off: restarted {} times within a minute and off again: given "
                          "up until `voltaic canctl SITE --reset {}`",
                          name, restart_policy::restarts_max, name));
      return;
    case restart_policy::answer::restart: {
      const auto done = restart_interface(one.wanted);
      tell_(!done, done ? fmt::format("{} bus-off: restarted, {} of {} times within a minute", name,
                                      one.policy.restarts(), restart_policy::restarts_max)
                        : done.error().text);
    }
  }
}

std::int64_t interface_keeper::idle_us(std::int64_t now_us) const {
  std::int64_t result = idle_us_max;
  for (const kept& each : kept_) {
    if (const auto due_us = each.policy.due_us())
      result = std::min(result, std::max<std::int64_t>(0, *due_us - now_us));
  }
  return result;
}

} // namespace voltaic::bus::can
