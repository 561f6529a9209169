#include "bus/modbus/line.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "bus/modbus/connection.hpp"

namespace voltaic::bus::modbus {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

template <class Clock>
std::int64_t now_us_of() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}
std::int64_t monotonic_us() {
  return now_us_of<clock>();
}

class tcp_line final : public line {
 public:
  tcp_line(const line_options& options, poll_handler on_poll, write_handler on_write)
      : options_(options),
        on_poll_(std::move(on_poll)),
        on_write_(std::move(on_write)),
        connection_(options),
        backoff_(options.reconnect_min_ms) {
    const auto start = clock::now();
    for (const auto& unit : options_.units) schedule_.push_back({&unit, start});
    thread_ = std::thread([this] { run(); });
  }

  ~tcp_line() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    connection_.abort();
    wake_.notify_all();
    thread_.join();
  }

  bool write(write_request request) override {
    assert(!request.registers.empty() && request.registers.size() <= read_registers_max);
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_ || writes_.size() >= options_.writes_max) return false;
      writes_.push_back(std::move(request));
    }
    wake_.notify_one();
    return true;
  }

  line_statistics read_statistics() const override {
    const std::scoped_lock lock(mutex_);
    return statistics_;
  }

 private:
  struct slot {
    const unit_plan* plan;
    clock::time_point due;
  };

  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (!writes_.empty()) {
        const write_request next = std::move(writes_.front());
        writes_.pop_front();
        lock.unlock();
        handle(next);
        lock.lock();
        continue;
      }
      slot* const next = next_slot();
      if (next != nullptr && next->due <= clock::now()) {
        lock.unlock();
        handle(*next);
        lock.lock();
        continue;
      }
      if (next == nullptr)
        wake_.wait(lock, [this] { return stopping_ || !writes_.empty(); });
      else
        wake_.wait_until(lock, next->due, [this] { return stopping_ || !writes_.empty(); });
    }
    const auto unsent = std::exchange(writes_, {});
    lock.unlock();
    for (const auto& each : unsent) {
      write_answer answer;
      answer.token = each.token;
      answer.unit = each.unit;
      answer.time_us = monotonic_us();
      answer.reason = "the line is stopping";
      on_write_(std::move(answer));
    }
  }

  slot* next_slot() {
    const auto first = std::min_element(schedule_.begin(), schedule_.end(),
                                        [](const slot& a, const slot& b) { return a.due < b.due; });
    return first == schedule_.end() ? nullptr : &*first;
  }

  void handle(slot& due) {
    poll round;
    round.unit = due.plan->unit;
    for (const auto& request : due.plan->reads) {
      // A silent unit costs the line one timeout a round, not one a request.
      const bool silent =
          !round.answers.empty() && round.answers.back().outcome == modbus::outcome::timeout;
      exchange done = silent ? exchange{outcome::timeout, 0, {}, "not asked after a timeout"}
                             : read(round.unit, request);
      round.answers.push_back({request, done.outcome, done.exception_code,
                               std::move(done.registers), monotonic_us(), std::move(done.reason)});
    }
    round.now_us = monotonic_us();
    round.utc_offset_us = now_us_of<std::chrono::system_clock>() - round.now_us;
    advance(due);
    on_poll_(std::move(round));
  }

  /// The schedule is fixed: what could not be done in time is left out and
  /// shifts nothing.
  static void advance(slot& done) {
    const milliseconds period(done.plan->period_ms);
    done.due += period;
    const auto late = clock::now() - done.due;
    if (late > late.zero()) done.due += (late / period + 1) * period;
  }

  void handle(const write_request& request) {
    write_answer answer;
    answer.token = request.token;
    answer.unit = request.unit;
    answer.reason = ensure_connected();
    if (request.deadline_us != 0 && monotonic_us() >= request.deadline_us) {
      answer.outcome = outcome::expired;
      answer.reason = "the deadline passed before it could be sent";
    } else if (connection_.connected()) {
      answer.sent = true;
      exchange_write(request, answer);
    }
    answer.time_us = monotonic_us();
    on_write_(std::move(answer));
  }

  void exchange_write(const write_request& request, write_answer& answer) {
    exchange written = count(connection_.write(request));
    answer.outcome = written.outcome;
    answer.exception_code = written.exception_code;
    answer.reason = std::move(written.reason);
    // Also after a lost answer: reading tells what became of it. It is never
    // sent a second time from here.
    const read_request back{table::holding, request.address,
                            static_cast<std::uint16_t>(request.registers.size())};
    if (answer.outcome == outcome::exception) return;
    next_connect_ = {}; // what became of it must be known now, whatever the backoff
    answer.read_back = read(request.unit, back).registers;
  }

  exchange read(std::uint8_t unit, const read_request& request) {
    if (const std::string reason = ensure_connected(); !reason.empty())
      return {outcome::disconnected, 0, {}, reason};
    return count(connection_.read(unit, request));
  }

  /// Empty when connected, else why not.
  std::string ensure_connected() {
    if (connection_.connected()) return "";
    const auto now = clock::now();
    if (now < next_connect_) return last_reason_;
    last_reason_ = connection_.connect();
    const bool connected = last_reason_.empty();
    if (!connected) delay_next_connect();
    answered_ = false;
    const std::scoped_lock lock(mutex_);
    statistics_.connected = connected;
    if (connected && ever_connected_) ++statistics_.reconnects;
    ever_connected_ |= connected;
    return last_reason_;
  }

  void delay_next_connect() {
    next_connect_ = clock::now() + milliseconds(backoff_);
    backoff_ = std::min(backoff_ * 2, options_.reconnect_max_ms);
  }

  /// Books an exchange. A peer that answers is asked again at once after a
  /// lost connection, one that only accepts connections is not.
  exchange count(exchange done) {
    if (done.outcome == outcome::done || done.outcome == outcome::exception) {
      answered_ = true;
      backoff_ = options_.reconnect_min_ms;
    } else if (!connection_.connected() && next_connect_ <= clock::now()) {
      last_reason_ = done.reason;
      if (!answered_) delay_next_connect();
    }
    const std::scoped_lock lock(mutex_);
    ++statistics_.requests;
    statistics_.timeouts += done.outcome == outcome::timeout;
    statistics_.exceptions += done.outcome == outcome::exception;
    statistics_.bad_answers += done.outcome == outcome::bad_answer;
    statistics_.connected = connection_.connected();
    return done;
  }

  const line_options options_;
  const poll_handler on_poll_;
  const write_handler on_write_;
  connection connection_;
  std::vector<slot> schedule_;
  std::uint32_t backoff_;
  clock::time_point next_connect_;
  std::string last_reason_;
  bool answered_ = false;
  bool ever_connected_ = false;
  mutable std::mutex mutex_; // writes_, stopping_, statistics_
  std::condition_variable wake_;
  std::deque<write_request> writes_;
  bool stopping_ = false;
  line_statistics statistics_;
  std::thread thread_;
};

/// Empty when the options can be used.
std::string mistake_in(const line_options& options) {
  in_addr ignored{};
  if (::inet_pton(AF_INET, options.host.c_str(), &ignored) != 1)
    return fmt::format("host {} is no IPv4 address in numbers", options.host);
  if (options.response_timeout_ms < response_timeout_ms_min ||
      options.response_timeout_ms > response_timeout_ms_max)
    return fmt::format("the response timeout must lie within {} and {} ms", response_timeout_ms_min,
                       response_timeout_ms_max);
  if (options.reconnect_min_ms == 0 || options.reconnect_min_ms > options.reconnect_max_ms)
    return "the reconnect times must be positive and in order";
  for (const auto& unit : options.units) {
    if (unit.period_ms == 0) return fmt::format("unit {} has no period", unit.unit);
    for (const auto& request : unit.reads)
      if (request.count == 0 || request.count > read_registers_max ||
          request.address + request.count > 0x10000)
        return fmt::format("unit {} reads {} registers at {}; 1 to {} up to 65535 are possible",
                           unit.unit, request.count, request.address, read_registers_max);
  }
  return "";
}

} // namespace

messages::expected<std::unique_ptr<line>> open_line(const line_options& options,
                                                    poll_handler on_poll, write_handler on_write) {
  if (const std::string mistake = mistake_in(options); !mistake.empty())
    return messages::failure{fmt::format("Modbus line {}: {}", options.name, mistake)};
  try {
    return std::unique_ptr<line>(
        std::make_unique<tcp_line>(options, std::move(on_poll), std::move(on_write)));
  } catch (const std::system_error& refused) {
    return messages::failure{
        fmt::format("Modbus line {}: no thread for it: {}", options.name, refused.what())};
  }
}

} // namespace voltaic::bus::modbus
