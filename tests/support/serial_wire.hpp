#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bus/serial/pty_line.hpp"
#include "messages/serial/dialect.hpp"
#include "messages/serial/receiver.hpp"

namespace voltaic::tests {

/// A dialect of frames of digits with one question, whose answer is the address and a number.
inline std::shared_ptr<const messages::serial::dialect> digits_dialect() {
  namespace wire = messages::serial;
  auto made = std::make_shared<wire::dialect>();
  made->framing.start = {0x7E};
  made->framing.end = {0x0D};
  made->framing.text = wire::text_form::hex;
  made->framing.request = *wire::parse_parts("20 {address} 46 {code} {length} {data} {checksum}");
  made->framing.answer = *wire::parse_parts("20 {address} 46 {result} {length} {data} {checksum}");
  made->framing.length = {2, false, true, true};
  made->framing.checksum = {wire::checksum_kind::twos_complement, 2, false, true, false, 0};
  made->questions = {{"values", 0x42, *wire::parse_data("{address}")}};
  made->settings = {{{"set", 0x94, *wire::parse_data("{address} {value}")}, 1, 0}};
  return made;
}

/// The far end of a serial line, where each request is answered as a function wants.
class serial_wire {
 public:
  using frame = messages::serial::frame;
  using script = std::function<std::vector<bus::serial::sent_piece>(const frame& asked)>;

  serial_wire(const std::string& path, std::shared_ptr<const messages::serial::dialect> dialect,
              script answer)
      : dialect_(std::move(dialect)),
        answer_(std::move(answer)),
        receiver_(dialect_->framing, messages::serial::direction::request) {
    auto served = bus::serial::serve_pty(
        path, [this](std::span<const std::uint8_t> bytes) { return hear(bytes); });
    if (!served) FAIL(served.error().text);
    wire_ = std::move(served).value();
  }
  void speak(std::span<const std::uint8_t> bytes) { wire_->speak(bytes); }

 private:
  std::vector<bus::serial::sent_piece> hear(std::span<const std::uint8_t> bytes) {
    std::vector<bus::serial::sent_piece> all;
    receiver_.push(bytes);
    for (auto found = receiver_.next(); found; found = receiver_.next())
      if (const auto* asked = std::get_if<frame>(&*found))
        for (auto& each : answer_(*asked)) all.push_back(std::move(each));
    return all;
  }

  std::shared_ptr<const messages::serial::dialect> dialect_;
  script answer_;
  messages::serial::receiver receiver_;
  std::unique_ptr<bus::serial::pty_line> wire_;
};

} // namespace voltaic::tests
