// Partners that say anything at any time. An input is a row of steps: a byte that says which, and
// what it takes.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <variant>
#include <vector>

#include "fuzz/target.hpp"
#include "messages/canopen/emergency.hpp"
#include "messages/canopen/lss.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/sdo_client.hpp"
#include "messages/canopen/sdo_server.hpp"
#include "messages/canopen/sdo_trace.hpp"
#include "messages/canopen/service_report.hpp"
#include "messages/canopen/synchronisation.hpp"
#include "messages/iso_tp/frame.hpp"
#include "messages/iso_tp/link.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/diagnostics.hpp"
#include "messages/j1939/groups.hpp"
#include "messages/j1939/log_traffic.hpp"
#include "messages/j1939/memory_access.hpp"
#include "messages/j1939/transport.hpp"
#include "messages/uds/read.hpp"

namespace voltaic::fuzz {
namespace {

namespace iso_tp = messages::iso_tp;
namespace uds = messages::uds;
namespace canopen = messages::canopen;
namespace j1939 = messages::j1939;

/// Frames that one step may bring: no more than a block or a turn, and their ends.
constexpr std::size_t frames_a_step_max = 1'000;

void check_data_field(bytes field, bool has_address) {
  const auto frame = iso_tp::decode(field, has_address);
  if (!frame) return;
  // Longer ones are told by a form that we only read.
  const auto* first = std::get_if<iso_tp::first_frame>(&*frame);
  if (first != nullptr && first->length > iso_tp::message_bytes_max) return;
  const auto address = has_address ? std::optional(field[0]) : std::nullopt;
  const auto again = iso_tp::encode(*frame, address, std::nullopt);
  require(iso_tp::decode(again, has_address) == frame, "a data field is read as it was");
}

void step_link(iso_tp::tp_link& link, const iso_tp::link_options& options, byte_source& from,
               std::int64_t& now_us) {
  const auto what = from.byte();
  switch (what % 4) {
    case 0:
      now_us += from.number(3);
      link.step(now_us);
      break;
    case 1:
      (void)link.send(std::vector<std::uint8_t>(from.number(2) % 5'000, 0x55), now_us);
      break;
    default: {
      const auto field = from.take(what % 16 < 14 ? 8 : what % 9);
      check_data_field(field, options.receive_address.has_value());
      link.take(field, now_us);
    }
  }
  const auto frames = link.take_frames();
  require(frames.size() <= iso_tp::message_bytes_max,
          "a message goes in frames of a byte at least");
  for (const auto& each : frames) {
    require(each.size() <= iso_tp::frame_bytes_max, "a data field is one of classic CAN");
    require(iso_tp::decode(each, options.send_address.has_value()).has_value(),
            "what we send is a frame of the protocol");
  }
  if (what % 32 == 31) link.put_back(frames, now_us);
  for (const auto& each : link.take_messages())
    require(!each.empty() && each.size() <= options.receive_bytes_max, "a message has its bound");
  for (const auto each : link.take_failures())
    require(!iso_tp::to_words(each).empty(), "a failure has words");
}

void run_iso_tp(bytes input) {
  byte_source from(input);
  iso_tp::link_options options;
  const auto how = from.byte();
  if ((how & 1) != 0) options.send_address = options.receive_address = from.byte();
  if ((how & 2) != 0) options.padding = 0xCC;
  if ((how & 4) != 0) options.receive_bytes_max = 1 + from.byte();
  options.block_size = how >> 4;
  iso_tp::tp_link link(options);
  std::int64_t now_us = 0;
  while (!from.empty()) step_link(link, options, from, now_us);
}

void run_uds(bytes input) {
  byte_source from(input);
  uds::read_exchange exchange(0x0101, {});
  std::int64_t now_us = 0;
  exchange.asked(now_us);
  while (!from.empty()) {
    now_us += from.byte() * 1'000;
    (void)exchange.step(now_us);
    const auto said = from.take(from.byte());
    if (exchange.take(said, now_us) == uds::read_exchange::state::refused)
      require(!uds::to_words(exchange.why()).empty(), "a refusal has words");
    if (const auto asked = uds::decode_read(said))
      require(std::ranges::equal(uds::encode_read(*asked), said), "a request is as it came");
    const auto answer = uds::decode_answer(said);
    if (!answer) continue;
    if (const auto* record = std::get_if<uds::data_record>(&*answer))
      require(std::ranges::equal(uds::encode_answer(*record), said), "an answer is as it came");
    else
      require(uds::decode_answer(uds::encode_refusal(std::get<uds::refusal>(*answer))) == answer,
              "a refusal that is written is read as it was");
  }
}

/// Three objects: one that grows, one that cannot be written, one of fixed size.
class some_objects final : public canopen::object_dictionary {
 public:
  [[nodiscard]] std::variant<canopen::object_bytes, canopen::abort_code> read(
      const canopen::object_address& of) const override {
    if (of.index == 0x1018) return canopen::object_bytes{1, 2, 3, 4};
    if (of.index == 0x1F50) return program_;
    return canopen::abort_code::no_object;
  }
  [[nodiscard]] std::optional<canopen::abort_code> refusal_to_write(
      const canopen::object_address& to, std::optional<std::size_t> /*size*/) const override {
    if (to.index == 0x1F50) return std::nullopt;
    return canopen::abort_code::read_only;
  }
  [[nodiscard]] std::optional<canopen::abort_code> write(
      const canopen::object_address& to, std::span<const std::uint8_t> value) override {
    if (const auto refused = refusal_to_write(to, value.size())) return refused;
    program_.assign(value.begin(), value.end());
    return std::nullopt;
  }

 private:
  canopen::object_bytes program_ = canopen::object_bytes(900, 7);
};

void drain(canopen::sdo_transfer& from, std::int64_t now_us) {
  std::size_t count = 0;
  while (from.next_frame(now_us))
    require(++count < frames_a_step_max, "a transfer does not send for ever");
}

void begin_transfer(canopen::sdo_client& client, byte_source& from, std::int64_t now_us) {
  const auto how = from.byte();
  const auto way = (how & 1) != 0 ? canopen::sdo_way::blocks : canopen::sdo_way::segments;
  const canopen::object_address at{0x1F50, 1};
  if ((how & 2) != 0)
    client.upload(at, way, now_us);
  else
    client.download(at, canopen::object_bytes(from.byte() * 5u, 3), way, now_us);
}

void run_sdo(bytes input) {
  byte_source from(input);
  some_objects objects;
  canopen::sdo_options options;
  options.block_size = static_cast<std::uint8_t>(1 + from.byte() % canopen::block_size_max);
  options.protocol_switch_threshold = from.byte();
  canopen::sdo_server server(objects, options);
  canopen::sdo_client client(options);
  canopen::sdo_trace trace;
  std::int64_t now_us = 0;
  while (!from.empty()) {
    const auto what = from.byte();
    now_us += (what & 0x0F) * 20'000;
    server.tick(now_us);
    client.tick(now_us);
    if ((what & 0x30) == 0) begin_transfer(client, from, now_us);
    const auto said = from.take(what == 0xFF ? 5 : 8);
    server.receive(said, now_us);
    client.receive(said, now_us);
    (void)trace.take((what & 0x40) != 0, said);
    drain(server, now_us);
    drain(client, now_us);
    if (client.outcome())
      require(client.outcome()->data.size() <= canopen::sdo_data_bytes_max, "data has its bound");
  }
}

messages::can::frame next_frame(byte_source& from, bool extended) {
  messages::can::frame frame;
  frame.extended = extended;
  frame.id = extended ? from.number(4) & 0x1FFF'FFFF : from.number(2) & 0x7FF;
  const auto kind = from.byte();
  frame.length = std::min<std::uint8_t>(kind & 0x0F, 8);
  frame.remote = (kind & 0x80) != 0;
  std::ranges::copy(from.take(frame.length), frame.data.begin());
  return frame;
}

void check_services(bytes payload) {
  canopen::standing_errors errors;
  if (const auto said = canopen::read_emergency(payload)) {
    const auto frame = canopen::make_emergency(1, *said);
    require(canopen::read_emergency(std::span(frame.data).first(frame.length)) == said,
            "an emergency that is written is read as it was");
    (void)canopen::error_register_text(said->error_register);
    errors.take(*said);
  }
  if (const auto order = canopen::read_nmt(payload)) {
    const auto frame = canopen::make_nmt(*order);
    require(canopen::read_nmt(std::span(frame.data).first(frame.length)) == order,
            "an order that is written is read as it was");
  }
  if (const auto utc_us = canopen::read_time(payload)) {
    const auto frame = canopen::make_time(*utc_us);
    require(frame && canopen::read_time(std::span(frame->data).first(frame->length)) == utc_us,
            "a time that is written is read as it was");
  }
  (void)canopen::read_error_control(payload);
  (void)canopen::read_sync(payload);
  (void)canopen::lss::read_answer(payload);
}

void run_canopen(bytes input) {
  byte_source from(input);
  canopen::service_report report(std::nullopt);
  messages::can::log_entry entry;
  std::string line;
  while (!from.empty()) {
    entry.frame = next_frame(from, false);
    check_services(std::span(entry.frame.data).first(entry.frame.length));
    report.read(entry);
    line.clear();
    report.append_json(line);
    report.append_text(line);
    if (report.has_message()) require(!line.empty(), "a service has a line");
  }
  (void)report.complaints();
}

void check_messages(const std::vector<j1939::message>& all) {
  for (const auto& each : all) {
    require(each.payload.size() <= j1939::transfer_bytes_max, "a message has its bound");
    if (const auto faults = j1939::read_faults(each.payload))
      require(!j1939::fault_payload(*faults).empty(), "faults have a payload");
    if (const auto asked = j1939::read_memory_request(each)) {
      const auto again = j1939::memory_message(*asked, each.source, each.destination);
      require(j1939::read_memory_request(again) == asked, "a request is read as it was");
    }
    (void)j1939::read_memory_answer(each);
    (void)j1939::read_memory_data(each);
  }
}

void check_output(const j1939::transport_output& out) {
  require(out.packets.size() <= frames_a_step_max * j1939::device_transfers_max,
          "a step brings a bounded number of packets");
  check_messages(out.messages);
}

void run_j1939(bytes input) {
  byte_source from(input);
  constexpr std::uint8_t own_address = 0x80;
  j1939::transport transport({.own_address = own_address});
  j1939::address_claim claim({.name = 0x8000'0000'0000'0001, .preferred_address = own_address});
  j1939::log_traffic traffic;
  j1939::claim_output claimed;
  messages::can::log_entry entry;
  std::vector<j1939::heard> heard;
  std::int64_t now_us = 0;
  claim.begin(now_us, claimed);
  while (!from.empty()) {
    now_us += from.byte() * 10'000;
    entry.frame = next_frame(from, true);
    entry.frame.time_us = now_us;
    traffic.take(entry, heard);
    const auto packet = j1939::packet_of(entry.frame);
    j1939::transport_output out;
    if ((entry.frame.id & 0x1F) == 0x1F)
      (void)transport.send(
          {.pgn = 0xEF00, .destination = 1, .payload = {1, 2, 3, 4, 5, 6, 7, 8, 9}}, now_us, out);
    transport.step(now_us, out);
    if ((entry.frame.id & 0x0F) == 0x0E)
      transport.set_holding((entry.frame.id & 0x10) != 0, now_us, out);
    claim.step(now_us, claimed);
    if (packet) {
      transport.take(*packet, now_us, out);
      claim.take(*packet, now_us, claimed);
      require(j1939::packet_of(j1939::frame_of(*packet)) == packet, "a packet is read as it was");
    }
    for (const auto& each : out.messages) claim.take(each, now_us, claimed);
    check_output(out);
    require(transport.open() <= 2 * j1939::device_transfers_max + j1939::bus_transfers_max,
            "transfers have their bound");
  }
  for (const auto& each : heard)
    if (const auto* message = std::get_if<j1939::message>(&each)) check_messages({*message});
}

/// Two that want the same address, on a bus where everybody hears what the input says, and what
/// they say to it: while both have one, it is not the same.
class claimants {
 public:
  void begin() {
    for (auto& each : all_) say(each, [&](auto& out) { each.begin(now_us_, out); });
    carry();
  }
  void pass(std::int64_t us) {
    now_us_ += us;
    for (auto& each : all_) say(each, [&](auto& out) { each.step(now_us_, out); });
    carry();
  }
  void hear(const j1939::packet& heard) {
    waiting_.push_back({heard, nullptr});
    carry();
  }
  void hear(const j1939::message& heard) {
    for (auto& each : all_) say(each, [&](auto& out) { each.take(heard, now_us_, out); });
    carry();
  }

 private:
  struct said {
    j1939::packet what;
    const j1939::address_claim* by = nullptr;
  };
  void say(const j1939::address_claim& by, auto&& step) {
    j1939::claim_output out;
    step(out);
    for (const auto& each : out.packets) waiting_.push_back({each, &by});
  }
  void carry() {
    for (std::size_t count = 0; !waiting_.empty(); ++count) {
      require(count < frames_a_step_max * 2, "a battle for addresses ends");
      const auto next = waiting_.front();
      waiting_.erase(waiting_.begin());
      for (auto& each : all_)
        if (&each != next.by) say(each, [&](auto& out) { each.take(next.what, now_us_, out); });
    }
    for (const auto& each : all_)
      require(each.address() <= j1939::null_address, "an address is one of a device, or none");
    require(all_[0].address() != all_[1].address() || all_[0].address() == j1939::null_address,
            "two on a bus have two addresses");
  }

  std::int64_t now_us_ = 0;
  std::array<j1939::address_claim, 2> all_{
      j1939::address_claim({.name = 0x8000'0000'0000'0001, .preferred_address = 0x80}),
      j1939::address_claim(
          {.name = 0x8000'0000'0000'0002, .preferred_address = 0x80, .random = 9})};
  std::vector<said> waiting_;
};

void run_j1939_claim(bytes input) {
  byte_source from(input);
  claimants two;
  two.begin();
  while (!from.empty()) {
    const auto what = from.byte();
    two.pass((what & 0x3F) * 10'000);
    if ((what & 0xC0) == 0xC0) {
      j1939::message command{.pgn = j1939::groups::commanded_address, .source = 1};
      const auto payload = from.take(9);
      command.payload.assign(payload.begin(), payload.end());
      two.hear(command);
      continue;
    }
    // Claims and requests of anybody; other groups say nothing to a claim.
    const bool claims = (what & 0x40) != 0;
    j1939::packet heard{{6, claims ? j1939::groups::address_claimed : j1939::groups::request,
                         claims ? j1939::global_address : from.byte(), from.byte()}};
    std::ranges::copy(from.take(heard.bytes.size()), heard.bytes.begin());
    two.hear(heard);
  }
}

constexpr std::array<target, 6> targets{{{"iso_tp", run_iso_tp},
                                         {"uds", run_uds},
                                         {"sdo", run_sdo},
                                         {"canopen", run_canopen},
                                         {"j1939", run_j1939},
                                         {"j1939_claim", run_j1939_claim}}};

} // namespace

std::span<const target> conversation_targets() {
  return targets;
}

} // namespace voltaic::fuzz
