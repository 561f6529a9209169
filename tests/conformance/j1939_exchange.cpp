#include "conformance/j1939_exchange.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace voltaic::conformance {

using namespace messages::j1939;

namespace {

std::string text_of(const packet& one) {
  return fmt::format("{:08X} {}", join(one.id), hex_of(one.payload()));
}

/// Which limit a turn has is a setting of the device that the vector was recorded with.
std::uint8_t asked_packets(const json& input) {
  for (const auto& step : input.at("exchange")) {
    if (step.at(0) != "tx") continue;
    const auto said = read_control(packet_of_vector(step, 1));
    if (said && said->kind == control_kind::request_to_send) return said->packets_a_turn;
  }
  return packets_unlimited;
}

transport_settings settings_of(const json& input) {
  transport_settings given;
  given.own_address = input.contains("own_address") ? input.at("own_address").get<std::uint8_t>()
                                                    : input.at("sa").get<std::uint8_t>();
  given.packets_a_turn = input.value("max_packets_per_cts", packets_unlimited);
  given.packets_a_turn_asked = asked_packets(input);
  return given;
}

} // namespace

packet packet_of_vector(const json& of, std::size_t at) {
  const auto frame = frame_of(of.at(at).get<std::string>(), of.at(at + 1).get<std::string>());
  const auto made = packet_of(frame);
  if (!made) throw std::runtime_error("no frame of J1939");
  return *made;
}

bool same_but_priority(packet one, packet other) {
  one.id.priority = other.id.priority;
  return one == other;
}

json frames_json(const std::vector<packet>& sent, const json& expected) {
  json all = json::array();
  for (std::size_t i = 0; i < sent.size(); ++i) {
    auto one = sent[i];
    if (expected.is_array() && i < expected.size())
      one.id.priority = packet_of_vector(expected[i], 0).id.priority;
    all.push_back({fmt::format("{:08X}", join(one.id)), hex_of(one.payload())});
  }
  return all;
}

std::vector<message> messages_of(const json& frames) {
  constexpr std::int64_t between_us = 1'000;
  transport_listener listener;
  transport_output out;
  std::int64_t now_us = 0;
  for (const auto& each : frames) {
    const auto one = packet_of_vector(each, 0);
    const bool is_transport = one.id.pgn == 0xEC00 || one.id.pgn == 0xEB00;
    listener.take(one, now_us += between_us, out);
    if (!is_transport) out.messages.push_back(message_of(one));
  }
  return out.messages;
}

json message_json(const message& of) {
  return {{"pgn", of.pgn},
          {"sa", of.source},
          {"da", of.destination},
          {"priority", of.priority},
          {"payload", hex_of(of.payload)}};
}

j1939_exchange::j1939_exchange(const json& input) : device_(settings_of(input)) {
  if (!input.contains("payload")) return;
  message what;
  what.pgn = input.at("pgn").get<std::uint32_t>();
  what.destination = input.value("da", global_address);
  what.payload = bytes_of(input.at("payload").get<std::string>());
  const auto begun = device_.send(std::move(what), now_us_, out_);
  if (!begun) throw std::runtime_error(begun.error().text);
  collect();
}

void j1939_exchange::collect() {
  said_.insert(said_.end(), out_.packets.begin(), out_.packets.end());
  out_.packets.clear();
}

void j1939_exchange::hear(const packet& heard) {
  if (!said_.empty()) throw std::runtime_error("said meanwhile: " + text_of(said_.front()));
  device_.take(heard, now_us_, out_);
  collect();
}

void j1939_exchange::wait(std::int64_t us) {
  now_us_ += us;
  device_.step(now_us_, out_);
  collect();
}

void j1939_exchange::expect(const packet& said) {
  if (said_.empty()) {
    const auto next = device_.next_us();
    if (next) wait(*next - now_us_);
  }
  if (said_.empty()) throw std::runtime_error("nothing said instead of " + text_of(said));
  const auto got = said_.front();
  said_.pop_front();
  if (!same_but_priority(got, said))
    throw std::runtime_error(text_of(got) + " instead of " + text_of(said));
}

json j1939_exchange::outcome() const {
  if (!out_.messages.empty()) {
    auto got = message_json(out_.messages.back());
    got["state"] = "complete";
    return got;
  }
  if (out_.ends.empty()) return {{"state", "open"}, {"accepted", false}};
  const auto& end = out_.ends.back();
  if (!end.reason) return {{"state", "complete"}, {"pgn", end.pgn}};
  return {{"state", "aborted"},
          {"accepted", false},
          {"reason", static_cast<int>(*end.reason)},
          {"pgn", end.pgn}};
}

json j1939_exchange::play(const json& exchange) {
  for (const auto& step : exchange) {
    if (step.at(0) == "rx") {
      hear(packet_of_vector(step, 1));
    } else if (step.at(0) == "tx") {
      expect(packet_of_vector(step, 1));
    } else {
      wait(step.at(1).get<std::int64_t>() * 1'000);
    }
  }
  if (!said_.empty()) throw std::runtime_error("said at last: " + text_of(said_.front()));
  return outcome();
}

} // namespace voltaic::conformance
