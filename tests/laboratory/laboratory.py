#!/usr/bin/env python3
"""The CAN laboratory: runs the cases of a test program where there is SocketCAN.

usage: laboratory.py run PROGRAM FOLDER VOLTAIC PROFILES   run all cases; FOLDER keeps what they
                                            said; the two are at hand for them, below LABORATORY
       laboratory.py report FOLDER PROGRAM NAME ...   say how a case ended; as a test does
       laboratory.py report FOLDER PROGRAM --list...  what the program itself says

Where this machine's kernel has vcan, and may make one, cases that need no controller run here, in
network namespaces of their own; the others in a small virtual machine (machine.py). Where neither
can be had, all are skipped, and each says why.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import machine

SKIPPED = 77
CASE_SECONDS_MAX = 60  # as init.sh has it
CASE = re.compile(r"^CASE (?P<name>.*)\n(?P<said>(?s:.*?))\nENDED (?P<code>\d+)$", re.M)
# What a case that needs a controller, not only a virtual interface, bears.
CONTROLLER_TAG = "[controller]"
HOST_SETUP = (
    "ip link set lo up && ip link add dev vcan0 type vcan && ip link set vcan0 mtu 72 up && "
    'exec "$0" "$@"'
)


def escaped(name):
    """As a test specification that means this name alone."""
    return re.sub(r"([\\,\[\]])", r"\\\1", name)


def names_of(program, *tags):
    """Of its cases, escaped: as ctest knows them."""
    said = subprocess.run([program, *tags, "--list-test-names-only"], capture_output=True, text=True,
                          check=False).stdout
    return [escaped(line) for line in said.splitlines() if line]


def on_host(program, *arguments, files="", **options):
    return subprocess.run(
        ["unshare", "--net", "sh", "-c", HOST_SETUP, program, *arguments],
        capture_output=True, text=True, check=False,
        env=os.environ | {"LABORATORY": str(files)}, **options)


def host_has_vcan():
    return shutil.which("unshare") is not None and on_host("/bin/true").returncode == 0


def run_on_host(program, names, files):
    said = []
    for name in names:
        ended = on_host(program, name, "--warn", "NoTests", "--use-colour", "no", files=files,
                        timeout=CASE_SECONDS_MAX)
        said.append(f"CASE {name}\n{ended.stdout}{ended.stderr}\nENDED {ended.returncode}\n")
    return "".join(said)


def run(program, folder, voltaic, profiles):
    shutil.rmtree(folder, ignore_errors=True)
    files = folder / "files"
    files.mkdir(parents=True)
    (files / "voltaic").symlink_to(voltaic)
    (files / "profiles").symlink_to(profiles)
    names = names_of(program)
    said = ""
    if host_has_vcan():
        with_controller = names_of(program, CONTROLLER_TAG)
        said = run_on_host(program, [name for name in names if name not in with_controller], files)
        (folder / "where").write_text("this machine's kernel\n", encoding="utf-8")
        names = with_controller
    try:
        said += machine.run_cases(program, names, folder, files)
        (folder / "where").write_text("a virtual machine with Debian's kernel\n", encoding="utf-8")
    except (machine.Missing, subprocess.CalledProcessError, OSError) as missing:
        (folder / "skipped").write_text(f"{missing}\n", encoding="utf-8")
        print(f"The CAN laboratory's machine cannot be had: {missing}")
    (folder / "said").write_text(said.replace("\r", ""), encoding="utf-8")
    return 0


def report(folder, program, name):
    said = folder / "said"
    cases = {match["name"]: match for match in CASE.finditer(said.read_text(encoding="utf-8"))}
    found = cases.get(name)
    if found:
        print(f"in {(folder / 'where').read_text(encoding='utf-8').strip()}:\n{found['said']}")
        return int(found["code"])
    skipped = folder / "skipped"
    if skipped.exists():
        print(f"SKIPPED, nothing was tested: {skipped.read_text(encoding='utf-8').strip()}")
        return SKIPPED
    print(f"'{name}' did not end; the machine's console said:")
    print((folder / "console.log").read_text(encoding="utf-8", errors="replace")[-4000:])
    return 1


def main(arguments):
    if arguments[:1] == ["run"] and len(arguments) == 5:
        return run(arguments[1], pathlib.Path(arguments[2]), *arguments[3:])
    if arguments[:1] == ["report"] and len(arguments) >= 4:
        if arguments[3].startswith("-") or "--list-test-names-only" in arguments:
            return subprocess.run(arguments[2:], check=False).returncode
        return report(pathlib.Path(arguments[1]), arguments[2], arguments[3])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
