#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "messages/canopen/sdo_client.hpp"
#include "messages/canopen/sdo_server.hpp"
#include "messages/canopen/sdo_trace.hpp"

namespace sdo_transfer_test {

using namespace voltaic::messages::canopen;

namespace {

constexpr object_address program{0x1F50, 1};
constexpr object_address absent{0x2000, 0};
constexpr object_address constant{0x1018, 1};

/// One object of any size, and one that cannot be written.
class one_object final : public object_dictionary {
 public:
  [[nodiscard]] std::variant<object_bytes, abort_code> read(
      const object_address& of) const override {
    if (of == program) return value;
    if (of == constant) return object_bytes{0x60, 0x03, 0, 0};
    return abort_code::no_object;
  }
  [[nodiscard]] std::optional<abort_code> refusal_to_write(
      const object_address& to, std::optional<std::size_t> /*size*/) const override {
    if (to == program) return std::nullopt;
    return to == constant ? abort_code::read_only : abort_code::no_object;
  }
  [[nodiscard]] std::optional<abort_code> write(const object_address& to,
                                                std::span<const std::uint8_t> data) override {
    if (const auto refused = refusal_to_write(to, data.size())) return refused;
    value.assign(data.begin(), data.end());
    ++writes;
    return std::nullopt;
  }

  object_bytes value;
  int writes = 0;
};

/// What befalls frames on their way, in thousandths.
struct channel_faults {
  int lost = 0;
  int doubled = 0;
  int swapped = 0;
};

/// Client and server with a channel of faults between them.
class pair_of_nodes {
 public:
  pair_of_nodes(const channel_faults& faults, std::uint32_t seed, std::uint8_t block_size = 127)
      : faults_(faults),
        random_(seed),
        client(with_block_size(block_size)),
        server(objects, with_block_size(block_size)) {}

  /// Until the transfer has ended. Nothing: it never did.
  std::optional<sdo_outcome> run() {
    constexpr int steps_max = 400'000;
    for (int i = 0; i < steps_max && client.is_busy(); ++i) {
      step();
      if (is_quiet_) wait();
    }
    // What is said last still has to arrive.
    for (int i = 0; i < 4; ++i) step();
    return client.outcome();
  }
  [[nodiscard]] int faults_met() const { return faults_met_; }
  [[nodiscard]] const std::vector<sdo_record>& heard() const { return heard_; }

 private:
  static sdo_options with_block_size(std::uint8_t block_size) {
    sdo_options options;
    options.block_size = block_size;
    return options;
  }
  bool happens(int thousandths) {
    const bool does = thousandths > 0 && static_cast<int>(random_() % 1'000) < thousandths;
    faults_met_ += does ? 1 : 0;
    return does;
  }
  void pass(std::deque<sdo_frame>& from, bool from_client) {
    while (!from.empty()) {
      if (from.size() > 1 && happens(faults_.swapped)) std::swap(from[0], from[1]);
      const auto frame = from.front();
      from.pop_front();
      if (happens(faults_.lost)) continue;
      deliver(frame, from_client);
      if (happens(faults_.doubled)) deliver(frame, from_client);
    }
  }
  void deliver(const sdo_frame& frame, bool from_client) {
    if (const auto record = trace_.take(from_client, frame)) heard_.push_back(*record);
    from_client ? server.receive(frame, now_us_) : client.receive(frame, now_us_);
  }
  template <class T>
  void collect(T& node, std::deque<sdo_frame>& to) {
    for (auto next = node.next_frame(now_us_); next; next = node.next_frame(now_us_)) {
      to.push_back(*next);
      is_quiet_ = false;
    }
  }
  void step() {
    is_quiet_ = true;
    std::deque<sdo_frame> requests;
    std::deque<sdo_frame> answers;
    collect(client, requests);
    pass(requests, true);
    collect(server, answers);
    pass(answers, false);
  }
  void wait() {
    now_us_ += 20'000;
    server.tick(now_us_);
    client.tick(now_us_);
  }

  channel_faults faults_;
  std::mt19937 random_;
  int faults_met_ = 0;
  bool is_quiet_ = false;
  std::int64_t now_us_ = 0;
  sdo_trace trace_;
  std::vector<sdo_record> heard_;

 public:
  one_object objects;
  sdo_client client;
  sdo_server server;
};

object_bytes random_bytes(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  object_bytes made(size);
  std::ranges::generate(made, [&] { return static_cast<std::uint8_t>(random()); });
  return made;
}

const std::vector<std::size_t> sizes = {0,  1,  2,  3,   4,   5,     7,     8,
                                        13, 14, 15, 889, 890, 6'223, 10'000};

/// A transfer in either direction; the data that arrived, or nothing after an abort.
std::optional<object_bytes> transfer(pair_of_nodes& bench, const object_bytes& data,
                                     bool is_download, sdo_way way) {
  if (is_download) {
    bench.client.download(program, data, way, 0);
  } else {
    bench.objects.value = data;
    bench.client.upload(program, way, 0);
  }
  const auto outcome = bench.run();
  REQUIRE(outcome);
  if (outcome->aborted) return std::nullopt;
  return is_download ? bench.objects.value : outcome->data;
}

} // namespace

TEST_CASE("data of every size comes over whole, in segments and in blocks, up and down") {
  for (const auto way : {sdo_way::segments, sdo_way::blocks}) {
    for (const bool is_download : {true, false}) {
      for (const auto size : sizes) {
        for (const auto block_size : std::vector<std::uint8_t>{1, 2, 63, 127}) {
          INFO(size << " bytes, blocks of " << int{block_size});
          pair_of_nodes bench({}, 1, block_size);
          const auto data = random_bytes(size, static_cast<std::uint32_t>(size));
          CHECK(transfer(bench, data, is_download, way) == data);
          REQUIRE(bench.heard().size() == 1);
          CHECK(bench.heard().front().data == data);
          CHECK(bench.heard().front().defect.empty());
          CHECK(bench.heard().front().is_download == is_download);
          CHECK_FALSE(bench.server.is_busy());
        }
      }
    }
  }
}

TEST_CASE(
    "over a channel that loses, doubles and swaps frames data is whole or the transfer ends") {
  std::mt19937 random(20'261'122);
  int whole = 0;
  int aborted = 0;
  int faults = 0;
  for (std::uint32_t seed = 0; seed < 600; ++seed) {
    const channel_faults given{static_cast<int>(random() % 12), static_cast<int>(random() % 4),
                               static_cast<int>(random() % 12)};
    const auto size = seed % 5 == 0 ? random() % 16 : random() % 10'001;
    const auto block_size = static_cast<std::uint8_t>(1 + random() % 127);
    const auto way = seed % 4 == 0 ? sdo_way::segments : sdo_way::blocks;
    INFO("seed " << seed << ", " << size << " bytes, blocks of " << int{block_size});
    pair_of_nodes bench(given, seed, block_size);
    const auto data = random_bytes(size, seed);
    const bool is_download = random() % 2 == 0;
    const auto got = transfer(bench, data, is_download, way);
    faults += bench.faults_met();
    if (got) CHECK(*got == data);
    if (is_download) CHECK((bench.objects.writes == 0 || bench.objects.value == data));
    ++(got ? whole : aborted);
  }
  CHECK(faults > 1'000);
  CHECK(whole > 100);
  CHECK(aborted > 50);
}

TEST_CASE("segments of a block that are lost are sent again, and the data is whole") {
  int whole = 0;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    pair_of_nodes bench({3, 0, 0}, seed, 127);
    const auto data = random_bytes(5'000, seed);
    const auto got = transfer(bench, data, seed % 2 == 0, sdo_way::blocks);
    if (!got || bench.faults_met() == 0) continue;
    CHECK(*got == data);
    ++whole;
  }
  CHECK(whole > 20);
}

TEST_CASE("F-073 an SDO abort by the server ends the transfer with its code") {
  for (const auto way : {sdo_way::segments, sdo_way::blocks}) {
    pair_of_nodes bench({}, 1);
    bench.client.upload(absent, way, 0);
    CHECK(bench.run()->aborted == abort_code::no_object);
    bench.client.download(constant, {1, 2, 3, 4, 5}, way, 0);
    CHECK(bench.run()->aborted == abort_code::read_only);
    bench.client.upload(constant, sdo_way::segments, 0);
    CHECK(bench.run()->data == object_bytes{0x60, 0x03, 0, 0});
  }
}

TEST_CASE("F-073 a wrong toggle bit aborts, from the server and from the client") {
  sdo_client client;
  client.upload(program, sdo_way::segments, 0);
  static_cast<void>(client.next_frame(0));
  client.receive(sdo_frame{0x41, 0x50, 0x1F, 1, 14, 0, 0, 0}, 0);
  CHECK(client.next_frame(0) == sdo_frame{0x60});
  client.receive(sdo_frame{0x10, 1, 2, 3, 4, 5, 6, 7}, 0);
  CHECK(client.outcome()->aborted == abort_code::toggle);
  CHECK(client.next_frame(0) == make_abort(program, abort_code::toggle));

  one_object objects;
  sdo_server server(objects);
  server.receive(sdo_frame{0x21, 0x50, 0x1F, 1, 14, 0, 0, 0}, 0);
  CHECK(server.next_frame(0) == sdo_frame{0x60, 0x50, 0x1F, 1});
  server.receive(sdo_frame{0x10, 1, 2, 3, 4, 5, 6, 7}, 0);
  CHECK(server.next_frame(0) == make_abort(program, abort_code::toggle));
  CHECK(objects.writes == 0);
}

TEST_CASE("F-073 a server that does not answer costs the timeout, and then an abort") {
  sdo_client client;
  client.upload(program, sdo_way::segments, 0);
  static_cast<void>(client.next_frame(0));
  client.tick(499'999);
  CHECK(client.is_busy());
  client.tick(500'000);
  CHECK(client.outcome()->aborted == abort_code::timeout);
  CHECK(client.next_frame(500'000) == make_abort(program, abort_code::timeout));
}

TEST_CASE("a wrong CRC, block size or sequence number of a block transfer aborts it") {
  const auto began = [](sdo_client& client) {
    client.upload(program, sdo_way::blocks, 0);
    static_cast<void>(client.next_frame(0));
    client.receive(sdo_frame{0xC6, 0x50, 0x1F, 1, 1, 0, 0, 0}, 0);
    CHECK(client.next_frame(0) == sdo_frame{0xA3});
  };
  sdo_client wrong_crc;
  began(wrong_crc);
  wrong_crc.receive(sdo_frame{0x81, 0x31, 0, 0, 0, 0, 0, 0}, 0);
  CHECK(wrong_crc.next_frame(0) == sdo_frame{0xA2, 1, 127});
  wrong_crc.receive(sdo_frame{0xD9, 0, 0}, 0);
  CHECK(wrong_crc.outcome()->aborted == abort_code::crc);

  sdo_client wrong_sequence;
  began(wrong_sequence);
  wrong_sequence.receive(sdo_frame{0x00, 0x31}, 0);
  CHECK(wrong_sequence.outcome()->aborted == abort_code::sequence);

  sdo_client wrong_size;
  wrong_size.download(program, {1}, sdo_way::blocks, 0);
  wrong_size.receive(sdo_frame{0xA4, 0x50, 0x1F, 1, 128}, 0);
  CHECK(wrong_size.outcome()->aborted == abort_code::block_size);
}

TEST_CASE("an answer about another object aborts instead of being taken for this one") {
  sdo_client client;
  client.upload(program, sdo_way::segments, 0);
  client.receive(sdo_frame{0x4F, 0x18, 0x10, 1, 7}, 0);
  CHECK(client.outcome()->aborted == abort_code::incompatible_parameter);
}

TEST_CASE("a size beyond what is held is refused before any data is taken") {
  sdo_client client;
  client.upload(program, sdo_way::segments, 0);
  client.receive(sdo_frame{0x41, 0x50, 0x1F, 1, 0xFF, 0xFF, 0xFF, 0xFF}, 0);
  CHECK(client.outcome()->aborted == abort_code::memory);
  one_object objects;
  sdo_server server(objects);
  server.receive(sdo_frame{0x21, 0x50, 0x1F, 1, 0xFF, 0xFF, 0xFF, 0xFF}, 0);
  CHECK(server.next_frame(0) == make_abort(program, abort_code::memory));
}

TEST_CASE("a server may answer a block upload in segments where the data is short") {
  one_object objects;
  objects.value = {1, 2, 3, 4, 5, 6};
  sdo_server server(objects);
  sdo_options options;
  options.protocol_switch_threshold = 6;
  sdo_client client(options);
  client.upload(program, sdo_way::blocks, 0);
  for (int i = 0; i < 4; ++i) {
    if (const auto asked = client.next_frame(0)) server.receive(*asked, 0);
    if (const auto said = server.next_frame(0)) client.receive(*said, 0);
  }
  REQUIRE(client.outcome());
  CHECK(client.outcome()->data == objects.value);
}

TEST_CASE("a new request in the middle of a transfer begins anew at the server") {
  one_object objects;
  objects.value = {9};
  sdo_server server(objects);
  server.receive(sdo_frame{0x21, 0x50, 0x1F, 1, 14, 0, 0, 0}, 0);
  static_cast<void>(server.next_frame(0));
  server.receive(sdo_frame{0x40, 0x50, 0x1F, 1}, 0);
  CHECK(server.next_frame(0) == sdo_frame{0x4F, 0x50, 0x1F, 1, 9});
  CHECK_FALSE(server.is_busy());
}

TEST_CASE("whatever frames come, client, server and listener end within their bounds") {
  std::mt19937 random(7);
  for (int run = 0; run < 300; ++run) {
    one_object objects;
    objects.value = random_bytes(40, 3);
    sdo_server server(objects);
    sdo_client client;
    sdo_trace trace;
    const auto way = run % 2 == 0 ? sdo_way::blocks : sdo_way::segments;
    if (run % 3 == 0)
      client.download(program, objects.value, way, 0);
    else
      client.upload(program, way, 0);
    for (int i = 0; i < 200; ++i) {
      sdo_frame frame{};
      std::ranges::generate(frame, [&] { return static_cast<std::uint8_t>(random()); });
      if (random() % 2 == 0) std::copy_n(std::begin({0x50, 0x1F, 0x01}), 3, frame.begin() + 1);
      const auto part = std::span(frame).first(random() % 9);
      client.receive(part, i);
      server.receive(part, i);
      static_cast<void>(trace.take(random() % 2 == 0, part));
      static_cast<void>(client.next_frame(i));
      static_cast<void>(server.next_frame(i));
    }
    client.tick(10'000'000);
    server.tick(10'000'000);
    CHECK_FALSE(client.is_busy());
    CHECK_FALSE(server.is_busy());
  }
}

} // namespace sdo_transfer_test
