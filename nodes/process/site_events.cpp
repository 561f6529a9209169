#include "nodes/process/site_events.hpp"

#include <fmt/format.h>

#include <utility>

#include "messages/event_codes.hpp"
#include "messages/points/output.hpp"

namespace voltaic::nodes::process {

namespace codes = messages::event_codes;

messages::event system_event(std::string_view code, std::string subject, std::string reason) {
  messages::event event;
  event.kind = "system";
  event.code = code;
  event.subject = std::move(subject);
  event.reason = std::move(reason);
  return event;
}

site_events::site_events(const site::plan& plan, line_writer told)
    : site_(plan.name),
      write_(std::move(told)),
      file_(open_process_log(plan.folders.log, std::string(site::supervisor_speaker), false)) {
  auto opened = bus::storage::open_journal({.path = plan.journal_path(site::supervisor_speaker)});
  if (!opened) {
    write(fmt::format("what happens to the site is not kept: {}", opened.error().text));
    return;
  }
  journal_ = *std::move(opened);
  // Nobody listens here: what is durable is found in the journal.
  log_ = std::make_unique<actors::runtime::event_log>(
      std::string(site::supervisor_speaker), actors::runtime::make_boot(),
      messages::utc_quality::unknown, *journal_, [](const messages::frame_ptr&) {});
  tell_unclean_end();
}

void site_events::write(const std::string& line) {
  write_(line);
  file_->info("{}", line);
}

void site_events::tell_unclean_end() {
  const auto last = journal_->boot().last_sequence;
  if (last == 0) return;
  for (const auto& stored : journal_->since(actors::runtime::events_stream, last - 1, 1)) {
    const auto said = actors::runtime::read_event(stored);
    if (said && std::get<messages::event>(said->payload).code == codes::site_stopped) continue;
    record(system_event(codes::supervisor_down, site_,
                        "the supervisor ended without stopping the site"));
  }
}

void site_events::record(messages::event event) {
  write(fmt::format("{} {}", event.subject, messages::points::event_sentence(event)));
  if (log_ != nullptr) log_->record(std::move(event), time_.now());
}

void site_events::tend() {
  if (log_ != nullptr) log_->tell_losses(time_.now());
}

} // namespace voltaic::nodes::process
