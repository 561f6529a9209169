#include <catch2/catch.hpp>

#include "bus/message/client.hpp"
#include "bus/message/relay.hpp"
#include "support/message_bus.hpp"

namespace endpoint_test {

using namespace voltaic;
using namespace voltaic::bus::message;
using namespace voltaic::test;

namespace {

constexpr auto everything = {plane::telemetry, plane::events, plane::health, plane::snapshot};

std::unique_ptr<endpoint> join(zmq_context& context, const std::string& relay,
                               const std::string& identity, listener& to,
                               std::vector<plane> planes = everything) {
  auto made = make_zmq_endpoint(context, {identity, relay, std::move(planes)}, to);
  REQUIRE(made.has_value());
  return std::move(*made);
}

std::unique_ptr<relay> start_relay(zmq_context& context, std::vector<std::string> bind) {
  auto made = make_relay(context, {std::move(bind)});
  if (!made) FAIL(made.error().text);
  return std::move(*made);
}

bool heard_telemetry(const collector& by, std::size_t count) {
  std::size_t found = 0;
  for (const auto& one : by.all()) found += one.from == plane::telemetry ? 1 : 0;
  return found >= count;
}

} // namespace

TEST_CASE("a frame reaches a subscriber over each transport, started in any order") {
  folder place;
  const std::string prefix = GENERATE(as<std::string>{}, "ipc", "inproc");
  const std::string address = prefix == "ipc" ? place.relay() : "inproc://site/relay";
  const bool relay_first = GENERATE(true, false);
  zmq_context context;
  collector speaker_ears;
  collector ears;
  std::unique_ptr<relay> hub;
  if (relay_first) hub = start_relay(context, {address});
  auto speaker = join(context, address, "speaker", speaker_ears, {});
  auto hearer = join(context, address, "hearer", ears);
  if (!relay_first) hub = start_relay(context, {address});
  std::uint64_t sequence = 0;
  CHECK(eventually([&] {
    speaker->publish(plane::telemetry, words_frame("bms_0", ++sequence, {1, 2, 3}));
    std::this_thread::sleep_for(1ms);
    return heard_telemetry(ears, 3);
  }));
  CHECK(speaker->statistics().linked);
}

TEST_CASE("one relay serves inproc and ipc peers at the same time") {
  folder place;
  zmq_context context;
  zmq_context stranger_context;
  auto hub = start_relay(context, {place.relay(), "inproc://site/relay"});
  collector speaker_ears;
  collector ears;
  auto speaker = join(context, "inproc://site/relay", "speaker", speaker_ears, {});
  auto hearer = join(stranger_context, place.relay(), "hearer", ears);
  std::uint64_t sequence = 0;
  CHECK(eventually([&] {
    speaker->publish(plane::events, words_frame("bms_0", ++sequence, {1}));
    std::this_thread::sleep_for(1ms);
    for (const auto& one : ears.all()) {
      if (one.from == plane::events) return true;
    }
    return false;
  }));
}

TEST_CASE("who wants only what is said beside chains hears no chain, others hear both") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, {place.relay()});
  collector ears;
  collector chain_ears;
  collector none;
  const auto hearer = join(context, place.relay(), "hearer", ears, {plane::telemetry});
  endpoint_options options{"rack_0", place.relay(), {plane::telemetry, plane::snapshot}};
  options.only_beside_chains = true;
  const auto chain = make_zmq_endpoint(context, options, chain_ears);
  REQUIRE(chain.has_value());
  endpoint_options beside{"inverter_0", place.relay(), {}};
  beside.is_beside_chains = true;
  const auto link = make_zmq_endpoint(context, beside, none);
  REQUIRE(link.has_value());
  const auto other_chain = join(context, place.relay(), "rack_1", none, {});
  const auto count = [](const collector& by, const std::string& source) {
    std::size_t found = 0;
    for (const auto& one : by.all())
      found += one.from == plane::telemetry && messages::decode(*one.frame)->header.source == source
                   ? 1
                   : 0;
    return found;
  };
  std::uint64_t sequence = 0;
  CHECK(eventually([&] {
    ++sequence;
    other_chain->publish(plane::telemetry, words_frame("bms_1", sequence, {1}));
    (*link)->publish(plane::telemetry, words_frame("inverter_0/link", sequence, {2}));
    std::this_thread::sleep_for(1ms);
    return count(ears, "bms_1") >= 20 && count(ears, "inverter_0/link") >= 20 &&
           count(chain_ears, "inverter_0/link") >= 20;
  }));
  CHECK(count(chain_ears, "bms_1") == 0);
  CHECK(hub->statistics().subscriptions_refused == 0);
  CHECK(hub->statistics().refused == 0);
}

TEST_CASE("nothing published before the first link is lost, and order is kept") {
  folder place;
  zmq_context context;
  collector speaker_ears;
  collector ears;
  auto speaker = join(context, place.relay(), "speaker", speaker_ears, {});
  for (std::uint64_t n = 1; n <= 1000; ++n) {
    speaker->publish(plane::telemetry, words_frame("bms_0", n, {static_cast<std::uint16_t>(n)}));
  }
  auto hub = start_relay(context, {place.relay()});
  REQUIRE(eventually([&] { return hub->statistics().frames == 1000; }));
  CHECK(hub->statistics().gaps == 0);
  auto watcher = connect_client(context, {place.relay(), "", 1000});
  REQUIRE(watcher.has_value());
  const auto state = (*watcher)->collect(20s);
  REQUIRE(state.has_value());
  REQUIRE(state->messages.size() == 1);
  const auto& telemetry = std::get<messages::telemetry>(state->messages[0].payload);
  CHECK(std::get<messages::block::words>(telemetry.blocks[0].values)[0] == 1000);
}

TEST_CASE(
    "an endpoint that gathers sends what comes alone at once, and all with what cannot wait") {
  folder place;
  zmq_context context;
  collector speaker_ears;
  collector ears;
  auto hub = start_relay(context, {place.relay()});
  endpoint_options options{"speaker", place.relay(), {}};
  options.gather_us = 3'600 * messages::us_per_s;
  auto made = make_zmq_endpoint(context, options, speaker_ears);
  REQUIRE(made.has_value());
  auto& speaker = **made;
  auto hearer = join(context, place.relay(), "hearer", ears, {plane::telemetry, plane::events});
  REQUIRE(eventually([&] { return speaker.statistics().linked; }));
  // Somebody else speaks until the relay has heard of the hearer.
  collector herald_ears;
  auto herald = join(context, place.relay(), "herald", herald_ears);
  std::uint64_t heralded = 0;
  REQUIRE(eventually([&] {
    herald->publish(plane::telemetry, words_frame("bms_9", ++heralded, {1}));
    return !ears.all().empty();
  }));
  const auto heard = [&] {
    std::vector<std::uint64_t> sequences;
    for (const auto& each : ears.all()) {
      const auto said = messages::decode(*each.frame);
      if (said->header.source == "bms_0") sequences.push_back(said->header.sequence);
    }
    return sequences;
  };
  speaker.publish(plane::telemetry, words_frame("bms_0", 1, {1}));
  REQUIRE(eventually([&] { return heard().size() == 1; }));
  speaker.publish(plane::telemetry, words_frame("bms_0", 2, {2}));
  speaker.publish(plane::telemetry, words_frame("bms_0", 3, {3}));
  std::this_thread::sleep_for(50ms);
  CHECK(heard().size() == 1);
  speaker.publish(plane::events, words_frame("bms_0", 4, {4}));
  REQUIRE(eventually([&] { return heard().size() == 4; }));
  CHECK(heard() == std::vector<std::uint64_t>{1, 2, 3, 4});
  // Many do not wait either, and what waits at the end is flushed.
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    speaker.publish(plane::telemetry, words_frame("bms_0", 5 + i, {4}));
  }
  made->reset();
  CHECK(eventually([&] { return heard().size() == 1'004; }));
}

TEST_CASE("an ipc path that no socket can have is refused with its length") {
  zmq_context context;
  collector ears;
  const std::string address = "ipc:///tmp/" + std::string(110, 'x');
  const auto made = make_zmq_endpoint(context, {"node", address, {}}, ears);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().text.find(address) != std::string::npos);
  CHECK(made.error().text.find("119 bytes, at most 107") != std::string::npos);
  CHECK_FALSE(make_relay(context, {{address}}).has_value());
}

TEST_CASE("addresses outside loopback and bad identities are refused") {
  zmq_context context;
  collector ears;
  for (const std::string address : {"tcp://10.0.0.1:5555", "tcp://*:5555", "tcp://127.0.0.1:0",
                                    "tcp://127.0.0.1:x", "udp://127.0.0.1:1", "inproc://", ""}) {
    CHECK_FALSE(make_zmq_endpoint(context, {"node", address, {}}, ears).has_value());
    CHECK_FALSE(make_relay(context, {{address}}).has_value());
  }
  CHECK_FALSE(make_zmq_endpoint(context, {"", "inproc://a", {}}, ears).has_value());
  CHECK_FALSE(
      make_zmq_endpoint(context, {std::string(300, 'n'), "inproc://a", {}}, ears).has_value());
}

TEST_CASE("an endpoint without a relay ends in bounded time and keeps bounded memory") {
  folder place;
  zmq_context context;
  collector ears;
  auto lonely = join(context, place.relay(), "lonely", ears);
  const auto frame = words_frame("bms_0", 1, std::vector<std::uint16_t>(100));
  for (int n = 0; n < 300'000; ++n) lonely->publish(plane::telemetry, frame);
  CHECK(eventually([&] {
    const auto seen = lonely->statistics();
    return seen.unlinked + seen.dropped >= 290'000;
  }));
  const auto begin = std::chrono::steady_clock::now();
  lonely.reset();
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("publishing from many threads keeps each thread's order") {
  folder place;
  zmq_context context;
  auto hub = start_relay(context, {place.relay()});
  collector speaker_ears;
  auto speaker = join(context, place.relay(), "speaker", speaker_ears, {});
  REQUIRE(eventually([&] { return speaker->statistics().linked; }));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string name = "bms_" + std::to_string(t);
      for (std::uint64_t n = 1; n <= 5000; ++n) {
        while (speaker->publish(plane::telemetry, words_frame(name, n, {1})) !=
               publish_result::queued) {
          std::this_thread::sleep_for(1ms);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(eventually([&] { return hub->statistics().frames == 20'000; }));
  CHECK(hub->statistics().gaps == 0);
}

} // namespace endpoint_test
