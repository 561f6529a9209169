@0xd45d17f8ccc45b77;
# The one contract between actors. Fields are only ever added, never renumbered
# or reused; a reader ignores what it does not know. Times are microseconds.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("voltaic::messages::schema");

struct Envelope {
  # What wraps every message on the bus.
  schemaVersion @0 :UInt16;
  source @1 :Text;            # the actor that speaks: "bms_0", "rack_0", "protection_0"
  incarnation @2 :UInt32;     # 1 at first start of the node, one more at each restart of the actor
  sequence @3 :UInt64;        # gapless per source and incarnation, from 1
  monotonicUs @4 :Int64;      # source time on the node's monotonic clock
  utcUs @5 :Int64;            # source time since 1970-01-01T00:00:00Z
  utcQuality @6 :UtcQuality;
  payload :union {
    none @7 :Void;
    telemetry @8 :Telemetry;
    event @9 :Event;
    command @10 :Command;
    result @11 :Result;
    permit @12 :Permit;
    limits @13 :Limits;
    health @14 :Health;
    snapshot @15 :Snapshot;
    catalogue @16 :Catalogue;
    tick @17 :Tick;
    order @18 :Order;
  }
}

enum UtcQuality { unknown @0; synchronised @1; simulated @2; }
enum Quality { good @0; uncertain @1; stale @2; invalid @3; never @4; }

struct Telemetry {
  owner @0 :Text;             # whose catalogue the points belong to: "bms_0", "rack_0"
  fingerprint @1 :UInt64;     # of that catalogue; a reader with another one must not interpret
  blocks @2 :List(Block);
}

struct Block {
  # Values of one point from firstIndex on.
  point @0 :UInt16;           # position in the owner's catalogue
  firstIndex @1 :UInt32;
  sourceTimeUs @2 :Int64;     # monotonic; the oldest of the block's elements
  quality @3 :Quality;        # the worst of the block's elements
  values :union {
    words @4 :List(UInt16);   # raw, as the device sent them; the catalogue scales
    integers @5 :List(Int64); # raw, wider than 16 bits
    reals @6 :List(Float64);  # engineering units
    text @7 :Text;
  }
  elementQuality @8 :Data;    # empty: all elements have the block's quality; else one byte an element
  missing @9 :List(Text);     # members that an aggregate had to leave out
}

struct Tick {
  # The time of a chain: everything up to monotonicUs has been delivered.
  monotonicUs @0 :Int64;
  utcOffsetUs @1 :Int64;      # utc = monotonic + offset
}

struct Permit {
  # Protection's word to the contactor. Silence withdraws it.
  rack @0 :Text;
  epoch @1 :UInt32;           # grows at each start of the chain; older ones are refused
  counter @2 :UInt64;         # grows at each renewal
  granted @3 :Bool;           # contactors may stay closed
  closeAllowed @4 :Bool;      # contactors may be closed now
  opening @5 :Opening;
  locked @6 :Bool;
  reasons @7 :List(Text);     # "cell_overvoltage/fault module_1:cell_3"
}
enum Opening { none @0; ordered @1; immediate @2; }

struct Order {
  # What the contactor wants from its device; ends as frames.
  device @0 :Text;
  epoch @1 :UInt32;
  counter @2 :UInt64;
  contactor @3 :ContactorOrder;
  lease @4 :Bool;             # renew the device's permission to stay closed
}
enum ContactorOrder {
  open @0;
  precharge @1;
  close @2;
  minus @3;                   # this main contactor alone stays closed; only for a device that
  plus @4;                    # says that it takes single orders
}

struct Limits {
  rack @0 :Text;
  chargeCurrentA @1 :Float64;
  dischargeCurrentA @2 :Float64;
  reasons @3 :List(Text);
  chargeVoltageLimitV @4 :Float64 = nan;    # of the rack's terminals; nan: not told
  dischargeVoltageLimitV @5 :Float64 = nan;
  chargePowerLimitW @6 :Float64 = nan;
  dischargePowerLimitW @7 :Float64 = nan;
  chargeReasons @8 :List(Text);             # those of the reasons that hold the charge down
  dischargeReasons @9 :List(Text);
}

struct Event {
  id @0 :Text;                # unique in the site: node, boot and sequence
  node @1 :Text;
  boot @2 :Text;
  sequence @3 :UInt64;        # gapless per node
  kind @4 :Text;              # protection, contactor, limits, command, system
  subject @5 :Text;           # rack, node, device or peer
  candidate @6 :Text;
  scope @7 :Text;             # "module_1:cell_3"
  level @8 :Text;             # warning, alarm, fault, hard
  edge @9 :Text;              # set, clear, latch, reset, acknowledge
  value @10 :Float64;
  hasValue @11 :Bool;
  unit @12 :Text;
  threshold @13 :Float64;
  actions @14 :List(Text);
  firstOut @15 :UInt64;       # sequence of the event that opened the group
  state @16 :Text;
  reason @17 :Text;
  chargeCurrentA @18 :Float64;
  dischargeCurrentA @19 :Float64;
  reasons @20 :List(Text);
  user @21 :Text;             # who asked for it; empty: nobody did
  key @22 :Text;
  role @23 :Text;             # in which the user asked
  code @24 :Text;             # of what befell a part of the system: NODE_DOWN, POISON, ...
  pid @25 :Int64;             # of the process that the event is about; 0: none
  signal @26 :UInt8;          # that ended it; 0: none did
  exitCode @27 :Int32 = -1;   # with which it ended by itself; -1: it did not
  chargeVoltageLimitV @28 :Float64 = nan;   # of the kind limits; nan: not told
  dischargeVoltageLimitV @29 :Float64 = nan;
  chargePowerLimitW @30 :Float64 = nan;
  dischargePowerLimitW @31 :Float64 = nan;
  limitsHash @32 :Text;       # of the kind protection: of the configuration that was in force
}

struct Command {
  id @0 :Text;                # of this request
  key @1 :Text;               # idempotency key
  target @2 :Text;            # actor that shall act
  operation @3 :Text;         # set, close, open, reset, acknowledge, events
  point @4 :Text;
  index @5 :UInt32;
  value :union { none @6 :Void; number @7 :Float64; text @8 :Text; }
  deadlineUtcUs @9 :Int64;
  leaseMs @10 :UInt64;        # 0: for good
  priority @11 :UInt8;        # lower acts first
  role @12 :Text;
  user @13 :Text;
  reason @14 :Text;
  replyTo @15 :Text;          # the bus client that waits for the result
  generation @16 :UInt64;     # grows with each command that the dispatcher sends on; 0: none
}

struct Result {
  id @0 :Text;
  key @1 :Text;
  replyTo @2 :Text;
  outcome @3 :Outcome;
  reasons @4 :List(Text);
  requested @5 :Text;
  readBack @6 :Text;
  point @7 :Text;
  durationMs @8 :UInt64;
}
enum Outcome { done @0; rejected @1; expired @2; unknown @3; accepted @4; }

struct Health {
  node @0 :Text;
  pid @1 :Int64;
  boot @2 :Text;
  uptimeMs @3 :UInt64;
  ready @4 :Bool;
  actors @5 :List(ActorHealth);
  buses @6 :List(BusHealth);
  realTime @7 :Bool;          # SCHED_FIFO and locked memory were granted
  outboxDropped @8 :UInt64;
  gaps @9 :UInt64;
  lines @10 :List(LineHealth);
}
struct ActorHealth {
  name @0 :Text;
  kind @1 :Text;
  state @2 :Text;
  restarts @3 :UInt32;
  incarnation @4 :UInt32;
  progress @5 :UInt64;
}
struct BusHealth {
  name @0 :Text;
  kind @1 :Text;
  state @2 :Text;
  bitrate @3 :UInt32;
  loadPercent @4 :Float64;
  rx @5 :UInt64;
  tx @6 :UInt64;
  errors @7 :UInt64;
  rxOverflow @8 :UInt64;
  busOff @9 :UInt64;
  bytes @10 :UInt64;          # of the data fields of frames, received and sent
  transmitErrors @11 :UInt16; # the controller's counters, as last known
  receiveErrors @12 :UInt16;
  unknownIds @13 :Int32 = -1; # identifiers on the bus that the site knows nothing of; -1: not watched
  txDropped @14 :UInt64;      # frames that were not sent, for want of room or of a bus
  trouble @15 :Text;          # none: empty; no-ack, bitrate, noise, transceiver
  babbler @16 :Text;          # an identifier that no profile has and that takes the bus: "0x000"
  babblerRate @17 :Float64;   # its frames per second
  lastError @18 :Text;        # what the last error frame said; empty: none came
}
struct LineHealth {
  name @0 :Text;
  kind @1 :Text;              # modbus-tcp, modbus-rtu, modbus-rtu-over-tcp
  state @2 :Text;             # connected, crc-warning, crc-alarm, down
  requests @3 :UInt64;
  timeouts @4 :UInt64;
  crcErrors @5 :UInt64;
  exceptions @6 :UInt64;
  badAnswers @7 :UInt64;
  strays @8 :UInt64;
  overruns @9 :UInt64;
  reconnects @10 :UInt64;
  bytesSent @11 :UInt64;
  bytesReceived @12 :UInt64;
  errorPercent @13 :Float64;  # broken answers of the last 10 s
}

struct Snapshot {
  # Asks the relay for the full state, or marks its end.
  kind @0 :Kind;
  id @1 :Text;
  sources @2 :List(SourceState);
  enum Kind { request @0; end @1; }
}
struct SourceState {
  source @0 :Text;
  incarnation @1 :UInt32;
  sequence @2 :UInt64;        # everything up to here is in the snapshot
  alive @3 :Bool;             # false: values are to be shown as stale
  lastUtcUs @4 :Int64;
  gaps @5 :UInt64;
}

struct Catalogue {
  owner @0 :Text;
  fingerprint @1 :UInt64;
  points @2 :List(PointDescription);
}
struct PointDescription {
  name @0 :Text;              # "rack_0/cell_voltage"
  channel @1 :Text;           # "bms_0/CellVoltage"
  unit @2 :Text;
  rawType @3 :Text;           # u16, i16, u32, i32, i64, f64, text
  count @4 :UInt32;
  groupSize @5 :UInt32;       # elements a module
  scale @6 :Float64;
  offset @7 :Float64;
  periodMs @8 :UInt32;
  category @9 :Text;          # operational, configuration
  writable @10 :Bool;
  decimals @11 :UInt8;
  texts @12 :List(Text);      # names of raw values, from 0
}
