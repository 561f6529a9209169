#include "bench/can_field.hpp"

#include <array>
#include <map>
#include <stdexcept>
#include <tuple>

#include "bench/harness.hpp"
#include "bus/message/client.hpp"
#include "messages/time.hpp"

namespace voltaic::bench::can_field {
namespace {

using messages::us_per_s;

constexpr std::int64_t ready_within_us = 20 * us_per_s;
constexpr std::int64_t settle_us = 3 * us_per_s;
/// After the last frame every page becomes stale and is said once more.
constexpr std::int64_t last_words_us = 4 * us_per_s;
constexpr std::chrono::milliseconds look_time{5};
constexpr std::size_t updates_max = 1'000'000;
constexpr std::string_view counter_point = "/bad_counter_frames";

/// The rounds that one page of a device has said so far.
struct page_rounds {
  std::uint64_t next = 0; ///< the round that comes next
};

/// A client of the message bus that checks each value for its round.
class listener {
 public:
  listener(const field_site& site, const field_layout& layout) : layout_(layout) {
    auto client =
        bus::message::connect_client(context_, {site.plan().relay_address(), "", updates_max});
    if (!client) throw std::runtime_error(client.error().text);
    client_ = *std::move(client);
  }

  /// Until all devices have described themselves.
  void learn() {
    const auto until_us = now_us() + ready_within_us;
    while (described_.size() < std::size_t{buses} * layout_.devices) {
      if (now_us() > until_us) throw std::runtime_error("not every device describes itself");
      next();
    }
  }
  void follow(std::int64_t for_us) {
    const auto until_us = now_us() + for_us;
    while (now_us() < until_us) next();
  }
  void note(bool on) { noting_ = on; }
  void report(outcome& into) const {
    into.heard = heard_;
    into.missed = missed_;
    into.skipped = skipped_;
    for (const auto& [page, rounds] : rounds_) into.decoded += rounds.next;
    for (const auto& [device, count] : bad_counter_) into.bad_counter += count;
    for (const auto& one : links_) {
      into.arrived += one.rx;
      into.overflow += one.rx_overflow;
    }
  }

 private:
  void next() {
    const auto update = client_->next(look_time);
    if (!update) return;
    using what = bus::message::update;
    if (update->kind == what::kind::gap) missed_ += update->missing;
    if (update->kind != what::kind::message && update->kind != what::kind::state) return;
    const auto& message = update->message;
    if (const auto* health = std::get_if<messages::health>(&message.payload)) {
      if (!health->buses.empty()) links_ = health->buses;
    } else if (const auto* described = std::get_if<messages::catalogue>(&message.payload)) {
      if (described->owner.starts_with("pack_")) described_[described->owner] = *described;
    } else if (const auto* said = std::get_if<messages::telemetry>(&message.payload)) {
      const auto of = described_.find(said->owner);
      if (of == described_.end()) return;
      if (noting_)
        heard_.push_back(static_cast<double>(now_us() - message.header.time.monotonic_us));
      for (const auto& block : said->blocks) check(of->second, block);
    }
  }

  void check(const messages::catalogue& of, const messages::block& block) {
    const auto& name = of.points.at(block.point).name;
    if (name.ends_with(counter_point)) {
      const auto* count = std::get_if<messages::block::integers>(&block.values);
      if (count != nullptr && !count->empty())
        bad_counter_[of.owner] = static_cast<std::uint64_t>(count->front());
    }
    const auto* words = std::get_if<messages::block::words>(&block.values);
    if (words == nullptr) return;
    for (std::size_t i = 0; i < words->size(); i += values_a_frame) {
      const auto quality = block.element_quality.empty() ? block.quality : block.element_quality[i];
      if (quality == messages::quality::never) continue;
      const auto element = block.first_index + static_cast<std::uint32_t>(i);
      follow_round(rounds_[{of.owner, block.point, element}], element, (*words)[i]);
    }
  }

  void follow_round(page_rounds& page, std::uint32_t element, std::uint16_t value) {
    const auto awaited = value_of(page.next, element);
    const auto ahead = (value + rounds_max - awaited) % rounds_max;
    // The last word is said again when its quality changes.
    if (ahead > rounds_max / 2) return;
    skipped_ += ahead;
    page.next += ahead + 1;
  }

  using page_name = std::tuple<std::string, std::uint16_t, std::uint32_t>;
  const field_layout& layout_;
  bus::message::zmq_context context_;
  std::unique_ptr<bus::message::client> client_;
  std::map<std::string, messages::catalogue> described_;
  std::map<page_name, page_rounds> rounds_;
  std::map<std::string, std::uint64_t> bad_counter_;
  std::vector<messages::bus_health> links_;
  std::vector<double> heard_;
  std::uint64_t missed_ = 0;
  std::uint64_t skipped_ = 0;
  bool noting_ = false;
};

void await(blackboard& board, int processes) {
  if (!wait_until([&] { return board.ready == processes; }, ready_within_us))
    throw std::runtime_error("the processes of the field do not start");
}

} // namespace

outcome watch(const field_layout& layout, std::int64_t measure_us) {
  const field_site site(layout);
  shared<blackboard> board;
  const process wires([&] { run_buses(site, layout, *board); });
  const process relay([&] { run_relay(site, *board); });
  await(*board, 2);
  const process node([&] { run_node(site, *board); });
  const process ears([&] { run_bare_ports(site, *board); });
  const process player([&] { run_player(site, layout, *board); });
  await(*board, 5);

  outcome seen;
  listener client(site, layout);
  client.learn();
  board->playing = true;
  client.follow(settle_us);
  const auto sent_before = board->sent.load();
  const auto bits_before = board->bits.load();
  const auto begin_us = now_us();
  board->noting = true;
  client.note(true);
  for (int block = 0; block < rounds; ++block) {
    const std::array processes{&node, &ears, &relay};
    const std::array into{&seen.node_percent, &seen.bare_percent, &seen.relay_percent};
    std::array<double, 3> before_us{};
    for (std::size_t i = 0; i < into.size(); ++i) before_us[i] = processes[i]->cpu_us();
    const auto block_begin_us = now_us();
    client.follow(measure_us / rounds);
    const auto took_us = static_cast<double>(now_us() - block_begin_us);
    for (std::size_t i = 0; i < into.size(); ++i)
      into[i]->push_back((processes[i]->cpu_us() - before_us[i]) * 100 / took_us);
  }
  board->noting = false;
  client.note(false);
  const auto seconds = static_cast<double>(now_us() - begin_us) * 1e-6;
  seen.frames_per_s = static_cast<double>(board->sent - sent_before) / seconds;
  seen.load_percent = static_cast<double>(board->bits - bits_before) / seconds * 1e-4 / buses;
  board->playing = false;
  client.follow(last_words_us);
  seen.sent = board->sent;
  seen.again = board->again;
  client.report(seen);
  seen.said = board->said.all();
  seen.bare = board->bare.all();
  seen.late = board->late.all();
  return seen;
}

} // namespace voltaic::bench::can_field
