#include "messages/canopen/node_census.hpp"

#include <algorithm>
#include <utility>

#include "messages/canopen/identifiers.hpp"
#include "messages/canopen/sdo_frame.hpp"

namespace voltaic::messages::canopen {
namespace {

constexpr std::array<object_address, 5> objects = {
    {{0x1000, 0}, {0x1018, 1}, {0x1018, 2}, {0x1018, 3}, {0x1018, 4}}};

} // namespace

node_census::node_census(options how, std::int64_t now_us)
    : options_(std::move(how)), last_us_(now_us) {
  if (!options_.asks) {
    round_ = objects.size();
    return;
  }
  for (std::uint8_t node = 1; node <= node_max; ++node)
    if (!options_.others.contains(node)) tallies_[node];
  queue_silent();
}

void node_census::queue_silent() {
  for (const auto& [node, tally] : tallies_)
    if (tally.answered == 0) queue_.push_back(node);
}

std::optional<can::frame> node_census::next_frame(std::int64_t now_us) {
  if (queue_.empty() && round_ < objects.size() && now_us - last_us_ >= options_.answer_us)
    advance();
  if (queue_.empty()) return std::nullopt;
  const auto node = queue_.front();
  queue_.pop_front();
  ++tallies_[node].asked;
  last_us_ = now_us;
  can::frame asked;
  asked.id = cob_id({service::sdo_request, node});
  asked.length = sdo_bytes;
  std::ranges::copy(make_sdo(command_byte(from_client::upload), objects[round_], 0),
                    asked.data.begin());
  return asked;
}

void node_census::advance() {
  while (queue_.empty() && round_ < objects.size()) {
    if (++attempt_ < options_.attempts) {
      queue_silent();
      continue;
    }
    attempt_ = 0;
    ++round_;
    tallies_.clear();
    for (const auto& [node, found] : nodes_)
      if (found.answers) tallies_[node];
    if (round_ < objects.size()) queue_silent();
    if (queue_.empty()) round_ = objects.size();
  }
}

bool node_census::is_over(std::int64_t now_us) const {
  if (!options_.asks) return now_us - last_us_ >= options_.listen_us;
  return round_ >= objects.size() && queue_.empty();
}

void node_census::receive(const can::frame& said) {
  if (said.extended || said.remote || said.error) return;
  const auto what = classify(said.id);
  if (!what) return;
  if (what->what == service::error_control) {
    const auto control = read_error_control({said.data.data(), said.length});
    if (control) nodes_[what->node].state = control->state;
  } else if (what->what == service::sdo_response) {
    take_answer(what->node, said);
  }
}

void node_census::take_answer(std::uint8_t node, const can::frame& said) {
  if (said.length != sdo_bytes || round_ >= objects.size()) return;
  sdo_frame answer{};
  std::copy_n(said.data.begin(), sdo_bytes, answer.begin());
  const bool is_abort = answer[0] == abort_specifier;
  const bool is_value = specifier_of(answer) == from_server::upload;
  if ((!is_abort && !is_value) || address_of(answer) != objects[round_]) return;
  auto& tally = tallies_[node];
  // What somebody else asked for says that the node is there, and no more.
  if (tally.asked == 0) return;
  auto& found = nodes_[node];
  found.answers = true;
  if (++tally.answered > tally.asked) found.is_double = true;
  if (!is_value || !initiate::read(answer).is_expedited) return;
  const auto [known, is_new] = found.numbers.emplace(objects[round_], number_of(answer));
  if (!is_new && known->second != number_of(answer)) found.is_double = true;
}

} // namespace voltaic::messages::canopen
