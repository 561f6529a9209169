#!/bin/busybox sh
# The first process of the laboratory's machine: sets up its CAN interfaces, runs each case of the
# test program by itself, writes how it ended to the second serial line, and powers off.
# By its path, since busybox's shell prefers an `ip` of its own that knows no CAN; the cases' shell
# is another.
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
while IFS= read -r name; do
  printf 'CASE %s\n' "$name" > "$results"
  timeout 60 /laboratory/program "$name" --warn NoTests --use-colour no > "$results" 2>&1
  printf '\nENDED %s\n' $? > "$results"
done < /laboratory/cases
printf 'DONE\n' > "$results"
poweroff -f
