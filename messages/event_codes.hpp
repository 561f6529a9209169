#pragma once

/// Codes of events about the system itself, as people and tools look for them.
namespace voltaic::messages::event_codes {

/// The site begins to start, and everything runs.
inline constexpr const char* site_start = "SITE_START";
inline constexpr const char* site_ready = "SITE_READY";
/// The site file was applied to the running site.
inline constexpr const char* site_apply = "SITE_APPLY";
/// A file that the site names is bad or gone: what was applied last runs instead.
inline constexpr const char* files_rejected = "CFG_REJECT";
/// A file that the site names is not signed by whom the site trusts, for its project and name.
inline constexpr const char* signature_failed = "SIG_FAIL";
/// Files as they were applied cannot be kept, or what was kept of former ones is lost.
inline constexpr const char* files_not_kept = "CFG_NOT_KEPT";
/// A profile was replaced by one of an older version.
inline constexpr const char* older_version = "ROLLBACK";
/// Which configuration a rack runs by, or what waits for approval, became another.
inline constexpr const char* configuration = "CONFIGURATION";
/// A rack's device says that it is another one, or that was accepted.
inline constexpr const char* serial_change = "SERIAL_CHANGE";
/// What a rack's device says cannot be what its profile takes it for.
inline constexpr const char* profile_mismatch = "PROFILE_MISMATCH";
/// The site was told to stop, and has stopped.
inline constexpr const char* site_stop = "SITE_STOP";
inline constexpr const char* site_stopped = "SITE_STOPPED";
/// The supervisor's former life ended without stopping the site.
inline constexpr const char* supervisor_down = "SUP_DOWN";
/// A node's process ended, and runs again.
inline constexpr const char* node_down = "NODE_DOWN";
inline constexpr const char* node_up = "NODE_UP";
/// The same of a process that is no node: a virtual bus or a simulated rack.
inline constexpr const char* process_down = "PROCESS_DOWN";
inline constexpr const char* process_up = "PROCESS_UP";
/// An actor made no progress: its process is killed.
inline constexpr const char* actor_wedged = "ACTOR_WEDGED";
/// A process was not ready in time: it is killed.
inline constexpr const char* start_timeout = "START_TIMEOUT";
/// A process did not end when it was asked to: it is killed.
inline constexpr const char* stop_timeout = "STOP_TIMEOUT";
/// Too many restarts: it is not started again.
inline constexpr const char* restart_budget = "RESTART_BUDGET";
/// A process was killed while the kernel ended processes for want of memory.
inline constexpr const char* out_of_memory = "OOM";
/// A process cannot be started for want of descriptors, or of processes; told once,
/// until one starts again.
inline constexpr const char* descriptors_low = "FD_LOW";
inline constexpr const char* processes_low = "PID_LOW";
/// A message that ended an actor repeatedly was put aside.
inline constexpr const char* poison = "POISON";
/// A device on a line answers with an exception or a refusal, or not at all.
inline constexpr const char* modbus_exception = "MB_EXC";
inline constexpr const char* modbus_timeout = "MB_TMO";
/// Answers on a line come broken, or no longer do.
inline constexpr const char* modbus_checksum = "MB_CRC";
/// Frames of a device fail their checks, have a wrong length, come too often, or come from two.
inline constexpr const char* end_to_end = "E2E_FAIL";
inline constexpr const char* bad_length = "BAD_DLC";
inline constexpr const char* babble = "BABBLE";
inline constexpr const char* double_node = "DUP_NODE";
/// A CANopen node has said nothing since the start; begins anew; is not heard any more; is not
/// commissioned; refuses objects or does not answer for them; says that something is wrong with it.
inline constexpr const char* never_seen = "NEVER_SEEN";
inline constexpr const char* node_reset = "NODE_RESET";
inline constexpr const char* node_lost = "NODE_LOST";
inline constexpr const char* boot_error = "BOOT_ERROR";
inline constexpr const char* sdo_abort = "SDO_ABORT";
inline constexpr const char* emergency = "EMCY";
/// Who is at the address of a J1939 device is another one, or none that says its name; what the
/// device says of its faults; our own address on a bus is somebody else's.
inline constexpr const char* wrong_device = "WRONG_DEVICE";
inline constexpr const char* trouble_code = "TROUBLE_CODE";
inline constexpr const char* address_lost = "ADDRESS_LOST";
/// A device does not answer what its profile asks for, or does again.
inline constexpr const char* no_answer = "NO_ANSWER";
/// The controller of a CAN bus left it, came back, or stays away; it counts many errors.
inline constexpr const char* bus_off = "BUS_OFF";
inline constexpr const char* bus_error = "BUS_ERR";
/// Nobody takes what is sent on a bus; nothing that is said there can be read.
inline constexpr const char* no_acknowledgement = "NO_ACK";
inline constexpr const char* bus_bitrate = "BUS_RATE";
/// Frames came faster than a node read them.
inline constexpr const char* receive_loss = "RX_DROP";
/// Racks that are lost let no current flow in a site, or behind an inverter, or no longer do.
inline constexpr const char* rack_lost = "RACK_LOST";
/// How an inverter and its battery get on; an inverter that is silent for long.
inline constexpr const char* inverter_communication = "INV_COMM";
inline constexpr const char* inverter_lost = "INV_LOST";
/// Somebody else sends the battery's frames to the inverter.
inline constexpr const char* inverter_rival = "INV_RIVAL";
/// The inverter charges to another voltage than it is told.
inline constexpr const char* inverter_absorption = "INV_ABSORB";
/// Nobody knows whether battery and inverter work together, or they do not.
inline constexpr const char* inverter_compatibility = "INV_COMPAT";
/// Frames of an inverter's profile cannot say a value of its battery.
inline constexpr const char* inverter_range = "INV_RANGE";
/// A Modbus inverter did not take what it was told.
inline constexpr const char* inverter_refused = "INV_REFUSED";
/// A chain deals with what it hears too late, or is in time again.
inline constexpr const char* deadline_miss = "DEADLINE_MISS";
/// Why a command was refused: all that forbids it, one reason each.
inline constexpr const char* command_refused = "CMD_REFUSED";
/// A setpoint that somebody owned for a time was taken over.
inline constexpr const char* owner_change = "OWNER_CHANGE";

} // namespace voltaic::messages::event_codes
