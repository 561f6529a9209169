#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace voltaic::nodes::doctor {

/// How often comm.log told a word of a link.
using told_words = std::map<std::string, std::uint32_t>;

/// What is told within this time is "lately".
inline constexpr std::int64_t lately_us = 600'000'000;
/// Of the log's end so much is read: some thousand lines.
inline constexpr std::size_t log_end_bytes = 256 * 1024;

/// Counts the lines of a comm.log by link and word that are not older than `from_utc_us`. A line is
/// "2026-01-02T03:04:05.678Z can0 No ACK: ..."; whatever is none is passed over. Pure.
[[nodiscard]] std::map<std::string, told_words> count_words(std::string_view log,
                                                            std::int64_t from_utc_us);

/// The end of the file, from the first whole line on; empty where it cannot be read.
[[nodiscard]] std::string log_end(const std::string& path);

} // namespace voltaic::nodes::doctor
