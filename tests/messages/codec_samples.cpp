#include "messages/codec_samples.hpp"

namespace voltaic::tests {
namespace {

using namespace messages;

telemetry sample_telemetry() {
  block cells{.point = 1,
              .first_index = 16,
              .source_time_us = 4'000'001,
              .quality = quality::stale,
              .values = block::words{3300, 3301, 65535},
              .element_quality = {quality::good, quality::good, quality::stale},
              .missing = {}};
  block energy{.point = 2,
               .first_index = 1,
               .source_time_us = -5,
               .quality = quality::good,
               .values = block::integers{-1, 1'000'000'000'000},
               .element_quality = {},
               .missing = {}};
  block average{.point = 3,
                .first_index = 2,
                .source_time_us = 7,
                .quality = quality::uncertain,
                .values = block::reals{3.3005},
                .element_quality = {quality::uncertain},
                .missing = {"module_1:cell_3", "module_1:cell_4"}};
  block state{.point = 4,
              .first_index = 3,
              .source_time_us = 8,
              .quality = quality::invalid,
              .values = std::string("closed"),
              .element_quality = {},
              .missing = {"plus"}};
  return {.owner = "bms_0",
          .fingerprint = 0x1122334455667788,
          .blocks = {cells, energy, average, state}};
}

event sample_event() {
  return {.id = "rack_0.b1.17",
          .node = "rack_0",
          .boot = "b1",
          .sequence = 17,
          .kind = "protection",
          .subject = "rack_0",
          .candidate = "cell_overvoltage",
          .scope = "module_1:cell_3",
          .level = "warning",
          .edge = "set",
          .value = 3.56,
          .has_value = true,
          .unit = "V",
          .threshold = 3.55,
          .actions = {"derate_charge"},
          .first_out = 16,
          .state = "open",
          .reason = "ordered",
          .charge_current_a = 12.5,
          .discharge_current_a = 120,
          .reasons = {"cell_overvoltage/alarm"},
          .user = "operator_1",
          .key = "k1",
          .role = "operator",
          .code = "NODE_DOWN",
          .pid = 4711,
          .signal = 9,
          .exit_code = 7,
          .charge_voltage_limit_v = 1704,
          .discharge_voltage_limit_v = 1440.5,
          .charge_power_limit_w = 0,
          .discharge_power_limit_w = 200000,
          .limits_hash = "00f1e2d3c4b5a697"};
}

command sample_command() {
  return {.id = "c1",
          .key = "k1",
          .target = "rack_0/contactor",
          .operation = "close",
          .point = "rack_0/contactor",
          .index = 3,
          .value = 1.5,
          .deadline_utc_us = 1'700'000'000'000'000,
          .lease_ms = 5000,
          .priority = 2,
          .role = "operator",
          .user = "operator_1",
          .reason = "test",
          .reply_to = "cli_7",
          .generation = 12};
}

result sample_result() {
  return {.id = "c1",
          .key = "k1",
          .reply_to = "cli_7",
          .outcome = outcome::rejected,
          .reasons = {"latched", "role"},
          .requested = "140.0",
          .read_back = "120.0",
          .point = "rack_0/charge_current_limit",
          .duration_ms = 12};
}

health sample_health() {
  return {.node = "rack_0",
          .pid = 4711,
          .boot = "b1",
          .uptime_ms = 9000,
          .ready = true,
          .actors = {{.name = "bms_0",
                      .kind = "can_device",
                      .state = "running",
                      .restarts = 1,
                      .incarnation = 2,
                      .progress = 100}},
          .buses = {{.name = "can0",
                     .kind = "virtual",
                     .state = "error-active",
                     .bitrate = 500'000,
                     .load_percent = 31.5,
                     .rx = 1,
                     .tx = 2,
                     .errors = 3,
                     .rx_overflow = 4,
                     .bus_off = 5,
                     .bytes = 8,
                     .transmit_errors = 96,
                     .receive_errors = 9,
                     .unknown_ids = 10,
                     .tx_dropped = 11,
                     .trouble = "no-ack",
                     .babbler = "0x000",
                     .babbler_rate = 3'900,
                     .last_error = "bus error: stuff error in data, while receiving"}},
          .real_time = true,
          .outbox_dropped = 6,
          .gaps = 7,
          .lines = {{.name = "plant",
                     .kind = "modbus-tcp",
                     .state = "connected",
                     .requests = 1,
                     .timeouts = 2,
                     .crc_errors = 3,
                     .exceptions = 4,
                     .bad_answers = 5,
                     .strays = 6,
                     .overruns = 7,
                     .reconnects = 8,
                     .bytes_sent = 9,
                     .bytes_received = 10,
                     .error_percent = 11.5}}};
}

snapshot sample_snapshot() {
  return {.kind = snapshot_kind::end,
          .id = "s1",
          .sources = {{.source = "bms_0",
                       .incarnation = 2,
                       .sequence = 99,
                       .alive = true,
                       .last_utc_us = 1'700'000'000'000'000,
                       .gaps = 1}}};
}

catalogue sample_catalogue() {
  return {.owner = "bms_0",
          .fingerprint = 0x1122334455667788,
          .points = {{.name = "rack_0/cell_voltage",
                      .channel = "bms_0/CellVoltage",
                      .unit = "V",
                      .raw_type = "u16",
                      .count = 480,
                      .group_size = 16,
                      .scale = 0.001,
                      .offset = -1,
                      .period_ms = 200,
                      .category = "operational",
                      .writable = true,
                      .decimals = 3,
                      .texts = {"open", "closed"}}}};
}

} // namespace

header sample_header() {
  return {.source = "bms_0",
          .incarnation = 2,
          .sequence = 3,
          .time = {4, 1'700'000'000'000'000},
          .utc_quality = utc_quality::synchronised};
}

std::vector<payload> sample_payloads() {
  return {std::monostate(),
          sample_telemetry(),
          sample_event(),
          sample_command(),
          sample_result(),
          permit{.rack = "rack_0",
                 .epoch = 5,
                 .counter = 6,
                 .granted = true,
                 .close_allowed = true,
                 .opening = opening::immediate,
                 .locked = true,
                 .reasons = {"cell_overvoltage/fault module_1:cell_3"}},
          limits{.rack = "rack_0",
                 .charge_current_a = 1.5,
                 .discharge_current_a = 120,
                 .reasons = {"cell_overvoltage/alarm"},
                 .charge_voltage_limit_v = 1704,
                 .discharge_voltage_limit_v = 1440.5,
                 .charge_power_limit_w = 0,
                 .discharge_power_limit_w = 200000,
                 .charge_reasons = {"cell_overvoltage/alarm"},
                 .discharge_reasons = {"derating/soc"}},
          sample_health(),
          sample_snapshot(),
          sample_catalogue(),
          tick{.monotonic_us = 10'000, .utc_offset_us = 1'700'000'000'000'000},
          order{.device = "bms_0",
                .epoch = 5,
                .counter = 6,
                .contactor = contactor_order::close,
                .lease = true}};
}

} // namespace voltaic::tests
