#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/expected.hpp"

/// How the command line talks to a running site: one line of JSON each way over
/// a unix stream socket.
namespace voltaic::bus::control {

/// Who says more in one line is turned away.
inline constexpr std::size_t request_bytes_max = 64 * 1024;
/// A longer answer is not taken.
inline constexpr std::size_t response_bytes_max = 4 * 1024 * 1024;
/// Who comes when so many are there is turned away.
inline constexpr std::size_t clients_max = 16;

/// Who is at the other end, as the kernel says (SO_PEERCRED).
struct caller {
  uid_t user = 0;
  gid_t group = 0;
};

/// Who may open a control socket beside its owner.
enum class access : std::uint8_t { owner, group };

/// The site's side, for use in its owner's poll loop: never blocks, owns no thread.
class control_server {
 public:
  using client_id = std::uint64_t;
  /// One request line; the answer is given with `reply`, now or later.
  using request_handler = std::function<void(client_id from, std::string_view line)>;

  /// Binds (mode 0600, or 0660), replacing the socket of a dead predecessor: the caller
  /// holds the site's lock.
  [[nodiscard]] static messages::expected<std::unique_ptr<control_server>> listen(
      const std::string& path, access for_whom = access::owner);
  ~control_server();
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;

  /// Appends what to poll for.
  void add_to(std::vector<pollfd>& polled) const;
  /// Serves what `poll` found; `polled` may hold other entries as well.
  void serve(const std::vector<pollfd>& polled, const request_handler& on_request);
  /// Who a client is; empty: it has gone, or the kernel does not say.
  [[nodiscard]] std::optional<caller> caller_of(client_id client) const;
  /// Queues an answer; a client that has gone is ignored.
  void reply(client_id to, std::string_view line);

 private:
  struct connection {
    int file = -1;
    std::string input;
    std::string output;
    bool closing = false; ///< after the output is written
  };
  control_server(int file, std::string path) : file_(file), path_(std::move(path)) {}
  void accept_clients();
  [[nodiscard]] bool read_from(client_id id, connection& from, const request_handler& on_request);
  [[nodiscard]] static bool write_to(connection& to);

  int file_;
  std::string path_;
  client_id next_ = 1;
  std::map<client_id, connection> clients_;
};

/// Whether somebody listens on the unix stream socket of this path.
[[nodiscard]] bool is_listened_to(const std::string& path);

/// Sends one line and waits for the answer. Fails when nobody listens or the
/// answer does not come in time.
[[nodiscard]] messages::expected<std::string> control_request(const std::string& path,
                                                              std::string_view line,
                                                              std::chrono::milliseconds timeout);

} // namespace voltaic::bus::control
