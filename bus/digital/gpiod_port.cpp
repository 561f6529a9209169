#include "bus/digital/gpiod_port.hpp"

#include <fmt/format.h>
#include <gpiod.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "bus/digital/sampler.hpp"

namespace voltaic::bus::digital {

namespace {

struct chip_closer {
  void operator()(gpiod_chip* chip) const { gpiod_chip_close(chip); } // releases its lines, too
};
using chip_ptr = std::unique_ptr<gpiod_chip, chip_closer>;

std::string why() {
  return std::strerror(errno);
}

class gpiod_port final : public port {
 public:
  gpiod_port(port_options options, chip_ptr chip, gpiod_line_bulk inputs, gpiod_line_bulk outputs)
      : options_(std::move(options)), chip_(std::move(chip)), inputs_(inputs), outputs_(outputs) {}
  gpiod_port(const gpiod_port&) = delete;
  gpiod_port& operator=(const gpiod_port&) = delete;
  ~gpiod_port() override {
    sampler_.reset();
    std::vector<bool> safe;
    for (const auto& output : options_.outputs) safe.push_back(output.safe);
    (void)write(safe); // nobody is left who could be told
  }

  /// Its reads are told from now on.
  void begin(handler told) {
    sampler_.emplace([this](sample& into) { read(into); }, std::move(told));
  }

  bool write(const std::vector<bool>& levels) override {
    if (levels.size() != options_.outputs.size()) return false;
    if (levels.empty()) return true;
    std::vector<int> values(levels.begin(), levels.end());
    const std::scoped_lock lock(mutex_);
    return gpiod_line_set_value_bulk(&outputs_, values.data()) == 0;
  }

 private:
  void read(sample& into) {
    if (options_.inputs.empty()) return;
    std::vector<int> values(options_.inputs.size());
    if (gpiod_line_get_value_bulk(&inputs_, values.data()) != 0) {
      into.reason = why();
      return;
    }
    for (const int value : values) into.levels.push_back(value != 0);
  }

  port_options options_;
  chip_ptr chip_;
  gpiod_line_bulk inputs_;
  gpiod_line_bulk outputs_;
  std::mutex mutex_; ///< of the outputs
  std::optional<sampler> sampler_;
};

// Why a line cannot be had; empty: it is in the bulk.
std::string add_line(gpiod_chip& chip, std::uint32_t offset, gpiod_line_bulk& into) {
  if (gpiod_line_bulk_num_lines(&into) == GPIOD_LINE_BULK_MAX_LINES) {
    return fmt::format("at most {} lines of a chip are used", GPIOD_LINE_BULK_MAX_LINES);
  }
  auto* line = gpiod_chip_get_line(&chip, offset);
  if (line == nullptr) return fmt::format("line {}: {}", offset, why());
  gpiod_line_bulk_add(&into, line);
  return {};
}

// Asks the system for the lines; empty: they are ours.
std::string request(const port_options& options, gpiod_line_bulk& inputs,
                    gpiod_line_bulk& outputs) {
  const char* consumer = options.consumer.c_str();
  if (!options.inputs.empty() && gpiod_line_request_bulk_input(&inputs, consumer) != 0) {
    return fmt::format("the inputs are refused: {}", why());
  }
  std::vector<int> safe;
  for (const auto& output : options.outputs) safe.push_back(output.safe ? 1 : 0);
  if (!safe.empty() && gpiod_line_request_bulk_output(&outputs, consumer, safe.data()) != 0) {
    return fmt::format("the outputs are refused: {}", why());
  }
  return {};
}

} // namespace

messages::expected<std::unique_ptr<port>> open_gpiod_port(const port_options& options,
                                                          handler told) {
  const auto failure = [&](const std::string& text) {
    return messages::failure{fmt::format("{}: {}", options.chip, text)};
  };
  chip_ptr chip(gpiod_chip_open_lookup(options.chip.c_str()));
  if (!chip) return failure(why());
  gpiod_line_bulk inputs;
  gpiod_line_bulk outputs;
  gpiod_line_bulk_init(&inputs);
  gpiod_line_bulk_init(&outputs);
  for (const auto offset : options.inputs) {
    if (auto text = add_line(*chip, offset, inputs); !text.empty()) return failure(text);
  }
  for (const auto& output : options.outputs) {
    if (auto text = add_line(*chip, output.offset, outputs); !text.empty()) return failure(text);
  }
  if (auto text = request(options, inputs, outputs); !text.empty()) return failure(text);
  auto opened = std::make_unique<gpiod_port>(options, std::move(chip), inputs, outputs);
  opened->begin(std::move(told));
  return std::unique_ptr<port>(std::move(opened));
}

} // namespace voltaic::bus::digital
