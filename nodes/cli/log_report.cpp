#include "nodes/cli/log_report.hpp"

#include <utility>

#include "messages/dbc/database_report.hpp"
#include "messages/profiles/frame_report.hpp"
#include "messages/profiles/seen_periods.hpp"

namespace voltaic::nodes::cli {
namespace {

/// What both kinds of reports do alike.
template <class T>
class report_of : public log_report {
 public:
  explicit report_of(T by) : by_(std::move(by)) {}
  void read(const messages::can::log_entry& entry) override { by_.read(entry); }
  [[nodiscard]] bool has_message() const override { return by_.has_message(); }
  [[nodiscard]] bool readable() const override { return by_.readable(); }
  void append_json(std::string& out) const override { by_.append_json(out); }
  void append_text(std::string& out) const override { by_.append_text(out); }
  [[nodiscard]] std::vector<std::string> complaints() const override { return {}; }

 protected:
  T by_;
};

class profile_report final : public report_of<messages::profiles::frame_report> {
 public:
  explicit profile_report(messages::profiles::frame_report by)
      : report_of(std::move(by)), periods_(by_.profile()) {}
  void read(const messages::can::log_entry& entry) override {
    by_.read(entry);
    if (by_.has_message() && by_.readable()) periods_.take(entry, by_.samples());
  }
  [[nodiscard]] std::vector<std::string> complaints() const override {
    return periods_.complaints();
  }

 private:
  messages::profiles::seen_periods periods_;
};

} // namespace

messages::expected<std::unique_ptr<log_report>> make_log_report(
    messages::profiles::device_profile profile, std::uint32_t id_offset) {
  auto made = messages::profiles::frame_report::make(std::move(profile), id_offset);
  if (!made) return made.error();
  return std::unique_ptr<log_report>(std::make_unique<profile_report>(*std::move(made)));
}

std::unique_ptr<log_report> make_log_report(messages::dbc::database by) {
  return std::make_unique<report_of<messages::dbc::database_report>>(
      messages::dbc::database_report(std::move(by)));
}

} // namespace voltaic::nodes::cli
