#!/usr/bin/env bash
# Writes docs/top.svg: the terminal view of the demo while it is charged and one cell of rack_0 is
# full before the others. Starts a copy of the demo, needs a build, takes half a minute.
# usage: docs/take_picture.sh
set -euo pipefail
cd "$(dirname "$0")/.."
voltaic=$PWD/build/voltaic
folder=$(mktemp -d)
export VOLTAIC_RUNTIME_DIR=$folder/run
site=$folder/configs/demo.toml

cp -r configs "$folder/"
cat >>"$site" <<'TOML'
soc = 62
scatter = true
scenario = "scenarios/picture.csv"
[ports]
offset = 8400
TOML
cat >"$folder/configs/scenarios/picture.csv" <<'CSV'
t_ms,point,index,value
15000,rack_0/current,,-12.4
15000,rack_1/current,,-12.7
15000,rack_2/current,,-12.6
15000,rack_3/current,,-12.9
18000,rack_0/cell_voltage,module_12:cell_3,3.557
CSV

"$voltaic" up "$site" --quiet 2>"$folder/log" &
supervisor=$!
trap 'kill $supervisor; wait $supervisor; rm -rf "$folder"' EXIT
sleep 4
for rack in 0 1 2 3; do "$voltaic" set "rack_$rack/contactor" close --reason 'a picture'; done
"$voltaic" set inverter_0/run 1
"$voltaic" set inverter_0/power_setpoint -- -80000
sleep 16
"$voltaic" top --snapshot docs/top.svg --size 120x40
