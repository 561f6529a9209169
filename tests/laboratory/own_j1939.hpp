#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "bus/can/clock.hpp"
#include "bus/can/port.hpp"
#include "messages/j1939/address_claim.hpp"
#include "messages/j1939/log_traffic.hpp"
#include "messages/j1939/transport.hpp"

/// Our own stack on a SocketCAN port.
namespace laboratory {

/// A device with an address that it claims, or one that it simply has.
class own_device {
 public:
  /// Has the address.
  explicit own_device(const voltaic::messages::j1939::transport_settings& how)
      : claim_({.name = 0, .preferred_address = how.own_address}), transport_(how) {
    open();
  }
  /// Claims an address, and defends it.
  explicit own_device(const voltaic::messages::j1939::claim_settings& how)
      : claim_(how), transport_({.own_address = how.preferred_address}) {
    open();
    const std::lock_guard lock(mutex_);
    voltaic::messages::j1939::claim_output out;
    claim_.begin(now(), out);
    put(out.packets);
  }

  /// Whether it is on its way.
  bool send(const voltaic::messages::j1939::message& what) {
    const std::lock_guard lock(mutex_);
    voltaic::messages::j1939::transport_output out;
    const bool taken = transport_.send(what, now(), out).has_value();
    keep(out);
    return taken;
  }
  void send(const voltaic::messages::j1939::packet& what) {
    const std::lock_guard lock(mutex_);
    put({what});
  }
  void set_holding(bool holds) {
    const std::lock_guard lock(mutex_);
    voltaic::messages::j1939::transport_output out;
    transport_.set_holding(holds, now(), out);
    keep(out);
  }
  [[nodiscard]] std::vector<voltaic::messages::j1939::message> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  [[nodiscard]] std::vector<voltaic::messages::j1939::transfer_end> ends() const {
    const std::lock_guard lock(mutex_);
    return ends_;
  }
  /// All that anybody else said on the bus, as a log of it would tell.
  [[nodiscard]] std::vector<voltaic::messages::j1939::heard> overheard() const {
    const std::lock_guard lock(mutex_);
    return overheard_;
  }
  [[nodiscard]] voltaic::messages::j1939::address_claim::state claimed() const {
    const std::lock_guard lock(mutex_);
    return claim_.current();
  }
  [[nodiscard]] std::uint8_t address() const {
    const std::lock_guard lock(mutex_);
    return claim_.address();
  }
  /// Packets that the port did not take.
  [[nodiscard]] std::size_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  void open() {
    voltaic::bus::can::port_options options;
    options.uri = "socketcan:vcan0";
    auto opened = voltaic::bus::can::open_port(
        options, [this](voltaic::bus::can::batch&& said) { take(said); });
    if (!opened) throw std::runtime_error(opened.error().text);
    const std::lock_guard lock(mutex_);
    port_ = std::move(*opened);
  }
  /// Times of the models never decrease: a stamp may be older than what was asked since.
  std::int64_t at(std::int64_t time_us) { return last_us_ = std::max(last_us_, time_us); }
  std::int64_t now() { return at(voltaic::bus::can::monotonic_now_us()); }

  void take(const voltaic::bus::can::batch& said) {
    const std::lock_guard lock(mutex_);
    if (port_ == nullptr) return;
    voltaic::messages::j1939::transport_output out;
    voltaic::messages::j1939::claim_output claimed;
    for (const auto& frame : said.frames) {
      voltaic::messages::can::log_entry entry;
      entry.frame = frame;
      traffic_.take(entry, overheard_);
      const auto packet = voltaic::messages::j1939::packet_of(frame);
      if (!packet) continue;
      transport_.take(*packet, at(frame.time_us), out);
      claim_.take(*packet, at(frame.time_us), claimed);
    }
    transport_.step(at(said.now_us), out);
    claim_.step(at(said.now_us), claimed);
    put(claimed.packets);
    keep(out);
  }
  void keep(voltaic::messages::j1939::transport_output& out) {
    put(out.packets);
    std::ranges::move(out.messages, std::back_inserter(received_));
    std::ranges::move(out.ends, std::back_inserter(ends_));
  }
  void put(const std::vector<voltaic::messages::j1939::packet>& packets) {
    for (const auto& each : packets)
      if (port_->send(voltaic::messages::j1939::frame_of(each)) !=
          voltaic::bus::can::send_result::sent)
        ++refused_;
  }

  mutable std::mutex mutex_;
  voltaic::messages::j1939::address_claim claim_;
  voltaic::messages::j1939::transport transport_;
  voltaic::messages::j1939::log_traffic traffic_;
  std::vector<voltaic::messages::j1939::message> received_;
  std::vector<voltaic::messages::j1939::transfer_end> ends_;
  std::vector<voltaic::messages::j1939::heard> overheard_;
  std::size_t refused_ = 0;
  std::int64_t last_us_ = 0;
  /// Last, so that its thread ends first.
  std::unique_ptr<voltaic::bus::can::port> port_;
};

} // namespace laboratory
