#include "chaos/device_bench.hpp"

#include <sched.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <utility>

namespace chaos {

using voltaic::actors::simulator::override_kind;
using voltaic::actors::simulator::slot_us;

namespace {

constexpr std::size_t rack_count = 2;
constexpr std::uint32_t id_step = 0xC0;
constexpr std::uint32_t charge_limit_id = 0x082;
constexpr int hardware_priority = 60;

/// What is started meanwhile keeps its time however busy the machine is, as
/// devices and cables do; without the right to it, it does what it can.
class as_hardware {
 public:
  as_hardware() { set(SCHED_FIFO, hardware_priority); }
  ~as_hardware() { set(SCHED_OTHER, 0); }
  as_hardware(const as_hardware&) = delete;
  as_hardware& operator=(const as_hardware&) = delete;

 private:
  static void set(int policy, int priority) {
    sched_param parameters{};
    parameters.sched_priority = priority;
    static_cast<void>(::sched_setscheduler(0, policy, &parameters));
  }
};

} // namespace

device_bench::device_bench(const live_site& site) {
  const as_hardware keeps_time;
  bus_ = site.begin({"bus", site.file(), "can0"}, site.folder() + "/bus.log");
  const auto said = [&] { return read_file(site.folder() + "/bus.log"); };
  REQUIRE(eventually([&] { return said().find("is ready") != std::string::npos; }));
  for (std::size_t i = 0; i < rack_count; ++i) {
    voltaic::actors::simulator::rack_options rack;
    rack.id_offset = static_cast<std::uint32_t>(i) * id_step;
    racks_.push_back({voltaic::actors::simulator::simulated_rack_model(rack)});
  }
  voltaic::bus::can::port_options port;
  port.uri = "virtual:can0";
  port.runtime_folder = site.runtime_folder();
  auto opened = voltaic::bus::can::open_port(
      port, [this](voltaic::bus::can::batch&& batch) { take(std::move(batch)); });
  REQUIRE(opened);
  port_ = *std::move(opened);
  const std::lock_guard lock(mutex_);
  open_ = port_.get();
}

void device_bench::take(voltaic::bus::can::batch&& said) {
  const std::lock_guard lock(mutex_);
  received_.insert(received_.end(), said.frames.begin(), said.frames.end());
  for (const auto& frame : said.frames)
    for (std::size_t i = 0; i < racks_.size(); ++i)
      if (frame.id == charge_limit_id + i * id_step) ++racks_[i].limit_orders;
  if (open_ == nullptr || said.now_us < due_us_) return;
  const auto now_us = said.now_us / slot_us * slot_us;
  due_us_ = now_us + slot_us;
  for (auto& rack : racks_) {
    const auto frames = rack.model.step(now_us, received_);
    static_cast<void>(open_->send_all(frames)); // the next period comes soon
    const bool conducts = rack.model.controller().conducting();
    if (conducts == rack.conducting) continue;
    rack.conducting = conducts;
    rack.closings += conducts ? 1 : 0;
    rack.changed_us = now_us;
  }
  received_.clear();
}

bool device_bench::conducts(std::size_t rack) const {
  const std::lock_guard lock(mutex_);
  return racks_[rack].conducting;
}

int device_bench::closings(std::size_t rack) const {
  const std::lock_guard lock(mutex_);
  return racks_[rack].closings;
}

std::int64_t device_bench::changed_us(std::size_t rack) const {
  const std::lock_guard lock(mutex_);
  return racks_[rack].changed_us;
}

bool device_bench::opened_by_lease(std::size_t rack) const {
  const std::lock_guard lock(mutex_);
  return racks_[rack].model.controller().opened_by_lease();
}

int device_bench::limit_orders(std::size_t rack) const {
  const std::lock_guard lock(mutex_);
  return racks_[rack].limit_orders;
}

void device_bench::lay(std::size_t rack, const std::string& point, std::uint32_t index,
                       double value) {
  const std::lock_guard lock(mutex_);
  REQUIRE(racks_[rack].model.set(point, index, override_kind::value, value));
}

void device_bench::release(std::size_t rack, const std::string& point, std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  REQUIRE(racks_[rack].model.set(point, index, override_kind::release));
}

std::int64_t device_bench::now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace chaos
