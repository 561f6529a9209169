#include "bus/modbus/line.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "bus/modbus/connection.hpp"
#include "bus/modbus/error_rate.hpp"
#include "bus/modbus/line_options.hpp"
#include "bus/modbus/schedule.hpp"
#include "bus/serial/framed_connection.hpp"
#include "bus/thread_name.hpp"

namespace voltaic::bus::modbus {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::microseconds;

template <class Clock>
std::int64_t now_us_of() {
  return std::chrono::duration_cast<microseconds>(Clock::now().time_since_epoch()).count();
}
std::int64_t monotonic_us() {
  return now_us_of<clock>();
}
clock::time_point at(std::int64_t time_us) {
  return clock::time_point(microseconds(time_us));
}

constexpr std::int64_t us_per_ms = 1'000;
constexpr std::int64_t never_us = std::numeric_limits<std::int64_t>::max();
// An adapter that was plugged in again is noticed this soon.
constexpr std::uint32_t reopen_ms_max = 1'000;

std::unique_ptr<connection> make_connection(const line_options& options,
                                            std::function<void()> pulse) {
  if (options.transport == transport::framed)
    return serial::make_framed_connection(options, std::move(pulse));
  return options.transport == transport::tcp ? make_tcp_connection(options)
                                             : make_rtu_connection(options);
}

class thread_line final : public line {
 public:
  thread_line(const line_options& options, poll_handler on_poll, write_handler on_write)
      : options_(options),
        on_poll_(std::move(on_poll)),
        on_write_(std::move(on_write)),
        connection_(make_connection(options_, [this] { tick(); })),
        schedule_(options_, monotonic_us()),
        backoff_ms_(options_.reconnect_min_ms) {
    if (options_.tick_ms != 0) next_tick_us_ = monotonic_us();
    thread_ = std::thread([this] {
      name_thread("line");
      run();
    });
  }

  ~thread_line() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    connection_->abort();
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
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      auto turn = schedule_.next(writes_, monotonic_us());
      if (turn.write) {
        const auto at = writes_.begin() + static_cast<std::ptrdiff_t>(*turn.write);
        const write_request next = std::move(*at);
        writes_.erase(at);
        lock.unlock();
        handle(next);
        lock.lock();
        continue;
      }
      lock.unlock();
      if (turn.read) work(*turn.read);
      tick();
      lock.lock();
      if (turn.read) continue;
      const auto woken = [this, known = writes_.size()] {
        return stopping_ || writes_.size() > known;
      };
      const auto due_us = std::min(schedule_.due_us(writes_), next_tick_us_);
      if (due_us == never_us)
        wake_.wait(lock, woken);
      else
        wake_.wait_until(lock, at(due_us), woken);
    }
    const auto unsent = std::exchange(writes_, {});
    lock.unlock();
    for (const auto& each : unsent)
      answer_unsent(each, outcome::disconnected, "the line is stopping");
  }

  /// Tells the line's time where it is wanted and due.
  void tick() {
    const auto now_us = monotonic_us();
    if (options_.tick_ms == 0 || now_us < next_tick_us_) return;
    next_tick_us_ = now_us + options_.tick_ms * us_per_ms;
    poll time;
    time.now_us = now_us;
    time.utc_offset_us = now_us_of<std::chrono::system_clock>() - now_us;
    on_poll_(std::move(time));
  }

  void work(const schedule::task& task) {
    auto gave = read(task.unit, task.request);
    const auto now_us = monotonic_us();
    auto round = schedule_.book(task, std::move(gave), now_us);
    if (round) round->notices = take_notices(now_us);
    publish(); // whoever hears of the round finds it counted
    if (round) {
      round->utc_offset_us = now_us_of<std::chrono::system_clock>() - now_us;
      on_poll_(*std::move(round));
    }
  }

  void answer_unsent(const write_request& request, outcome why, std::string reason) {
    write_answer answer;
    answer.token = request.token;
    answer.unit = request.unit;
    answer.outcome = why;
    answer.time_us = monotonic_us();
    answer.reason = std::move(reason);
    on_write_(std::move(answer));
  }

  void handle(const write_request& request) {
    if (!may_write(options_, request)) {
      answer_unsent(request, outcome::refused,
                    fmt::format("unit {} may not be written at {}", request.unit, request.address));
      return;
    }
    std::string reason;
    if (request.deadline_us == 0 || monotonic_us() < request.deadline_us)
      reason = ensure_connected();
    if (request.deadline_us != 0 && monotonic_us() >= request.deadline_us)
      answer_unsent(request, outcome::expired, "the deadline passed before it could be sent");
    else if (!connection_->connected())
      answer_unsent(request, outcome::disconnected, reason);
    else
      exchange_write(request);
    publish();
  }

  void exchange_write(const write_request& request) {
    write_answer answer;
    answer.token = request.token;
    answer.unit = request.unit;
    answer.sent = true;
    exchange written = count(connection_->write(request));
    schedule_.book_write(request.unit, written.outcome, monotonic_us());
    answer.outcome = written.outcome;
    answer.exception_code = written.exception_code;
    answer.reason = std::move(written.reason);
    // Also after a lost answer: reading tells what became of it. It is never
    // sent a second time from here.
    const auto back = connection_->read_back_of(request);
    if (back && answer.outcome != outcome::exception) {
      next_connect_us_ = 0; // what became of it must be known now, whatever the backoff
      // The silence that the unit wants, and after a missing answer the time in
      // which that one may still come.
      pause(request.unit);
      exchange held = read(request.unit, *back);
      schedule_.book_write(request.unit, held.outcome, monotonic_us());
      answer.read_back = std::move(held.registers);
    }
    answer.time_us = monotonic_us();
    on_write_(std::move(answer));
  }

  void pause(std::uint8_t unit) {
    const auto until_us = schedule_.free_us(unit);
    std::unique_lock lock(mutex_);
    while (!stopping_ && monotonic_us() < until_us) {
      wake_.wait_until(lock, at(std::min(until_us, next_tick_us_)), [this] { return stopping_; });
      lock.unlock();
      tick();
      lock.lock();
    }
  }

  exchange read(std::uint8_t unit, const read_request& request) {
    if (const std::string reason = ensure_connected(); !reason.empty())
      return {outcome::disconnected, 0, {}, reason};
    return count(connection_->read(unit, request));
  }

  /// Empty when connected, else why not.
  std::string ensure_connected() {
    if (connection_->connected()) return "";
    const auto now_us = monotonic_us();
    if (now_us < next_connect_us_) return last_reason_;
    last_reason_ = connection_->connect();
    const bool connected = last_reason_.empty();
    if (!connected) delay_next_connect();
    if (auto warning = connection_->take_warning(); !warning.empty())
      notices_.push_back({options_.name, "warning", std::move(warning)});
    answered_ = false;
    reconnects_ += connected && ever_connected_ ? 1 : 0;
    ever_connected_ |= connected;
    publish(); // the exchange that follows may take its time
    return last_reason_;
  }

  void delay_next_connect() {
    next_connect_us_ = monotonic_us() + backoff_ms_ * us_per_ms;
    const auto most = is_serial(options_.transport)
                          ? std::min(options_.reconnect_max_ms, reopen_ms_max)
                          : options_.reconnect_max_ms;
    backoff_ms_ = std::min(backoff_ms_ * 2, most);
  }

  /// Counts an exchange. A peer that closes before it ever answered is not
  /// called again at once.
  exchange count(exchange done) {
    const bool answered = done.outcome == outcome::done || done.outcome == outcome::exception;
    if (answered) {
      answered_ = true;
      backoff_ms_ = options_.reconnect_min_ms;
    } else if (done.outcome == outcome::disconnected) {
      last_reason_ = done.reason;
      if (!answered_) delay_next_connect();
    }
    ++counted_.requests;
    counted_.timeouts += done.outcome == outcome::timeout ? 1 : 0;
    counted_.exceptions += done.outcome == outcome::exception ? 1 : 0;
    counted_.crc_errors += done.checksum_error ? 1 : 0;
    counted_.bad_answers += done.outcome == outcome::bad_answer && !done.checksum_error ? 1 : 0;
    // Silence says nothing of the wire; whatever came does.
    const auto strays = connection_->traffic().strays;
    const auto now_us = monotonic_us();
    for (; known_strays_ < strays; ++known_strays_) rate_.add(now_us, true);
    if (answered || done.checksum_error) rate_.add(now_us, done.checksum_error);
    return done;
  }

  std::vector<line_notice> take_notices(std::int64_t now_us) {
    const auto quality = rate_.judge(now_us);
    if (std::exchange(told_quality_, quality) != quality) {
      constexpr std::string_view states[] = {"crc-good", "crc-warning", "crc-alarm"};
      notices_.push_back({options_.name, std::string(states[static_cast<std::size_t>(quality)]),
                          fmt::format("{:.1f} % of the answers of the last {} s were broken",
                                      rate_.percent(now_us), error_rate::window_s)});
    }
    return std::exchange(notices_, {});
  }

  void publish() {
    auto all = counted_;
    const auto& traffic = connection_->traffic();
    all.connected = connection_->connected();
    all.quality = told_quality_;
    all.error_percent = rate_.percent(monotonic_us());
    all.strays = traffic.strays;
    all.late = traffic.late;
    all.bytes_sent = traffic.bytes_sent;
    all.bytes_received = traffic.bytes_received;
    all.overruns = schedule_.overruns();
    all.reconnects = reconnects_;
    const std::scoped_lock lock(mutex_);
    statistics_ = all;
  }

  const line_options options_;
  const poll_handler on_poll_;
  const write_handler on_write_;
  const std::unique_ptr<connection> connection_;
  schedule schedule_;
  error_rate rate_;
  line_quality told_quality_ = line_quality::good;
  std::vector<line_notice> notices_;
  line_statistics counted_;
  std::uint64_t known_strays_ = 0;
  std::uint64_t reconnects_ = 0;
  std::uint32_t backoff_ms_;
  std::int64_t next_connect_us_ = 0;
  std::int64_t next_tick_us_ = never_us;
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

} // namespace

std::string_view kind_of(transport how) {
  constexpr std::string_view kinds[] = {"modbus-tcp", "modbus-rtu", "modbus-rtu-over-tcp",
                                        "serial"};
  return kinds[static_cast<std::size_t>(how)];
}

messages::expected<std::unique_ptr<line>> open_line(const line_options& options,
                                                    poll_handler on_poll, write_handler on_write) {
  if (const std::string mistake = mistake_in(options); !mistake.empty())
    return messages::failure{fmt::format("line {}: {}", options.name, mistake)};
  try {
    return std::unique_ptr<line>(
        std::make_unique<thread_line>(options, std::move(on_poll), std::move(on_write)));
  } catch (const std::system_error& refused) {
    return messages::failure{
        fmt::format("line {}: no thread for it: {}", options.name, refused.what())};
  }
}

} // namespace voltaic::bus::modbus
