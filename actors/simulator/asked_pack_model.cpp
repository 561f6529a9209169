#include "actors/simulator/asked_pack_model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "messages/profiles/bits.hpp"
#include "messages/uds/read.hpp"

namespace voltaic::actors::simulator {
namespace {

namespace profiles = messages::profiles;
namespace uds = messages::uds;

constexpr std::uint8_t out_of_range = 0x31;
constexpr std::uint8_t service_unknown = 0x11;

double first_value_of(const profiles::point& of) {
  return of.valid ? (of.valid->minimum + of.valid->maximum) / 2 : 0;
}

std::uint64_t bits_of(const profiles::signal& signal, double value) {
  const double wire = (value - signal.offset) / signal.scale;
  if (signal.bits.type != profiles::signal_type::ieee_float)
    return static_cast<std::uint64_t>(std::llround(wire)) & profiles::low_mask(signal.bits.length);
  return signal.bits.length == profiles::word_bits
             ? std::bit_cast<std::uint64_t>(wire)
             : std::bit_cast<std::uint32_t>(static_cast<float>(wire));
}

// Into the eight bytes that hold it, which may reach beyond the end of the data.
void put(std::vector<std::uint8_t>& data, const profiles::signal& signal, double value) {
  const auto [window, bits] = profiles::place(signal.bits, static_cast<unsigned>(data.size()));
  const std::uint64_t placed = bits_of(signal, value) << profiles::word_shift(bits);
  const std::uint64_t word =
      bits.order == profiles::bit_order::intel ? placed : profiles::swap_bytes(placed);
  std::array<std::uint8_t, sizeof(word)> bytes{};
  std::memcpy(bytes.data(), &word, sizeof(word));
  for (std::size_t i = 0; i < bytes.size() && window + i < data.size(); ++i)
    data[window + i] |= bytes[i];
}

} // namespace

asked_pack_model::asked_pack_model(std::shared_ptr<const profiles::device_profile> profile,
                                   std::uint32_t id_offset)
    : profile_(std::move(profile)), id_offset_(id_offset) {
  for (const auto& point : profile_->points)
    values_.emplace_back(point.count, first_value_of(point));
  for (const auto& message : profile_->messages) {
    if (!message.read) continue;
    const bool is_known = std::ranges::any_of(units_, [&](const unit& one) {
      return one.request_id == message.read->request_id + id_offset &&
             one.request_extended == message.read->request_extended;
    });
    if (is_known) continue;
    unit made;
    made.request_id = message.read->request_id + id_offset;
    made.request_extended = message.read->request_extended;
    made.response_id = message.id + id_offset;
    made.response_extended = message.extended;
    units_.push_back(std::move(made));
  }
}

std::vector<messages::can::frame> asked_pack_model::step(
    std::int64_t now_us, std::span<const messages::can::frame> received) {
  std::vector<messages::can::frame> out;
  for (auto& one : units_) {
    for (const auto& frame : received)
      if (frame.id == one.request_id && frame.extended == one.request_extended && !frame.remote)
        one.link.take(std::span(frame.data.data(), frame.length), now_us);
    for (const auto& request : one.link.take_messages()) hear(one, request, now_us);
    if (one.due && now_us >= one.due->due_us)
      answer(one, std::exchange(one.due, std::nullopt)->data_identifier, now_us);
    one.link.step(now_us);
    static_cast<void>(one.link.take_failures()); // whoever asked will ask again
    for (const auto& field : one.link.take_frames()) {
      messages::can::frame frame;
      frame.id = one.response_id;
      frame.extended = one.response_extended;
      frame.length = static_cast<std::uint8_t>(field.size());
      std::ranges::copy(field, frame.data.begin());
      out.push_back(frame);
    }
  }
  return out;
}

void asked_pack_model::hear(unit& one, const std::vector<std::uint8_t>& request,
                            std::int64_t now_us) {
  const auto asked = uds::decode_read(request);
  if (!asked) {
    static_cast<void>(
        one.link.send(uds::encode_refusal({request.front(), service_unknown}), now_us));
    return;
  }
  if (find(one, *asked) == nullptr) {
    static_cast<void>(
        one.link.send(uds::encode_refusal({uds::read_service, out_of_range}), now_us));
    return;
  }
  if (std::ranges::find(one.fetched, *asked) != one.fetched.end())
    return answer(one, *asked, now_us);
  one.fetched.push_back(*asked);
  one.due = answer_due{*asked, now_us + pending_us};
  static_cast<void>(
      one.link.send(uds::encode_refusal({uds::read_service, uds::response_pending}), now_us));
}

void asked_pack_model::answer(unit& one, std::uint16_t data_identifier, std::int64_t now_us) {
  const auto* of = find(one, data_identifier);
  static_cast<void>(one.link.send(uds::encode_answer({data_identifier, data_of(*of)}), now_us));
}

const profiles::message* asked_pack_model::find(const unit& one,
                                                std::uint16_t data_identifier) const {
  const auto found = std::ranges::find_if(profile_->messages, [&](const profiles::message& each) {
    return each.read && each.read->data_identifier == data_identifier &&
           each.read->request_id + id_offset_ == one.request_id;
  });
  return found == profile_->messages.end() ? nullptr : &*found;
}

std::vector<std::uint8_t> asked_pack_model::data_of(const profiles::message& of) const {
  std::vector<std::uint8_t> data(of.length);
  for (const auto& signal : of.signals) put(data, signal, values_[signal.point][signal.index]);
  return data;
}

bool asked_pack_model::set(std::string_view point, std::optional<std::uint32_t> index,
                           equipment_effect effect, double value) {
  const bool released = effect == equipment_effect::release;
  const auto at = profile_->find_point(point);
  if (!at || (effect != equipment_effect::value && !released)) return false;
  auto& values = values_[*at];
  if (index && *index >= values.size()) return false;
  const double wanted = released ? first_value_of(profile_->points[*at]) : value;
  if (index)
    values[*index] = wanted;
  else
    std::ranges::fill(values, wanted);
  return true;
}

} // namespace voltaic::actors::simulator
