#include "actors/protection/evaluator.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "actors/protection/heirloom.hpp"
#include "actors/protection/latch_record.hpp"
#include "messages/contactor_words.hpp"

namespace voltaic::actors::protection {

namespace {

protection_options checked(protection_options options, const runtime::context& context) {
  const auto findings = options.validate();
  if (!findings.empty()) {
    throw std::invalid_argument(fmt::format("protection: {}", fmt::join(findings, "; ")));
  }
  options.former = held_shares_of(context.handed_on());
  return options;
}

} // namespace

evaluator::evaluator(runtime::context& context, evaluator_options options)
    : context_(context),
      device_(std::move(options.device)),
      contactor_(options.rules.rack + "/contactor"),
      model_(checked(std::move(options.rules), context)),
      reader_(model_.options().rack),
      witness_(std::move(options.witness), model_.options().rack),
      memory_(context) {
  context.listen(device_, runtime::kind::catalogue);
  context.listen(device_, runtime::kind::telemetry);
  context.listen(device_, runtime::kind::tick);
  context.listen(contactor_, runtime::kind::telemetry);
  for (auto& each : options.equipment) {
    context.listen(each, runtime::kind::catalogue);
    context.listen(each, runtime::kind::telemetry);
    equipment_.emplace_back(std::move(each), speaker::equipment);
  }
  if (!witness_.link().empty()) {
    context.listen(witness_.link(), runtime::kind::catalogue);
    context.listen(witness_.link(), runtime::kind::telemetry);
  }
  if (!model_.options().bus.empty())
    context.listen(context.node() + "/health", runtime::kind::health);
}

std::optional<evaluator::news> evaluator::hear(const messages::message& message,
                                               const std::optional<runtime::instant>& chain) {
  const auto& from = message.header.source;
  if (const auto* told = std::get_if<messages::catalogue>(&message.payload)) learn(message, *told);
  if (const auto* health = std::get_if<messages::health>(&message.payload)) {
    inputs told;
    told.link = link_word_in(*health, model_.options().bus);
    if (!told.link || !chain) return std::nullopt;
    return news{told, *chain};
  }
  const auto* said = std::get_if<messages::telemetry>(&message.payload);
  if (said == nullptr) return std::nullopt;
  if (from == contactor_) hear_contactor(*said);
  if (from == device_ && reader_.read(*said)) return news{reader_.news(), message.header.time};
  if (!witness_.link().empty() && from == witness_.link()) {
    const auto word = witness_.read(*said);
    if (!word || !chain) return std::nullopt;
    inputs told;
    told.witness = word;
    return news{told, *chain};
  }
  const auto found = std::ranges::find(equipment_, from, &telemetry_reader::owner);
  if (found == equipment_.end() || !chain || !found->read(*said)) return std::nullopt;
  return news{found->news(), *chain};
}

void evaluator::learn(const messages::message& message, const messages::catalogue& told) {
  const auto& points = model_.options().points;
  if (message.header.source == device_) reader_.learn(told, points);
  if (message.header.source == witness_.link()) witness_.learn(told);
  const auto found = std::ranges::find(equipment_, message.header.source, &telemetry_reader::owner);
  if (found != equipment_.end()) found->learn(told, points);
}

// What a contactor says of itself has its state first, its locks, then this.
std::optional<bool> evaluator::joined_of(const messages::telemetry& contactor) {
  constexpr std::size_t joined_at = 2;
  if (contactor.blocks.size() <= joined_at) return std::nullopt;
  const auto& block = contactor.blocks[joined_at];
  const auto* numbers = std::get_if<messages::block::integers>(&block.values);
  if (block.quality > messages::quality::uncertain || numbers == nullptr || numbers->empty())
    return std::nullopt;
  return numbers->front() != 0;
}

void evaluator::hear_contactor(const messages::telemetry& said) {
  if (said.blocks.empty()) return;
  const auto* text = std::get_if<std::string>(&said.blocks.front().values);
  const auto stands = text != nullptr ? messages::joining_of(*text, joined_of(said)) : std::nullopt;
  open_ = stands == messages::joining::apart;
  opening_ = text && *text == "opening";
}

void evaluator::load_latches(bool store_lost, const std::vector<runtime::kept_latch>& former) {
  std::vector<stored_latch> known;
  for (const auto& each : former) known.push_back(stored_as(each));
  for (const auto& each : memory_.latched()) known.push_back(stored_as(each));
  for (const auto& each : memory_.released()) known.push_back(stored_as(each));
  model_.load_latches(known, store_lost);
}

void evaluator::keep_lost_store(runtime::instant now) {
  for (const auto& each : model_.rows()) {
    if (is_lost_store(each)) memory_.keep(latch_of(each), now);
  }
}

void evaluator::keep_latches(const outputs& said, runtime::instant now) {
  for (const auto& change : said.latches) memory_.keep(latch_of(model_.rows()[change.row]), now);
}

// As long as this life does not know everything, what the one before held stays.
void evaluator::hand_on_limits() {
  const auto held = model_.held();
  if (!held || held == handed_on_) return;
  handed_on_ = held;
  context_.hand_on(heirloom_of(*held));
}

messages::permit evaluator::next_permit(const verdict& word) {
  const bool is_epoch_stored = memory_.is_epoch_stored();
  messages::permit next;
  next.rack = model_.options().rack;
  next.epoch = memory_.epoch();
  next.counter = ++permits_said_;
  next.granted = word.granted;
  next.close_allowed = word.close_allowed && is_epoch_stored;
  next.opening = word.opening;
  next.locked = word.locked;
  next.reasons = word.reasons;
  if (!is_epoch_stored) next.reasons.emplace_back("epoch_not_stored");
  return next;
}

void evaluator::stored(std::uint64_t token, const bus::storage::append_result& result,
                       runtime::instant now) {
  if (memory_.stored(token, result, now)) return;
  if (std::ranges::any_of(model_.rows(), is_lost_store)) return;
  model_.lose_latch_store();
  // Given to a journal that refuses: the next life in this node has to know of it all the same.
  keep_lost_store(now);
}

} // namespace voltaic::actors::protection
