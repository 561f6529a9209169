#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>

#include "bench/benchmarks.hpp"
#include "messages/dbc/load.hpp"
#include "messages/dbc/to_profile.hpp"
#include "messages/profiles/bits.hpp"
#include "messages/profiles/decode_plan.hpp"
#include "messages/profiles/load.hpp"

namespace voltaic::bench {
namespace {

using messages::can::frame;
using messages::profiles::decode_plan;

constexpr int passes_in_block = 2'000;

/// What a bare loop does for a signal.
struct bare_signal {
  std::uint32_t frame = 0;
  std::uint8_t shift = 0;
  std::uint64_t mask = 0;
  double factor = 0;
};

/// A database's plan, a frame of each message and selector value, and what they hold.
struct work {
  decode_plan plan;
  std::vector<frame> frames;
  std::vector<bare_signal> bare;
};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

messages::profiles::device_profile imported(const std::filesystem::path& file) {
  using namespace messages;
  auto read = dbc::load(text_of(file), file.string(), strictness::tolerant);
  if (std::holds_alternative<findings>(read))
    throw std::runtime_error(std::get<findings>(read).front().text);
  const auto made = dbc::to_profile(std::get<dbc::loaded>(read).database, "foxbms");
  auto profile = profiles::load_profile(made.json, "foxbms.json");
  if (std::holds_alternative<findings>(profile))
    throw std::runtime_error(std::get<findings>(profile).front().text);
  return std::get<profiles::device_profile>(std::move(profile));
}

/// Random bits in each frame, and the selector value that chooses its part.
std::vector<frame> frames_of(const messages::profiles::device_profile& profile,
                             const decode_plan& plan) {
  using namespace messages::profiles;
  std::mt19937_64 random(1);
  std::vector<frame> all;
  for (const auto& carrier : plan.carriers()) {
    const auto& message = profile.messages[carrier.message];
    frame made;
    made.id = carrier.id;
    made.extended = carrier.extended;
    made.length = static_cast<std::uint8_t>(message.length);
    std::uint64_t word = random();
    if (carrier.mux) {
      const auto& place = *message.multiplexer;
      const auto shift = word_shift(place);
      const auto mask = low_mask(place.length) << shift;
      const bool turned = place.order == bit_order::motorola;
      if (turned) word = swap_bytes(word);
      word = (word & ~mask) | (static_cast<std::uint64_t>(*carrier.mux) << shift & mask);
      if (turned) word = swap_bytes(word);
    }
    std::memcpy(made.data.data(), &word, sizeof(word));
    all.push_back(made);
  }
  return all;
}

work work_of(const std::filesystem::path& file) {
  const auto profile = imported(file);
  auto compiled = decode_plan::compile(profile, 0);
  if (!compiled) throw std::runtime_error(compiled.error().text);
  work made{std::move(*compiled), {}, {}};
  made.frames = frames_of(profile, made.plan);
  std::mt19937 random(2);
  std::vector<messages::profiles::sample> samples;
  for (std::uint32_t i = 0; i < made.frames.size(); ++i) {
    made.plan.apply(made.frames[i], samples);
    for (std::size_t each = 0; each < samples.size(); ++each)
      made.bare.push_back({i, static_cast<std::uint8_t>(random() % 48), 0xFFFF, 0.001});
  }
  return made;
}

double seconds(const std::function<void()>& of) {
  const auto begin = std::chrono::steady_clock::now();
  of();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Signals a second.
double subject_rate(const work& of) {
  std::vector<messages::profiles::sample> samples;
  samples.reserve(of.plan.samples_max());
  std::size_t signals = 0;
  std::size_t good = 0;
  const auto took = seconds([&] {
    for (int pass = 0; pass < passes_in_block; ++pass) {
      for (const auto& each : of.frames) {
        of.plan.apply(each, samples);
        signals += samples.size();
        good += samples.back().good ? 1 : 0;
      }
    }
  });
  if (good == 0 || signals != of.bare.size() * passes_in_block)
    throw std::runtime_error("the decoder says other than was asked");
  return static_cast<double>(signals) / took;
}

double reference_rate(const work& of) {
  double sum = 0;
  const auto took = seconds([&] {
    for (int pass = 0; pass < passes_in_block; ++pass) {
      for (const auto& each : of.bare) {
        const auto word = messages::profiles::load_word(of.frames[each.frame].data.data());
        sum += static_cast<double>(word >> each.shift & each.mask) * each.factor;
      }
    }
  });
  if (sum == 0) throw std::runtime_error("the loop did nothing");
  return static_cast<double>(of.bare.size()) * passes_in_block / took;
}

} // namespace

std::vector<row> dbc_decode() {
  const char* folder = std::getenv("VOLTAIC_TEST_DATA");
  if (folder == nullptr) {
    fmt::print(stderr, "dbc_decode is not measured: VOLTAIC_TEST_DATA is not set\n");
    return {};
  }
  const auto of = work_of(std::filesystem::path(folder) / "dbc/foxbms.dbc");
  std::vector<double> subject;
  std::vector<double> reference;
  for (int round = 0; round < rounds; ++round) {
    reference.push_back(reference_rate(of));
    subject.push_back(subject_rate(of));
  }
  const auto all = compare(subject, reference);
  row made;
  made.name =
      fmt::format("dbc_decode/foxBMS, {} frames, {} signals", of.frames.size(), of.bare.size());
  made.value = all.subject;
  made.unit = "signals/s";
  made.reference = all.reference;
  made.ratio = all.ratio;
  made.goal = ">= 0.2 of the bare loop, >= 200 M/s";
  made.pass = all.ratio >= 0.2 && all.subject >= 200e6;
  made.samples = of.bare.size() * passes_in_block * rounds;
  made.noise = noise_of(all);
  return {made};
}

} // namespace voltaic::bench
