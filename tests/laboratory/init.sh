#!/bin/busybox sh
# The first process of the laboratory's machine: sets up its CAN interfaces, runs each case of the
# test program by itself, writes how it ended to the second serial line, and powers off.
# By their paths, since busybox's shell prefers an `ip` of its own that knows no CAN, and other tools
# of its own that know less; the cases' shell is another.
ip=/usr/bin/ip
export PATH=/usr/bin:/bin HOME=/tmp TMPDIR=/tmp LABORATORY=/laboratory
/bin/busybox --install -s /bin
ln -sf /usr/bin/dash /bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm
mount -t tmpfs shm /dev/shm
mount -t tmpfs tmp /tmp

while read -r module; do insmod "/lib/modules/$module"; done < /laboratory/modules
"$ip" link set lo up
"$ip" link add dev vcan0 type vcan
"$ip" link set vcan0 mtu 72 up
for controller in can0 can1; do
  "$ip" link set "$controller" type can bitrate 500000
  "$ip" link set "$controller" up
done

results=/dev/ttyS1
stty -F "$results" raw
seconds=$(cat /laboratory/seconds)
# Those that need no controller run as on a machine whose own kernel has vcan.
while read -r kind name; do
  case $kind in
    controller) within="timeout $seconds" ;;
    *) within="/bin/sh /laboratory/in_namespace.sh $seconds" ;;
  esac
  printf 'CASE %s\n' "$name" > "$results"
  $within /laboratory/program "$name" --warn NoTests --use-colour no > "$results" 2>&1 < /dev/null
  printf '\nENDED %s\n' $? > "$results"
done < /laboratory/cases
printf 'DONE\n' > "$results"
poweroff -f
