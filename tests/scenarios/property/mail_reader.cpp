#include "scenarios/property/mail_reader.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <utility>

#include "actors/runtime/command_record.hpp"
#include "actors/runtime/event_log.hpp"
#include "scenarios/property/site_plan.hpp"

namespace voltaic::tests::property {
namespace {

using bus::message::plane;
using messages::us_per_ms;
namespace runtime = actors::runtime;

constexpr const char* digital_begin = "dio_";
/// Frames that carry limits are small.
constexpr std::size_t small_frame_bytes = 2'000;

messages::message_ptr read(const messages::frame& frame) {
  auto content = messages::content_of(frame);
  if (!content) throw std::logic_error(content.error().text);
  return *std::move(content);
}

std::int64_t length_us(const messages::command& of) {
  return static_cast<std::int64_t>(of.lease_ms) * us_per_ms;
}

/// "the key dio_0/key was turned: done", "... : rejected: why" -> the word.
std::string outcome_of_turn(const std::string& told) {
  const std::string begin = "turned: ";
  const auto at = told.find(begin);
  const auto words = at == std::string::npos ? told : told.substr(at + begin.size());
  return words.substr(0, words.find_first_of(",:;"));
}

} // namespace

int rack_of_digital(const std::string& name) {
  return std::stoi(name.substr(name.find('_') + 1));
}

mail_reader::mail_reader(messages::instant start, int racks, std::function<void(const fact&)> tell,
                         hit_counters& hits)
    : start_(start), racks_(racks), tell_(std::move(tell)), hits_(hits) {}

void mail_reader::count(const messages::event& event) {
  if (event.kind == "protection") ++hits_["protection " + event.level + " " + event.edge];
  if (event.scope == "set") ++hits_["set " + event.state];
  if (event.kind == "contactor" && event.state == "fault") ++hits_["locked: " + event.reason];
  if (event.candidate == "evaluator_difference") ++hits_["evaluators differ"];
  if (event.candidate == "current_implausible") ++hits_["current doubted " + event.edge];
  if (event.state == "reset_key") ++hits_["key " + outcome_of_turn(event.reason)];
}

void mail_reader::said(const std::string& node, plane to, const messages::frame& frame,
                       std::int64_t now_us) {
  if (to != plane::events && (to != plane::telemetry || frame.bytes().size() > small_frame_bytes))
    return;
  const auto message = read(frame);
  const auto happened_us = message->header.time.monotonic_us - start_.monotonic_us;
  if (const auto* event = std::get_if<messages::event>(&message->payload)) {
    tell_({now_us, -1, event_said{node, *event, happened_us}});
    count(*event);
  } else if (const auto* limits = std::get_if<messages::limits>(&message->payload)) {
    tell_({now_us, rack_of(limits->rack),
           limits_said{limits->charge_current_a, limits->discharge_current_a, happened_us}});
  }
}

void mail_reader::came(ears* by, const messages::frame& frame, std::int64_t now_us) {
  const auto message = read(frame);
  if (by != nullptr) by->hear(*message, now_us);
  const auto* command = std::get_if<messages::command>(&message->payload);
  if (command == nullptr) return;
  const auto deadline_us = command->deadline_utc_us - start_.utc_us;
  if (command->point.starts_with(digital_begin))
    return tell_(
        {now_us, rack_of_digital(command->point), output_asked{deadline_us + length_us(*command)}});
  if (rack_of(command->target) < 0) return;
  request asked{command->key, command->operation, command->point, 0,
                deadline_us,  length_us(*command)};
  if (const auto* value = std::get_if<double>(&command->value)) {
    asked.value = std::round(*value * 10) / 10.0;
  }
  if (asked.deadline_us <= now_us) ++hits_["command came after its deadline"];
  tell_({now_us, rack_of(command->target), command_arrived{std::move(asked)}});
}

void mail_reader::given(const bus::storage::record& record, std::int64_t now_us) {
  for (int rack = 0; rack < racks_; ++rack) {
    if (record.stream != runtime::command_stream(fmt::format("rack_{}/contactor", rack))) continue;
    const auto kept = runtime::decode_command_record(record.body);
    if (!kept) throw std::logic_error("a command's record cannot be read");
    if (kept->done) continue;
    tell_({now_us, rack, command_accepted{kept->command.key, kept->command.operation}});
  }
}

void mail_reader::stored(const std::string& node, const bus::storage::record& record,
                         std::int64_t now_us) {
  if (record.stream != runtime::events_stream) return;
  const auto message = runtime::read_event(record);
  if (!message) throw std::logic_error("an event on disk cannot be read");
  tell_({now_us, -1, event_stored{node, std::get<messages::event>(message->payload)}});
}

} // namespace voltaic::tests::property
