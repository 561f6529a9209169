#include "messages/uds/read.hpp"

#include <catch2/catch.hpp>

namespace uds_read_test {

using namespace voltaic::messages::uds;
using bytes = std::vector<std::uint8_t>;
using state = read_exchange::state;

namespace {

constexpr std::int64_t ms = 1'000;
const bytes pending{0x7F, 0x22, 0x78};

} // namespace

TEST_CASE("reads by identifier are written and their answers read") {
  CHECK(encode_read(0x0101) == bytes{0x22, 0x01, 0x01});
  CHECK(decode_read(bytes{0x22, 0x01, 0x02}) == 0x0102);
  CHECK_FALSE(decode_read(bytes{0x22, 0x01}));
  CHECK_FALSE(decode_read(bytes{0x22, 0x01, 0x02, 0x03, 0x04}));
  CHECK_FALSE(decode_read(bytes{0x19, 0x01, 0x02}));
  const data_record record{0x0101, {1, 2, 3}};
  CHECK(encode_answer(record) == bytes{0x62, 1, 1, 1, 2, 3});
  CHECK(std::get<data_record>(*decode_answer(encode_answer(record))) == record);
  const refusal no{0x22, 0x31};
  CHECK(std::get<refusal>(*decode_answer(encode_refusal(no))) == no);
  CHECK(to_words(no) == "0x31 request out of range");
  CHECK(to_words({0x22, 0xEE}) == "0xEE");
  for (const bytes& other : {bytes{}, bytes{0x62, 1}, bytes{0x7F, 0x22}, bytes{0x41, 1, 2}})
    CHECK_FALSE(decode_answer(other));
}

TEST_CASE("a read is answered, refused or timed out, and others' answers are passed over") {
  read_exchange one(0x0101, {});
  one.asked(0);
  CHECK(one.take(bytes{0x62, 1, 2, 9}, 10 * ms) == state::waiting);
  CHECK(one.take(bytes{0x7F, 0x19, 0x11}, 10 * ms) == state::waiting);
  CHECK(one.step(150 * ms) == state::waiting);
  CHECK(one.take(bytes{0x62, 1, 1, 9}, 20 * ms) == state::answered);
  CHECK(one.data() == bytes{9});
  read_exchange refused(0x0101, {});
  refused.asked(0);
  CHECK(refused.take(bytes{0x7F, 0x22, 0x33}, ms) == state::refused);
  CHECK(refused.why().code == 0x33);
  read_exchange silent(0x0101, {});
  silent.asked(0);
  CHECK(silent.step(151 * ms) == state::timed_out);
  CHECK(silent.take(bytes{0x62, 1, 1, 9}, 160 * ms) == state::timed_out);
}

TEST_CASE("a unit that says response pending gets longer, but not for ever") {
  read_exchange one(0x0101, {});
  one.asked(0);
  CHECK(one.take(pending, 100 * ms) == state::waiting);
  CHECK(one.step(5'000 * ms) == state::waiting);
  CHECK(one.take(pending, 5'000 * ms) == state::waiting);
  CHECK(one.step(10'001 * ms) == state::timed_out);
  read_exchange endless(0x0101, {});
  endless.asked(0);
  for (int i = 0; i < 10; ++i) CHECK(endless.take(pending, i * 1'000 * ms) == state::waiting);
  CHECK(endless.take(pending, 10'000 * ms) == state::refused);
  read_exchange long_answer(0x0101, {});
  long_answer.asked(0);
  long_answer.answer_begins(140 * ms);
  CHECK(long_answer.step(1'000 * ms) == state::waiting);
}

} // namespace uds_read_test
