#pragma once

#include <cstdint>

#include "messages/time.hpp"
#include "nodes/process/comm_report_model.hpp"
#include "nodes/process/field_ports.hpp"
#include "nodes/process/shared_log.hpp"
#include "nodes/site/plan.hpp"

namespace voltaic::nodes::process {

/// What befalls the links of a site, for an installer: comm.log in the folder of logs, to which
/// every node writes what it sees of its own. `voltaic canctl` writes there too.
inline constexpr const char* comm_log_name = "comm";
inline constexpr std::int64_t comm_log_bytes_max = 4 * 1024 * 1024;
inline constexpr int comm_log_files_max = 3;

/// One node's part of it.
class comm_log {
 public:
  /// Of several nodes on a bus the first of the plan tells of it.
  comm_log(const site::plan& plan, const site::node& self);
  /// Now and then; looks four times a second. Writes a file: not for a worker.
  void look(const field_ports& ports, messages::instant now);

 private:
  comm_report report_;
  shared_log file_;
  std::int64_t due_us_ = 0;
};

} // namespace voltaic::nodes::process
