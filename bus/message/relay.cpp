#include "bus/message/relay.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>

#include "bus/message/known_users.hpp"
#include "bus/message/relay_state.hpp"
#include "bus/message/snapshot_wishes.hpp"
#include "bus/message/zmq/origin.hpp"
#include "bus/message/zmq/socket.hpp"
#include "bus/message/zmq/wire.hpp"
#include "bus/thread_name.hpp"

namespace voltaic::bus::message {
namespace {

constexpr std::chrono::milliseconds idle_wait{500};
constexpr std::chrono::milliseconds wish_wait{20};
constexpr int request_high_water_messages = 1024;
constexpr std::string_view ipc = "ipc://";
/// Sockets of ipc prefixes: nobody else, or whoever is in their group.
constexpr mode_t private_socket = 0600;
constexpr mode_t group_socket = 0660;
/// Identity and bundle.
constexpr int request_parts = 2;

std::int64_t utc_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Old versions of the wire protocol tell nothing of their peers. Sockets of such a domain refuse
/// them; nobody is asked about the others, whom the library then lets in.
constexpr const char* authentication_domain = "voltaic";

class zmq_relay final : public relay {
 public:
  zmq_relay(zmq::context_t& context, const std::vector<relay_addresses>& places,
            const relay_options& options)
      : tap_(options.tap),
        has_users_(options.identify != nullptr),
        owner_(options.owner),
        from_(open_socket(context, zmq::socket_type::xsub, high_water_messages)),
        to_(open_socket(context, zmq::socket_type::xpub, high_water_messages)),
        requests_(open_socket(context, zmq::socket_type::router, request_high_water_messages)),
        users_(options.identify) {
    // By hand, so that only topics that exist enter the tables.
    to_.set(zmq::sockopt::xpub_manual, true);
    requests_.set(zmq::sockopt::router_mandatory, true);
    requests_.set(zmq::sockopt::router_handover, true);
    if (has_users_) {
      from_.set(zmq::sockopt::zap_domain, authentication_domain);
      requests_.set(zmq::sockopt::zap_domain, authentication_domain);
    }
    for (const auto& place : places) {
      bind(to_, place.sub);
      bind(requests_, place.cmd);
      bind(from_, place.pub);
    }
    const char everything = 1;
    from_.send(zmq::buffer(&everything, sizeof everything), zmq::send_flags::none);
    thread_ = std::thread([this] {
      name_thread("relay");
      run();
    });
  }

  ~zmq_relay() override {
    stopping_ = true;
    wake_.raise();
    thread_.join();
    // The library leaves the files of its ipc sockets behind.
    for (const auto& path : socket_files_) ::unlink(path.c_str());
  }

  [[nodiscard]] relay_statistics statistics() const override {
    return {frames_, foreign_, refused_, routed_, unroutable_, snapshots_, subscriptions_refused_,
            gaps_,   not_kept_};
  }

 private:
  void bind(zmq::socket_t& socket, const std::string& address) {
    try {
      socket.bind(address);
      if (!address.starts_with(ipc)) return;
      socket_files_.push_back(address.substr(ipc.size()));
      const auto mode = has_users_ ? group_socket : private_socket;
      if (::chmod(socket_files_.back().c_str(), mode) != 0) throw zmq::error_t();
    } catch (const zmq::error_t& error) {
      throw std::runtime_error(fmt::format("relay cannot bind {}: {}", address, error.what()));
    }
  }

  void run() {
    refuse_signals();
    while (!stopping_) {
      zmq::pollitem_t items[] = {{nullptr, wake_.descriptor(), ZMQ_POLLIN, 0},
                                 {from_.handle(), 0, ZMQ_POLLIN, 0},
                                 {to_.handle(), 0, ZMQ_POLLIN, 0},
                                 {requests_.handle(), 0, ZMQ_POLLIN, 0}};
      zmq::poll(items, std::size(items), wishes_.any() ? wish_wait : idle_wait);
      const auto has_input = [&](std::size_t at) { return (items[at].revents & ZMQ_POLLIN) != 0; };
      now_us_ = monotonic_now_us();
      // Only the sockets that have something: each look at an empty one costs.
      if (has_input(2)) read_subscriptions();
      if (has_input(1)) pass_on();
      if (has_input(3)) read_requests();
      grant_wishes();
      refused_ = malformed_ + state_.refused();
      unroutable_ = state_.unroutable();
      gaps_ = state_.gaps();
      not_kept_ = state_.not_kept();
    }
    from_.close();
    to_.close();
    requests_.close();
  }

  void pass_on() {
    zmq::message_t message;
    int turn = 0;
    for (; turn < messages_per_turn; ++turn) {
      const auto result = receive_bundle(from_, message);
      if (result == receive_result::nothing) break;
      if (result == receive_result::malformed) {
        ++malformed_;
        continue;
      }
      if (is_foreign(origin_of(message))) {
        ++foreign_;
        continue;
      }
      if (heard(message)) static_cast<void>(send_now(to_, message));
    }
    if (tap_ != nullptr && turn > 0) tap_->on_batch_end();
  }

  /// Enters a bundle into the last values before anybody gets it, so that a
  /// full state never lacks what was passed on before it.
  bool heard(const zmq::message_t& message) {
    bundle_reader reader(bytes_of(message));
    const plane from = plane_of(reader.to());
    if (!is_published_on(reader.to(), from)) {
      ++malformed_;
      return false;
    }
    bool good = true;
    while (const auto bytes = reader.next()) {
      ++frames_;
      if (tap_ != nullptr && from != plane::health) tell_tap(from, *bytes);
      good = state_.heard(from, *bytes, now_us_) && good;
    }
    return good;
  }

  void tell_tap(plane from, std::span<const std::byte> bytes) {
    if (const auto frame = messages::adopt(bytes)) tap_->on_frame(from, *frame);
  }

  void read_subscriptions() {
    zmq::message_t said;
    for (int turn = 0; turn < messages_per_turn; ++turn) {
      if (!to_.recv(said, zmq::recv_flags::dontwait)) return;
      const auto text = said.to_string_view();
      if (text.empty() || said.more()) continue;
      const bool begins = text.front() == 1;
      const auto prefix = text.substr(1);
      const topic beside = beside_chains_topic();
      const bool is_beside = prefix == std::string_view(reinterpret_cast<const char*>(&beside),
                                                        beside_chains_prefix_bytes);
      const bool of_plane = prefix == "t" || prefix == "e" || prefix == "h" || is_beside;
      const bool of_snapshot = prefix.size() == topic_bytes && prefix.front() == 's';
      if (!of_plane && !(of_snapshot && note_subscriber(prefix, begins))) {
        subscriptions_refused_ += begins ? 1 : 0;
        continue;
      }
      if (begins)
        to_.set(zmq::sockopt::subscribe, prefix);
      else
        to_.set(zmq::sockopt::unsubscribe, prefix);
    }
  }

  bool note_subscriber(std::string_view prefix, bool begins) {
    topic which = 0;
    prefix.copy(reinterpret_cast<char*>(&which), sizeof which);
    return begins ? wishes_.begin(which, now_us_) : wishes_.end(which);
  }

  void grant_wishes() {
    for (const auto& granted : wishes_.take_due(now_us_)) send_snapshot(granted.which, granted.id);
  }

  void send_snapshot(topic which, const std::string& id) {
    const auto frames = state_.snapshot(id, now_us_, utc_now_us());
    std::size_t begin = 0;
    while (begin < frames.size()) {
      std::size_t end = begin;
      std::size_t bytes = 0;
      while (end < frames.size()) {
        const std::size_t more = bundled_bytes(*frames[end]);
        if (end > begin && bytes + more > bundle_bytes_max) break;
        bytes += more;
        ++end;
      }
      auto message = make_message(which, std::span(frames).subspan(begin, end - begin));
      static_cast<void>(send_now(to_, message));
      begin = end;
    }
    ++snapshots_;
  }

  void read_requests() {
    zmq::message_t identity;
    for (int turn = 0; turn < messages_per_turn; ++turn) {
      if (!requests_.recv(identity, zmq::recv_flags::dontwait)) return;
      const std::string from = identity.to_string();
      zmq::message_t message;
      int parts = 1;
      for (bool more = identity.more(); more; more = message.more()) {
        if (!requests_.recv(message, zmq::recv_flags::dontwait)) break;
        ++parts;
      }
      bundle_reader reader(bytes_of(message));
      if (parts != request_parts || reader.to() != topic_of(plane::commands) ||
          !is_bundle(bytes_of(message))) {
        state_.misbehaved(from, now_us_);
        continue;
      }
      const auto sender = origin_of(message);
      while (const auto bytes = reader.next()) received(from, *bytes, sender);
    }
  }

  /// Who cannot be told from other users is one of them.
  [[nodiscard]] bool is_foreign(const origin& sender) const {
    if (!has_users_ || sender.is_within || sender.is_network) return false;
    return !sender.user || sender.user->user != owner_;
  }

  /// What is passed on of what another user said; null: nothing.
  frame_ptr admit(const std::string& from, const frame_ptr& frame, const origin& sender) {
    // Whoever bears the name of a node may not get what is meant for it.
    auto said = state_.is_taken(from) ? foreign_frame()
                                      : as_said_by(users_.find(sender.user, now_us_), from, frame);
    if (said.frame == nullptr || !said.refusal.empty()) ++foreign_;
    if (said.frame == nullptr || said.refusal.empty()) return said.frame;
    const auto answer = state_.refusal(*said.frame, std::move(said.refusal), now_us_);
    if (answer) deliver(*answer);
    return nullptr;
  }

  void received(const std::string& from, std::span<const std::byte> bytes, const origin& sender) {
    auto frame = messages::adopt(bytes);
    if (!frame) {
      state_.misbehaved(from, now_us_);
      return;
    }
    if (is_foreign(sender)) {
      frame = admit(from, *frame, sender);
      if (*frame == nullptr) return;
    }
    const auto routing = state_.received(from, *frame, now_us_);
    if (routing.snapshot_id) wishes_.ask(snapshot_topic(from), *routing.snapshot_id);
    for (const auto& delivery : routing.deliveries) {
      if (deliver(delivery)) continue;
      if (const auto answer = state_.undeliverable(delivery, now_us_)) deliver(*answer);
    }
  }

  bool deliver(const delivery& what) {
    if (what.to.empty()) return false;
    try {
      const auto flags = zmq::send_flags::dontwait | zmq::send_flags::sndmore;
      if (!requests_.send(zmq::buffer(what.to), flags)) return false;
      auto message = make_message(topic_of(plane::commands), std::span(&what.frame, 1));
      if (!send_now(requests_, message)) return false;
    } catch (const zmq::error_t&) {
      return false;
    }
    ++routed_;
    return true;
  }

  std::vector<std::string> socket_files_;
  listener* tap_;
  bool has_users_; ///< others than the site's own may ask
  uid_t owner_;
  zmq::socket_t from_;
  zmq::socket_t to_;
  zmq::socket_t requests_;
  wake_signal wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> frames_ = 0;
  std::atomic<std::uint64_t> foreign_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> routed_ = 0;
  std::atomic<std::uint64_t> unroutable_ = 0;
  std::atomic<std::uint64_t> snapshots_ = 0;
  std::atomic<std::uint64_t> subscriptions_refused_ = 0;
  std::atomic<std::uint64_t> gaps_ = 0;
  std::atomic<std::uint64_t> not_kept_ = 0;
  // The thread's own.
  relay_state state_;
  known_users users_;
  snapshot_wishes wishes_;
  std::int64_t now_us_ = 0;
  std::uint64_t malformed_ = 0;
  std::thread thread_;
};

} // namespace

messages::expected<std::unique_ptr<relay>> make_relay(zmq_context& context,
                                                      const relay_options& options) {
  if (options.bind.empty()) return messages::failure{"relay: no address to bind"};
  std::vector<relay_addresses> places;
  for (const auto& prefix : options.bind) {
    auto addresses = addresses_below(prefix);
    if (!addresses) return addresses.error();
    places.push_back(std::move(*addresses));
  }
  try {
    return std::unique_ptr<relay>(
        std::make_unique<zmq_relay>(library_context(context), places, options));
  } catch (const std::system_error& refused) {
    return messages::failure{fmt::format("relay: no thread for it: {}", refused.what())};
  } catch (const std::exception& error) {
    return messages::failure{error.what()};
  }
}

} // namespace voltaic::bus::message
