#include "nodes/process/profile_store.hpp"

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <utility>

#include "bus/storage/journal.hpp"
#include "messages/inverter/inverter_profile.hpp"
#include "messages/profiles/device_profile.hpp"
#include "messages/protection/table.hpp"
#include "messages/signatures/signature.hpp"

namespace voltaic::nodes::process {

namespace {

// What the plan made of a file; nothing of a scenario, which is played and not run by.
std::optional<kept_profile> described(const site::plan& plan, const site::named_file& file) {
  if (file.real_path == plan.simulator.scenario) return std::nullopt;
  kept_profile made;
  made.named = file.named;
  made.origin = file.real_path;
  made.kind = file.named.ends_with(messages::signatures::file_suffix) ? "signature" : "table";
  for (const auto& device : plan.devices)
    if (device.profile_path == file.real_path) {
      made.kind = "device profile";
      made.name = device.profile->name;
      made.version = device.profile->version;
      return made;
    }
  for (const auto& rack : plan.racks)
    if (rack.protection_path == file.real_path) {
      made.kind = "protection";
      made.name = rack.protection->chemistry;
      return made;
    }
  for (const auto& inverter : plan.inverters)
    if (inverter.profile_path == file.real_path) {
      made.kind = "inverter profile";
      made.name = inverter.profile->name;
      made.version = inverter.profile->version;
      return made;
    }
  return made;
}

bus::storage::journal_options options_for(const std::string& path) {
  bus::storage::journal_options options;
  options.path = path;
  options.reserve_bytes = 0; // nothing in it has to be written on a full disk
  options.synchronous = true;
  options.superseded_max = 0;
  return options;
}

// On disk when it returns, in this order; why not, otherwise.
std::optional<std::string> append(bus::storage::journal& into,
                                  std::vector<bus::storage::record> records) {
  for (auto& each : records) {
    bus::storage::append_result told;
    into.append(std::move(each), [&](const auto& result) { told = result; });
    if (told.status != bus::storage::append_status::durable) return told.reason;
  }
  return std::nullopt;
}

std::vector<kept_profile> all_described(const site::plan& plan, const site::contents& of) {
  std::vector<kept_profile> all;
  for (const auto& each : of.files)
    if (auto made = described(plan, each)) all.push_back(*std::move(made));
  return all;
}

} // namespace

std::string profile_store_path(const std::string& state_folder) {
  return state_folder + "/profiles.store";
}

keeping keep_profiles(const site::plan& plan, const site::contents& of, std::int64_t utc_us) {
  keeping told;
  std::vector<kept_profile> files;
  std::vector<std::string> texts;
  for (const auto& each : of.files)
    if (auto made = described(plan, each)) {
      files.push_back(*std::move(made));
      texts.push_back(each.text);
    }
  auto store = bus::storage::open_journal(options_for(profile_store_path(plan.folders.state)));
  if (!store) {
    told.failure = store.error().text;
    return told;
  }
  const auto& boot = (*store)->boot();
  if (boot.corrupt_set_aside)
    told.lost = fmt::format("what was kept is damaged, now {}", *boot.corrupt_set_aside);
  else if (boot.lost)
    told.lost = fmt::format("{} is gone", profile_store_path(plan.folders.state));
  try {
    const auto known =
        read_records((*store)->newest(sets_stream), (*store)->newest(contents_stream));
    if (known.newest() != nullptr) told.older = older_versions(known.newest()->files, files);
    auto records = records_to_keep(known, std::move(files), texts, utc_us);
    told.failure = records ? append(**store, *std::move(records)) : records.error().text;
  } catch (const std::exception& error) {
    told.failure = error.what();
  }
  return told;
}

messages::findings older_than_kept(const site::plan& plan, const site::contents& of) {
  const auto& state = plan.folders.state;
  auto known = read_profiles(state);
  // After a power cut it may have to be recovered before anybody reads it.
  if (!known) known = recover_profiles(state);
  messages::findings found;
  if (!known || known->newest() == nullptr) return found;
  for (const auto& each : all_described(plan, of))
    if (const auto was = version_before(known->newest()->files, each))
      found.push_back({each.origin, 1, 1,
                       fmt::format("version {} is older than {}, which was applied last: raise it, "
                                   "or have a person accept it by voltaic apply --accept-older",
                                   each.version, *was)});
  return found;
}

messages::expected<kept_profiles> read_profiles(const std::string& state_folder) {
  const auto reader = bus::storage::open_reader(profile_store_path(state_folder));
  if (!reader) return reader.error();
  const auto sets = (*reader)->newest(sets_stream);
  if (!sets) return sets.error();
  const auto contents = (*reader)->newest(contents_stream);
  if (!contents) return contents.error();
  return read_records(*sets, *contents);
}

messages::expected<kept_profiles> recover_profiles(const std::string& state_folder) {
  const auto path = profile_store_path(state_folder);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    return messages::failure{fmt::format("there is no journal {}", path)};
  const auto store = bus::storage::open_journal(options_for(path));
  if (!store) return store.error();
  try {
    return read_records((*store)->newest(sets_stream), (*store)->newest(contents_stream));
  } catch (const std::exception& error) {
    return messages::failure{fmt::format("cannot read journal {}: {}", path, error.what())};
  }
}

std::vector<site::named_file> files_of(const kept_profiles& known) {
  std::vector<site::named_file> found;
  if (known.newest() == nullptr) return found;
  for (const auto& each : known.newest()->files)
    if (auto text = known.content(each.hash))
      found.push_back({each.named, each.origin, *std::move(text)});
  return found;
}

} // namespace voltaic::nodes::process
