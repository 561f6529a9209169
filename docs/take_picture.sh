#!/usr/bin/env bash
# Writes docs/top.svg: the view of the running demo with closed racks and some power.
# usage: docs/take_picture.sh [SITE], while the demo (or another site with its equipment) runs
set -euo pipefail
cd "$(dirname "$0")/.."
site=${1:-configs/demo.toml}
voltaic=build/voltaic
for rack in $("$voltaic" points '*/contactor' --site "$site" | cut -d/ -f1); do
  "$voltaic" set "$rack/contactor" close --site "$site" --reason 'a picture'
done
"$voltaic" set inverter_0/run 1 --site "$site"
"$voltaic" set inverter_0/power_setpoint 20000 --site "$site"
"$voltaic" set rack_0/charge_current_limit 50 --for 1m --site "$site"
sleep 5
"$voltaic" top "$site" --snapshot docs/top.svg --size 120x40
