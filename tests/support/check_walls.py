#!/usr/bin/env python3
"""Shows that a wrong arrow between the rooms does not compile.

usage: check_walls.py SOURCE_FOLDER BUILD_FOLDER

For each room a probe is compiled with the flags of that room's own target.
Includes along the arrows must compile (or the probe would prove nothing), the
others must fail because the compiler does not find the header.
"""
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

# Where the probe stands, the include, and whether it may compile.
PROBES = [
    ("messages", "messages/quality.hpp", True),
    ("messages", "bus/can/port.hpp", False),
    ("messages", "actors/runtime/actor.hpp", False),
    ("messages", "nodes/site/plan.hpp", False),
    ("bus", "messages/quality.hpp", True),
    ("bus", "bus/can/port.hpp", True),
    ("bus", "actors/runtime/actor.hpp", False),
    ("bus", "nodes/site/plan.hpp", False),
    ("actors/runtime", "bus/can/port.hpp", True),
    ("actors/runtime", "nodes/site/plan.hpp", False),
    ("actors/rack", "actors/runtime/actor.hpp", True),
    ("actors/rack", "actors/protection/protection_model.hpp", False),
    ("actors/rack", "actors/contactor/contactor_model.hpp", False),
    ("actors/protection", "actors/rack/rack_model.hpp", False),
    ("actors/contactor", "actors/protection/protection_model.hpp", False),
    ("nodes", "actors/runtime/actor.hpp", True),
]
# Of these, the model library: it must not even see the bus.
MODEL_PROBES = [
    ("messages/quality.hpp", True),
    ("bus/can/port.hpp", False),
    ("actors/runtime/actor.hpp", False),
]


def flags_of(entry):
    """The compiler and its flags, without what names input and output."""
    words = shlex.split(entry["command"])
    if words[0].endswith("ccache"):
        words = words[1:]
    kept, skip = [], 0
    for word in words:
        if skip:
            skip -= 1
        elif word in ("-o", "-c", "-MT", "-MF"):
            skip = 1
        elif word != "-MD":
            kept.append(word)
    return kept


def compiles(flags, folder, include):
    probe = pathlib.Path(folder, "probe.cpp")
    probe.write_text(f'#include "{include}"\n', encoding="utf-8")
    done = subprocess.run(flags + ["-fsyntax-only", str(probe)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0 and "No such file or directory" not in done.stderr:
        raise SystemExit(f"{include}: failed for another reason:\n{done.stderr}")
    return done.returncode == 0


def probes(source, entries):
    """(name, flags, include, may compile) for everything that this build has."""
    def find(folder, is_model):
        for file, entry in entries.items():
            inside = folder + "/" in str(file) and str(file).startswith(str(source / folder))
            if inside and ("_model" in file.name) == is_model:
                return flags_of(entry)
        return None

    for room, include, expected in PROBES:
        if not (source / include).exists():
            raise SystemExit(f"{include}: there is no such header, so it would prove nothing")
        flags = find(room, False)
        if flags:
            yield room, flags, include, expected
    for folder in sorted((source / "actors").iterdir()):
        flags = find(f"actors/{folder.name}", True) if folder.is_dir() else None
        for include, expected in MODEL_PROBES if flags else []:
            yield f"model of {folder.name}", flags, include, expected


def main(source, build):
    source = pathlib.Path(source).resolve()
    database = json.loads(pathlib.Path(build, "compile_commands.json").read_text(encoding="utf-8"))
    entries = {pathlib.Path(entry["file"]): entry for entry in database}
    tried = {True: 0, False: 0}
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, flags, include, expected in probes(source, entries):
            tried[expected] += 1
            if compiles(flags, folder, include) != expected:
                failed += 1
                print(f'{name}: "{include}" {"does not compile" if expected else "compiles"}')
    print(f"{tried[True]} right arrows and {tried[False]} wrong ones tried, {failed} failed")
    return 1 if failed or tried[True] < 3 or tried[False] < 3 else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], sys.argv[2]))
