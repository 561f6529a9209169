#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bus/can/port.hpp"
#include "bus/can/virtual/virtual_bus.hpp"

/// What the tests of ports share.
namespace can_support {

using voltaic::bus::can::batch;
using voltaic::messages::can::frame;

/// A fresh folder that goes away with its owner.
class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "voltaic_can_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Keeps what a port says.
class collector {
 public:
  [[nodiscard]] voltaic::bus::can::batch_handler handler() {
    return [this](batch&& said) {
      const std::lock_guard lock(mutex_);
      frame_count_ += said.frames.size();
      batches_.push_back(std::move(said));
      changed_.notify_all();
    };
  }
  [[nodiscard]] std::vector<frame> frames() const {
    const std::lock_guard lock(mutex_);
    std::vector<frame> result;
    for (const batch& each : batches_) {
      result.insert(result.end(), each.frames.begin(), each.frames.end());
    }
    return result;
  }
  [[nodiscard]] std::vector<batch> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  /// Waits until `count` frames are there; false after a generous time.
  bool wait_for_frames(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return frame_count_ >= count; });
  }
  bool wait_for_batches(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return batches_.size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<batch> batches_;
  std::size_t frame_count_ = 0;
};

template <class Condition>
bool eventually(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline frame make_frame(std::uint32_t id, std::uint8_t first = 0, bool extended = false) {
  frame result;
  result.id = id;
  result.extended = extended;
  result.length = 8;
  result.data[0] = first;
  return result;
}

inline std::unique_ptr<voltaic::bus::can::virtual_bus> serve(
    const voltaic::bus::can::virtual_bus_options& options) {
  auto started = voltaic::bus::can::virtual_bus::start(options);
  if (!started) throw std::runtime_error(started.error().text);
  return std::move(started).value();
}

inline std::unique_ptr<voltaic::bus::can::port> open(const std::string& folder,
                                                     const std::string& uri,
                                                     voltaic::bus::can::batch_handler handler) {
  voltaic::bus::can::port_options options;
  options.uri = uri;
  options.runtime_folder = folder;
  auto opened = voltaic::bus::can::open_port(options, std::move(handler));
  if (!opened) throw std::runtime_error(opened.error().text);
  return std::move(opened).value();
}

} // namespace can_support
