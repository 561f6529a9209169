#include "bus/can/virtual/packet.hpp"

#include <fmt/format.h>
#include <sys/un.h>

#include <cassert>
#include <cstring>

namespace voltaic::bus::can {
namespace {

constexpr std::uint32_t packet_magic = 0x334E4356; // "VCN3"
constexpr std::uint32_t filter_magic = 0x33464356; // "VCF3"
constexpr std::uint32_t known_magic = 0x334B4356;  // "VCK3"

enum record_flag : std::uint8_t { extended = 1, remote = 2, error = 4, fd = 8, rate_switch = 16 };

/// Stands before a frame's data, which is padded to a multiple of 8 bytes.
struct record {
  std::uint32_t id;
  std::uint8_t flags;
  std::uint8_t length;
  std::uint16_t reserved;
  std::int64_t time_us;
};
static_assert(sizeof(record) == 16);

/// One range of a filter.
struct range_record {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t extended; ///< 0 or 1
};
static_assert(packet_header_bytes + filter_ranges_max * sizeof(range_record) <= packet_bytes_max);

std::size_t padded(std::size_t bytes) {
  return (bytes + 7) / 8 * 8;
}

bool plausible(const record& head) {
  const bool is_fd = (head.flags & record_flag::fd) != 0;
  const std::uint32_t id_max = (head.flags & record_flag::extended) != 0 ? 0x1FFFFFFF : 0x7FF;
  return head.id <= id_max && head.length <= (is_fd ? 64 : 8);
}

} // namespace

void packet::clear() {
  size_ = packet_header_bytes;
  count_ = 0;
}

bool packet::add(const frame& item) {
  if (count_ == frames_per_packet_max) return false;
  record head{};
  head.id = item.id;
  head.flags = static_cast<std::uint8_t>(
      (item.extended ? record_flag::extended : 0) | (item.remote ? record_flag::remote : 0) |
      (item.error ? record_flag::error : 0) | (item.fd ? record_flag::fd : 0) |
      (item.bit_rate_switch ? record_flag::rate_switch : 0));
  head.length = item.length;
  head.time_us = item.time_us;
  std::memcpy(bytes_.data() + size_, &head, sizeof(head));
  size_ += sizeof(head);
  const std::size_t room = padded(item.length);
  std::memcpy(bytes_.data() + size_, item.data.data(), room);
  size_ += room;
  ++count_;
  return true;
}

std::span<const std::byte> packet::finish(std::uint32_t bitrate, const passed_frames& passed,
                                          const passing_strangers& strangers) {
  packet_header header;
  header.magic = packet_magic;
  header.count = static_cast<std::uint32_t>(count_);
  header.bitrate = bitrate;
  header.passed = passed;
  header.strangers = strangers;
  std::memcpy(bytes_.data(), &header, sizeof(header));
  return {bytes_.data(), size_};
}

bool read_packet(std::span<const std::byte> bytes, packet_header& header,
                 std::vector<frame>& frames) {
  if (bytes.size() < packet_header_bytes) return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != packet_magic || header.count > frames_per_packet_max) return false;
  const std::size_t before = frames.size();
  std::size_t at = packet_header_bytes;
  for (std::uint32_t i = 0; i < header.count; ++i) {
    record head{};
    if (bytes.size() - at < sizeof(head)) break;
    std::memcpy(&head, bytes.data() + at, sizeof(head));
    at += sizeof(head);
    if (!plausible(head) || bytes.size() - at < padded(head.length)) break;
    frame& item = frames.emplace_back();
    item.id = head.id;
    item.extended = (head.flags & record_flag::extended) != 0;
    item.remote = (head.flags & record_flag::remote) != 0;
    item.error = (head.flags & record_flag::error) != 0;
    item.fd = (head.flags & record_flag::fd) != 0;
    item.bit_rate_switch = item.fd && (head.flags & record_flag::rate_switch) != 0;
    item.length = head.length;
    item.time_us = head.time_us;
    std::memcpy(item.data.data(), bytes.data() + at, head.length);
    at += padded(head.length);
  }
  if (frames.size() - before == header.count && at == bytes.size()) return true;
  frames.resize(before);
  return false;
}

std::vector<std::byte> filter_packet(const std::vector<id_range>& ranges, said_of_ids what) {
  assert(ranges.size() <= filter_ranges_max);
  packet_header header;
  header.magic = what == said_of_ids::knows ? known_magic : filter_magic;
  header.count = static_cast<std::uint32_t>(ranges.size());
  std::vector<std::byte> bytes(packet_header_bytes + ranges.size() * sizeof(range_record));
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::size_t at = packet_header_bytes;
  for (const id_range& each : ranges) {
    const range_record one{each.first, each.last, each.extended ? 1U : 0U};
    std::memcpy(bytes.data() + at, &one, sizeof(one));
    at += sizeof(one);
  }
  return bytes;
}

std::optional<id_filter_said> read_filter(std::span<const std::byte> bytes) {
  packet_header header;
  if (bytes.size() < packet_header_bytes) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const bool is_known = header.magic == known_magic;
  if (!is_known && header.magic != filter_magic) return std::nullopt;
  if (header.count > filter_ranges_max) return std::nullopt;
  if (bytes.size() != packet_header_bytes + header.count * sizeof(range_record))
    return std::nullopt;
  id_filter_said said{is_known ? said_of_ids::knows : said_of_ids::listens_to, {}};
  for (std::size_t at = packet_header_bytes; at < bytes.size(); at += sizeof(range_record)) {
    range_record one{};
    std::memcpy(&one, bytes.data() + at, sizeof(one));
    if (one.extended > 1) return std::nullopt;
    said.ranges.push_back({one.first, one.last, one.extended == 1});
  }
  return said;
}

messages::expected<std::string> virtual_bus_path(const std::string& runtime_folder,
                                                 const std::string& name) {
  std::string path = runtime_folder + "/can_" + name;
  const std::size_t room = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() <= room) return path;
  return messages::failure{
      fmt::format("virtual:{}: socket path {} is longer than {} bytes", name, path, room)};
}

} // namespace voltaic::bus::can
