#!/bin/sh
# Records a command in a terminal of its own, as an animated SVG for the README:
#     tests/record/record.sh OUT.svg COLUMNS ROWS COMMAND
# What runs is real; nothing is edited but the waiting time at the end. Needs tmux and python3.
set -eu
[ $# -eq 4 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
out=$1 columns=$2 rows=$3 command=$4
here=$(cd "$(dirname "$0")" && pwd)
frames=$(mktemp -d)
socket="dsenv-record-$$"
trap 'tmux -L "$socket" kill-server 2>/dev/null || true; rm -rf "$frames"' EXIT

tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" \
    "printf '\033[1;32m$\033[0m %s\n' \"$command\"; $command; touch '$frames/over'; sleep 5"
tmux -L "$socket" set -g status off
while [ ! -e "$frames/over" ]; do
    tmux -L "$socket" capture-pane -e -p > "$frames/$(date +%s.%N)" || break
    sleep 0.12
done
tmux -L "$socket" capture-pane -e -p > "$frames/$(date +%s.%N)"
rm -f "$frames/over"
python3 "$here/terminal_svg.py" "$columns" "$rows" "$frames" > "$out"
echo "$out: $(wc -c < "$out") bytes"
