#include "nodes/cli/log_report.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "messages/canopen/service_report.hpp"
#include "messages/dbc/database_report.hpp"
#include "messages/j1939/traffic_report.hpp"
#include "messages/profiles/guarded_report.hpp"
#include "messages/profiles/seen_periods.hpp"

namespace voltaic::nodes::cli {
namespace {

/// What both reports with a line a frame do alike.
template <class T>
class report_of : public log_report {
 public:
  explicit report_of(T by) : by_(std::move(by)) {}
  line_count read(const messages::can::log_entry& entry, const line_style& style,
                  std::string& out) override {
    by_.read(entry);
    if (!by_.has_message() && !style.all) return {};
    style.as_json ? by_.append_json(out) : by_.append_text(out);
    out += '\n';
    return {1, by_.readable() ? 0u : 1u};
  }
  [[nodiscard]] std::vector<std::string> complaints() const override { return {}; }

 protected:
  T by_;
};

class profile_report final : public report_of<messages::profiles::guarded_report> {
 public:
  explicit profile_report(messages::profiles::guarded_report by)
      : report_of(std::move(by)), periods_(by_.report().profile()) {}
  line_count read(const messages::can::log_entry& entry, const line_style& style,
                  std::string& out) override {
    auto made = report_of::read(entry, style, out);
    if (by_.has_message() && by_.readable()) periods_.take(entry, by_.report().samples());
    if (!by_.is_refused()) return made;
    made.refused = std::exchange(made.unreadable, 0);
    return made;
  }
  [[nodiscard]] std::vector<std::string> complaints() const override {
    auto said = by_.complaints();
    std::ranges::move(periods_.complaints(), std::back_inserter(said));
    return said;
  }

 private:
  messages::profiles::seen_periods periods_;
};

class j1939_report final : public log_report {
 public:
  explicit j1939_report(messages::j1939::traffic_report by) : by_(std::move(by)) {}
  line_count read(const messages::can::log_entry& entry, const line_style& style,
                  std::string& out) override {
    by_.read(entry);
    style.as_json ? by_.append_json(out) : by_.append_text(out);
    return {by_.lines(), by_.unreadable()};
  }
  [[nodiscard]] std::vector<std::string> complaints() const override { return by_.complaints(); }

 private:
  messages::j1939::traffic_report by_;
};

class canopen_report final : public report_of<messages::canopen::service_report> {
 public:
  using report_of::report_of;
  [[nodiscard]] std::vector<std::string> complaints() const override { return by_.complaints(); }
};

} // namespace

messages::expected<std::unique_ptr<log_report>> make_log_report(
    messages::profiles::device_profile profile, std::uint32_t id_offset) {
  auto made = messages::profiles::guarded_report::make(std::move(profile), id_offset);
  if (!made) return made.error();
  return std::unique_ptr<log_report>(std::make_unique<profile_report>(*std::move(made)));
}

std::unique_ptr<log_report> make_log_report(messages::dbc::database by) {
  return std::make_unique<report_of<messages::dbc::database_report>>(
      messages::dbc::database_report(std::move(by)));
}

std::unique_ptr<log_report> make_j1939_report(std::optional<messages::dbc::database> by) {
  using messages::j1939::traffic_report;
  return std::make_unique<j1939_report>(by ? traffic_report(*std::move(by)) : traffic_report());
}

std::unique_ptr<log_report> make_canopen_report(
    std::optional<messages::canopen::device_description> by) {
  return std::make_unique<canopen_report>(messages::canopen::service_report(std::move(by)));
}

} // namespace voltaic::nodes::cli
