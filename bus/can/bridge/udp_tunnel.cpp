#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bus/can/bridge/tunnel.hpp"
#include "bus/can/file_descriptor.hpp"
#include "messages/can/cannelloni.hpp"

namespace voltaic::bus::can {
namespace {

namespace wire = messages::can::cannelloni;

/// The kernel hands over no longer packet.
constexpr std::size_t datagram_bytes_max = 65'536;
/// So many packets are taken at once before the time is told.
constexpr int packets_at_once = 64;
/// So many packets in a row that are behind, each one further than the last, are of a partner that
/// began anew: none that were overtaken come like that.
constexpr int begun_anew_packets = 3;
/// And any packet after so long.
constexpr std::int64_t begun_anew_us = 500'000;

class udp_tunnel final : public tunnel {
 public:
  udp_tunnel(file_descriptor socket, const network_address& partner)
      : socket_(std::move(socket)), partner_(partner), buffer_(datagram_bytes_max) {}

  [[nodiscard]] std::vector<int> descriptors() const override { return {socket_.get()}; }
  [[nodiscard]] bool is_up() const override { return true; }
  [[nodiscard]] const tunnel_counters& counters() const override { return counters_; }

  void receive(std::vector<messages::can::frame>& into, std::int64_t now_us) override {
    for (int i = 0; i < packets_at_once; ++i) {
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const auto bytes = ::recvfrom(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&from), &size);
      if (bytes < 0) return;
      if (!is_partner(from_kernel(from))) {
        ++counters_.foreign;
        continue;
      }
      take(std::span(buffer_).first(static_cast<std::size_t>(bytes)), into, now_us);
    }
  }

  [[nodiscard]] send_result send(std::span<const messages::can::frame> frames) override {
    while (!frames.empty()) {
      auto packet = wire::encode_header(wire::operation::data, sequence_, 0);
      std::uint16_t count = 0;
      while (count < frames.size() && wire::append(packet, frames[count], wire::packet_bytes_max))
        ++count;
      wire::set_count(packet, count);
      const auto to = to_kernel(partner_);
      const auto sent = ::sendto(socket_.get(), packet.data(), packet.size(), MSG_DONTWAIT,
                                 reinterpret_cast<const sockaddr*>(&to), sizeof(to));
      // A partner that is not there is told with the next packet: the one after it may arrive.
      if (sent < 0 && errno == ECONNREFUSED) return send_result::down;
      if (sent < 0) return send_result::full;
      ++sequence_;
      frames = frames.subspan(count);
    }
    return send_result::sent;
  }

 private:
  [[nodiscard]] bool is_partner(const network_address& from) const {
    return from.host == partner_.host && (partner_.port == 0 || from.port == partner_.port);
  }

  void take(std::span<const std::uint8_t> bytes, std::vector<messages::can::frame>& into,
            std::int64_t now_us) {
    const auto read = wire::decode(bytes);
    if (!read) {
      ++counters_.broken;
      return;
    }
    if (read->operation != wire::operation::data) return;
    if (!follows(read->sequence, now_us)) {
      ++counters_.broken;
      return;
    }
    into.insert(into.end(), read->frames.begin(), read->frames.end());
  }

  /// A packet that was overtaken is as late as one that repeats: it counts for nothing. Several
  /// that follow each other, or one after a silence, are of a partner that began anew.
  [[nodiscard]] bool follows(std::uint8_t sequence, std::int64_t now_us) {
    const bool was_silent = now_us - accepted_us_ >= begun_anew_us;
    const auto ahead = next_ ? static_cast<std::uint8_t>(sequence - *next_) : std::uint8_t{0};
    constexpr std::uint8_t behind = 0x80;
    if (ahead < behind) {
      counters_.lost += ahead;
    } else if (!was_silent) {
      const bool goes_on = behind_count_ > 0 && sequence == behind_next_;
      behind_count_ = goes_on ? behind_count_ + 1 : 1;
      behind_next_ = static_cast<std::uint8_t>(sequence + 1);
      if (behind_count_ < begun_anew_packets) return false;
    }
    behind_count_ = 0;
    next_ = static_cast<std::uint8_t>(sequence + 1);
    accepted_us_ = now_us;
    return true;
  }

  file_descriptor socket_;
  network_address partner_;
  std::vector<std::uint8_t> buffer_;
  std::uint8_t sequence_ = 0;
  std::optional<std::uint8_t> next_; ///< sequence that the partner's next packet should have
  std::int64_t accepted_us_ = 0;
  std::uint8_t behind_next_ = 0; ///< sequence that would go on with what came behind
  int behind_count_ = 0;
  tunnel_counters counters_;
};

} // namespace

messages::expected<std::unique_ptr<tunnel>> open_udp_tunnel(const network_address& here,
                                                            const network_address& partner) {
  file_descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto place = to_kernel(here);
  if (!socket.valid() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) != 0)
    return messages::failure{fmt::format("{}: {}", to_text(here), std::strerror(errno))};
  return std::unique_ptr<tunnel>(std::make_unique<udp_tunnel>(std::move(socket), partner));
}

} // namespace voltaic::bus::can
