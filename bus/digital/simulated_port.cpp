#include "bus/digital/simulated_port.hpp"

#include <utility>

#include "bus/digital/sampler.hpp"

namespace voltaic::bus::digital {

namespace {

class simulated_port final : public port {
 public:
  simulated_port(port_options options, std::shared_ptr<simulated_chip> chip, handler told)
      : options_(std::move(options)),
        chip_(std::move(chip)),
        sampler_([this](sample& into) { chip_->read(options_.inputs, into); }, std::move(told)) {
    drive_safe();
  }
  simulated_port(const simulated_port&) = delete;
  simulated_port& operator=(const simulated_port&) = delete;
  ~simulated_port() override { drive_safe(); }

  bool write(const std::vector<bool>& levels) override {
    if (levels.size() != options_.outputs.size()) return false;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      chip_->drive(options_.outputs[i].offset, levels[i]);
    }
    return true;
  }

 private:
  void drive_safe() {
    for (const auto& output : options_.outputs) chip_->drive(output.offset, output.safe);
  }

  port_options options_;
  std::shared_ptr<simulated_chip> chip_;
  sampler sampler_;
};

} // namespace

void simulated_chip::play(std::uint32_t offset, bool level) {
  const std::scoped_lock lock(mutex_);
  inputs_[offset] = level;
}

void simulated_chip::play_readable(bool readable) {
  const std::scoped_lock lock(mutex_);
  readable_ = readable;
}

bool simulated_chip::driven(std::uint32_t offset) const {
  const std::scoped_lock lock(mutex_);
  const auto found = outputs_.find(offset);
  return found != outputs_.end() && found->second;
}

void simulated_chip::read(const std::vector<std::uint32_t>& inputs, sample& into) const {
  const std::scoped_lock lock(mutex_);
  if (!readable_) {
    into.reason = "the simulated chip is not to be read";
    return;
  }
  for (const auto offset : inputs) {
    const auto played = inputs_.find(offset);
    into.levels.push_back(played == inputs_.end() || played->second);
  }
}

void simulated_chip::drive(std::uint32_t offset, bool level) {
  const std::scoped_lock lock(mutex_);
  outputs_[offset] = level;
}

std::unique_ptr<port> open_simulated_port(const port_options& options,
                                          std::shared_ptr<simulated_chip> chip, handler told) {
  return std::make_unique<simulated_port>(options, std::move(chip), std::move(told));
}

} // namespace voltaic::bus::digital
