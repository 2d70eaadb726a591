#!/bin/sh
# dsenv beside Docker Compose 2.40.3 and beside the floor, in one run: prints tables, gates nothing.
# usage: sh tests/bench/run.sh [--runs N] [noop|cold|change|destroy|config|planner|plan|watch|idle]...      all of them by default
# Best on a quiet machine: figures of one run are comparable with each other, not with those of another day.
set -eu
cd "$(dirname "$0")/../.."
sh tests/parts/engine.sh
sh tests/parts/busybox-image.sh
compose=$(sh tests/parts/compose.sh)
exec cargo bench --locked --bench peers -- --compose "$compose" "$@"
