#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <zmq.hpp>

#include "bus/message/bundle.hpp"
#include "bus/message/client.hpp"
#include "bus/message/relay.hpp"
#include "support/message_bus.hpp"
#include "support/relay_process.hpp"

namespace faults_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

std::unique_ptr<endpoint> join(zmq_context& context, const std::string& relay,
                               const std::string& identity, listener& to,
                               std::vector<plane> planes = {}) {
  auto made = make_zmq_endpoint(context, {identity, relay, std::move(planes)}, to);
  REQUIRE(made.has_value());
  return std::move(*made);
}

std::unique_ptr<relay> start_relay(zmq_context& context, const std::string& at) {
  auto made = make_relay(context, {{at}});
  REQUIRE(made.has_value());
  return std::move(*made);
}

std::unique_ptr<client> connect(zmq_context& context, const std::string& relay) {
  auto made = connect_client(context, {relay, "", 100'000});
  REQUIRE(made.has_value());
  return std::move(*made);
}

/// Counts telemetry of one source and what is missing in between.
class counting_listener : public listener {
 public:
  void on_frame(plane from, const frame_ptr& frame) override {
    if (from != plane::telemetry) return;
    const auto message = messages::decode(*frame);
    if (!message) return;
    const arrival how = counter_.heard(message->header);
    if (how == arrival::first) first = message->header.sequence;
    gaps = counter_.gaps();
    newest = message->header.sequence;
  }
  std::atomic<std::uint64_t> first = 0;
  std::atomic<std::uint64_t> newest = 0;
  std::atomic<std::uint64_t> gaps = 0;

 private:
  gap_counter counter_;
};

void send_raw(zmq::socket_t& to, const std::vector<std::string>& parts) {
  for (std::size_t n = 0; n < parts.size(); ++n) {
    const auto flags = n + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
    to.send(zmq::buffer(parts[n]), flags);
  }
}

/// Publishes until the frames come through; returns the next sequence.
std::uint64_t warm_up(endpoint& by, const counting_listener& ears) {
  std::uint64_t sequence = 0;
  REQUIRE(eventually([&] {
    by.publish(plane::telemetry, words_frame("bms_0", ++sequence, {1}));
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return ears.newest > 0;
  }));
  return sequence;
}

} // namespace

TEST_CASE("F-030 a killed relay costs observers a counted gap and publishers nothing") {
  folder place;
  relay_process hub(place.relay());
  hub.start();
  zmq_context context;
  collector ears;
  auto speaker = join(context, place.relay(), "speaker", ears);
  REQUIRE(eventually([&] { return speaker->statistics().linked; }));
  std::uint64_t sequence = 0;
  const auto say = [&] {
    ++sequence;
    speaker->publish(plane::telemetry,
                     words_frame("bms_0", sequence, {static_cast<std::uint16_t>(sequence)}));
  };
  auto watcher = connect(context, place.relay());
  REQUIRE(watcher->collect(20s).has_value());
  std::uint64_t missing = 0;
  std::uint16_t value = 0;
  const auto hear = [&] {
    say();
    while (auto one = watcher->next(5ms)) {
      if (one->kind == update::kind::gap) missing += one->missing;
      if (const auto* said = std::get_if<messages::telemetry>(&one->message.payload)) {
        value = std::get<messages::block::words>(said->blocks[0].values)[0];
      }
    }
  };
  // A gap is counted from the last frame that came through, so there must have been one.
  REQUIRE(eventually([&] {
    hear();
    return value > 0;
  }));
  hub.kill();
  REQUIRE(eventually([&] { return !speaker->statistics().linked; }));
  const auto unlinked = speaker->statistics().unlinked;
  for (int n = 0; n < 1000; ++n) say();
  CHECK(eventually([&] { return speaker->statistics().unlinked >= unlinked + 1000; }));
  const auto before = sequence;
  hub.start();
  REQUIRE(eventually([&] { return speaker->statistics().linked; }));
  REQUIRE(eventually([&] {
    hear();
    return value > before && missing > 0;
  }));
  CHECK(missing >= 1000);
  CHECK(ears.links() == std::vector<bool>{true, false, true});
}

TEST_CASE("F-031 a stopped relay counts as gone after missed heartbeats, until it goes on") {
  folder place;
  relay_process hub(place.relay());
  hub.start();
  zmq_context context;
  collector ears;
  auto speaker = join(context, place.relay(), "speaker", ears);
  REQUIRE(eventually([&] { return speaker->statistics().linked; }));
  hub.freeze();
  CHECK(eventually([&] { return !speaker->statistics().linked; }));
  hub.thaw();
  CHECK(eventually([&] { return speaker->statistics().linked; }));
}

TEST_CASE("F-035 a subscriber that does not read costs the others nothing") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  struct : listener {
    void on_frame(plane, const frame_ptr&) override {
      std::unique_lock lock(mutex);
      released.wait(lock, [&] { return free; });
    }
    std::mutex mutex;
    std::condition_variable released;
    bool free = false;
  } deaf;
  counting_listener ears;
  collector none;
  zmq_context deaf_context;
  auto stalled = join(deaf_context, place.relay(), "deaf", deaf, {plane::telemetry});
  auto hearer = join(context, place.relay(), "hearer", ears, {plane::telemetry});
  auto speaker = join(context, place.relay(), "speaker", none);
  std::uint64_t sequence = warm_up(*speaker, ears);
  for (int n = 0; n < 100'000; ++n) {
    const auto frame = words_frame("bms_0", ++sequence, {1, 2, 3, 4});
    while (speaker->publish(plane::telemetry, frame) == publish_result::full) {
      std::this_thread::sleep_for(1ms);
    }
  }
  CHECK(eventually([&] { return ears.newest == sequence; }, 60s));
  CHECK(ears.gaps == 0);
  {
    const std::lock_guard lock(deaf.mutex);
    deaf.free = true;
  }
  deaf.released.notify_all();
}

TEST_CASE("F-035 a reader that falls behind is told how much it missed and starts anew") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  collector none;
  auto speaker = join(context, place.relay(), "speaker", none);
  REQUIRE(eventually([&] { return speaker->statistics().linked; }));
  auto made = connect_client(context, {place.relay(), "", 100});
  REQUIRE(made.has_value());
  REQUIRE((*made)->collect(20s).has_value());
  for (std::uint64_t n = 1; n <= 5000; ++n) {
    speaker->publish(plane::telemetry, words_frame("bms_0", n, {static_cast<std::uint16_t>(n)}));
  }
  REQUIRE(eventually([&] { return hub->statistics().frames == 5000; }));
  std::uint64_t missing = 0;
  std::uint64_t newest = 0;
  REQUIRE(eventually([&] {
    while (auto one = (*made)->next(20ms)) {
      missing += one->missing;
      if (one->kind == update::kind::ready && !one->snapshot.sources.empty()) {
        newest = one->snapshot.sources[0].sequence;
      }
    }
    return newest == 5000;
  }));
  CHECK(missing > 0);
}

TEST_CASE("F-036 a storm of subscriptions enters no table and disturbs nobody") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  counting_listener ears;
  collector none;
  auto hearer = join(context, place.relay(), "hearer", ears, {plane::telemetry});
  auto speaker = join(context, place.relay(), "speaker", none);
  std::uint64_t sequence = warm_up(*speaker, ears);
  zmq::context_t stranger;
  zmq::socket_t hostile(stranger, zmq::socket_type::sub);
  hostile.set(zmq::sockopt::linger, 0);
  hostile.set(zmq::sockopt::sndhwm, 0);
  hostile.connect(place.relay() + ".sub");
  for (int n = 0; n < 10'000; ++n) hostile.set(zmq::sockopt::subscribe, "t" + std::to_string(n));
  hostile.set(zmq::sockopt::subscribe, "");
  REQUIRE(eventually([&] { return hub->statistics().subscriptions_refused >= 10'001; }));
  for (int n = 0; n < 1000; ++n) {
    speaker->publish(plane::telemetry, words_frame("bms_0", ++sequence, {1}));
  }
  CHECK(eventually([&] { return ears.newest == sequence; }));
  CHECK(ears.gaps == 0);
  zmq::message_t got;
  CHECK_FALSE(hostile.recv(got, zmq::recv_flags::dontwait).has_value());
}

TEST_CASE("F-037 flapping subscriptions cost a bounded number of snapshots and no frame") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  counting_listener ears;
  collector none;
  auto hearer = join(context, place.relay(), "hearer", ears, {plane::telemetry});
  auto speaker = join(context, place.relay(), "speaker", none);
  std::uint64_t sequence = warm_up(*speaker, ears);
  zmq::context_t stranger;
  zmq::socket_t hostile(stranger, zmq::socket_type::xsub);
  hostile.set(zmq::sockopt::linger, 0);
  hostile.set(zmq::sockopt::sndhwm, 0);
  hostile.connect(place.relay() + ".sub");
  const auto begin = std::chrono::steady_clock::now();
  constexpr int flaps = 5000;
  for (int n = 0; n < flaps; ++n) {
    for (const char* const what : {"\1t", "\1s1234567", "\0t", "\0s1234567"}) {
      const std::size_t size = what[1] == 't' ? 2 : 9;
      hostile.send(zmq::buffer(what, size), zmq::send_flags::none);
    }
    if (n % 10 == 0) {
      speaker->publish(plane::telemetry, words_frame("bms_0", ++sequence, {1}));
    }
  }
  CHECK(eventually([&] { return ears.newest == sequence; }));
  CHECK(ears.gaps == 0);
  hostile.send(zmq::buffer("\1s1234567", 9), zmq::send_flags::none);
  CHECK(eventually([&] { return hub->statistics().snapshots > 0; }));
  const auto spent = std::chrono::steady_clock::now() - begin;
  CHECK(hub->statistics().snapshots <= static_cast<std::uint64_t>(spent / 100ms) + 2);
}

TEST_CASE("F-038 an oversized message ends its connection and nothing else") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  counting_listener ears;
  collector none;
  auto hearer = join(context, place.relay(), "hearer", ears, {plane::telemetry});
  auto speaker = join(context, place.relay(), "speaker", none);
  std::uint64_t sequence = warm_up(*speaker, ears);
  zmq::context_t stranger;
  zmq::socket_t hostile(stranger, zmq::socket_type::xpub);
  hostile.set(zmq::sockopt::linger, 0);
  hostile.set(zmq::sockopt::immediate, true);
  hostile.set(zmq::sockopt::rcvtimeo, 20'000);
  hostile.connect(place.relay() + ".pub");
  zmq::message_t said;
  REQUIRE(hostile.recv(said).has_value());
  REQUIRE(said.to_string_view() == std::string_view("\1", 1));
  hostile.send(zmq::buffer(std::string(1024 * 1024, 't')), zmq::send_flags::none);
  REQUIRE(hostile.recv(said).has_value());
  CHECK(said.to_string_view() == std::string_view("\0", 1));
  for (int n = 0; n < 100; ++n) {
    speaker->publish(plane::telemetry, words_frame("bms_0", ++sequence, {1}));
  }
  CHECK(eventually([&] { return ears.newest == sequence; }));
  CHECK(ears.gaps == 0);
}

TEST_CASE("F-039 messages of a wrong shape are refused, counted, and passed to nobody") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  counting_listener ears;
  collector none;
  auto hearer = join(context, place.relay(), "hearer", ears, {plane::telemetry});
  auto speaker = join(context, place.relay(), "speaker", none);
  std::uint64_t sequence = warm_up(*speaker, ears);
  zmq::context_t stranger;
  zmq::socket_t hostile(stranger, zmq::socket_type::xpub);
  hostile.set(zmq::sockopt::linger, 0);
  hostile.set(zmq::sockopt::rcvtimeo, 20'000);
  hostile.connect(place.relay() + ".pub");
  zmq::message_t said;
  REQUIRE(hostile.recv(said).has_value());
  const std::string topic("t\0\0\0\0\0\0\0", 8);
  const auto frame = words_frame("bms_9", 1, {1});
  std::string good = topic;
  const std::uint64_t length = frame->bytes().size();
  good.append(reinterpret_cast<const char*>(&length), sizeof length);
  good.append(reinterpret_cast<const char*>(frame->bytes().data()), length);
  const std::vector<std::vector<std::string>> shapes = {{""},
                                                        {"t"},
                                                        {topic},
                                                        {topic, good},
                                                        {good, ""},
                                                        {"", good},
                                                        {good + "x"},
                                                        {good.substr(1)},
                                                        {topic + "junk"},
                                                        {good.substr(0, 40)},
                                                        {topic + std::string(8, '\0')},
                                                        {topic + std::string(8, '\xff')},
                                                        {std::string("x") + good}};
  const std::uint64_t before = hub->statistics().refused;
  for (const auto& shape : shapes) send_raw(hostile, shape);
  CHECK(eventually([&] { return hub->statistics().refused == before + shapes.size(); }));
  zmq::socket_t dealer(stranger, zmq::socket_type::dealer);
  dealer.set(zmq::sockopt::linger, 0);
  dealer.connect(place.relay() + ".cmd");
  for (const auto& shape : shapes) send_raw(dealer, shape);
  CHECK(eventually([&] { return hub->statistics().refused == before + 2 * shapes.size(); }));
  for (int n = 0; n < 100; ++n) {
    speaker->publish(plane::telemetry, words_frame("bms_0", ++sequence, {1}));
  }
  CHECK(eventually([&] { return ears.newest == sequence; }));
  CHECK(ears.gaps == 0);
}

TEST_CASE("a late subscriber gets the full state, then every change once, under load") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  collector none;
  auto speaker = join(context, place.relay(), "speaker", none);
  REQUIRE(eventually([&] { return speaker->statistics().linked; }));
  std::atomic<bool> stop = false;
  std::thread load([&] {
    for (std::uint64_t n = 1; !stop; ++n) {
      for (const char* const source : {"bms_0", "bms_1", "bms_2"}) {
        const auto frame = words_frame(source, n, {static_cast<std::uint16_t>(n)});
        while (speaker->publish(plane::telemetry, frame) == publish_result::full) {
          std::this_thread::sleep_for(1ms);
        }
      }
      if (n % 20 == 0) std::this_thread::sleep_for(1ms);
    }
  });
  for (int late = 0; late < 8; ++late) {
    std::this_thread::sleep_for(std::chrono::milliseconds{late * 3});
    auto watcher = connect(context, place.relay());
    const auto state = watcher->collect(20s);
    REQUIRE(state.has_value());
    std::map<std::string, std::uint64_t> sequence;
    for (const auto& source : state->sources.sources) sequence[source.source] = source.sequence;
    for (const auto& message : state->messages) {
      const auto& said = std::get<messages::telemetry>(message.payload);
      REQUIRE(std::get<messages::block::words>(said.blocks[0].values)[0] ==
              static_cast<std::uint16_t>(sequence[message.header.source]));
    }
    for (int n = 0; n < 2000; ++n) {
      const auto one = watcher->next(20s);
      REQUIRE(one.has_value());
      REQUIRE(one->kind == update::kind::message);
      REQUIRE(one->message.header.sequence == ++sequence[one->message.header.source]);
    }
  }
  stop = true;
  load.join();
}

TEST_CASE("a command reaches its actor's node and its result the client") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, place.relay());
  struct : listener {
    void on_frame(plane from, const frame_ptr& frame) override {
      if (from != plane::commands) return;
      const auto message = messages::decode(*frame);
      const auto* command = std::get_if<messages::command>(&message->payload);
      if (command == nullptr) return;
      messages::result result;
      result.id = command->id;
      result.reply_to = command->reply_to;
      result.outcome = messages::outcome::accepted;
      own.load()->send(messages::encode(header_of(command->target, 0), result));
      if (command->operation == "never") return;
      result.outcome = messages::outcome::done;
      own.load()->send(messages::encode(header_of(command->target, 0), result));
    }
    std::atomic<endpoint*> own = nullptr;
  } node;
  auto door = join(context, place.relay(), "rack_0", node);
  node.own = door.get();
  door->send(health_frame("rack_0", 0, {"rack_0/contactor"}));
  auto asker = connect(context, place.relay());
  messages::command command;
  command.target = "rack_0/contactor";
  command.operation = "open";
  REQUIRE(
      eventually([&] { return asker->request(command, 5s).outcome == messages::outcome::done; }));
  command.operation = "never";
  CHECK(asker->request(command, 50ms).outcome == messages::outcome::unknown);
  CHECK(asker->answered_by().empty());
  command.target = "rack_7";
  const auto nobody = asker->request(command, 20s);
  CHECK(nobody.outcome == messages::outcome::rejected);
  CHECK(nobody.reasons == std::vector<std::string>{"no such actor: rack_7"});
  CHECK(asker->answered_by() == "relay");
  door.reset();
  command.target = "rack_0/contactor";
  REQUIRE(eventually([&] {
    const auto gone = asker->request(command, 5s);
    return gone.outcome == messages::outcome::rejected &&
           gone.reasons == std::vector<std::string>{"not reachable: rack_0/contactor"};
  }));
}

TEST_CASE("a client without a relay is told so in time") {
  folder place;
  zmq_context context;
  auto lonely = connect(context, place.relay());
  const auto state = lonely->collect(50ms);
  REQUIRE_FALSE(state.has_value());
  CHECK(state.error().text.find(place.relay()) != std::string::npos);
  CHECK(lonely->request({}, 50ms).outcome == messages::outcome::unknown);
}

} // namespace faults_test
