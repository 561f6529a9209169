#include "scenarios/property/wire.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "messages/time.hpp"

namespace voltaic::tests::property {
namespace {

using actors::simulator::override_kind;
using messages::us_per_ms;
using messages::can::frame;

constexpr std::uint32_t order_id = first_rack_id;
constexpr std::uint32_t status_id = 0x084;
constexpr std::uint32_t charge_id = 0x082;
constexpr std::uint32_t discharge_id = 0x083;
constexpr std::uint32_t limits_id = 0x086;
constexpr std::uint32_t first_cells_id = 0x088;
constexpr std::uint32_t last_cells_id = 0x0FF;
constexpr std::uint32_t values_id = 0x085;
/// Orders that somebody may have recorded.
constexpr std::size_t recorded_max = 2'000;
constexpr std::int64_t replay_every_us = 50 * us_per_ms;
constexpr double amperes_per_bit = 0.1;
constexpr double volts_per_bit = 0.1;
constexpr int no_u16 = 0xFFFF;
constexpr int no_i16 = 0x8000;
constexpr double emptier_soc_percent = 30;
constexpr std::array<const char*, 3> feedbacks{"minus_closed", "plus_closed", "precharge_closed"};
/// Longer than any scenario.
constexpr std::int64_t closed_by_others_us = 3'600 * messages::us_per_s;

std::uint16_t u16(const frame& from, std::size_t at) {
  return static_cast<std::uint16_t>(from.data[at] | from.data[at + 1] << 8);
}

values_heard values_of(const frame& from, std::int64_t measured_us) {
  const auto number = [&](std::size_t at, int none, double per_bit) {
    const auto raw = u16(from, at);
    return raw == none ? std::nullopt : std::optional(raw * per_bit);
  };
  values_heard values{
      measured_us, number(0, no_u16, volts_per_bit), {}, number(6, no_u16, volts_per_bit)};
  const auto current = u16(from, 2);
  if (current != no_i16) values.current_a = static_cast<std::int16_t>(current) * amperes_per_bit;
  return values;
}

order_sent order_of(const frame& from) {
  return {u16(from, 0), u16(from, 2), from.data[4], from.data[5] != 0};
}

actors::simulator::rack_options options_of(int number, const wire_options& what) {
  actors::simulator::rack_options options;
  options.id_offset = static_cast<std::uint32_t>(number) * rack_ids;
  options.spread = false;
  if (what.nmc) options.pack.chemistry = actors::simulator::cell_chemistry::nmc;
  if (what.emptier) options.pack.soc_percent = emptier_soc_percent;
  if (what.watched) { // no lease of ours holds it
    options.controller.initially_closed = true;
    options.controller.lease_us = closed_by_others_us;
  }
  return options;
}

} // namespace

wire::wire(int number, wire_options options, std::function<void(const fact&)> tell,
           hit_counters& hits)
    : number_(number),
      watched_(options.watched),
      tell_(std::move(tell)),
      hits_(hits),
      rack_(options_of(number, options)) {}

void wire::begin(const deed& fault, std::int64_t now_us) {
  faults_.push_back({fault.kind, now_us + fault.duration_ms * us_per_ms, fault.count,
                     static_cast<std::int64_t>(fault.value) * us_per_ms});
}

void wire::set_harm(const deed& what, bool is_there) {
  using controller = actors::simulator::rack_controller_model;
  const auto contactor = static_cast<controller::contactor>(what.index);
  const auto damage = [&](controller::contactor which, controller::damage how) {
    rack_.harm(which, is_there ? how : controller::damage::none);
    if (how == controller::damage::welded && which != controller::contactor::precharge)
      welds_ += is_there ? 1 : -1;
  };
  const auto lay = [&](override_kind kind) {
    (void)rack_.set(feedbacks.at(what.index), {}, is_there ? kind : override_kind::release,
                    what.value);
  };
  if (what.text == "welded") return damage(contactor, controller::damage::welded);
  if (what.text == "stuck") return damage(contactor, controller::damage::stuck);
  if (what.text == "loaded bus") return rack_.load_bus(is_there);
  if (what.text == "feedback lies") return lay(override_kind::value);
  if (what.text == "feedback lost") return lay(override_kind::silent);
  damage(controller::contactor::minus, controller::damage::welded);
  damage(controller::contactor::plus, controller::damage::welded);
}

void wire::harm(const deed& what, std::int64_t now_us) {
  ++hits_["contactor: " + what.text];
  if (what.text == "stuck" || what.text == "loaded bus") ++hits_["closing disturbed"];
  if (what.text.starts_with("feedback")) ++hits_["feedback disturbed"];
  set_harm(what, true);
  harms_.push_back({now_us + what.duration_ms * us_per_ms, what});
}

void wire::lay(const deed& over) {
  const auto lay_one = [&](override_kind kind, const char* hit) {
    for (auto i = over.index; i < over.index + over.count; ++i) {
      if (rack_.set("cell_voltage", i, kind, over.value) && hit != nullptr) ++hits_[hit];
    }
  };
  const auto lay_point = [&](override_kind kind, const char* what) {
    for (auto i = over.index; i < over.index + over.count; ++i) {
      if (rack_.set(over.text, i, kind, over.value) && what != nullptr)
        ++hits_[over.text + " " + what];
    }
  };
  switch (over.kind) {
    case deed_kind::value:
      return lay_point(override_kind::value, "laid down");
    case deed_kind::invalid:
      return lay_point(override_kind::invalid, "lost");
    case deed_kind::freeze:
      return lay_point(override_kind::freeze, "lost");
    case deed_kind::silent:
      return lay_point(override_kind::silent, "lost");
    case deed_kind::release:
      return lay_point(override_kind::release, nullptr);
    case deed_kind::cell_value:
      return lay_one(override_kind::value, over.value > 3.3 ? "cell high" : "cell low");
    case deed_kind::cell_invalid:
      return lay_one(override_kind::invalid, "cell invalid");
    case deed_kind::cell_freeze:
      return lay_one(override_kind::freeze, "cell frozen");
    case deed_kind::cell_silent:
      return lay_one(override_kind::silent, "cell silent");
    case deed_kind::cell_release:
      return lay_one(override_kind::release, nullptr);
    case deed_kind::current:
      hits_["current"] += rack_.set("current", {}, override_kind::value, over.value) ? 1 : 0;
      return;
    case deed_kind::device_limit:
      for (const auto* point :
           {"reported_charge_current_limit", "reported_discharge_current_limit"}) {
        hits_["device limit"] += rack_.set(point, {}, override_kind::value, over.value) ? 1 : 0;
      }
      return;
    default:
      return;
  }
}

bool wire::strikes(deed_kind kind, std::int64_t now_us, std::uint32_t number) const {
  return std::ranges::any_of(faults_, [&](const window& one) {
    return one.kind == kind && now_us < one.end_us && number % one.every == 0;
  });
}

void wire::send(const frame& sent, std::int64_t now_us) {
  const auto id = sent.id - static_cast<std::uint32_t>(number_) * rack_ids;
  const bool is_order = id == order_id;
  if (is_order && watched_) throw std::logic_error("an order for a rack that takes none");
  if (is_order) {
    tell_({now_us, number_, order_sent(order_of(sent))});
  } else if (id == charge_id || id == discharge_id) {
    tell_({now_us, number_, value_sent{id == charge_id, u16(sent, 0) / 10.0}});
  }
  ++out_;
  if (strikes(deed_kind::lose_out, now_us, 0)) {
    ++hits_["frame to the rack lost"];
    return;
  }
  auto arriving = sent;
  arriving.time_us = clock_us_;
  if (is_order && strikes(deed_kind::corrupt_out, now_us, out_)) {
    ++hits_["order corrupted"];
    const auto bit = out_ % 64;
    arriving.data[bit / 8] = static_cast<std::uint8_t>(arriving.data[bit / 8] ^ (1u << bit % 8));
    arriving_.push_back(arriving);
    return;
  }
  if (is_order) {
    tell_({now_us, number_, order_arrived{order_of(sent), false}});
    if (arrived_.size() == recorded_max) arrived_.pop_front();
    arrived_.push_back({now_us, sent});
  }
  arriving_.push_back(arriving);
}

void wire::replay(std::int64_t now_us) {
  for (const auto& one : faults_) {
    if (one.kind != deed_kind::replay || now_us >= one.end_us || now_us % replay_every_us != 0) {
      continue;
    }
    const auto from_us = now_us - one.back_us - replay_every_us;
    for (const auto& old : arrived_) {
      if (old.time_us < from_us || old.time_us >= from_us + replay_every_us) continue;
      ++hits_["order replayed"];
      const auto said = order_of(old.frame);
      if (!arrived_.empty() && said.epoch < order_of(arrived_.back().frame).epoch) {
        ++hits_["order of an old epoch replayed"];
      }
      tell_({now_us, number_, order_arrived{said, true}});
      arriving_.push_back(old.frame);
      arriving_.back().time_us = clock_us_;
    }
  }
}

std::vector<frame> wire::step(std::int64_t now_us, std::int64_t clock_us) {
  clock_us_ = clock_us;
  std::erase_if(faults_, [&](const window& one) { return now_us >= one.end_us; });
  std::erase_if(harms_, [&](const auto& one) {
    if (now_us >= one.first) set_harm(one.second, false);
    return now_us >= one.first;
  });
  replay(now_us);
  std::vector<frame> through;
  for (auto& said : rack_.step(clock_us, std::exchange(arriving_, {}))) {
    said.time_us = clock_us;
    ++in_;
    if (strikes(deed_kind::lose_all_in, now_us, 0) || strikes(deed_kind::lose_in, now_us, in_)) {
      ++hits_["frame from the rack lost"];
      continue;
    }
    if (strikes(deed_kind::wrong_length, now_us, in_)) {
      ++hits_["frame with a wrong length"];
      said.length = static_cast<std::uint8_t>(in_ % 8);
    }
    through.push_back(said);
  }
  tell_contactors(now_us);
  return through;
}

void wire::tell_contactors(std::int64_t now_us) {
  if (watched_) return; // no rule asks who closed it
  using actors::simulator::contactor_state;
  const auto& controller = rack_.controller();
  const contactors is{controller.state() == contactor_state::precharge ||
                          controller.state() == contactor_state::closed,
                      controller.conducting(), welds_ > 0};
  if (is == shown_) return;
  if (is.conducting && !shown_.conducting) ++hits_["closed"];
  if (!is.conducting && shown_.conducting) {
    ++hits_[controller.opened_by_lease() ? "opened by the end of the lease" : "opened by order"];
  }
  shown_ = is;
  tell_({now_us, number_, is});
}

void wire::heard(const frame& from, std::int64_t now_us) const {
  const auto offset = static_cast<std::uint32_t>(number_) * rack_ids;
  if (from.id < offset || from.length != 8) return;
  const auto id = from.id - offset;
  if (id >= first_cells_id && id <= last_cells_id) {
    tell_({now_us, number_,
           cells_heard{(id - first_cells_id) * 4,
                       {u16(from, 0), u16(from, 2), u16(from, 4), u16(from, 6)},
                       now_us - (clock_us_ - from.time_us)}});
  } else if (id == values_id) {
    tell_({now_us, number_, values_of(from, now_us - (clock_us_ - from.time_us))});
  } else if (id == status_id) {
    tell_({now_us, number_, status_heard{now_us - (clock_us_ - from.time_us)}});
  } else if (id == limits_id) {
    tell_({now_us, number_,
           limits_heard{u16(from, 0) * amperes_per_bit, u16(from, 2) * amperes_per_bit}});
  }
}

} // namespace voltaic::tests::property
