#!/bin/sh
# Holds `dsenv config` against what Docker Compose makes of real files, with the cases that lie beside this repository.
# A case that is named in tests/conformance-pending.txt may fail; one that is not may not, and one that is named and passes
# must be taken out: the list only ever shrinks.
# usage: conformance.sh BINARY            the last line reads: N passed, N failed
#        conformance.sh BINARY --write    writes the list anew
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
check=$here/../../shared/conformance/check
pending=$here/conformance-pending.txt

[ -x "$check" ] || { echo "conformance: no cases at ../shared/conformance; nothing to hold against"; exit 0; }
out=$(mktemp)
trap 'rm -f "$out" "$out.failing" "$out.pending"' EXIT
python3 "$check" "$1" >"$out" || true
tail -n 1 "$out" | grep -Eq '^[0-9]+ passed, [0-9]+ failed$' || { cat "$out"; echo "0 passed, 1 failed"; exit 1; }

sed -n 's/^FAIL \([^:]*\):.*/\1/p' "$out" | sort >"$out.failing"
if [ "${2:-}" = --write ]; then
    if [ -s "$out.failing" ]; then cp "$out.failing" "$pending"; else rm -f "$pending"; fi
    tail -n 1 "$out"
    exit 0
fi
sort "$pending" 2>/dev/null >"$out.pending" || true

status=0
new=$(comm -23 "$out.failing" "$out.pending")
mended=$(comm -13 "$out.failing" "$out.pending")
for name in $new; do
    grep "^FAIL $name:" "$out"
    status=1
done
for name in $mended; do
    echo "FAIL $name: passes now; take it out of tests/conformance-pending.txt"
    status=1
done
still=$(comm -12 "$out.failing" "$out.pending" | grep -c . || true)
[ "$still" = 0 ] || echo "conformance: $still cases are still pending (tests/conformance-pending.txt)"
failed=$(printf '%s\n%s\n' "$new" "$mended" | grep -c . || true)
echo "$(sed -n '$s/ passed.*//p' "$out") passed, $failed failed"
exit $status
