// What comes over a wire or from the kernel at once.
#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "bus/can/bridge/bridge_port.hpp"
#include "bus/can/socketcan/error_frame.hpp"
#include "bus/can/socketcan/frame_layout.hpp"
#include "bus/can/socketcan/interface.hpp"
#include "bus/can/socketcan/setup_request.hpp"
#include "bus/can/virtual/packet.hpp"
#include "bus/message/bundle.hpp"
#include "fuzz/target.hpp"
#include "messages/can/cannelloni.hpp"
#include "messages/codec/codec.hpp"

namespace voltaic::fuzz {
namespace {

namespace cannelloni = messages::can::cannelloni;

void run_cannelloni_udp(bytes input) {
  const auto packet = cannelloni::decode(input);
  if (!packet) return require(!packet.error().text.empty(), "a packet is refused with words");
  auto again = cannelloni::encode_header(packet->operation, packet->sequence, 0);
  for (const auto& each : packet->frames)
    require(cannelloni::append(again, each, input.size()), "a packet is no longer than it was");
  cannelloni::set_count(again, static_cast<std::uint16_t>(packet->frames.size()));
  const auto back = cannelloni::decode(again);
  require(back.has_value() && back.value() == packet.value(),
          "a packet that is written is read as it was");
}

void run_cannelloni_tcp(bytes input) {
  for (auto rest = input; !rest.empty();) {
    const auto next = cannelloni::next_frame(rest);
    if (!next) return require(!next.error().text.empty(), "a stream is refused with words");
    if (!next->whole)
      return require(rest.size() < cannelloni::frame_bytes_max, "a frame comes whole some day");
    require(next->bytes > 0 && next->bytes <= rest.size(), "a frame takes what is there");
    // Until its last byte has come it is no frame, and none that is refused.
    const auto cut = cannelloni::next_frame(rest.first(next->bytes - 1));
    require(cut.has_value() && !cut->whole, "a frame that is cut off is waited for");
    rest = rest.subspan(next->bytes);
  }
}

void run_bridge_place(bytes input) {
  const auto text = text_of(input);
  const auto half = std::min(text.find(' '), text.size());
  const auto place =
      bus::can::parse_bridge(text.substr(0, half), text.substr(std::min(half + 1, text.size())));
  require(place.has_value() || !place.error().text.empty(), "a place is refused with words");
  if (const auto address = bus::can::parse_network_address(text))
    require(bus::can::parse_network_address(bus::can::to_text(*address)) == address,
            "an address that is written is read as it was");
}

void run_netlink(bytes input) {
  const auto state = bus::can::read_link_message(std::as_bytes(input));
  if (state) require(state->name.size() <= input.size(), "a name is as long as what was said");
}

void run_kernel_frame(bytes input) {
  auto frame = bus::can::read_kernel_frame(std::as_bytes(input));
  if (!frame) return;
  require(frame->length <= (frame->fd ? 64 : 8), "a frame has the bytes that it can have");
  if (frame->error) {
    (void)bus::can::read_error_frame(*frame);
    require(!bus::can::describe_error_frame(*frame).empty(), "an error has words");
    return;
  }
  const auto written = bus::can::write_kernel_frame(*frame);
  const auto raw = std::as_bytes(std::span(&written.content, 1)).first(written.size);
  const auto again = bus::can::read_kernel_frame(raw);
  // CAN FD has no frame of, say, 43 bytes: it is filled up.
  require(again && again->id == frame->id && again->length >= frame->length &&
              (frame->fd || again == frame),
          "a frame that is written is read as it was");
}

void run_virtual_packet(bytes input) {
  bus::can::packet_header header;
  std::vector<bus::can::frame> frames;
  if (!bus::can::read_packet(std::as_bytes(input), header, frames)) {
    require(frames.empty(), "a broken packet gives nothing");
    if (const auto said = bus::can::read_filter(std::as_bytes(input)))
      require(bus::can::read_filter(bus::can::filter_packet(said->ranges, said->what)).has_value(),
              "a filter that is written is read");
    return;
  }
  bus::can::packet again;
  for (const auto& each : frames) {
    require(each.length <= 64, "a frame has the bytes that it can have");
    require(again.add(each), "a packet's frames fit into a packet");
  }
  std::vector<bus::can::frame> back;
  require(bus::can::read_packet(again.finish(header.bitrate, header.passed), header, back) &&
              back == frames,
          "a packet that is written is read as it was");
}

void run_setup_request(bytes input) {
  const auto request = bus::can::read_setup_request(std::string(text_of(input)));
  if (request)
    require(bus::can::read_setup_request(bus::can::to_text(*request)) == request,
            "a request that is written is read as it was");
}

/// A message is refused, or can be said again and is the same then.
void check_message(const messages::expected<messages::message>& opened) {
  if (!opened) return require(!opened.error().text.empty(), "a message is refused with words");
  const auto said = messages::encode_again(opened->header, opened->payload);
  if (!said) return require(!said.error().text.empty(), "what is too long is refused with words");
  const auto& again = said.value();
  const auto back = messages::decode(*again);
  require(back.has_value(), "a message that was taken can be said again");
  const auto twice = messages::encode(back->header, back->payload);
  require(std::ranges::equal(twice->bytes(), again->bytes()),
          "a message that is said again says the same");
}

void run_codec(bytes input) {
  check_message(messages::open(std::as_bytes(input)));
  // Of the words behind a segment table that is right, whatever became of the input's.
  if (input.size() < 2 * sizeof(std::uint64_t)) return;
  std::vector<std::uint64_t> words(input.size() / sizeof(std::uint64_t));
  std::memcpy(words.data(), input.data(), words.size() * sizeof(std::uint64_t));
  words[0] = static_cast<std::uint64_t>(words.size() - 1) << 32;
  check_message(messages::decode(messages::frame(std::move(words))));
}

void run_bundle(bytes input) {
  const auto raw = std::as_bytes(input);
  bus::message::bundle_reader reader(raw);
  std::size_t count = 0;
  std::size_t total = 0;
  while (const auto frame = reader.next()) {
    ++count;
    total += frame->size();
    require(total <= raw.size(), "frames lie in their bundle");
    check_message(messages::open(*frame));
  }
  require(bus::message::is_bundle(raw) == (reader.sound() && count > 0),
          "a bundle is what can be walked over");
  (void)bus::message::plane_of(reader.to());
}

constexpr std::array<target, 9> targets{{{"cannelloni_udp", run_cannelloni_udp},
                                         {"cannelloni_tcp", run_cannelloni_tcp},
                                         {"bridge_place", run_bridge_place},
                                         {"netlink", run_netlink},
                                         {"kernel_frame", run_kernel_frame},
                                         {"virtual_packet", run_virtual_packet},
                                         {"setup_request", run_setup_request},
                                         {"codec", run_codec},
                                         {"bundle", run_bundle}}};

} // namespace

std::span<const target> wire_targets() {
  return targets;
}

} // namespace voltaic::fuzz
