#include "actors/inverter_link/partner_model.hpp"

#include <fmt/format.h>

#include <utility>

namespace voltaic::actors::inverter_link {
namespace {

namespace wire = messages::inverter;

// "Voltaic SIM-100 1.0.0"
std::string words_of(const wire::told_identity& told) {
  std::string words;
  for (const auto* part : {&told.manufacturer, &told.model, &told.firmware}) {
    if (part->empty()) continue;
    if (!words.empty()) words += ' ';
    words += *part;
  }
  return words;
}

std::string words_of(const wire::product& of) {
  const auto kind = fmt::format("{} version {}", of.name, of.version);
  return of.told.is_known() ? fmt::format("{} ({})", words_of(of.told), kind) : kind;
}

} // namespace

std::string_view to_string(compatibility of) {
  switch (of) {
    case compatibility::unknown:
      return "unknown";
    case compatibility::awaited:
      return "awaited";
    case compatibility::compatible:
      return "compatible";
    case compatibility::incompatible:
      return "incompatible";
  }
  return "unknown";
}

partner_model::partner_model(const model_options& options)
    : table_(options.pairs), inverter_{options.profile->name, options.profile->version, {}} {
  for (const auto& each : options.racks) batteries_.push_back({each.name, each.kind});
}

void partner_model::tell_inverter(wire::told_identity told) {
  inverter_.told = std::move(told);
}

void partner_model::tell_battery(std::size_t rack, wire::told_identity told) {
  batteries_.at(rack).kind.told = std::move(told);
}

// One rack that does not fit is enough; then one that nobody knows.
compatibility partner_model::judge() {
  auto found = compatibility::compatible;
  reason_.clear();
  for (const auto& each : batteries_) {
    const auto known =
        table_ == nullptr ? wire::match::unknown : wire::find_match(*table_, each.kind, inverter_);
    const auto both = [&](std::string_view verb) {
      return fmt::format("{}: {} {} {}", each.rack, words_of(each.kind), verb, words_of(inverter_));
    };
    if (known == wire::match::incompatible) {
      reason_ = both("does not work with");
      return compatibility::incompatible;
    }
    if (found == compatibility::unknown) continue;
    if (known == wire::match::unknown) {
      found = compatibility::unknown;
      reason_ = both("is not known to work with");
    } else if (known == wire::match::awaited && found != compatibility::awaited) {
      found = compatibility::awaited;
      reason_ = both("may work with") + ": what one of them is, it has not said";
    }
  }
  return found;
}

bool partner_model::step(presence inverter, std::int64_t now_us) {
  const bool is_there = inverter == presence::there;
  if (!is_there) there_us_.reset();
  if (is_there && !there_us_) there_us_ = now_us;
  // Who comes back may be another one.
  if (inverter == presence::lost || inverter == presence::standby) inverter_.told = {};
  const auto before = reason_;
  auto fresh = judge();
  if (fresh == compatibility::awaited) {
    const bool says_nothing = there_us_ && now_us - *there_us_ >= identity_patience_us;
    if (says_nothing) {
      fresh = compatibility::unknown;
    } else if (judged_ == compatibility::incompatible) {
      // Until it is known who came in its place.
      fresh = judged_;
      reason_ = before;
    }
  }
  auto text = words_of(inverter_.told);
  const bool is_new =
      !std::exchange(is_judged_, true) || fresh != judged_ || text != inverter_text_;
  judged_ = fresh;
  inverter_text_ = std::move(text);
  return is_new;
}

} // namespace voltaic::actors::inverter_link
