#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <utility>

#include "bench/benchmarks.hpp"
#include "bus/can/virtual/arbiter.hpp"
#include "messages/can/frame_bits.hpp"
#include "messages/j1939/transport.hpp"

namespace voltaic::bench {
namespace {

using messages::can::frame;
namespace j1939 = messages::j1939;

constexpr std::uint32_t bitrate = 250'000;
constexpr std::int64_t duration_us = 60'000'000;
constexpr std::int64_t step_us = 100;
/// Device i has the address 128 + i. The first four send to everybody, the next four each to one of
/// the last four: eight transfers at once, all of the greatest length.
constexpr std::uint8_t first_address = 128;
constexpr std::size_t devices = 12;
constexpr std::size_t senders = 8;
constexpr std::size_t broadcasters = 4;
constexpr std::uint32_t pgn = 0xFF10;
constexpr std::uint32_t addressed_pgn = 0xEF00;
constexpr std::int64_t packet_gap_us = 18'000;
/// Batteries beside them, each a frame of a higher priority every 10 ms.
constexpr std::size_t others = 12;
constexpr std::int64_t period_us = 10'000;
constexpr std::int64_t phase_us = 800;
static_assert(phase_us % step_us == 0 && phase_us * others <= period_us);

struct outcome {
  std::uint64_t begun = 0;
  std::uint64_t delivered = 0; ///< to one receiver
  std::uint64_t lost = 0;
  std::uint64_t mixed = 0;
  std::uint64_t bits = 0;
  std::int64_t longest_us = 0; ///< of all transfers
};

/// A wire on virtual time, and what is sent on it.
class transfers_at_once {
 public:
  explicit transfers_at_once(std::uint32_t seed) : random_(seed) {
    for (std::size_t i = 0; i < devices; ++i) {
      j1939::transport_settings settings;
      settings.own_address = static_cast<std::uint8_t>(first_address + i);
      settings.packet_gap_us = packet_gap_us;
      talking_.emplace_back(settings);
    }
  }

  outcome run() {
    for (std::int64_t now_us = 0; now_us < duration_us; now_us += step_us) step(now_us);
    return result_;
  }

 private:
  /// What a device sent, and how many of them each other one got.
  struct sending {
    std::vector<std::vector<std::uint8_t>> all;
    std::array<std::size_t, devices> arrived{};
    std::int64_t since_us = 0;
    bool is_open = false;
  };

  void step(std::int64_t now_us) {
    for (std::size_t i = 0; i < others; ++i)
      if ((now_us + static_cast<std::int64_t>(i) * phase_us) % period_us == 0) speak(i, now_us);
    for (std::size_t i = 0; i < devices; ++i) {
      j1939::transport_output out;
      if (i < senders && !sent_[i].is_open) begin(i, now_us, out);
      talking_[i].step(now_us, out);
      settle(i, out, now_us);
    }
    wire_.advance(now_us, [this](int from, const frame& item) { hear(from, item); });
  }

  void speak(std::size_t other, std::int64_t now_us) {
    j1939::packet said;
    said.id = {3, 0xF090, j1939::global_address, static_cast<std::uint8_t>(0xF0 + other)};
    for (auto& byte : said.bytes) byte = static_cast<std::uint8_t>(random_());
    push(devices + other, said, now_us);
  }

  void begin(std::size_t from, std::int64_t now_us, j1939::transport_output& out) {
    auto& mine = sent_[from];
    std::vector<std::uint8_t> payload(j1939::transfer_bytes_max);
    for (auto& byte : payload) byte = static_cast<std::uint8_t>(random_());
    const bool is_broadcast = from < broadcasters;
    const auto to = static_cast<std::uint8_t>(is_broadcast ? j1939::global_address
                                                           : first_address + from + broadcasters);
    const auto begun =
        talking_[from].send({.pgn = is_broadcast ? pgn : addressed_pgn,
                             .source = static_cast<std::uint8_t>(first_address + from),
                             .destination = to,
                             .payload = payload},
                            now_us, out);
    if (!begun) throw std::runtime_error(begun.error().text);
    mine.all.push_back(std::move(payload));
    mine.since_us = now_us;
    mine.is_open = true;
    ++result_.begun;
  }

  void hear(int from, const frame& item) {
    result_.bits += messages::can::exact_bits(item);
    const auto heard = j1939::packet_of(item);
    if (!heard) return;
    for (std::size_t i = 0; i < devices; ++i) {
      if (static_cast<int>(i) == from) continue;
      j1939::transport_output out;
      talking_[i].take(*heard, item.time_us, out);
      settle(i, out, item.time_us);
    }
  }

  void settle(std::size_t device, const j1939::transport_output& out, std::int64_t now_us) {
    for (const auto& each : out.packets) push(device, each, now_us);
    for (const auto& each : out.messages)
      if (each.pgn == pgn || each.pgn == addressed_pgn) arrive(device, each);
    for (const auto& each : out.ends) {
      if (each.reason) ++result_.lost;
      if (each.source != first_address + device) continue;
      sent_[device].is_open = false;
      result_.longest_us = std::max(result_.longest_us, now_us - sent_[device].since_us);
    }
  }

  // Each once, in order and byte for byte.
  void arrive(std::size_t at, const j1939::message& got) {
    auto& from = sent_.at(got.source - first_address);
    auto& next = from.arrived.at(at);
    const auto found = std::ranges::find(from.all, got.payload);
    const auto number = static_cast<std::size_t>(found - from.all.begin());
    if (found == from.all.end() || number < next) {
      ++result_.mixed;
      return;
    }
    result_.lost += number - next;
    next = number + 1;
    ++result_.delivered;
  }

  void push(std::size_t client, const j1939::packet& said, std::int64_t now_us) {
    auto item = j1939::frame_of(said);
    item.time_us = now_us;
    wire_.push(static_cast<int>(client), item, now_us);
  }

  std::mt19937 random_;
  bus::can::arbiter wire_{{bitrate, 250'000, 256}};
  std::vector<j1939::transport> talking_;
  std::array<sending, senders> sent_;
  outcome result_;
};

} // namespace

std::vector<row> j1939_transfers() {
  const auto found = transfers_at_once(1).run();
  const double load =
      100.0 * static_cast<double>(found.bits) / (bitrate * static_cast<double>(duration_us) / 1e6);
  constexpr double load_min = 80;
  row made;
  made.name = fmt::format(
      "j1939_transfers/lost or mixed of {} messages of 1,785 bytes, eight at once at {:.1f} % of "
      "250 kbit/s, heard {} times, the slowest in {:.1f} s",
      found.begun, load, found.delivered, static_cast<double>(found.longest_us) / 1e6);
  made.value = static_cast<double>(found.lost + found.mixed);
  made.reference = static_cast<double>(found.begun);
  made.goal = "none lost, none mixed at 80 %";
  made.pass = made.value == 0 && load >= load_min && found.delivered > found.begun;
  made.samples = found.delivered;
  return {made};
}

} // namespace voltaic::bench
