#!/bin/sh
# Runs the program given over the shared vectors; 77: there are none.
set -eu
if [ -z "${VOLTAIC_TEST_DATA:-}" ]; then
  echo "skipped: VOLTAIC_TEST_DATA is not set"
  exit 77
fi
"$1" "$VOLTAIC_TEST_DATA/vectors_dev.json"
