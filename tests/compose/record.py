#!/usr/bin/env python3
"""Asks Docker Compose for its answer to every case of cases.json, and writes it there.

usage: record.py COMPOSE [NAME ...]

A case is added as a line with `name`, `files`, `flags` and `env`; what Compose refuses has no `expected`.
`sh tests/parts/compose.sh` prints the path of a Compose.
"""
import json, os, sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from hunt import run

path = Path(__file__).parent / "cases.json"
compose, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
cases = json.loads(path.read_text())
for case in cases:
    if names and case["name"] not in names: continue
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve() / "proj"
        for name, content in case["files"].items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode())
        answer, refused = run(compose, root, case["flags"], case["env"])
        text = json.dumps(answer).replace(str(root), "@ROOT@").replace(str(root.parent), "@ABOVE@")
    before = case.pop("expected", None)
    if answer is not None: case["expected"] = json.loads(text)
    if before != case.get("expected"): print(f"{case['name']}: {'refused: ' + refused.splitlines()[-1] if answer is None else 'recorded'}")
path.write_text("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]\n")
