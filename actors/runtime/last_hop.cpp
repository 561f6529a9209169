#include "actors/runtime/last_hop.hpp"

#include <algorithm>
#include <utility>

#include "actors/runtime/command_record.hpp"
#include "actors/runtime/present.hpp"

namespace voltaic::actors::runtime {

last_hop::last_hop(context& owner, unfinished policy, lane_function lane_of)
    : owner_(owner), lane_of_(std::move(lane_of)) {
  for (const auto& record : owner_.journal().newest(command_stream(owner_.name()))) {
    const auto kept = decode_command_record(record.body);
    if (!kept) continue;
    auto done = kept->done;
    if (!done) begun_.emplace(kept->command.key, kept->command.generation);
    newest_generation_ = std::max(newest_generation_, kept->command.generation);
    if (done && policy == unfinished::again && kept->command.lease_ms > 0) {
      former_.push_back({kept->command, *done, record.utc_us});
    }
    if (!done && policy == unfinished::unknown) {
      done = make_result(kept->command, messages::outcome::unknown,
                         "it was restarted before the outcome was known");
    }
    gate_.restore(kept->command, done, lane_of_(kept->command));
  }
}

std::optional<std::uint64_t> last_hop::begun_generation(const std::string& key) const {
  const auto found = begun_.find(key);
  if (found == begun_.end() || found->second == 0) return std::nullopt;
  return found->second;
}

std::vector<last_hop::concluded> last_hop::take_former() {
  std::ranges::sort(former_, {}, &concluded::utc_us);
  return std::exchange(former_, {});
}

bool last_hop::take(const messages::command& asked, instant now) {
  auto judged = gate_.judge(asked, present(owner_, now).utc_us, lane_of_(asked));
  if (judged.verdict == gate_verdict::answer) owner_.send(std::move(judged.answer), now);
  if (judged.verdict != gate_verdict::act) return false;
  const auto token = next_token_++;
  waiting_.emplace(token, asked);
  began_us_[asked.key] = now.monotonic_us;
  remember(asked, std::nullopt, token, now);
  return true;
}

std::optional<messages::command> last_hop::stored(std::uint64_t token,
                                                  const bus::storage::append_result& result,
                                                  instant now) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return std::nullopt;
  auto command = std::move(found->second);
  waiting_.erase(found);
  if (result.status != bus::storage::append_status::durable) {
    finish(command, messages::outcome::rejected, {"the journal did not take it: " + result.reason},
           {}, now);
    return std::nullopt;
  }
  if (has_expired(command, now)) return std::nullopt;
  return command;
}

bool last_hop::is_in_time(const messages::command& command, instant now) const {
  return command.deadline_utc_us > present(owner_, now).utc_us;
}

bool last_hop::has_expired(const messages::command& command, instant now) {
  if (is_in_time(command, now)) return false;
  finish(command, messages::outcome::expired, {"the deadline has passed"}, {}, now);
  return true;
}

void last_hop::keep(std::uint64_t token, const bus::storage::append_result& result, instant now) {
  if (auto command = stored(token, result, now)) kept_.push_back(*std::move(command));
}

std::vector<messages::command> last_hop::due(instant now) {
  std::erase_if(kept_, [&](const auto& command) { return has_expired(command, now); });
  if (lags(owner_, now)) return {};
  return std::exchange(kept_, {});
}

void last_hop::drop(const std::function<bool(const messages::command&)>& is_kind,
                    const std::string& why, instant now) {
  std::vector<messages::command> dropped;
  for (auto one = waiting_.begin(); one != waiting_.end();) {
    if (!is_kind(one->second)) {
      ++one;
      continue;
    }
    dropped.push_back(std::move(one->second));
    one = waiting_.erase(one);
  }
  std::erase_if(kept_, [&](const auto& command) {
    if (!is_kind(command)) return false;
    dropped.push_back(command);
    return true;
  });
  for (const auto& command : dropped) {
    finish(command, messages::outcome::rejected, {why}, {}, now);
  }
}

void last_hop::finish(const messages::command& acted, messages::outcome outcome,
                      std::vector<std::string> reasons, std::string read_back, instant now) {
  auto done = make_result(acted, outcome, {});
  done.reasons = std::move(reasons);
  if (const auto* text = std::get_if<std::string>(&acted.value)) done.requested = *text;
  done.read_back = std::move(read_back);
  finish(acted, std::move(done), now);
}

void last_hop::finish(const messages::command& acted, messages::result done, instant now) {
  done.id = acted.id;
  done.key = acted.key;
  done.reply_to = acted.reply_to;
  done.point = acted.point;
  if (const auto began = began_us_.extract(acted.key)) {
    done.duration_ms =
        static_cast<std::uint64_t>((now.monotonic_us - began.mapped()) / messages::us_per_ms);
  }
  remember(acted, done, 0, now);
  for (auto& answer : gate_.conclude(done)) owner_.send(std::move(answer), now);
}

void last_hop::remember(const messages::command& command,
                        const std::optional<messages::result>& done, std::uint64_t token,
                        instant now) {
  owner_.store({0, command_stream(owner_.name()), command.key, now.utc_us,
                encode_command_record({command, done})},
               token);
}

} // namespace voltaic::actors::runtime
