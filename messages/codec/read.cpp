#include <capnp/any.h>

#include <cmath>
#include <cstring>
#include <optional>

#include "messages/codec/wire.hpp"

namespace voltaic::messages::wire {
namespace {

std::string text(capnp::Text::Reader from) {
  if (from.size() > text_bytes_max) throw refusal{"a text is too long"};
  return {from.begin(), from.size()};
}

/// The number of entries to reserve for: checked before anything is allocated.
template <class List>
std::size_t entries(const List& list) {
  if (list.size() > list_entries_max) throw refusal{"a list has too many entries"};
  return list.size();
}

std::vector<std::string> texts(capnp::List<capnp::Text>::Reader from) {
  std::vector<std::string> to;
  to.reserve(entries(from));
  for (const auto entry : from) to.push_back(text(entry));
  return to;
}

/// An enumerant that this version does not know is refused: nobody may act on it.
template <class To, class From>
To enumerant(From value, To last) {
  if (static_cast<std::uint16_t>(value) > static_cast<std::uint16_t>(last)) {
    throw refusal{"an enumerant is unknown"};
  }
  return static_cast<To>(value);
}

template <class T>
std::vector<T> numbers(typename capnp::List<T>::Reader from) {
  const std::size_t count = from.size();
  if (count > element_index_max) throw refusal{"a block has too many elements"};
  std::vector<T> to(count);
  const capnp::AnyList::Reader raw(from);
  if (raw.getElementSize() == capnp::ElementSize::INLINE_COMPOSITE) {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[static_cast<capnp::uint>(i)];
    return to;
  }
  const auto bytes = raw.getRawBytes();
  if (bytes.size() != count * sizeof(T)) throw refusal{"a list has another width"};
  if (count > 0) std::memcpy(to.data(), bytes.begin(), bytes.size());
  return to;
}

/// What is no number was not told.
std::optional<double> told(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::vector<quality> qualities(capnp::Data::Reader from) {
  for (const kj::byte mark : from) {
    if (mark > static_cast<kj::byte>(quality::never)) throw refusal{"a quality is unknown"};
  }
  std::vector<quality> to(from.size());
  if (from.size() > 0) std::memcpy(to.data(), from.begin(), from.size());
  return to;
}

std::size_t read_values(schema::Block::Values::Reader from, block& to) {
  using which = schema::Block::Values::Which;
  switch (from.which()) {
    case which::WORDS:
      return to.values.emplace<block::words>(numbers<std::uint16_t>(from.getWords())).size();
    case which::INTEGERS:
      return to.values.emplace<block::integers>(numbers<std::int64_t>(from.getIntegers())).size();
    case which::REALS:
      return to.values.emplace<block::reals>(numbers<double>(from.getReals())).size();
    case which::TEXT:
      to.values = text(from.getText());
      return 1;
  }
  throw refusal{"a block's values are of an unknown kind"};
}

block get(schema::Block::Reader from) {
  block to;
  to.point = from.getPoint();
  to.first_index = from.getFirstIndex();
  to.source_time_us = from.getSourceTimeUs();
  to.quality = enumerant(from.getQuality(), quality::never);
  const std::size_t count = read_values(from.getValues(), to);
  if (to.first_index > element_index_max || to.first_index + count > element_index_max) {
    throw refusal{"a block's index is out of range"};
  }
  to.element_quality = qualities(from.getElementQuality());
  if (!to.element_quality.empty() && to.element_quality.size() != count) {
    throw refusal{"a block's qualities are not as many as its elements"};
  }
  to.missing = texts(from.getMissing());
  return to;
}

template <class To, class List>
std::vector<To> structs(const List& from);

telemetry get(schema::Telemetry::Reader from) {
  return {.owner = text(from.getOwner()),
          .fingerprint = from.getFingerprint(),
          .blocks = structs<block>(from.getBlocks())};
}

event get(schema::Event::Reader from) {
  return {.id = text(from.getId()),
          .node = text(from.getNode()),
          .boot = text(from.getBoot()),
          .sequence = from.getSequence(),
          .kind = text(from.getKind()),
          .subject = text(from.getSubject()),
          .candidate = text(from.getCandidate()),
          .scope = text(from.getScope()),
          .level = text(from.getLevel()),
          .edge = text(from.getEdge()),
          .value = from.getValue(),
          .has_value = from.getHasValue(),
          .unit = text(from.getUnit()),
          .threshold = from.getThreshold(),
          .actions = texts(from.getActions()),
          .first_out = from.getFirstOut(),
          .state = text(from.getState()),
          .reason = text(from.getReason()),
          .charge_current_a = from.getChargeCurrentA(),
          .discharge_current_a = from.getDischargeCurrentA(),
          .reasons = texts(from.getReasons()),
          .user = text(from.getUser()),
          .key = text(from.getKey()),
          .role = text(from.getRole()),
          .code = text(from.getCode()),
          .pid = from.getPid(),
          .signal = from.getSignal(),
          .exit_code = from.getExitCode(),
          .charge_voltage_limit_v = told(from.getChargeVoltageLimitV()),
          .discharge_voltage_limit_v = told(from.getDischargeVoltageLimitV()),
          .charge_power_limit_w = told(from.getChargePowerLimitW()),
          .discharge_power_limit_w = told(from.getDischargePowerLimitW()),
          .limits_hash = text(from.getLimitsHash())};
}

std::variant<std::monostate, double, std::string> get(schema::Command::Value::Reader from) {
  using which = schema::Command::Value::Which;
  switch (from.which()) {
    case which::NONE:
      return std::monostate();
    case which::NUMBER:
      return from.getNumber();
    case which::TEXT:
      return text(from.getText());
  }
  throw refusal{"a command's value is of an unknown kind"};
}

command get(schema::Command::Reader from) {
  return {.id = text(from.getId()),
          .key = text(from.getKey()),
          .target = text(from.getTarget()),
          .operation = text(from.getOperation()),
          .point = text(from.getPoint()),
          .index = from.getIndex(),
          .value = get(from.getValue()),
          .deadline_utc_us = from.getDeadlineUtcUs(),
          .lease_ms = from.getLeaseMs(),
          .priority = from.getPriority(),
          .role = text(from.getRole()),
          .user = text(from.getUser()),
          .reason = text(from.getReason()),
          .reply_to = text(from.getReplyTo()),
          .generation = from.getGeneration()};
}

result get(schema::Result::Reader from) {
  return {.id = text(from.getId()),
          .key = text(from.getKey()),
          .reply_to = text(from.getReplyTo()),
          .outcome = enumerant(from.getOutcome(), outcome::accepted),
          .reasons = texts(from.getReasons()),
          .requested = text(from.getRequested()),
          .read_back = text(from.getReadBack()),
          .point = text(from.getPoint()),
          .duration_ms = from.getDurationMs()};
}

permit get(schema::Permit::Reader from) {
  return {.rack = text(from.getRack()),
          .epoch = from.getEpoch(),
          .counter = from.getCounter(),
          .granted = from.getGranted(),
          .close_allowed = from.getCloseAllowed(),
          .opening = enumerant(from.getOpening(), opening::immediate),
          .locked = from.getLocked(),
          .reasons = texts(from.getReasons())};
}

limits get(schema::Limits::Reader from) {
  return {.rack = text(from.getRack()),
          .charge_current_a = from.getChargeCurrentA(),
          .discharge_current_a = from.getDischargeCurrentA(),
          .reasons = texts(from.getReasons()),
          .charge_voltage_limit_v = told(from.getChargeVoltageLimitV()),
          .discharge_voltage_limit_v = told(from.getDischargeVoltageLimitV()),
          .charge_power_limit_w = told(from.getChargePowerLimitW()),
          .discharge_power_limit_w = told(from.getDischargePowerLimitW()),
          .charge_reasons = texts(from.getChargeReasons()),
          .discharge_reasons = texts(from.getDischargeReasons())};
}

actor_health get(schema::ActorHealth::Reader from) {
  return {.name = text(from.getName()),
          .kind = text(from.getKind()),
          .state = text(from.getState()),
          .restarts = from.getRestarts(),
          .incarnation = from.getIncarnation(),
          .progress = from.getProgress()};
}

bus_health get(schema::BusHealth::Reader from) {
  return {.name = text(from.getName()),
          .kind = text(from.getKind()),
          .state = text(from.getState()),
          .bitrate = from.getBitrate(),
          .load_percent = from.getLoadPercent(),
          .rx = from.getRx(),
          .tx = from.getTx(),
          .errors = from.getErrors(),
          .rx_overflow = from.getRxOverflow(),
          .bus_off = from.getBusOff(),
          .bytes = from.getBytes(),
          .transmit_errors = from.getTransmitErrors(),
          .receive_errors = from.getReceiveErrors(),
          .unknown_ids = from.getUnknownIds(),
          .tx_dropped = from.getTxDropped(),
          .trouble = text(from.getTrouble()),
          .babbler = text(from.getBabbler()),
          .babbler_rate = from.getBabblerRate(),
          .last_error = text(from.getLastError())};
}

line_health get(schema::LineHealth::Reader from) {
  return {.name = text(from.getName()),
          .kind = text(from.getKind()),
          .state = text(from.getState()),
          .requests = from.getRequests(),
          .timeouts = from.getTimeouts(),
          .crc_errors = from.getCrcErrors(),
          .exceptions = from.getExceptions(),
          .bad_answers = from.getBadAnswers(),
          .strays = from.getStrays(),
          .overruns = from.getOverruns(),
          .reconnects = from.getReconnects(),
          .bytes_sent = from.getBytesSent(),
          .bytes_received = from.getBytesReceived(),
          .error_percent = from.getErrorPercent()};
}

health get(schema::Health::Reader from) {
  return {.node = text(from.getNode()),
          .pid = from.getPid(),
          .boot = text(from.getBoot()),
          .uptime_ms = from.getUptimeMs(),
          .ready = from.getReady(),
          .actors = structs<actor_health>(from.getActors()),
          .buses = structs<bus_health>(from.getBuses()),
          .real_time = from.getRealTime(),
          .outbox_dropped = from.getOutboxDropped(),
          .gaps = from.getGaps(),
          .lines = structs<line_health>(from.getLines())};
}

source_state get(schema::SourceState::Reader from) {
  return {.source = text(from.getSource()),
          .incarnation = from.getIncarnation(),
          .sequence = from.getSequence(),
          .alive = from.getAlive(),
          .last_utc_us = from.getLastUtcUs(),
          .gaps = from.getGaps()};
}

snapshot get(schema::Snapshot::Reader from) {
  return {.kind = enumerant(from.getKind(), snapshot_kind::end),
          .id = text(from.getId()),
          .sources = structs<source_state>(from.getSources())};
}

point_description get(schema::PointDescription::Reader from) {
  return {.name = text(from.getName()),
          .channel = text(from.getChannel()),
          .unit = text(from.getUnit()),
          .raw_type = text(from.getRawType()),
          .count = from.getCount(),
          .group_size = from.getGroupSize(),
          .scale = from.getScale(),
          .offset = from.getOffset(),
          .period_ms = from.getPeriodMs(),
          .category = text(from.getCategory()),
          .writable = from.getWritable(),
          .decimals = from.getDecimals(),
          .texts = texts(from.getTexts())};
}

catalogue get(schema::Catalogue::Reader from) {
  return {.owner = text(from.getOwner()),
          .fingerprint = from.getFingerprint(),
          .points = structs<point_description>(from.getPoints())};
}

tick get(schema::Tick::Reader from) {
  return {.monotonic_us = from.getMonotonicUs(), .utc_offset_us = from.getUtcOffsetUs()};
}

order get(schema::Order::Reader from) {
  return {.device = text(from.getDevice()),
          .epoch = from.getEpoch(),
          .counter = from.getCounter(),
          .contactor = enumerant(from.getContactor(), contactor_order::plus),
          .lease = from.getLease()};
}

template <class To, class List>
std::vector<To> structs(const List& from) {
  std::vector<To> to;
  to.reserve(entries(from));
  for (const auto entry : from) to.push_back(get(entry));
  return to;
}

payload get(schema::Envelope::Payload::Reader from) {
  using which = schema::Envelope::Payload::Which;
  switch (from.which()) {
    case which::NONE:
      return std::monostate();
    case which::TELEMETRY:
      return get(from.getTelemetry());
    case which::EVENT:
      return get(from.getEvent());
    case which::COMMAND:
      return get(from.getCommand());
    case which::RESULT:
      return get(from.getResult());
    case which::PERMIT:
      return get(from.getPermit());
    case which::LIMITS:
      return get(from.getLimits());
    case which::HEALTH:
      return get(from.getHealth());
    case which::SNAPSHOT:
      return get(from.getSnapshot());
    case which::CATALOGUE:
      return get(from.getCatalogue());
    case which::TICK:
      return get(from.getTick());
    case which::ORDER:
      return get(from.getOrder());
  }
  return std::monostate(); // of a newer schema: nothing that this version could act on
}

} // namespace

message read(schema::Envelope::Reader envelope) {
  if (envelope.getSchemaVersion() == 0) throw refusal{"the schema version is missing"};
  message to;
  to.header.source = text(envelope.getSource());
  to.header.incarnation = envelope.getIncarnation();
  to.header.sequence = envelope.getSequence();
  to.header.time = {envelope.getMonotonicUs(), envelope.getUtcUs()};
  to.header.utc_quality = enumerant(envelope.getUtcQuality(), utc_quality::simulated);
  to.payload = get(envelope.getPayload());
  return to;
}

} // namespace voltaic::messages::wire
