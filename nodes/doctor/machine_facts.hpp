#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include "nodes/doctor/link_facts.hpp"

/// What this machine says of links. Everything here only looks: no interface is changed, no serial
/// port is opened (an adapter may raise its driver by that), no byte of data is sent.
namespace voltaic::nodes::doctor {

/// Who does not answer a connection within this time is silent; the kernel asks again after 1 s.
inline constexpr std::chrono::milliseconds connect_timeout{2'500};

[[nodiscard]] interface_facts look_at_interface(const std::string& name);

/// `own` are the processes of the site, which may hold it.
[[nodiscard]] serial_facts look_at_serial(const std::string& path, const std::set<pid_t>& own);

/// Connects and closes at once. `host` is an IPv4 address in numbers.
[[nodiscard]] network_facts try_connection(const std::string& host, std::uint16_t port,
                                           std::chrono::milliseconds timeout = connect_timeout);

/// Whether the kernel knows a way to `address` ("192.0.2.10:20000"). Nothing is sent.
[[nodiscard]] network_facts look_for_route(const std::string& address);

/// Why a file cannot be read by this user; empty: it can.
[[nodiscard]] std::string unreadable(const std::string& path);

} // namespace voltaic::nodes::doctor
