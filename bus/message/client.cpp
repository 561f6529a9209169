#include "bus/message/client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace voltaic::bus::message {
namespace {

using clock = std::chrono::steady_clock;

std::string unique_name() {
  static std::atomic<unsigned> count = 0;
  const auto now = clock::now().time_since_epoch().count();
  return fmt::format("client-{}-{}-{:x}", getpid(), ++count, now & 0xffffff);
}

class bus_client final : public client, private listener {
 public:
  bus_client(client_options options) : options_(std::move(options)) {}

  messages::expected<bool> open(zmq_context& context) {
    auto made =
        make_zmq_endpoint(context,
                          {options_.name,
                           options_.relay,
                           {plane::telemetry, plane::events, plane::health, plane::snapshot}},
                          *this);
    if (!made) return made.error();
    endpoint_ = std::move(*made);
    return true;
  }

  [[nodiscard]] const std::string& name() const override { return options_.name; }

  messages::expected<site_state> collect(std::chrono::milliseconds timeout) override {
    const auto until = clock::now() + timeout;
    ask_again();
    site_state state;
    while (auto next = take(until)) {
      if (next->kind == update::kind::reset) state = {};
      if (next->kind == update::kind::state) state.messages.push_back(std::move(next->message));
      if (next->kind == update::kind::ready) {
        state.sources = std::move(next->snapshot);
        return state;
      }
    }
    return messages::failure{
        fmt::format("no relay answered at {} within {} ms", options_.relay, timeout.count())};
  }

  std::optional<update> next(std::chrono::milliseconds timeout) override {
    return take(clock::now() + timeout);
  }

  messages::result request(messages::command command, std::chrono::milliseconds timeout) override {
    const auto until = clock::now() + timeout;
    if (command.id.empty()) command.id = fmt::format("{}-{}", options_.name, ++requests_);
    if (command.reply_to.empty()) command.reply_to = options_.name;
    messages::result unknown;
    unknown.id = command.id;
    unknown.key = command.key;
    unknown.reply_to = command.reply_to;
    unknown.point = command.point;
    {
      const std::lock_guard lock(mutex_);
      awaited_ = command.id;
      result_.reset();
      answered_by_.clear();
    }
    messages::header header;
    header.source = options_.name;
    if (endpoint_->send(messages::encode(header, command)) == publish_result::queued) {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, until, [&] { return result_.has_value(); });
      awaited_.clear();
      if (result_) return std::move(*result_);
    }
    unknown.reasons.push_back(fmt::format("no answer within {} ms", timeout.count()));
    return unknown;
  }

  std::string answered_by() const override {
    const std::lock_guard lock(mutex_);
    return answered_by_;
  }

 private:
  void on_frame(plane from, const frame_ptr& frame) override {
    const std::lock_guard lock(mutex_);
    if (from == plane::commands) {
      auto message = messages::decode(*frame);
      auto* result = message ? std::get_if<messages::result>(&message->payload) : nullptr;
      // An acceptance is news on the way, not the outcome.
      if (result == nullptr || awaited_.empty() || result->id != awaited_ ||
          result->outcome == messages::outcome::accepted) {
        return;
      }
      result_ = std::move(*result);
      answered_by_ = std::move(message->header.source);
      changed_.notify_all();
      return;
    }
    heard_.clear();
    observer_.heard(from, *frame, heard_);
    for (auto& one : heard_) keep(std::move(one));
  }

  void on_batch_end() override {
    const std::lock_guard lock(mutex_);
    if (observer_.take_snapshot_wish()) ask();
    if (!updates_.empty()) changed_.notify_all();
  }

  void on_link(bool up) override {
    const std::lock_guard lock(mutex_);
    if (!up) observer_.link_lost();
  }

  /// With the lock held. A reader that does not keep up gets a new full state
  /// instead of an endless list of old changes.
  void keep(update one) {
    if (one.kind == update::kind::reset) updates_.clear();
    if (updates_.size() >= options_.updates_max) {
      const std::uint64_t missed = updates_.size() + 1;
      updates_.clear();
      observer_.link_lost();
      updates_.push_back({.kind = update::kind::gap, .source = options_.name, .missing = missed});
      ask();
      return;
    }
    updates_.push_back(std::move(one));
  }

  void ask() { endpoint_->send(snapshot_request(options_.name, fmt::format("{}", ++asked_))); }

  /// The state that comes by itself with the connection serves the first reader.
  void ask_again() {
    const std::lock_guard lock(mutex_);
    if (collected_once_) ask();
    collected_once_ = true;
  }

  std::optional<update> take(clock::time_point until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return !updates_.empty(); });
    if (updates_.empty()) return std::nullopt;
    update first = std::move(updates_.front());
    updates_.pop_front();
    return first;
  }

  client_options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  observer observer_;
  std::vector<update> heard_;
  std::deque<update> updates_;
  std::string awaited_;
  std::optional<messages::result> result_;
  std::string answered_by_;
  std::uint64_t requests_ = 0;
  std::uint64_t asked_ = 0;
  bool collected_once_ = false;
  std::unique_ptr<endpoint> endpoint_; ///< last: its thread uses everything above
};

} // namespace

messages::expected<std::unique_ptr<client>> connect_client(zmq_context& context,
                                                           client_options options) {
  if (options.name.empty()) options.name = unique_name();
  auto made = std::make_unique<bus_client>(std::move(options));
  if (const auto opened = made->open(context); !opened) return opened.error();
  return std::unique_ptr<client>(std::move(made));
}

} // namespace voltaic::bus::message
