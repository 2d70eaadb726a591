#!/usr/bin/env python3
"""Looks for specs that dsenv and Docker Compose read differently: fragments of the specification, put together at random.

usage: hunt.py DSENV COMPOSE [--count N] [--seed N] [--jobs N]

Each trial writes two files (and a third one that both may extend or include, an env file, a `.env`), runs
`config --format json` of both programs on them, and shows where the answers differ, with the smallest set of
fragments that still shows it. A difference is a bug of dsenv unless there is a reason; what is found becomes a case
in cases.json. `sh tests/parts/compose.sh` prints the path of a Compose.
"""
import argparse, json, os, random, subprocess, sys, tempfile
from pathlib import Path

FRAGMENTS = json.loads((Path(__file__).parent / "fragments.json").read_text())
SERVICE, TOP, FILES = FRAGMENTS["service"], FRAGMENTS["top"], FRAGMENTS["files"]


def prune(value):
    if isinstance(value, dict):
        pruned = {key: prune(below) for key, below in value.items()}
        return {key: below for key, below in pruned.items() if below not in (None, {}, [])}
    return [prune(item) for item in value] if isinstance(value, list) else value


def differences(a, b, at=""):
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(set(a) | set(b)):
            if key not in a: yield f"{at}.{key}: Compose has none, dsenv has {json.dumps(b[key])[:160]}"
            elif key not in b: yield f"{at}.{key}: Compose has {json.dumps(a[key])[:160]}, dsenv has none"
            else: yield from differences(a[key], b[key], f"{at}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (one, other) in enumerate(zip(a, b)): yield from differences(one, other, f"{at}[{index}]")
    elif a != b: yield f"{at}: Compose has {json.dumps(a)[:160]}, dsenv has {json.dumps(b)[:160]}"


def text(parts):
    """A spec of (service, fragment) and (None, fragment) pairs."""
    services = {}
    for service, fragment in parts:
        if service: services.setdefault(service, []).append(fragment)
    lines = []
    if services:
        lines.append("services:")
        for service, fragments in sorted(services.items()):
            lines.append(f"  {service}:")
            lines += ["    " + line for fragment in fragments for line in fragment.splitlines()]
    return "\n".join(lines + [fragment for service, fragment in parts if not service]) + "\n"


def run(program, folder, flags, extra):
    env = {"PATH": os.environ["PATH"], "HOME": "/home/lab", "DOCKER_HOST": "unix:///nonexistent.sock", **extra}
    command = [program, *flags, "config", "--format", "json"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try: return (prune(json.loads(done.stdout)) if done.returncode == 0 else None), done.stderr.strip()
    except ValueError: return None, f"no JSON: {done.stdout[:200]} {done.stderr[:200]}"


def compare(programs, trial):
    files, flags, env = trial["files"], trial["flags"], trial["env"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve() / "proj"
        for name, content in {**FILES, **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
        (compose, refused), (dsenv, told) = (run(program, folder, flags, env) for program in programs)
    if compose is None and dsenv is None: return []
    if compose is None: return [f"Compose refuses it: {refused.splitlines()[-1][:300] if refused else ''}"]
    if dsenv is None: return [f"dsenv refuses it: {told[:500]}"]
    return list(differences(compose, dsenv))


def trial_of(parts, flags, env):
    files = {"a.yaml": text(parts[0]), "b.yaml": text(parts[1])}
    specs = ["-f", "a.yaml"] + (["-f", "b.yaml"] if parts[1] else [])
    return {"files": files, "flags": specs + flags, "env": env}


def choose(dice):
    """One key in both files, so that they meet, and a few others."""
    keys = sorted(SERVICE)
    def fragments(service, wanted):
        chosen = {key: dice.choice(SERVICE[key]) for key in wanted}
        if dice.random() < 0.8: chosen.setdefault("image", "image: nginx")
        return [(service, fragment) for _, fragment in sorted(chosen.items())]
    meet = dice.sample(keys, dice.randint(1, 2))
    below = fragments("web", meet + dice.sample(keys, dice.randint(0, 2))) + fragments("db", dice.sample(keys, dice.randint(0, 1)))
    above = []
    if dice.random() < 0.75: above = fragments("web", meet + dice.sample(keys, dice.randint(0, 1)))
    tops = sorted(TOP)
    below += [(None, TOP[top][0]) for top in tops]
    if above: above += [(None, dice.choice(TOP[top][1:])) for top in dice.sample(tops, dice.randint(0, 1)) if len(TOP[top]) > 1]
    if above and dice.random() < 0.25:
        above = [(s, tagged(dice, f)) if s and dice.random() < 0.5 else (s, f) for s, f in above]
    flags = dice.choice([[], [], [], ["--profile", "debug"], ["--profile", "*"], ["--env-file", "lab.env"], ["-p", "other"]])
    env = dice.choice([{}, {}, {"SET": "val", "EMPTY": ""}, {"COMPOSE_PROFILES": "debug,test"}, {"TAG": "1.5", "PORT": "8080"}])
    return [below, above], flags, env


def tagged(dice, fragment):
    """A fragment whose value asks to be reset or to override, where that can stand."""
    key, _, value = fragment.partition(":")
    if "\n" in key: return fragment
    tag = dice.choice(["!reset", "!override"])
    return f"{key}: !reset null" if tag == "!reset" else f"{key}: !override{value if value.startswith(chr(10)) else ' ' + value.strip()}"


def smallest(programs, parts, flags, env):
    """Leaves fragments out as long as a difference stays."""
    found = compare(programs, trial_of(parts, flags, env))
    kind = lambda found: [line.split(":")[0] for line in found[:1]]
    changed = True
    while changed:
        changed = False
        for file in (1, 0):
            for index in range(len(parts[file])):
                fewer = [list(parts[0]), list(parts[1])]
                del fewer[file][index]
                if not fewer[0]: continue
                again = compare(programs, trial_of(fewer, flags, env))
                if again and kind(again) == kind(found):
                    parts, found, changed = fewer, again, True
                    break
            if changed: break
    return parts, found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dsenv"); parser.add_argument("compose")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    args = parser.parse_args()
    programs = [os.path.abspath(args.compose), os.path.abspath(args.dsenv)]
    seen, different = set(), 0
    for number in range(args.count):
        dice = random.Random(args.seed + number)
        parts, flags, env = choose(dice)
        if not compare(programs, trial_of(parts, flags, env)): continue
        different += 1
        parts, found = smallest(programs, parts, flags, env)
        trial = trial_of(parts, flags, env)
        if (known := json.dumps([trial["files"], found[:1]])) in seen: continue
        seen.add(known)
        print(f"── seed {args.seed + number} {' '.join(trial['flags'])} {env}")
        for name, content in trial["files"].items(): print(f"{name}:\n  " + content.replace("\n", "\n  ").rstrip())
        for line in found[:4]: print(f"  ≠ {line}")
        sys.stdout.flush()
    print(f"{args.count} trials, {different} differ, seeds from {args.seed}")


if __name__ == "__main__": main()
