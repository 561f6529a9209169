#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bus/storage/journal.hpp"
#include "bus/storage/unsettled_records.hpp"

namespace voltaic::tests {

/// A journal in memory, for actors on virtual time. It may be told to refuse.
class memory_journal final : public bus::storage::journal {
 public:
  const bus::storage::boot_report& boot() const override { return report; }
  void append(bus::storage::record record, bus::storage::append_handler handler) override {
    const auto number = unsettled_.given(record);
    if (refuse || (!refused_stream.empty() && record.stream == refused_stream)) {
      unsettled_.refused(number);
      handler({bus::storage::append_status::full, 0, "told to refuse"});
      return;
    }
    record.sequence = records.size() + 1;
    records.push_back(std::move(record));
    unsettled_.durable(number);
    const auto at = records.size();
    waiting_.push_back([answer = std::move(handler), at] {
      answer({bus::storage::append_status::durable, at, {}});
    });
    if (!holds) release();
  }
  std::vector<bus::storage::record> newest(const std::string& stream) override {
    std::map<std::string, bus::storage::record> by_key;
    for (const auto& record : records) {
      if (record.stream == stream) {
        by_key[record.key] = record;
      }
    }
    std::vector<bus::storage::record> found;
    for (auto& [key, record] : by_key) {
      found.push_back(record);
    }
    unsettled_.lay_over(stream, found);
    return found;
  }
  std::vector<bus::storage::record> since(const std::string& stream, std::uint64_t sequence,
                                          std::size_t count_max) override {
    std::vector<bus::storage::record> found;
    for (const auto& record : records) {
      if (record.stream != stream || record.sequence <= sequence) {
        continue;
      }
      if (found.size() < count_max) {
        found.push_back(record);
      }
    }
    return found;
  }
  bus::storage::storage_health health() const override { return {}; }
  /// Gives the answers that were held.
  void release() {
    for (const auto& answer : std::exchange(waiting_, {})) answer();
  }
  /// As after a restart of the process: what was written is what boot finds.
  void reboot() {
    unsettled_ = {};
    report.created = false;
    report.records = report.last_sequence = records.size();
  }

  std::vector<bus::storage::record> records;
  bool refuse = false;
  std::string refused_stream; ///< this one alone; empty: none
  bool holds = false;         ///< answers only at `release`, as a slow disk does
  /// What boot found.
  bus::storage::boot_report report = [] {
    bus::storage::boot_report fresh;
    fresh.created = true;
    return fresh;
  }();

 private:
  std::vector<std::function<void()>> waiting_;
  bus::storage::unsettled_records unsettled_;
};

} // namespace voltaic::tests
