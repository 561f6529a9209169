#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <stdexcept>
#include <utility>

#include "bench/benchmarks.hpp"
#include "bus/can/virtual/arbiter.hpp"
#include "messages/can/duty_pace.hpp"
#include "messages/canopen/network_management.hpp"
#include "messages/canopen/sdo_client.hpp"
#include "messages/canopen/sdo_server.hpp"

namespace voltaic::bench {
namespace {

using messages::can::frame;
namespace canopen = messages::canopen;

constexpr std::uint32_t bitrate = 250'000;
constexpr double share = 0.3;
constexpr std::size_t program_bytes = std::size_t{256} * 1024;
constexpr canopen::object_address program{0x1F50, 1};
constexpr std::uint8_t server_node = 5;
constexpr int client = 0;
constexpr int server = 1;
constexpr int first_other = 2;
constexpr int others = 32;
constexpr std::int64_t period_us = 100'000;
/// A heartbeat that is on the wire later than this after it was due is late.
constexpr std::int64_t late_us = period_us / 10;
constexpr std::int64_t step_us = 100;
constexpr std::int64_t phase_us = 3'000;
static_assert(phase_us % step_us == 0 && phase_us * others <= period_us);
/// The sender looks this often whether it may send.
constexpr std::int64_t look_us = 1'000;
constexpr std::int64_t give_up_us = 600'000'000;

/// What a program is written to.
class program_memory final : public canopen::object_dictionary {
 public:
  [[nodiscard]] std::variant<canopen::object_bytes, canopen::abort_code> read(
      const canopen::object_address& /*of*/) const override {
    return canopen::abort_code::write_only;
  }
  [[nodiscard]] std::optional<canopen::abort_code> refusal_to_write(
      const canopen::object_address& to, std::optional<std::size_t> /*size*/) const override {
    return to == program ? std::nullopt : std::optional(canopen::abort_code::no_object);
  }
  [[nodiscard]] std::optional<canopen::abort_code> write(
      const canopen::object_address& to, std::span<const std::uint8_t> value) override {
    if (const auto refused = refusal_to_write(to, value.size())) return refused;
    written.assign(value.begin(), value.end());
    return std::nullopt;
  }
  canopen::object_bytes written;
};

struct outcome {
  double seconds = 0;
  std::int64_t latest_us = 0; ///< of all heartbeats
  std::size_t heartbeats = 0;
};

/// A wire on virtual time: the client, its server, and nodes that send a PDO and a heartbeat of
/// a lower priority than the transfer's each 100 ms.
class wire {
 public:
  explicit wire(canopen::object_bytes data) : data_(std::move(data)) {}

  outcome download() {
    client_.download(program, data_, canopen::sdo_way::blocks, 0);
    std::int64_t now_us = 0;
    for (; client_.is_busy() && now_us < give_up_us; now_us += step_us) step(now_us);
    if (!client_.outcome() || client_.outcome()->aborted || memory_.written != data_)
      throw std::runtime_error("the program did not arrive");
    result_.seconds = static_cast<double>(now_us) / 1e6;
    return result_;
  }

 private:
  void step(std::int64_t now_us) {
    speak(now_us);
    if (now_us % look_us == 0)
      while (pace_.may_send(now_us)) {
        const auto next = client_.next_frame(now_us);
        if (!next) break;
        const auto item = sdo(0x600u + server_node, *next, now_us);
        pace_.sent(item, now_us);
        wire_.push(client, item, now_us);
      }
    while (const auto next = server_.next_frame(now_us))
      wire_.push(server, sdo(0x580u + server_node, *next, now_us), now_us);
    wire_.advance(now_us, [this](int from, const frame& item) { hear(from, item); });
    client_.tick(now_us);
    server_.tick(now_us);
  }

  void speak(std::int64_t now_us) {
    for (int i = 0; i < others; ++i) {
      // Not in step with each other.
      if ((now_us + i * phase_us) % period_us != 0) continue;
      const auto node = static_cast<std::uint8_t>(10 + i);
      frame pdo;
      pdo.id = 0x180u + node;
      pdo.length = 8;
      for (auto& byte : std::span(pdo.data).first(8)) byte = static_cast<std::uint8_t>(random_());
      pdo.time_us = now_us;
      wire_.push(first_other + i, pdo, now_us);
      auto beat = canopen::make_error_control(node, {canopen::nmt_state::operational});
      beat.time_us = now_us;
      due_us_[static_cast<std::size_t>(i)] = now_us;
      wire_.push(first_other + i, beat, now_us);
    }
  }

  void hear(int from, const frame& item) {
    const std::span payload(item.data.data(), item.length);
    if (from == client) return server_.receive(payload, item.time_us);
    if (from == server) return client_.receive(payload, item.time_us);
    if (item.id < 0x700) return;
    ++result_.heartbeats;
    const auto due_us = due_us_[static_cast<std::size_t>(from - first_other)];
    result_.latest_us = std::max(result_.latest_us, item.time_us - due_us);
  }

  static frame sdo(std::uint32_t id, const canopen::sdo_frame& payload, std::int64_t now_us) {
    frame made;
    made.id = id;
    made.length = canopen::sdo_bytes;
    std::ranges::copy(payload, made.data.begin());
    made.time_us = now_us;
    return made;
  }

  canopen::object_bytes data_;
  program_memory memory_;
  canopen::sdo_client client_;
  canopen::sdo_server server_{memory_};
  messages::can::duty_pace pace_{bitrate, share};
  bus::can::arbiter wire_{{bitrate, 250'000, 256}};
  std::array<std::int64_t, others> due_us_{};
  std::mt19937 random_{1};
  outcome result_;
};

/// Segments at their mean length, halfway between no stuff bit and the most, in their share.
double arithmetic_seconds() {
  using messages::can::unstuffed_bits;
  using messages::can::worst_case_bits;
  const auto segments = std::ceil(static_cast<double>(program_bytes) / canopen::segment_bytes);
  const auto bits =
      (unstuffed_bits(false, canopen::sdo_bytes) + worst_case_bits(false, canopen::sdo_bytes)) /
      2.0;
  return segments * bits / (bitrate * share);
}

} // namespace

std::vector<row> sdo_download() {
  std::mt19937 random(2);
  canopen::object_bytes data(program_bytes);
  for (auto& byte : data) byte = static_cast<std::uint8_t>(random());
  const auto found = wire(std::move(data)).download();
  const auto expected = arithmetic_seconds();
  row made;
  made.name = fmt::format(
      "sdo_download/256 KiB in blocks at 30 % of 250 kbit/s, {} other nodes, heartbeats {:.1f} ms "
      "late at most",
      others, static_cast<double>(found.latest_us) / 1e3);
  made.value = found.seconds;
  made.unit = "virtual s";
  made.reference = expected;
  made.ratio = found.seconds / expected;
  made.goal = "within 20 % of arithmetic, no heartbeat 10 ms late";
  constexpr double tolerance = 0.2;
  made.pass =
      std::abs(made.ratio - 1) <= tolerance && found.heartbeats > 0 && found.latest_us <= late_us;
  made.samples = found.heartbeats;
  return {made};
}

} // namespace voltaic::bench
