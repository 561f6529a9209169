"""Runs clang-tidy, by .clang-tidy, over the sources that are named on standard input, a line each.

usage: tidy.py BUILD_FOLDER JOBS

What a source includes takes longer to read than the source itself: where the build joins several of
the named sources and compiles them as one, they are looked at as one, too. What was clean is looked at
again when it, something that it includes (by what ninja noted in the build), or how it is compiled or
looked at has changed: BUILD_FOLDER/tidy keeps an empty file for each such state. Exits with 1 if there
are findings."""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

# A file that the build made joins sources by including them.
INCLUDED = re.compile(r'^#include "(.*\.cpp)"$', re.MULTILINE)
JOINED = [
    "--checks=-bugprone-suspicious-include",
    r"--header-filter=(messages|bus|actors|nodes|tests|examples)/.*\.[ch]pp$",
]
NOISE = re.compile(r"^\d+ warnings?( and \d+ errors?)? generated\.$|^Error while processing .*$")
# These change by the package manager alone, together with their compiler.
SYSTEM = "/usr/"


class Build:
    """What is known of how sources are compiled."""

    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as commands:
            self.commands = {os.path.realpath(entry["file"]): entry["command"]
                             for entry in json.load(commands)}
        self.dependencies = self.read_dependencies()
        self.kept = os.path.join(folder, "tidy")
        os.makedirs(self.kept, exist_ok=True)
        version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, check=True)
        with open(".clang-tidy", "rb") as rules:
            self.common = version.stdout + rules.read()
        self.digests = {}

    def read_dependencies(self):
        """By source, all that it includes of this project. Ninja names the source first."""
        said = subprocess.run(["ninja", "-C", self.folder, "-t", "deps"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=True)
        known = {}
        for block in said.stdout.split("\n\n"):
            paths = [line.strip() for line in block.splitlines()[1:]]
            files = [os.path.realpath(os.path.join(self.folder, path)) for path in paths
                     if not path.startswith(SYSTEM)]
            if files:
                known.setdefault(files[0], set()).update(files)
        return known

    def joined(self):
        """The sources in each file of the build that joins some."""
        parts = {}
        for file in sorted(self.commands):
            if "/Unity/" not in file:
                continue
            with open(file, encoding="utf-8") as text:
                parts[file] = [os.path.relpath(name) for name in INCLUDED.findall(text.read())]
        return parts

    def digest_of(self, path):
        if path not in self.digests:
            with open(path, "rb") as file:
                self.digests[path] = hashlib.sha256(file.read()).digest()
        return self.digests[path]

    def mark_of(self, file, options):
        """The file that stands for what is looked at now; None: that is not known."""
        source = os.path.realpath(file)
        if source not in self.dependencies or source not in self.commands:
            return None
        state = hashlib.sha256(self.common)
        state.update("\0".join([self.commands[source], *options]).encode())
        try:
            for path in sorted(self.dependencies[source]):
                state.update(path.encode() + self.digest_of(path))
        except OSError:
            return None
        return os.path.join(self.kept, state.hexdigest())


def units(sources, parts, commands):
    """What to look at, so that each source is in one of them: a list of (file, its sources); and the
    sources that this build does not compile. How a source is compiled that only stands in a file
    that joins several, that file knows alone."""
    left = set(sources)
    chosen = []
    for file, contents in parts.items():
        wanted = left.intersection(contents)
        lone = [source for source in wanted if os.path.realpath(source) not in commands]
        if lone or (len(wanted) > 1 and len(wanted) == len(contents)):
            chosen.append((file, contents))
            left.difference_update(contents)
    alone = [source for source in sorted(left) if os.path.realpath(source) in commands]
    return chosen + [(source, [source]) for source in alone], sorted(left.difference(alone))


def look_at(folder, file, options):
    said = subprocess.run(
        ["nice", "clang-tidy", "-p", folder, "--quiet", *options, file],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = [line for line in said.stdout.splitlines() if not NOISE.match(line)]
    return said.returncode == 0, "\n".join(lines)


def main():
    folder, jobs = sys.argv[1], int(sys.argv[2])
    sources = sys.stdin.read().split()
    began = time.monotonic()
    build = Build(folder)
    work = []
    parts, foreign = units(sources, build.joined(), build.commands)
    for file, contents in parts:
        options = JOINED if file not in contents else []
        mark = build.mark_of(file, options)
        if mark is None or not os.path.exists(mark):
            work.append((file, contents, options, mark))
    print(f"clang-tidy: {len(sources)} sources, of which {sum(len(each[1]) for each in work)} are "
          f"looked at in {len(work)} parts, {jobs} at a time", flush=True)
    if foreign:
        print(f"not compiled in {folder}, and not looked at: {' '.join(foreign)}")
    is_clean = True
    told = set()  # what a header has is found again by each source that includes it
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        looks = {pool.submit(look_at, folder, file, options): (contents, mark)
                 for file, contents, options, mark in work}
        for done, look in enumerate(concurrent.futures.as_completed(looks), 1):
            contents, mark = looks[look]
            unit_is_clean, text = look.result()
            if unit_is_clean and mark is not None:
                with open(mark, "wb"):
                    pass
            if not unit_is_clean and text not in told:
                told.add(text)
                print(text)
            is_clean = is_clean and unit_is_clean
            word = "clean" if unit_is_clean else "FINDINGS"
            print(f"[{done}/{len(work)}] {word} {' '.join(contents)}", flush=True)
    print(f"clang-tidy: {'no findings' if is_clean else 'there are findings'}, "
          f"{time.monotonic() - began:.0f} s")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
