#!/bin/sh
# usage: in_namespace.sh SECONDS COMMAND [ARGUMENTS]
# Runs a command beside a virtual CAN interface (vcan0) that nobody else sees, and what it started
# ends with it. The same on a machine whose kernel has vcan and in the laboratory's own. Needs root.
export PATH="$PATH:/usr/sbin:/sbin"
seconds=$1
shift
# By SIGKILL, since unshare hands on no other. The shell stays the first process of the namespace,
# which a signal of its own would not end. /sys shows the interfaces of the namespace that mounts it.
exec timeout -s KILL "$seconds" \
  unshare --net --mount --pid --fork --kill-child --mount-proc sh -c '
    mount -t sysfs sysfs /sys && ip link set lo up &&
      ip link add dev vcan0 type vcan && ip link set vcan0 mtu 72 up && "$@"
    exit $?' in_namespace "$@"
