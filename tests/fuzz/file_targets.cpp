// Files that people and other programs wrote.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <variant>

#include "bus/signing/ed25519.hpp"
#include "fuzz/target.hpp"
#include "messages/can/logs/candump.hpp"
#include "messages/can/logs/gvret.hpp"
#include "messages/can/logs/log_reader.hpp"
#include "messages/can/logs/python_can.hpp"
#include "messages/can/logs/slcan.hpp"
#include "messages/can/logs/socketcand.hpp"
#include "messages/canopen/eds_load.hpp"
#include "messages/canopen/object_table.hpp"
#include "messages/configuration/version.hpp"
#include "messages/dbc/load.hpp"
#include "messages/dbc/message_codec.hpp"
#include "messages/dbc/to_profile.hpp"
#include "messages/inverter/codec.hpp"
#include "messages/inverter/compatibility.hpp"
#include "messages/inverter/load_inverter.hpp"
#include "messages/points/names.hpp"
#include "messages/profiles/answer_plan.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/encode_plan.hpp"
#include "messages/profiles/load.hpp"
#include "messages/profiles/register_plan.hpp"
#include "messages/protection/limits_file.hpp"
#include "messages/setpoint_list.hpp"
#include "messages/signatures/signature.hpp"
#include "nodes/site/load.hpp"

namespace voltaic::fuzz {
namespace {

using messages::findings;
using messages::strictness;

constexpr const char* file_name = "some.file";

/// What holds of a reader that is strict or tolerant: what it takes strictly it takes tolerantly,
/// and then tells no defect. What was read tolerantly.
template <class Loaded, class Load>
std::optional<Loaded> read_both_ways(bytes input, Load load) {
  const auto text = text_of(input);
  const auto strictly = load(text, file_name, strictness::strict);
  auto tolerantly = load(text, file_name, strictness::tolerant);
  const bool is_sound = std::holds_alternative<Loaded>(strictly);
  if (!is_sound) {
    require(!std::get<findings>(strictly).empty(), "a refused file has findings");
    require_sound(std::get<findings>(strictly), file_name);
  }
  if (const auto* refused = std::get_if<findings>(&tolerantly)) {
    require(!is_sound, "what is taken strictly is taken tolerantly");
    require(!refused->empty(), "a refused file has findings");
    require_sound(*refused, file_name);
    return std::nullopt;
  }
  auto& loaded = std::get<Loaded>(tolerantly);
  require(is_sound == loaded.defects.empty(), "a file without defects is taken strictly");
  require_sound(loaded.defects, file_name);
  return std::move(loaded);
}

/// Bytes of which no two are equal, so that what is read from the wrong place shows.
std::array<std::uint8_t, 64> some_payload(std::uint8_t first) {
  std::array<std::uint8_t, 64> made{};
  for (auto& each : made) each = first += 37;
  return made;
}

void run_dbc(bytes input) {
  const auto read = read_both_ways<messages::dbc::loaded>(input, messages::dbc::load);
  if (!read) return;
  const auto payload = some_payload(static_cast<std::uint8_t>(input.size()));
  for (const auto& message : read->database.messages) {
    for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{64}}) {
      const auto decoded = messages::dbc::decode(message, std::span(payload).first(length));
      if (!decoded) {
        require(!decoded.error().text.empty(), "a payload is refused with words");
        continue;
      }
      for (const auto& each : *decoded) {
        const auto& signal = message.signals.at(each.signal);
        require(!messages::dbc::raw_json(signal, each.bits).empty(), "a raw value has JSON");
        require(!messages::dbc::value_json(signal, each).empty(), "a value has JSON");
      }
    }
    const auto encoded = messages::dbc::encode(message, {}, {});
    require(encoded.has_value() || !encoded.error().text.empty(), "a value is refused with words");
  }
  const auto imported = messages::dbc::to_profile(read->database, "fuzzed");
  if (imported.points == 0) return;
  const auto profile = messages::profiles::load_profile(imported.json, "imported.json");
  if (const auto* wrong = std::get_if<findings>(&profile))
    require(false, "an imported profile loads, but: " + wrong->front().text);
}

void run_eds(bytes input) {
  auto read = read_both_ways<messages::canopen::loaded_eds>(input, messages::canopen::load_eds);
  if (!read) return;
  constexpr std::uint8_t node = 5;
  const auto device = std::move(read->device);
  messages::canopen::object_table objects(device, node);
  for (const auto& [at, object] : device.objects) {
    const auto value = objects.read(at);
    if (const auto* data = std::get_if<messages::canopen::object_bytes>(&value))
      (void)objects.write(at, *data);
    (void)device.mapping(at.index, node);
    (void)object.value(node);
  }
}

void check_frame(const messages::can::log_entry& entry) {
  const auto& frame = entry.frame;
  require(frame.length <= (frame.fd ? 64 : 8), "a frame has the bytes that it can have");
  require(frame.id <= (frame.extended || frame.error ? 0x1FFF'FFFFu : 0x7FFu),
          "an identifier has 11 or 29 bits");
  require(!messages::can::bus_name(entry.channel).empty(), "each bus has a name");
  (void)messages::can::seconds_text(entry);
  // Written as candump has it and read again it is the same frame.
  constexpr std::int64_t utc_us = 1'600'000'000'000'001;
  std::string line;
  messages::can::write_candump_log(line, frame, "can0", utc_us);
  const auto again = messages::can::parse_candump_log(line);
  require(again.has_value(), "what is written as candump does is read");
  auto expected = frame;
  expected.time_us = utc_us;
  require(again->frame == expected, "what is written as candump does is read as the same frame");
}

void check_line(const messages::expected<messages::can::line_kind>& read,
                const messages::can::log_entry& entry) {
  if (!read) {
    require(!read.error().text.empty(), "a line is refused with words");
  } else if (*std::as_const(read) == messages::can::line_kind::frame) {
    check_frame(entry);
  }
}

void run_can_log(bytes input) {
  using namespace messages::can;
  using read_line = messages::expected<line_kind> (*)(std::string_view, log_entry&);
  constexpr std::array<read_line, 5> readers{read_candump, read_gvret, read_python_can, read_slcan,
                                             read_socketcand};
  log_reader any;
  asc_reader asc;
  trc_reader trc;
  auto rest = text_of(input);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end);
    log_entry entry;
    check_line(any.read(line, entry), entry);
    // A log is in one format; these read the line whatever the first one was in.
    for (const auto read : readers) {
      log_entry own;
      check_line(read(line, own), own);
    }
    log_entry of_asc;
    check_line(asc.read(line, of_asc), of_asc);
    log_entry of_trc;
    check_line(trc.read(line, of_trc), of_trc);
  }
}

/// The words that are refused, or what was read.
template <class Read>
const Read* sound_or_found(const std::variant<Read, findings>& result) {
  if (const auto* wrong = std::get_if<findings>(&result)) {
    require(!wrong->empty(), "a refused file has findings");
    require_sound(*wrong, file_name);
  }
  return std::get_if<Read>(&result);
}

void use_can_profile(const messages::profiles::device_profile& profile) {
  const auto plan = messages::profiles::decode_plan::compile(profile, 0);
  require(plan.has_value(), "a profile on CAN that loads is compiled");
  std::vector<messages::profiles::sample> samples;
  for (const auto& each : plan->identifiers()) {
    for (std::size_t bytes = 0; bytes <= messages::can::fd_bytes_max; ++bytes) {
      const auto length = messages::can::frame_length(bytes);
      messages::can::frame frame{.id = each.id, .extended = each.extended, .length = length};
      std::ranges::copy_n(some_payload(length).begin(), length, frame.data.begin());
      (void)plan->apply(frame, samples);
      require(samples.size() <= plan->samples_max(), "a frame says no more than its bound");
    }
  }
  const auto commands = messages::profiles::encode_plan::compile(profile, 0);
  require(commands.has_value(), "the commands of a profile that loads are compiled");
  for (std::uint16_t i = 0; i < commands->commands().size(); ++i) {
    if (commands->commands()[i].purpose != messages::profiles::command_purpose::set) continue;
    const auto frame = commands->encode_set(i, 1, 3);
    require(frame.has_value() || !frame.error().text.empty(), "a value is refused with words");
  }
}

void use_register_profile(const messages::profiles::device_profile& profile) {
  const auto plan = messages::profiles::register_plan::compile(profile);
  require(plan.has_value(), "a profile of registers that loads is compiled");
  std::vector<messages::profiles::sample> samples;
  for (std::size_t i = 0; i < plan->reads().size(); ++i) {
    const std::vector<std::uint16_t> registers(plan->reads()[i].count, 0x8123);
    require(plan->apply(i, registers, samples).has_value(),
            "as many registers as were asked for are taken");
    require(!plan->apply(i, std::span(registers).subspan(1), samples).has_value(), "fewer are not");
  }
  for (std::uint16_t i = 0; i < plan->commands().size(); ++i) {
    if (plan->commands()[i].purpose != messages::profiles::command_purpose::set) continue;
    const auto written = plan->encode_set(i, 1);
    if (written) (void)plan->read_back(i, written.value().registers);
  }
}

void use_serial_profile(const messages::profiles::device_profile& profile) {
  const auto plan = messages::profiles::answer_plan::compile(profile);
  require(plan.has_value(), "a profile of plain RS-485 that loads is compiled");
  std::vector<messages::profiles::sample> samples;
  for (std::size_t i = 0; i < plan->read_count(); ++i)
    for (const std::size_t length : {0u, 1u, 7u, 64u, 2'048u}) {
      const std::vector<std::uint16_t> answer(length, std::uint16_t{2});
      const auto applied = plan->apply(i, answer, samples);
      require(applied || !applied.error().text.empty(), "an answer is refused with words");
    }
  for (std::uint16_t i = 0; i < plan->commands().size(); ++i) {
    const auto written = plan->encode_set(i, 1);
    require(written.has_value() || !written.error().text.empty(), "a value is refused with words");
    if (written) (void)plan->wanted(i, written.value());
  }
  const auto spoken = plan->dialect();
  for (const auto& each : spoken.questions) {
    const auto bytes = messages::serial::encode(
        spoken.framing, messages::serial::direction::request, messages::serial::fill(each, 2));
    require(bytes.size() <= messages::serial::frame_bytes_max, "a request has its bound");
  }
}

void run_device_profile(bytes input) {
  const auto result = messages::profiles::load_profile(text_of(input), file_name);
  const auto* profile = sound_or_found(result);
  if (profile == nullptr) return;
  switch (profile->protocol) {
    case messages::profiles::protocol::can:
      return use_can_profile(*profile);
    case messages::profiles::protocol::modbus:
      return use_register_profile(*profile);
    case messages::profiles::protocol::serial:
      return use_serial_profile(*profile);
  }
}

void run_inverter_profile(bytes input) {
  const auto result = messages::inverter::load_inverter_profile(text_of(input), file_name);
  const auto* profile = sound_or_found(result);
  if (profile == nullptr) return;
  messages::inverter::payload heard;
  const auto content = some_payload(11);
  for (const auto* layouts : {&profile->frames, &profile->received}) {
    for (const auto& each : *layouts) {
      const auto id = messages::inverter::sent_id(each, profile->options);
      messages::can::frame frame{.id = id.id, .extended = id.extended};
      for (frame.length = 0; frame.length < 8; ++frame.length) {
        frame.data[frame.length] = content[frame.length];
        (void)messages::inverter::decode(*layouts, profile->options, frame, heard);
      }
    }
  }
  for (const auto& each : profile->frames) {
    const auto frame = messages::inverter::encode(each, profile->options, heard);
    require(frame.has_value() || !frame.error().text.empty(), "a frame is refused with words");
    if (frame) require(frame.value().length <= 8, "a frame is one of classic CAN");
  }
}

void run_compatibility(bytes input) {
  const auto result = messages::inverter::load_compatibility(text_of(input), file_name);
  const auto* table = sound_or_found(result);
  if (table == nullptr) return;
  for (const auto& each : table->entries)
    (void)messages::inverter::find_match(*table, {each.battery.name}, {each.inverter.name});
}

void run_protection(bytes input) {
  (void)sound_or_found(messages::protection::load(text_of(input), file_name));
}

/// The profiles and protection files that it names are read from configs/.
void run_site(bytes input) {
  const std::string place = "configs/fuzzed.toml";
  const auto result = nodes::site::load_text(std::string(text_of(input)), place);
  const auto* wrong = std::get_if<findings>(&result);
  if (wrong == nullptr) return;
  require(!wrong->empty(), "a refused site file has findings");
  for (const auto& each : *wrong) {
    require(!each.text.empty(), "a finding has words");
    require(!each.file.empty() && each.line > 0, "a finding names file and line");
  }
}

/// What others say as text: names of points, lists of what was set, and versions of configurations.
void run_texts(bytes input) {
  const auto text = text_of(input);
  const auto path = messages::points::parse_path(text);
  require(path.has_value() || !path.error().text.empty(), "a path is refused with words");
  const auto half = text.substr(text.size() / 2);
  (void)messages::points::glob_match(text.substr(0, text.size() / 2), half);
  (void)messages::points::flat_index(half, 16);
  const auto setpoints = messages::read_setpoints(text);
  require(setpoints.size() <= messages::setpoints_max, "a list says no more than its bound");
  const auto said = messages::setpoint_text(setpoints);
  require(messages::setpoint_text(messages::read_setpoints(said)) == said,
          "a list that is said again says the same");
  const auto version = messages::configuration::decode_version(text);
  require(version.has_value() || !version.error().text.empty(), "a version is refused with words");
}

/// A signature has one form: what is read is written again as it was. Nobody has signed anything.
void run_signature(bytes input) {
  using namespace messages::signatures;
  const auto text = text_of(input);
  require(stated_version(text) == 0 || text.find('{') != std::string_view::npos,
          "only an object has a version");
  const auto read = read_signature(text, file_name);
  if (const auto* wrong = std::get_if<messages::finding>(&read)) {
    require_sound({*wrong}, file_name);
    return;
  }
  const auto& found = std::get<signature>(read);
  require(text_of(found) == text, "a signature that is read is written as it was");
  require(text.starts_with(signed_text(found.says)), "what is signed stands before the signature");
  const trust whole{found.says.project, {found.says.key}};
  const auto& says = found.says;
  require(!mismatch(says, whole, {says.file, says.sha256, says.version}),
          "a signature is that of the file that it states");
  const auto sum = bus::signing::sha256_of(text);
  require(mismatch(says, whole, {says.file, sum, says.version}).has_value(),
          "no text is the content of its own signature");
  const bool sound = bus::signing::verifies(signed_text(found.says), found.value, found.says.key);
  require(!sound || bus::signing::is_public_key(found.says.key), "only a key verifies");
}

constexpr std::array<target, 10> targets{{{"dbc", run_dbc},
                                          {"eds", run_eds},
                                          {"can_log", run_can_log},
                                          {"device_profile", run_device_profile},
                                          {"inverter_profile", run_inverter_profile},
                                          {"compatibility", run_compatibility},
                                          {"protection", run_protection},
                                          {"site", run_site},
                                          {"texts", run_texts},
                                          {"signature", run_signature}}};

} // namespace

std::span<const target> file_targets() {
  return targets;
}

} // namespace voltaic::fuzz
