#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bus/storage/journal.hpp"

namespace voltaic::tests::property {

/// What a node has on disk; it outlives the node's lives.
struct disk {
  std::vector<bus::storage::record> records;
  std::map<std::string, std::map<std::string, std::size_t>> newest; ///< stream, key: position
  bool used = false;
  bool after_loss = false;        ///< its journal began where another one was
  bool refuses = false;           ///< full: everything is refused
  std::int64_t latency_us = 0;    ///< from append to durable; 0: at once
  bus::storage::boot_report boot; ///< for the next life
  std::function<void(const bus::storage::record&)> on_durable;
  std::function<void(const bus::storage::record&)> on_given; ///< before it is durable, if ever

  void write(bus::storage::record record) {
    record.sequence = records.size() + 1;
    newest[record.stream][record.key] = records.size();
    records.push_back(std::move(record));
    on_durable(records.back());
  }
  void forget() {
    after_loss = true;
    records.clear();
    newest.clear();
  }
};

/// The journal of one life of a node, on virtual time.
class disk_journal final : public bus::storage::journal {
 public:
  explicit disk_journal(std::shared_ptr<disk> on) : disk_(std::move(on)), boot_(disk_->boot) {
    boot_.created = boot_.created || !disk_->used;
    boot_.after_loss = disk_->after_loss;
    boot_.records = boot_.last_sequence = disk_->records.size();
    disk_->used = true;
    disk_->boot = {};
  }

  const bus::storage::boot_report& boot() const override { return boot_; }

  void append(bus::storage::record record, bus::storage::append_handler handler) override {
    using bus::storage::append_status;
    if (stopped_) return handler({append_status::stopped, 0, "the node is gone"});
    disk_->on_given(record);
    if (disk_->refuses) return handler({append_status::full, 0, "the disk is full"});
    if (disk_->latency_us > 0) {
      waiting_.push_back({now_us_ + disk_->latency_us, std::move(record), std::move(handler)});
      return;
    }
    finish({0, std::move(record), std::move(handler)});
  }

  std::vector<bus::storage::record> newest(const std::string& stream) override {
    std::map<std::string, bus::storage::record> by_key;
    for (const auto& [key, at] : disk_->newest[stream]) by_key[key] = disk_->records[at];
    for (const auto& each : waiting_)
      if (each.record.stream == stream) by_key[each.record.key] = each.record;
    std::vector<bus::storage::record> found;
    for (auto& [key, one] : by_key) found.push_back(std::move(one));
    return found;
  }

  std::vector<bus::storage::record> since(const std::string& stream, std::uint64_t sequence,
                                          std::size_t count_max) override {
    std::vector<bus::storage::record> found;
    for (auto at = sequence; at < disk_->records.size() && found.size() < count_max; ++at) {
      if (disk_->records[at].stream == stream) found.push_back(disk_->records[at]);
    }
    return found;
  }

  bus::storage::storage_health health() const override { return {}; }

  /// What was appended long enough ago is durable now.
  void step(std::int64_t now_us) {
    now_us_ = now_us;
    while (!waiting_.empty() && waiting_.front().due_us <= now_us) {
      auto first = std::move(waiting_.front());
      waiting_.pop_front();
      finish(std::move(first));
    }
  }

  /// The power is cut: of what waits only the first few are on disk, and nobody
  /// was told.
  void cut(std::size_t kept) {
    stopped_ = true;
    for (std::size_t i = 0; i < std::min(kept, waiting_.size()); ++i) {
      disk_->write(std::move(waiting_[i].record));
    }
    waiting_.clear();
  }

 private:
  struct entry {
    std::int64_t due_us = 0;
    bus::storage::record record;
    bus::storage::append_handler handler;
  };
  void finish(entry one) {
    disk_->write(std::move(one.record));
    one.handler({bus::storage::append_status::durable, disk_->records.size(), {}});
  }

  std::shared_ptr<disk> disk_;
  bus::storage::boot_report boot_;
  std::deque<entry> waiting_;
  std::int64_t now_us_ = 0;
  bool stopped_ = false;
};

} // namespace voltaic::tests::property
