#include <capnp/any.h>

#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "messages/codec/wire.hpp"

namespace voltaic::messages::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "lists are copied as they lie in memory");

capnp::Text::Reader text(const std::string& value) {
  if (value.size() > text_bytes_max) throw std::length_error("a text of a message is too long");
  return {value.c_str(), value.size()};
}

capnp::uint entries(std::size_t size) {
  if (size > list_entries_max) throw std::length_error("a list of a message is too long");
  return static_cast<capnp::uint>(size);
}

/// Numbers of one width, copied as one block.
template <class List, class T>
void copy(List&& list, const std::vector<T>& values) {
  static_assert(std::is_arithmetic_v<T>);
  if (values.empty()) return;
  const auto bytes = capnp::AnyList::Builder(kj::mv(list)).asReader().getRawBytes();
  if (bytes.size() != values.size() * sizeof(T)) throw std::logic_error("a list has another width");
  // The builder owns this memory; Cap'n Proto only lacks a writable view of it.
  std::memcpy(const_cast<kj::byte*>(bytes.begin()), values.data(), bytes.size());
}

template <class Builder>
void put(Builder list, const std::vector<std::string>& values) {
  for (capnp::uint i = 0; i < list.size(); ++i) list.set(i, text(values[i]));
}

// An empty text or list is a null pointer: it costs no bytes and reads back empty.
#define VOLTAIC_TEXT(builder, Field, value) \
  if (!(value).empty()) (builder).set##Field(text(value))
#define VOLTAIC_TEXTS(builder, Field, value) \
  if (!(value).empty()) put((builder).init##Field(entries((value).size())), value)
#define VOLTAIC_STRUCTS(builder, Field, value)                              \
  if (!(value).empty()) {                                                   \
    auto list = (builder).init##Field(entries((value).size()));             \
    for (capnp::uint i = 0; i < list.size(); ++i) put(list[i], (value)[i]); \
  }

template <class To, class From>
To as(From value) {
  return static_cast<To>(value);
}

capnp::uint elements(std::size_t size) {
  if (size > element_index_max) throw std::length_error("a block has too many elements");
  return static_cast<capnp::uint>(size);
}

void put(schema::Block::Builder to, const block& from) {
  to.setPoint(from.point);
  to.setFirstIndex(from.first_index);
  to.setSourceTimeUs(from.source_time_us);
  to.setQuality(as<schema::Quality>(from.quality));
  auto values = to.getValues();
  if (const auto* words = std::get_if<block::words>(&from.values)) {
    copy(values.initWords(elements(words->size())), *words);
  } else if (const auto* integers = std::get_if<block::integers>(&from.values)) {
    copy(values.initIntegers(elements(integers->size())), *integers);
  } else if (const auto* reals = std::get_if<block::reals>(&from.values)) {
    copy(values.initReals(elements(reals->size())), *reals);
  } else {
    values.setText(text(std::get<std::string>(from.values)));
  }
  if (const auto& marks = from.element_quality; !marks.empty()) {
    std::memcpy(to.initElementQuality(elements(marks.size())).begin(), marks.data(), marks.size());
  }
  VOLTAIC_TEXTS(to, Missing, from.missing);
}

void put(schema::Telemetry::Builder to, const telemetry& from) {
  VOLTAIC_TEXT(to, Owner, from.owner);
  to.setFingerprint(from.fingerprint);
  VOLTAIC_STRUCTS(to, Blocks, from.blocks);
}

/// Limits of voltage and power, of whatever has them.
template <class To, class From>
void put_wider_limits(To& to, const From& from) {
  constexpr double not_told = std::numeric_limits<double>::quiet_NaN();
  to.setChargeVoltageLimitV(from.charge_voltage_limit_v.value_or(not_told));
  to.setDischargeVoltageLimitV(from.discharge_voltage_limit_v.value_or(not_told));
  to.setChargePowerLimitW(from.charge_power_limit_w.value_or(not_told));
  to.setDischargePowerLimitW(from.discharge_power_limit_w.value_or(not_told));
}

void put(schema::Event::Builder to, const event& from) {
  VOLTAIC_TEXT(to, Id, from.id);
  VOLTAIC_TEXT(to, Node, from.node);
  VOLTAIC_TEXT(to, Boot, from.boot);
  to.setSequence(from.sequence);
  VOLTAIC_TEXT(to, Kind, from.kind);
  VOLTAIC_TEXT(to, Subject, from.subject);
  VOLTAIC_TEXT(to, Candidate, from.candidate);
  VOLTAIC_TEXT(to, Scope, from.scope);
  VOLTAIC_TEXT(to, Level, from.level);
  VOLTAIC_TEXT(to, Edge, from.edge);
  to.setValue(from.value);
  to.setHasValue(from.has_value);
  VOLTAIC_TEXT(to, Unit, from.unit);
  to.setThreshold(from.threshold);
  VOLTAIC_TEXTS(to, Actions, from.actions);
  to.setFirstOut(from.first_out);
  VOLTAIC_TEXT(to, State, from.state);
  VOLTAIC_TEXT(to, Reason, from.reason);
  to.setChargeCurrentA(from.charge_current_a);
  to.setDischargeCurrentA(from.discharge_current_a);
  VOLTAIC_TEXTS(to, Reasons, from.reasons);
  VOLTAIC_TEXT(to, User, from.user);
  VOLTAIC_TEXT(to, Key, from.key);
  VOLTAIC_TEXT(to, Role, from.role);
  VOLTAIC_TEXT(to, Code, from.code);
  to.setPid(from.pid);
  to.setSignal(from.signal);
  to.setExitCode(from.exit_code);
  put_wider_limits(to, from);
  VOLTAIC_TEXT(to, LimitsHash, from.limits_hash);
}

void put(schema::Command::Builder to, const command& from) {
  VOLTAIC_TEXT(to, Id, from.id);
  VOLTAIC_TEXT(to, Key, from.key);
  VOLTAIC_TEXT(to, Target, from.target);
  VOLTAIC_TEXT(to, Operation, from.operation);
  VOLTAIC_TEXT(to, Point, from.point);
  to.setIndex(from.index);
  if (const auto* number = std::get_if<double>(&from.value)) {
    to.getValue().setNumber(*number);
  } else if (const auto* words = std::get_if<std::string>(&from.value)) {
    to.getValue().setText(text(*words));
  } else {
    to.getValue().setNone();
  }
  to.setDeadlineUtcUs(from.deadline_utc_us);
  to.setLeaseMs(from.lease_ms);
  to.setPriority(from.priority);
  VOLTAIC_TEXT(to, Role, from.role);
  VOLTAIC_TEXT(to, User, from.user);
  VOLTAIC_TEXT(to, Reason, from.reason);
  VOLTAIC_TEXT(to, ReplyTo, from.reply_to);
  to.setGeneration(from.generation);
}

void put(schema::Result::Builder to, const result& from) {
  VOLTAIC_TEXT(to, Id, from.id);
  VOLTAIC_TEXT(to, Key, from.key);
  VOLTAIC_TEXT(to, ReplyTo, from.reply_to);
  to.setOutcome(as<schema::Outcome>(from.outcome));
  VOLTAIC_TEXTS(to, Reasons, from.reasons);
  VOLTAIC_TEXT(to, Requested, from.requested);
  VOLTAIC_TEXT(to, ReadBack, from.read_back);
  VOLTAIC_TEXT(to, Point, from.point);
  to.setDurationMs(from.duration_ms);
}

void put(schema::Permit::Builder to, const permit& from) {
  VOLTAIC_TEXT(to, Rack, from.rack);
  to.setEpoch(from.epoch);
  to.setCounter(from.counter);
  to.setGranted(from.granted);
  to.setCloseAllowed(from.close_allowed);
  to.setOpening(as<schema::Opening>(from.opening));
  to.setLocked(from.locked);
  VOLTAIC_TEXTS(to, Reasons, from.reasons);
}

void put(schema::Limits::Builder to, const limits& from) {
  VOLTAIC_TEXT(to, Rack, from.rack);
  to.setChargeCurrentA(from.charge_current_a);
  to.setDischargeCurrentA(from.discharge_current_a);
  VOLTAIC_TEXTS(to, Reasons, from.reasons);
  put_wider_limits(to, from);
  VOLTAIC_TEXTS(to, ChargeReasons, from.charge_reasons);
  VOLTAIC_TEXTS(to, DischargeReasons, from.discharge_reasons);
}

void put(schema::ActorHealth::Builder to, const actor_health& from) {
  VOLTAIC_TEXT(to, Name, from.name);
  VOLTAIC_TEXT(to, Kind, from.kind);
  VOLTAIC_TEXT(to, State, from.state);
  to.setRestarts(from.restarts);
  to.setIncarnation(from.incarnation);
  to.setProgress(from.progress);
}

void put(schema::BusHealth::Builder to, const bus_health& from) {
  VOLTAIC_TEXT(to, Name, from.name);
  VOLTAIC_TEXT(to, Kind, from.kind);
  VOLTAIC_TEXT(to, State, from.state);
  to.setBitrate(from.bitrate);
  to.setLoadPercent(from.load_percent);
  to.setRx(from.rx);
  to.setTx(from.tx);
  to.setErrors(from.errors);
  to.setRxOverflow(from.rx_overflow);
  to.setBusOff(from.bus_off);
  to.setBytes(from.bytes);
  to.setTransmitErrors(from.transmit_errors);
  to.setReceiveErrors(from.receive_errors);
  to.setUnknownIds(from.unknown_ids);
  to.setTxDropped(from.tx_dropped);
  VOLTAIC_TEXT(to, Trouble, from.trouble);
  VOLTAIC_TEXT(to, Babbler, from.babbler);
  to.setBabblerRate(from.babbler_rate);
  to.setLastError(from.last_error);
}

void put(schema::LineHealth::Builder to, const line_health& from) {
  VOLTAIC_TEXT(to, Name, from.name);
  VOLTAIC_TEXT(to, Kind, from.kind);
  VOLTAIC_TEXT(to, State, from.state);
  to.setRequests(from.requests);
  to.setTimeouts(from.timeouts);
  to.setCrcErrors(from.crc_errors);
  to.setExceptions(from.exceptions);
  to.setBadAnswers(from.bad_answers);
  to.setStrays(from.strays);
  to.setOverruns(from.overruns);
  to.setReconnects(from.reconnects);
  to.setBytesSent(from.bytes_sent);
  to.setBytesReceived(from.bytes_received);
  to.setErrorPercent(from.error_percent);
}

void put(schema::Health::Builder to, const health& from) {
  VOLTAIC_TEXT(to, Node, from.node);
  to.setPid(from.pid);
  VOLTAIC_TEXT(to, Boot, from.boot);
  to.setUptimeMs(from.uptime_ms);
  to.setReady(from.ready);
  VOLTAIC_STRUCTS(to, Actors, from.actors);
  VOLTAIC_STRUCTS(to, Buses, from.buses);
  to.setRealTime(from.real_time);
  to.setOutboxDropped(from.outbox_dropped);
  to.setGaps(from.gaps);
  VOLTAIC_STRUCTS(to, Lines, from.lines);
}

void put(schema::SourceState::Builder to, const source_state& from) {
  VOLTAIC_TEXT(to, Source, from.source);
  to.setIncarnation(from.incarnation);
  to.setSequence(from.sequence);
  to.setAlive(from.alive);
  to.setLastUtcUs(from.last_utc_us);
  to.setGaps(from.gaps);
}

void put(schema::Snapshot::Builder to, const snapshot& from) {
  to.setKind(as<schema::Snapshot::Kind>(from.kind));
  VOLTAIC_TEXT(to, Id, from.id);
  VOLTAIC_STRUCTS(to, Sources, from.sources);
}

void put(schema::PointDescription::Builder to, const point_description& from) {
  VOLTAIC_TEXT(to, Name, from.name);
  VOLTAIC_TEXT(to, Channel, from.channel);
  VOLTAIC_TEXT(to, Unit, from.unit);
  VOLTAIC_TEXT(to, RawType, from.raw_type);
  to.setCount(from.count);
  to.setGroupSize(from.group_size);
  to.setScale(from.scale);
  to.setOffset(from.offset);
  to.setPeriodMs(from.period_ms);
  VOLTAIC_TEXT(to, Category, from.category);
  to.setWritable(from.writable);
  to.setDecimals(from.decimals);
  VOLTAIC_TEXTS(to, Texts, from.texts);
}

void put(schema::Catalogue::Builder to, const catalogue& from) {
  VOLTAIC_TEXT(to, Owner, from.owner);
  to.setFingerprint(from.fingerprint);
  VOLTAIC_STRUCTS(to, Points, from.points);
}

void put(schema::Tick::Builder to, const tick& from) {
  to.setMonotonicUs(from.monotonic_us);
  to.setUtcOffsetUs(from.utc_offset_us);
}

void put(schema::Order::Builder to, const order& from) {
  VOLTAIC_TEXT(to, Device, from.device);
  to.setEpoch(from.epoch);
  to.setCounter(from.counter);
  to.setContactor(as<schema::ContactorOrder>(from.contactor));
  to.setLease(from.lease);
}

/// Picks the union's member for a payload.
struct payload_writer {
  schema::Envelope::Payload::Builder to;
  void operator()(std::monostate) { to.setNone(); }
  void operator()(const telemetry& from) { put(to.initTelemetry(), from); }
  void operator()(const event& from) { put(to.initEvent(), from); }
  void operator()(const command& from) { put(to.initCommand(), from); }
  void operator()(const result& from) { put(to.initResult(), from); }
  void operator()(const permit& from) { put(to.initPermit(), from); }
  void operator()(const limits& from) { put(to.initLimits(), from); }
  void operator()(const health& from) { put(to.initHealth(), from); }
  void operator()(const snapshot& from) { put(to.initSnapshot(), from); }
  void operator()(const catalogue& from) { put(to.initCatalogue(), from); }
  void operator()(const tick& from) { put(to.initTick(), from); }
  void operator()(const order& from) { put(to.initOrder(), from); }
};

} // namespace

void write(schema::Envelope::Builder envelope, const header& header, const payload& content) {
  envelope.setSchemaVersion(schema_version);
  VOLTAIC_TEXT(envelope, Source, header.source);
  envelope.setIncarnation(header.incarnation);
  envelope.setSequence(header.sequence);
  envelope.setMonotonicUs(header.time.monotonic_us);
  envelope.setUtcUs(header.time.utc_us);
  envelope.setUtcQuality(as<schema::UtcQuality>(header.utc_quality));
  std::visit(payload_writer{envelope.getPayload()}, content);
}

} // namespace voltaic::messages::wire
