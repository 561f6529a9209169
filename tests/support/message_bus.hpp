#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bus/message/endpoint.hpp"
#include "messages/codec/codec.hpp"

namespace voltaic::test {

using bus::message::plane;
using namespace std::chrono_literals;

/// Waits for a condition; generous, because other work may fill the machine.
inline bool eventually(const std::function<bool()>& holds,
                       std::chrono::milliseconds within = std::chrono::milliseconds{20'000}) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// A fresh folder, gone with the test.
class folder {
 public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "voltaic-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string relay() const { return "ipc://" + path_ + "/relay"; }

 private:
  std::string path_;
};

/// Keeps what it hears.
class collector : public bus::message::listener {
 public:
  struct heard {
    plane from;
    bus::message::frame_ptr frame;
  };
  void on_frame(plane from, const bus::message::frame_ptr& frame) override {
    const std::lock_guard lock(mutex_);
    heard_.push_back({from, frame});
  }
  void on_link(bool up) override {
    const std::lock_guard lock(mutex_);
    links_.push_back(up);
  }
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return heard_.size();
  }
  [[nodiscard]] std::vector<heard> all() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  [[nodiscard]] std::vector<bool> links() const {
    const std::lock_guard lock(mutex_);
    return links_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    heard_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<heard> heard_;
  std::vector<bool> links_;
};

inline messages::header header_of(const std::string& source, std::uint64_t sequence,
                                  std::int64_t time_us = 0) {
  messages::header header;
  header.source = source;
  header.sequence = sequence;
  const std::int64_t us = time_us != 0 ? time_us : static_cast<std::int64_t>(sequence) * 1000;
  header.time = {us, us};
  return header;
}

/// Telemetry of one point with these raw words.
inline bus::message::frame_ptr words_frame(const std::string& source, std::uint64_t sequence,
                                           std::vector<std::uint16_t> words,
                                           std::uint32_t first_index = 0,
                                           std::int64_t time_us = 0) {
  const auto header = header_of(source, sequence, time_us);
  messages::telemetry content{source, 7, {}};
  messages::block block;
  block.first_index = first_index;
  block.source_time_us = header.time.monotonic_us;
  block.quality = messages::quality::good;
  block.values = std::move(words);
  content.blocks.push_back(std::move(block));
  return messages::encode(header, content);
}

inline bus::message::frame_ptr health_frame(const std::string& node, std::uint64_t sequence,
                                            const std::vector<std::string>& actors,
                                            const std::string& boot = "boot-1",
                                            std::int64_t time_us = 0) {
  messages::health health;
  health.node = node;
  health.boot = boot;
  health.ready = true;
  for (const auto& name : actors) {
    messages::actor_health actor;
    actor.name = name;
    actor.state = "running";
    health.actors.push_back(actor);
  }
  return messages::encode(header_of(node, sequence, time_us), health);
}

} // namespace voltaic::test
