#pragma once

#include <modbus/modbus.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bus/modbus/line.hpp"

namespace voltaic::bus::modbus {

/// What one exchange with the peer gave.
struct exchange {
  modbus::outcome outcome = modbus::outcome::disconnected;
  std::uint8_t exception_code = 0;
  std::vector<std::uint16_t> registers;
  std::string reason;
};

/// One TCP connection, spoken by libmodbus. Used by one thread; only `abort`
/// may come from another. The socket is opened here and not by libmodbus,
/// which would call select() on descriptors beyond its set.
class connection {
 public:
  explicit connection(const line_options& options);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  [[nodiscard]] bool connected() const { return descriptor_ >= 0; }
  /// Waits at most the response timeout. Empty when connected, else why not.
  [[nodiscard]] std::string connect();
  /// Any outcome but done and exception closes: an answer that comes late
  /// finds no one who could take it for the next one.
  [[nodiscard]] exchange read(std::uint8_t unit, const read_request& request);
  [[nodiscard]] exchange write(const write_request& request);
  void close();
  /// From any thread: ends a waiting exchange and refuses further ones.
  void abort();

 private:
  struct free_context {
    void operator()(modbus_t* context) const { modbus_free(context); }
  };
  [[nodiscard]] std::string wait_until_connected(int descriptor) const;
  [[nodiscard]] exchange conclude(int count, int expected, std::vector<std::uint16_t> registers);

  line_options options_;
  std::unique_ptr<modbus_t, free_context> context_;
  std::mutex mutex_; // of descriptor_ against abort, and aborted_
  int descriptor_ = -1;
  bool aborted_ = false;
  int abort_event_ = -1;
};

} // namespace voltaic::bus::modbus
