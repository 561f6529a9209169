#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>

#include "bus/storage/journal.hpp"

namespace voltaic::tests {

/// A journal that must open.
inline std::unique_ptr<bus::storage::journal> must_open(
    const bus::storage::journal_options& options) {
  auto opened = bus::storage::open_journal(options);
  if (!opened) FAIL(opened.error().text);
  return std::move(opened).value();
}

/// The same on the caller's thread and without reserve: everything that happens
/// to its files happens during a call.
inline std::unique_ptr<bus::storage::journal> must_open_synchronous(
    const std::string& path, bus::storage::stream_bound events = bus::storage::events_bound,
    bus::storage::stream_bound commands = bus::storage::commands_bound) {
  return must_open({.path = path,
                    .reserve_bytes = 0,
                    .synchronous = true,
                    .events = events,
                    .commands = commands});
}

} // namespace voltaic::tests
