#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "bus/can/file_descriptor.hpp"
#include "messages/expected.hpp"

/// How a port without rights asks `voltaic canctl` for what takes some. The socket lies in the
/// site's runtime folder, which only the site's owner may enter.
namespace voltaic::bus::can {

/// What is asked of an interface.
struct setup_request {
  enum class verb : std::uint8_t {
    restart, ///< it is bus-off; asked by a port, again and again while it is
    reset    ///< a person has looked: restart it although there were too many
  };
  verb what = verb::restart;
  std::string interface_name;
  friend bool operator==(const setup_request&, const setup_request&) = default;
};

/// "restart can0". Pure.
[[nodiscard]] std::string to_text(const setup_request& request);
/// Nothing where it is none. Pure.
[[nodiscard]] std::optional<setup_request> read_setup_request(const std::string& text);

/// Asks without waiting; false where nobody listens.
[[nodiscard]] bool ask_setup(const std::string& runtime_folder, const setup_request& request);

/// The side that is asked.
class setup_listener {
 public:
  /// The failure says why nobody can be heard, for one that another process listens already.
  [[nodiscard]] static messages::expected<setup_listener> open(const std::string& runtime_folder);
  setup_listener(setup_listener&&) = default;
  setup_listener& operator=(setup_listener&&) = delete;
  ~setup_listener();
  /// The next request; nothing when none came in that time. What is no request is passed over.
  [[nodiscard]] std::optional<setup_request> wait(int timeout_ms);

 private:
  setup_listener(file_descriptor socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)) {}

  file_descriptor socket_;
  std::string path_;
};

} // namespace voltaic::bus::can
