#include "actors/runtime/chain_memory.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace voltaic::actors::runtime {

namespace {

using bus::storage::latches_stream;
using nlohmann::json;

constexpr std::uint64_t token_epoch = 1;
constexpr std::uint64_t token_latch = chain_memory::last_token;
constexpr const char* epoch_key = "/epoch";
constexpr std::int64_t at_the_first_step = std::numeric_limits<std::int64_t>::min();

/// A latch of `actor`, or nothing: the record is another's.
struct read_latch {
  bool is_readable = false;
  kept_latch latch;
};
std::optional<read_latch> read_of(const bus::storage::record& record, const std::string& actor) {
  const auto own = actor + "/";
  if (!record.key.starts_with(own)) return std::nullopt;
  const auto body = json::parse(record.body, nullptr, false);
  if (!body.is_object() || !body.contains("latched") || !body["latched"].is_boolean())
    return read_latch{};
  kept_latch found{record.key.substr(own.size()), body["latched"].get<bool>(), {}};
  for (const auto& [key, value] : body.items()) {
    if (value.is_string()) found.details[key] = value.get<std::string>();
  }
  return read_latch{true, std::move(found)};
}

} // namespace

std::vector<kept_latch> latched_by(bus::storage::journal& journal, const std::string& actor) {
  std::vector<kept_latch> latched;
  for (const auto& record : journal.newest(latches_stream)) {
    auto read = read_of(record, actor);
    if (read && read->is_readable && read->latch.latched) latched.push_back(std::move(read->latch));
  }
  return latched;
}

chain_memory::chain_memory(context& owner) : owner_(owner) {
  load_epoch();
  load_latches();
}

void chain_memory::load_latches() {
  for (const auto& record : owner_.journal().newest(latches_stream)) {
    auto read = read_of(record, owner_.name());
    if (!read) continue;
    if (!read->is_readable) {
      lost_ = true;
      continue;
    }
    // The journal's answer, if it comes, is for a former life.
    if (record.sequence == bus::storage::not_on_disk) {
      keep_later(read->latch);
      retry_us_ = at_the_first_step;
    }
    (read->latch.latched ? latched_ : released_).push_back(std::move(read->latch));
  }
}

void chain_memory::load_epoch() {
  const auto& boot = owner_.journal().boot();
  lost_ = boot.after_loss;
  // Where no journal ever was, there was no former life.
  knows_epoch_ = boot.created && !lost_;
  for (const auto& record : owner_.journal().newest(bus::storage::counters_stream)) {
    if (record.key != owner_.name() + epoch_key) continue;
    const auto body = json::parse(record.body, nullptr, false);
    if (!body.is_number_unsigned()) continue;
    epoch_ = body.get<std::uint32_t>();
    knows_epoch_ = true;
    lost_ = false; // its latches went into the journal before it
  }
  ++epoch_;
}

void chain_memory::begin(instant now) {
  epoch_due_ = true;
  store_epoch(now);
}

void chain_memory::store_epoch(instant now) {
  if (!epoch_due_ || storing_ > 0 || retry_us_) return;
  epoch_due_ = false;
  owner_.store({0, bus::storage::counters_stream, owner_.name() + epoch_key, now.utc_us,
                json(epoch_).dump()},
               token_epoch);
}

void chain_memory::keep(kept_latch latch, instant now) {
  store(latch, now);
  keep_later(std::move(latch));
}

void chain_memory::keep_later(kept_latch latch) {
  auto name = latch.name;
  kept_[std::move(name)] = std::move(latch);
}

void chain_memory::retry(instant now) {
  if (!retry_us_ || now.monotonic_us < *retry_us_) return;
  retry_us_.reset();
  // Also what went meanwhile: it must not come back.
  for (const auto& [name, latch] : kept_) store(latch, now);
}

void chain_memory::store(const kept_latch& latch, instant now) {
  ++storing_;
  json body = latch.details;
  body["latched"] = latch.latched;
  owner_.store({0, latches_stream, owner_.name() + "/" + latch.name, now.utc_us, body.dump()},
               token_latch);
}

bool chain_memory::stored(std::uint64_t token, const bus::storage::append_result& result,
                          instant now) {
  const bool durable = result.status == bus::storage::append_status::durable;
  if (token == token_epoch) epoch_stored_ = durable;
  if (token != token_latch) return true;
  --storing_;
  if (!durable) retry_us_ = now.monotonic_us + latch_retry_us;
  store_epoch(now);
  return durable;
}

} // namespace voltaic::actors::runtime
