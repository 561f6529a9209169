#include "actors/can_device/j1939_asking_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "messages/event_codes.hpp"
#include "messages/j1939/group_field.hpp"
#include "messages/time.hpp"

namespace voltaic::actors::can_device {
namespace {

namespace codes = messages::event_codes;
using messages::us_per_ms;

constexpr std::size_t acknowledged_group_at = 5;

// Control byte of an acknowledgement.
enum class answer_kind : std::uint8_t { acknowledged = 0, refused = 1, denied = 2, busy = 3 };

} // namespace

group_asking::group_asking(const messages::profiles::device_profile& profile)
    : timeout_us_(profile.j1939->request_timeout_ms * us_per_ms) {
  for (const auto& each : profile.requests)
    if (each.group)
      all_.push_back({*each.group,
                      each.name,
                      each.period_ms * us_per_ms,
                      each.phase_ms * us_per_ms,
                      {},
                      {},
                      0,
                      false});
}

group_asking::cyclic* group_asking::find(std::uint32_t pgn) {
  const auto found = std::ranges::find(all_, pgn, &cyclic::pgn);
  return found == all_.end() ? nullptr : &*found;
}

void group_asking::answered(std::uint32_t pgn) {
  auto* of = find(pgn);
  if (of == nullptr) return;
  of->until_us.reset();
  of->failures = 0;
  if (std::exchange(of->told, false))
    notices_.push_back({codes::no_answer, "answers", "", fmt::format("{} {:04X}", of->name, pgn)});
}

void group_asking::answer_begins(std::uint32_t pgn, std::int64_t now_us) {
  if (auto* of = find(pgn); of != nullptr && of->until_us) of->until_us = now_us + answer_us_max;
}

void group_asking::take_acknowledgement(const messages::j1939::packet& heard) {
  auto* of = find(messages::j1939::take_group(heard.payload(), acknowledged_group_at));
  if (of == nullptr || !of->until_us) return;
  switch (static_cast<answer_kind>(heard.bytes[0])) {
    case answer_kind::acknowledged:
      return;
    case answer_kind::refused:
      ++refused_;
      return fail(*of, "refused", "the device does not have it (nack)");
    case answer_kind::denied:
      ++refused_;
      return fail(*of, "refused", "the device denies access to it");
    case answer_kind::busy:
      ++refused_;
      return fail(*of, "refused", "the device is busy");
  }
}

std::vector<std::uint32_t> group_asking::step(std::int64_t now_us) {
  std::vector<std::uint32_t> asked;
  for (auto& each : all_) {
    if (each.until_us && now_us > *each.until_us) {
      ++unanswered_;
      fail(each, "silent", "nothing came");
    }
    if (!each.due_us) each.due_us = now_us + each.phase_us;
    if (each.until_us || now_us < *each.due_us) continue;
    const auto next_us = *each.due_us + each.period_us;
    each.due_us = next_us > now_us ? next_us : now_us + each.period_us;
    each.until_us = now_us + timeout_us_;
    asked.push_back(each.pgn);
  }
  return asked;
}

void group_asking::pause() {
  for (auto& each : all_) {
    each.until_us.reset();
    each.due_us.reset();
  }
}

void group_asking::fail(cyclic& of, const char* state, const std::string& why) {
  of.until_us.reset();
  if (++of.failures < failed_groups_told || std::exchange(of.told, true)) return;
  notices_.push_back(
      {codes::no_answer, state, "warning", fmt::format("{} {:04X}: {}", of.name, of.pgn, why)});
}

std::vector<notice> group_asking::take_notices() {
  return std::exchange(notices_, {});
}

} // namespace voltaic::actors::can_device
