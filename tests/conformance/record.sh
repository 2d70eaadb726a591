#!/bin/sh
# Writes down anew what Docker Compose 2.40.3 makes of each case, and then holds dsenv against it.  usage: record.sh
set -eu
cd "$(dirname "$0")/../.."
DSENV_RECORD=$(sh tests/parts/compose.sh) cargo test --test conformance
