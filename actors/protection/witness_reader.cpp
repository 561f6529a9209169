#include "actors/protection/witness_reader.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace voltaic::actors::protection {

using messages::current_agreement;

namespace {

std::optional<std::uint16_t> find(const messages::catalogue& described, const std::string& point) {
  const auto found = std::ranges::find(described.points, point, &messages::point_description::name);
  if (found == described.points.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - described.points.begin());
}

const messages::block* block_of(const messages::telemetry& said,
                                const std::optional<std::uint16_t>& point) {
  if (!point) return nullptr;
  const auto found = std::ranges::find(said.blocks, *point, &messages::block::point);
  if (found == said.blocks.end() || found->quality > messages::quality::uncertain) return nullptr;
  return &*found;
}

std::optional<current_agreement> agreement_in(const messages::block& from) {
  const auto* words = std::get_if<messages::block::words>(&from.values);
  if (words == nullptr || words->empty()) return std::nullopt;
  const auto most = static_cast<std::uint16_t>(current_agreement::contradicts);
  if (words->front() > most) return std::nullopt;
  return static_cast<current_agreement>(words->front());
}

} // namespace

witness_reader::witness_reader(std::string link, std::string rack)
    : link_(std::move(link)), rack_(std::move(rack)) {}

void witness_reader::learn(const messages::catalogue& described) {
  const auto inverter = link_.substr(0, link_.find('/')) + "/";
  fingerprint_ = described.fingerprint;
  word_at_ = find(described, inverter + messages::current_check_of(rack_));
  text_at_ = find(described, inverter + std::string(messages::current_check_point));
}

std::optional<current_agreement> witness_reader::read(const messages::telemetry& said) {
  if (said.fingerprint != fingerprint_) return std::nullopt;
  const auto* word = block_of(said, word_at_);
  const auto agreement = word == nullptr ? std::nullopt : agreement_in(*word);
  words_.clear();
  const auto* text = block_of(said, text_at_);
  if (agreement == current_agreement::contradicts && text != nullptr)
    if (const auto* told = std::get_if<std::string>(&text->values)) words_ = *told;
  return agreement;
}

} // namespace voltaic::actors::protection
