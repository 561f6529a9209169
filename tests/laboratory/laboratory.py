#!/usr/bin/env python3
"""The CAN laboratory: runs the cases of a test program where there is SocketCAN.

usage: laboratory.py run PROGRAM FOLDER VOLTAIC CONFIGS   run all cases; FOLDER keeps what they
                                            said; VOLTAIC and what a site names of CONFIGS are at
                                            hand for them, below LABORATORY
       laboratory.py measure PROGRAM FOLDER VOLTAIC CONFIGS   run the cases that measure, in the
                                            machine, and print what they said
       laboratory.py report FOLDER PROGRAM NAME ...   say how a case ended; as a test does
       laboratory.py report FOLDER PROGRAM --list...  what the program itself says

Where this machine's kernel has vcan, and may make one, cases that need no controller run here, in
namespaces of their own (in_namespace.sh); the others in a small virtual machine (machine.py), and so
those that speak with the kernel's J1939, which may keep an interface of a namespace for ever
("unregister_netdevice: waiting for vcan0"): no kernel that is needed for more should bear that. Where
neither can be had, all are skipped, and each says why. A recording of a car comes from the folder
VOLTAIC_TEST_DATA.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import machine

SKIPPED = 77
CASE_SECONDS_MAX = 60
MEASURING_CASE_SECONDS_MAX = 180
CASE = re.compile(r"^CASE (?P<name>.*)\n(?P<said>(?s:.*?))\nENDED (?P<code>\d+)$", re.M)
# What a case that measures bears; those that only measure are hidden besides.
MEASURED_TAG = "[measured]"
HOST = "this machine's kernel"
MACHINE = "a virtual machine with Debian's kernel"
CAPTURE = "logs/kona_gvret/230112-7-2019-pcan-ccan-power-off-on-ready-off.csv"
IN_NAMESPACE = pathlib.Path(__file__).resolve().parent / "in_namespace.sh"


def escaped(name):
    """As a test specification that means this name alone."""
    return re.sub(r"([\\,\[\]])", r"\\\1", name)


def names_of(program, *tags):
    """Of its cases, escaped: as ctest knows them."""
    said = subprocess.run([program, *tags, "--list-test-names-only"], capture_output=True, text=True,
                          check=False).stdout
    return [escaped(line) for line in said.splitlines() if line]


def cases_of(program, *tags):
    with_controller = names_of(program, "".join(tags) + machine.CONTROLLER_TAG)
    with_j1939 = names_of(program, "".join(tags) + machine.J1939_TAG)
    return [machine.Case(name, name in with_controller, name in with_j1939)
            for name in names_of(program, *tags)]


def on_host(seconds, *command, files=""):
    return subprocess.run(
        ["sh", IN_NAMESPACE, str(seconds), *command], capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, env=os.environ | {"LABORATORY": str(files)})


def missing_on_host():
    """Why no case can run in this machine's kernel; empty where some can."""
    try:
        for tool in machine.TOOLS:
            machine.needed(tool)
    except machine.Missing as missing:
        return str(missing)
    tried = on_host(CASE_SECONDS_MAX, "true")
    if tried.returncode == 0:
        return ""
    return " ".join(tried.stderr.split()) or f"vcan cannot be made (exit code {tried.returncode})"


def run_on_host(program, cases, files):
    said = []
    for case in cases:
        ended = on_host(CASE_SECONDS_MAX, program, case.name, "--warn", "NoTests", "--use-colour",
                        "no", files=files)
        # As a shell says it of one that a signal ended.
        code = ended.returncode if ended.returncode >= 0 else 128 - ended.returncode
        said.append(f"CASE {case.name}\n{ended.stdout}{ended.stderr}\nENDED {code}\n")
    return "".join(said)


def prepared(folder, voltaic, configs):
    """What cases have at hand."""
    shutil.rmtree(folder, ignore_errors=True)
    files = folder / "files"
    files.mkdir(parents=True)
    (files / "voltaic").symlink_to(pathlib.Path(voltaic).resolve())
    # Copied, since a site may not leave its folder.
    for name in machine.CONFIGS:
        shutil.copytree(pathlib.Path(configs) / name, files / name)
    capture = pathlib.Path(os.environ.get("VOLTAIC_TEST_DATA", "/nowhere")).resolve() / CAPTURE
    if capture.is_file():
        (files / machine.RECORDING).symlink_to(capture)
    return files


def keep(folder, where, said):
    with open(folder / "said", "a", encoding="utf-8") as kept:
        kept.write("".join(f"WHERE {where}\n{match.group()}\n"
                           for match in CASE.finditer(said.replace("\r", ""))))


def run(program, folder, voltaic, configs):
    files = prepared(folder, voltaic, configs)
    cases = cases_of(program)
    count = len(cases)
    reasons = [f"{HOST}: {missing}" for missing in [missing_on_host()] if missing]
    if not reasons:
        here = [case for case in cases if not case.needs_controller and not case.needs_j1939]
        keep(folder, HOST, run_on_host(program, here, files))
        cases = [case for case in cases if case not in here]
    try:
        keep(folder, MACHINE, machine.run_cases(program, machine.Cases(cases, CASE_SECONDS_MAX),
                                                folder, files))
        return 0
    except (machine.Missing, subprocess.CalledProcessError, OSError) as missing:
        reasons.append(f"{MACHINE}: {missing}")
    why = "; ".join(reasons)
    (folder / "skipped").write_text(f"{why}\n", encoding="utf-8")
    print(f"SKIPPED, {len(cases)} of {count} cases of the CAN laboratory: {why}")
    return 0 if (folder / "said").exists() else SKIPPED


def measure(program, folder, voltaic, configs):
    files = prepared(folder, voltaic, configs)
    cases = machine.Cases(cases_of(program, MEASURED_TAG), MEASURING_CASE_SECONDS_MAX)
    try:
        said = machine.run_cases(program, cases, folder, files)
    except (machine.Missing, subprocess.CalledProcessError, OSError) as missing:
        print(f"SKIPPED, nothing was measured: {missing}")
        return SKIPPED
    print(said.replace("\r", ""))
    return max((int(match["code"]) for match in CASE.finditer(said.replace("\r", ""))), default=1)


def report(folder, program, name):
    said = folder / "said"
    text = said.read_text(encoding="utf-8") if said.exists() else ""
    for part in re.split(r"^WHERE ", text, flags=re.M)[1:]:
        where, rest = part.split("\n", 1)
        found = CASE.match(rest)
        if found["name"] == name:
            print(f"in {where}:\n{found['said']}")
            return int(found["code"])
    skipped = folder / "skipped"
    if skipped.exists():
        print(f"SKIPPED, nothing was tested: {skipped.read_text(encoding='utf-8').strip()}")
        return SKIPPED
    print(f"'{name}' did not end; the machine's console said:")
    console = folder / "console.log"
    if console.exists():
        print(console.read_text(encoding="utf-8", errors="replace")[-4000:])
    return 1


def main(arguments):
    if arguments[:1] == ["run"] and len(arguments) == 5:
        return run(arguments[1], pathlib.Path(arguments[2]), *arguments[3:])
    if arguments[:1] == ["measure"] and len(arguments) == 5:
        return measure(arguments[1], pathlib.Path(arguments[2]), *arguments[3:])
    if arguments[:1] == ["report"] and len(arguments) >= 4:
        if arguments[3].startswith("-") or "--list-test-names-only" in arguments:
            return subprocess.run(arguments[2:], check=False).returncode
        return report(pathlib.Path(arguments[1]), arguments[2], arguments[3])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
