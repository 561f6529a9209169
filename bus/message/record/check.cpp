#include "bus/message/record/check.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>

#include "bus/message/gap_counter.hpp"
#include "bus/message/record/recording.hpp"

namespace voltaic::bus::message {

messages::expected<recording_check> check_recording(const std::string& path,
                                                    recording_start start) {
  auto source = recording::open(path);
  if (!source) return source.error();
  recording_check result;
  gap_counter counter;
  std::map<std::string, std::uint64_t> before_first;
  recorded one;
  while (source->next(one)) {
    ++result.frames;
    const auto message = messages::decode(*one.frame);
    if (!message) {
      result.missing.push_back(
          fmt::format("record {} is no message: {}", result.frames, message.error().text));
      continue;
    }
    if (one.from == plane::snapshot) continue;
    const auto& header = message->header;
    // Events go on with the numbers that the journal knows; everybody else begins.
    const bool begins = counter.heard(header) == arrival::first && one.from != plane::events;
    if (begins && header.sequence > 1 && start == recording_start::with_sources)
      before_first[header.source] = header.sequence - 1;
  }
  if (source->torn()) result.missing.emplace_back("its end is torn");
  for (const auto& [name, track] : counter.sources()) {
    const auto begin = before_first.find(name);
    const auto lost = track.gaps + (begin == before_first.end() ? 0 : begin->second);
    if (lost > 0) result.missing.push_back(fmt::format("{} messages of {}", lost, name));
  }
  return result;
}

messages::expected<bool> clear_recording(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return true;
  if (auto old = recording::open(path); !old) return old.error();
  std::filesystem::remove(path, error);
  if (error) return messages::failure{fmt::format("recording {}: {}", path, error.message())};
  return true;
}

} // namespace voltaic::bus::message
