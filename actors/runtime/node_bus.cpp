#include "actors/runtime/node_bus.hpp"

#include <algorithm>
#include <utility>

#include "actors/runtime/bounce.hpp"

namespace voltaic::actors::runtime {
namespace {

// Outside sources whose sequences are followed; beyond that none is added.
constexpr std::size_t heard_max = 4'096;

void insert_in_order(std::vector<mailbox_ptr>& list, const mailbox_ptr& mailbox) {
  const auto place =
      std::lower_bound(list.begin(), list.end(), mailbox,
                       [](const auto& a, const auto& b) { return a->position() < b->position(); });
  if (place != list.end() && *place == mailbox) {
    return;
  }
  list.insert(place, mailbox);
}

} // namespace

node_bus::node_bus(std::string node, bus::message::endpoint* outside)
    : node_(std::move(node)),
      outside_(outside),
      table_(std::make_shared<const table>()),
      bounce_(node_ + std::string(bounce_suffix), 1, messages::utc_quality::unknown) {}

void node_bus::add(mailbox_ptr mailbox) {
  const std::lock_guard lock(mutex_);
  own_.insert(mailbox->owner());
  mailboxes_[mailbox->owner()] = std::move(mailbox);
}

void node_bus::add_speaker(const std::string& source) {
  const std::lock_guard lock(mutex_);
  own_.insert(source);
}

std::shared_ptr<const node_bus::table> node_bus::snapshot() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

mailbox_ptr node_bus::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = mailboxes_.find(name);
  return found == mailboxes_.end() ? nullptr : found->second;
}

void node_bus::subscribe(const mailbox_ptr& to, std::string_view source, kind what) {
  std::vector<received_ptr> known;
  {
    const std::lock_guard lock(mutex_);
    auto next = std::make_shared<table>(*table_);
    insert_in_order(next->kinds[static_cast<std::size_t>(what)][std::string(source)], to);
    table_ = std::move(next);
    if (what == kind::catalogue) {
      for (const auto& [owner, catalogue] : catalogues_) {
        if (source.empty() || source == owner) {
          known.push_back(catalogue);
        }
      }
    }
  }
  for (const auto& catalogue : known) {
    to->post(catalogue);
  }
}

void node_bus::unsubscribe(const mailbox_ptr& all_of) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<table>(*table_);
  for (auto& sources : next->kinds) {
    for (auto& [source, mailboxes] : sources) {
      std::erase(mailboxes, all_of);
    }
    std::erase_if(sources, [](const auto& entry) { return entry.second.empty(); });
  }
  table_ = std::move(next);
}

void node_bus::say(speaker& from, plane to, messages::payload&& payload, instant time) {
  const auto* described = std::get_if<messages::catalogue>(&payload);
  if (described != nullptr && to != plane::local) {
    from.keep(*described, time);
  } else if (const auto again = from.due(time)) {
    deliver_own(plane::telemetry,
                messages::encode(std::make_shared<const messages::message>(
                    messages::message{from.next(plane::telemetry, time), *again})));
  }
  const auto made = std::make_shared<messages::message>();
  made->header = from.next(to, time);
  made->payload = std::move(payload);
  const received_ptr content = made;
  if (to == plane::local) return say_here(content);
  const auto frame = messages::encode(content);
  if (tap_ && to == plane::telemetry) tap_(content->header, content->payload, frame);
  hand_out(messages::content_of(*frame));
  if (outside_ != nullptr) outside_->publish(to, frame);
}

void node_bus::say_here(const received_ptr& content) {
  const bool is_catalogue = std::holds_alternative<messages::catalogue>(content->payload);
  const bool is_captured =
      is_catalogue || std::holds_alternative<messages::telemetry>(content->payload);
  if (tap_ && is_captured) tap_(content->header, content->payload, messages::encode(content));
  // It describes what nobody hears but captures.
  if (!is_catalogue) hand_out(messages::read_back(content));
}

void node_bus::repeat(const speaker& from, const messages::payload& telemetry, instant time) {
  if (outside_ == nullptr) return;
  outside_->publish(plane::telemetry, messages::encode(from.unnumbered(time), telemetry));
}

void node_bus::hand_out(const messages::expected<received_ptr>& said) {
  if (said && has_kind((*said)->payload)) post_all(*said);
}

node_bus::audience node_bus::find_audience(std::string_view source, kind what) const {
  audience found{snapshot(), nullptr, nullptr};
  const auto& sources = found.of->kinds[static_cast<std::size_t>(what)];
  const auto list_of = [&](std::string_view name) {
    const auto entry = sources.find(name);
    return entry == sources.end() ? nullptr : &entry->second;
  };
  found.to_everybody = list_of({});
  found.to_source = source.empty() ? nullptr : list_of(source);
  return found;
}

void node_bus::deliver_own(plane to, const messages::frame_ptr& frame) {
  hand_out(messages::content_of(*frame));
  if (to != plane::local && outside_ != nullptr) {
    outside_->publish(to, frame);
  }
}

void node_bus::repeat_catalogues() {
  std::vector<received_ptr> known;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [source, catalogue] : catalogues_) {
      if (own_.contains(source)) {
        known.push_back(catalogue);
      }
    }
  }
  for (const auto& catalogue : known) {
    auto header = catalogue->header;
    header.sequence = 0;
    if (outside_ != nullptr) {
      outside_->publish(plane::telemetry, messages::encode(header, catalogue->payload));
    }
  }
}

void node_bus::post_all(const received_ptr& content) {
  const auto& source = content->header.source;
  const auto what = kind_of(content->payload);
  if (what == kind::catalogue) {
    keep_catalogue(content);
  }
  post(content, find_audience(source, what));
}

void node_bus::keep_catalogue(const received_ptr& said) {
  const std::lock_guard lock(mutex_);
  const auto& source = said->header.source;
  const auto known = catalogues_.find(source);
  if (known == catalogues_.end() && catalogues_.size() >= catalogues_max) {
    const auto idle = std::find_if(catalogues_.begin(), catalogues_.end(),
                                   [this](const auto& entry) { return !is_wanted(entry.first); });
    if (idle == catalogues_.end() || !is_wanted(source)) return;
    catalogues_.erase(idle);
  }
  catalogues_[source] = said;
}

// With the lock held.
bool node_bus::is_wanted(const std::string& source) const {
  const auto& listeners = table_->kinds[static_cast<std::size_t>(kind::catalogue)];
  return own_.contains(source) || listeners.contains(source);
}

void node_bus::post(const received_ptr& content, const audience& to) {
  std::uint64_t lost = 0;
  for (const auto* mailboxes : {to.to_everybody, to.to_source}) {
    if (mailboxes == nullptr) {
      continue;
    }
    for (const auto& mailbox : *mailboxes) {
      if (!mailbox->post(content)) {
        ++lost;
      }
    }
  }
  if (lost > 0) {
    const std::lock_guard lock(mutex_);
    statistics_.undelivered += lost;
  }
}

void node_bus::send(speaker& from, const messages::payload& payload, instant time) {
  const auto frame = messages::encode(std::make_shared<const messages::message>(
      messages::message{from.next(plane::commands, time), payload}));
  const auto* command = std::get_if<messages::command>(&payload);
  const auto* result = std::get_if<messages::result>(&payload);
  const auto& to = command != nullptr ? command->target : result != nullptr ? result->reply_to : "";
  if (find(to) == nullptr) {
    if (outside_ != nullptr) {
      outside_->send(frame);
    }
    return;
  }
  if (const auto content = messages::content_of(*frame)) address(*content);
}

void node_bus::address(const received_ptr& content) {
  const auto* command = std::get_if<messages::command>(&content->payload);
  const auto* result = std::get_if<messages::result>(&content->payload);
  if (command == nullptr && result == nullptr) {
    return;
  }
  const auto mailbox = find(command != nullptr ? command->target : result->reply_to);
  if (mailbox != nullptr && mailbox->post(content)) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ++statistics_.undelivered;
  }
  // Nobody saw the command, so it has surely not acted: the sender is told at once.
  if (command != nullptr) {
    refuse_command(*command, content->header.time);
  }
}

void node_bus::refuse_command(const messages::command& command, instant time) {
  messages::result answer;
  answer.id = command.id;
  answer.key = command.key;
  answer.reply_to = command.reply_to;
  answer.point = command.point;
  answer.outcome = messages::outcome::rejected;
  answer.reasons = {"actor " + command.target + " is not running in node " + node_};
  send(bounce_, answer, time);
}

void node_bus::count_gap(const messages::header& header) {
  const std::lock_guard lock(mutex_);
  if (counter_.sources().size() >= heard_max && counter_.find(header.source) == nullptr) return;
  static_cast<void>(counter_.heard(header));
  statistics_.gaps = counter_.gaps();
}

void node_bus::deliver(plane from, const messages::frame_ptr& frame) {
  const auto decoded = messages::content_of(*frame);
  const bool local_only = from == plane::local;
  if (!decoded || local_only) {
    const std::lock_guard lock(mutex_);
    ++statistics_.refused;
    return;
  }
  const auto& content = *decoded;
  if (!has_kind(content->payload)) {
    return;
  }
  if (from == plane::commands) {
    address(content);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (own_.contains(content->header.source)) {
      return;
    }
  }
  // The numbers of a snapshot are those of the last that each source said.
  if (from != plane::snapshot) {
    count_gap(content->header);
  }
  post_all(content);
}

node_bus::statistics node_bus::read_statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

} // namespace voltaic::actors::runtime
