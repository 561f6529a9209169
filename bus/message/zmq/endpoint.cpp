#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "bus/message/zmq/context.hpp"
#include "bus/message/zmq/outbox.hpp"
#include "bus/message/zmq/socket.hpp"
#include "bus/message/zmq/wire.hpp"
#include "bus/thread_name.hpp"

namespace voltaic::bus::message {
namespace {

/// Commands that the relay could not take for this long are given up: their
/// senders hear nothing and call the outcome unknown.
constexpr std::int64_t command_wait_max_us = 3 * messages::us_per_s;
/// Frames that wait for the first link, so that the start order does not
/// matter. After a lost link nothing waits: what is old then is stale.
constexpr std::size_t first_link_frames_max = 4096;
/// The final flush of the destructor.
constexpr std::int64_t flush_max_us = 200'000;
constexpr std::chrono::milliseconds idle_wait{500};
/// A full pipe is tried again after this; the library cannot be polled for it.
constexpr std::chrono::milliseconds full_wait{1};
constexpr int bundles_per_turn = 64;
/// A frame that comes this soon after the last bundle waits for company: at
/// high rates wakes cost more than anything else. One that comes alone does not.
constexpr std::int64_t pack_us = 100;
constexpr std::size_t packed_enough_frames = 128;
constexpr std::size_t identity_bytes_max = 200;

class zmq_endpoint final : public endpoint {
 public:
  zmq_endpoint(zmq::context_t& context, const endpoint_options& options,
               const relay_addresses& addresses, listener& to)
      : pub_(open_socket(context, zmq::socket_type::xpub, publisher_high_water_messages)),
        sub_(open_socket(context, zmq::socket_type::sub, high_water_messages)),
        cmd_(open_socket(context, zmq::socket_type::dealer, high_water_messages)),
        to_(to),
        gather_us_(options.gather_us),
        telemetry_topic_(options.is_beside_chains ? beside_chains_topic()
                                                  : topic_of(plane::telemetry)) {
    // Without a relay nothing queues inside the library, where it would turn stale.
    pub_.set(zmq::sockopt::immediate, true);
    cmd_.set(zmq::sockopt::immediate, true);
    pub_.set(zmq::sockopt::xpub_nodrop, true);
    cmd_.set(zmq::sockopt::routing_id, options.identity);
    // The snapshot comes last: when the relay sees it, the others are in force.
    for (const plane which : options.subscriptions) {
      if (which == plane::snapshot) continue;
      if (which == plane::telemetry && options.only_beside_chains)
        subscribe(beside_chains_topic(), beside_chains_prefix_bytes);
      else
        subscribe(topic_of(which), plane_prefix_bytes);
    }
    for (const plane which : options.subscriptions) {
      if (which == plane::snapshot) subscribe(snapshot_topic(options.identity), topic_bytes);
    }
    pub_.connect(addresses.pub);
    sub_.connect(addresses.sub);
    cmd_.connect(addresses.cmd);
    thread_ = std::thread([this] {
      name_thread("endpoint");
      run();
    });
  }

  ~zmq_endpoint() override {
    outbox_.stop();
    stopping_ = true;
    wake_.raise();
    thread_.join();
  }

  publish_result publish(plane to, frame_ptr frame) override {
    if (to == plane::local) return publish_result::queued;
    return settle(outbox_.put(to, std::move(frame)), published_);
  }

  publish_result send(frame_ptr frame) override {
    return settle(outbox_.put_command(std::move(frame), monotonic_now_us()), published_);
  }

  [[nodiscard]] endpoint_statistics statistics() const override {
    return {published_, dropped_, received_, unlinked_, refused_, linked_};
  }

 private:
  void subscribe(topic which, std::size_t bytes) {
    sub_.set(zmq::sockopt::subscribe, std::string_view(reinterpret_cast<char*>(&which), bytes));
  }

  publish_result settle(outbox::put_result put, std::atomic<std::uint64_t>& count) {
    if (put.wake) wake_.raise();
    if (put.result == publish_result::queued) ++count;
    if (put.result == publish_result::full) ++dropped_;
    return put.result;
  }

  void run() {
    refuse_signals();
    while (!stopping_) {
      dozing_ = gathers();
      if (!dozing_) {
        flush();
        dozing_ = gathers();
      }
      serve();
    }
    const std::int64_t until_us = monotonic_now_us() + flush_max_us;
    while (flush(), (waiting() && linked_ && monotonic_now_us() < until_us)) {
      std::this_thread::sleep_for(full_wait);
    }
    pub_.close();
    sub_.close();
    cmd_.close();
  }

  /// Sleeps until there is something to do, and touches only the sockets that
  /// have something: each look at an empty one costs as much as sending a frame.
  void serve() {
    const short command_events =
        static_cast<short>(ZMQ_POLLIN | (commands_.empty() ? 0 : ZMQ_POLLOUT));
    zmq::pollitem_t items[] = {{nullptr, wake_.descriptor(), ZMQ_POLLIN, 0},
                               {pub_.handle(), 0, ZMQ_POLLIN, 0},
                               {sub_.handle(), 0, ZMQ_POLLIN, 0},
                               {cmd_.handle(), 0, command_events, 0}};
    auto time = dozing_ ? gather_left() : idle_wait;
    if (linked_ && next_ < frames_.size()) time = full_wait;
    if (more_) time = std::chrono::milliseconds{0};
    zmq::poll(items, std::size(items), time);
    const auto has_input = [&](std::size_t at) { return (items[at].revents & ZMQ_POLLIN) != 0; };
    if (has_input(0)) wake_.clear();
    if (has_input(1)) read_link();
    if (has_input(2)) receive(sub_);
    if (has_input(3)) receive(cmd_);
    if (told_) to_.on_batch_end();
    told_ = false;
  }

  /// How long the pause after the last sending still lasts; before the first there is none.
  [[nodiscard]] std::int64_t left_us(std::int64_t pause_us) const {
    if (!last_bundle_us_) return 0;
    return std::max<std::int64_t>(*last_bundle_us_ + pause_us - monotonic_now_us(), 0);
  }

  [[nodiscard]] std::chrono::milliseconds gather_left() const {
    // Rounded up: waking early would be waking twice.
    return std::chrono::milliseconds{left_us(gather_us_) / messages::us_per_ms + 1};
  }

  /// Nothing need be sent yet: what waits may wait for company.
  [[nodiscard]] bool gathers() {
    const bool may = linked_ && !more_ && next_ == frames_.size() && commands_.empty() &&
                     left_us(gather_us_) > 0;
    return may && outbox_.doze();
  }

  [[nodiscard]] bool waiting() const {
    return more_ || next_ < frames_.size() || !commands_.empty();
  }

  /// The relay subscribes to everything as soon as it is there, and the library
  /// takes that back when it is gone.
  void read_link() {
    zmq::message_t said;
    while (pub_.recv(said, zmq::recv_flags::dontwait)) {
      if (said.empty()) continue;
      const bool up = *static_cast<const char*>(said.data()) != 0;
      if (linked_.exchange(up) == up) continue;
      was_linked_ = was_linked_ || up;
      to_.on_link(up);
      told_ = true;
    }
  }

  void receive(zmq::socket_t& from) {
    zmq::message_t message;
    for (int turn = 0; turn < messages_per_turn; ++turn) {
      const auto result = receive_bundle(from, message);
      if (result == receive_result::nothing) return;
      if (result == receive_result::malformed) {
        ++refused_;
        continue;
      }
      tell(message);
    }
  }

  void tell(const zmq::message_t& message) {
    bundle_reader reader(bytes_of(message));
    const plane from = plane_of(reader.to());
    while (const auto bytes = reader.next()) {
      auto frame = messages::adopt(*bytes);
      if (!frame) {
        ++refused_;
        continue;
      }
      ++received_;
      told_ = true;
      to_.on_frame(from, *frame);
    }
  }

  void flush() {
    more_ = false;
    for (int turn = 0; turn < bundles_per_turn; ++turn) {
      if (next_ == frames_.size()) {
        frames_.clear();
        next_ = 0;
      }
      const bool fresh = take();
      send_commands();
      if (!linked_) give_up();
      const bool nothing_to_send = !linked_ || next_ == frames_.size();
      if (nothing_to_send && !fresh) return;
      if (!nothing_to_send && !send_bundle()) return;
    }
    more_ = true;
  }

  bool take() {
    if (!outbox_.take(frames_, commands_, !linked_)) return false;
    const std::int64_t early_us = left_us(pack_us);
    if (linked_ && early_us > 0 && next_ == 0 && frames_.size() < packed_enough_frames &&
        commands_.empty() && !stopping_) {
      std::this_thread::sleep_for(std::chrono::microseconds{early_us});
      outbox_.take(frames_, commands_, true);
    }
    return true;
  }

  bool send_bundle() {
    const plane to = frames_[next_].to;
    std::size_t end = next_;
    std::size_t bytes = 0;
    std::size_t content = 0;
    bundle_.clear();
    while (end < frames_.size() && frames_[end].to == to) {
      const std::size_t more = bundled_bytes(*frames_[end].frame);
      if (end > next_ && bytes + more > bundle_bytes_max) break;
      bytes += more;
      content += frames_[end].frame->bytes().size();
      bundle_.push_back(frames_[end].frame);
      ++end;
    }
    zmq::message_t message =
        make_message(to == plane::telemetry ? telemetry_topic_ : topic_of(to), bundle_);
    if (!send_now(pub_, message)) return false;
    for (; next_ < end; ++next_) frames_[next_].frame.reset();
    outbox_.release(bundle_.size(), content);
    last_bundle_us_ = monotonic_now_us();
    return true;
  }

  void give_up() {
    if (!was_linked_ && frames_.size() - next_ <= first_link_frames_max) return;
    std::size_t bytes = 0;
    for (std::size_t at = next_; at < frames_.size(); ++at) {
      bytes += frames_[at].frame->bytes().size();
    }
    unlinked_ += frames_.size() - next_;
    outbox_.release(frames_.size() - next_, bytes);
    next_ = frames_.size();
  }

  void send_commands() {
    const std::int64_t oldest_us = monotonic_now_us() - command_wait_max_us;
    while (!commands_.empty()) {
      if (commands_.front().time_us < oldest_us) {
        ++unlinked_;
      } else {
        bundle_.assign(1, commands_.front().frame);
        zmq::message_t message = make_message(topic_of(plane::commands), bundle_);
        if (!send_now(cmd_, message)) return;
      }
      commands_.pop_front();
    }
  }

  zmq::socket_t pub_;
  zmq::socket_t sub_;
  zmq::socket_t cmd_;
  listener& to_;
  const std::int64_t gather_us_;
  const topic telemetry_topic_;
  wake_signal wake_;
  outbox outbox_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> linked_ = false;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> unlinked_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  // The thread's own.
  std::vector<outbox::published> frames_;
  std::size_t next_ = 0; ///< of frames_, the first that is not sent
  std::deque<outbox::sent> commands_;
  std::vector<frame_ptr> bundle_;
  std::optional<std::int64_t> last_bundle_us_; ///< when it last sent
  bool was_linked_ = false;
  bool told_ = false;
  bool dozing_ = false;
  bool more_ = false; ///< a turn ended before its work did
  std::thread thread_;
};

} // namespace

messages::expected<std::unique_ptr<endpoint>> make_zmq_endpoint(zmq_context& context,
                                                                const endpoint_options& options,
                                                                listener& to) {
  if (options.identity.empty() || options.identity.size() > identity_bytes_max) {
    return messages::failure{fmt::format("bus identity \"{}\": 1 to {} bytes are expected",
                                         options.identity, identity_bytes_max)};
  }
  const auto addresses = addresses_below(options.relay);
  if (!addresses) return addresses.error();
  try {
    return std::unique_ptr<endpoint>(
        std::make_unique<zmq_endpoint>(library_context(context), options, *addresses, to));
  } catch (const std::exception& error) { // the library's, or a thread is refused
    return messages::failure{fmt::format("bus endpoint \"{}\" at {}: {}", options.identity,
                                         options.relay, error.what())};
  }
}

} // namespace voltaic::bus::message
