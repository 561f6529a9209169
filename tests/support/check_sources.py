#!/usr/bin/env python3
"""Looks through the sources for what the house forbids and no compiler sees.

usage: check_sources.py FOLDER      findings of a source tree, one a line; exit 1 if any
       check_sources.py --self-test every rule finds what it is there for
"""
import pathlib
import re
import sys
import tempfile

ROOMS = ("messages", "bus", "actors", "nodes")
LINES_MAX = 600
FUNCTION_LINES_MAX = 70
CODE = {".hpp", ".cpp"}
TEXT = CODE | {".md", ".txt", ".cmake", ".json", ".toml", ".py", ".capnp", ""}
GENERATED = {"build", ".git", "node_modules", "__pycache__"}
# Who may include what: a prefix of the include, and the folders where it may stand.
LIBRARIES = {
    "caf/": ("actors/runtime/", "nodes/"),
    "zmq": ("bus/message/", "examples/"),
    "capnp/": ("messages/codec/", "examples/"),
    "kj/": ("messages/codec/", "examples/"),
    "messages/schema/": ("messages/codec/", "examples/"),
    "modbus": ("bus/modbus/",),
    "SQLiteCpp/": ("bus/storage/",),
    "sqlite3": ("bus/storage/",),
    "sodium": ("bus/signing/",),
    "curses": ("nodes/view/",),
    # Its header is slow to compile.
    "CLI/": ("nodes/cli/command_options.cpp", "nodes/cli/commands.cpp"),
}
# What an actor's model may include beside messages/ and the standard library.
MODEL_LIBRARIES = ("Eigen", "fmt")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
MARKER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
# Tests that are compiled several as one (tests/CMakeLists.txt).
JOINED_TEST = re.compile(r"^tests/(?:messages|bus|actors|nodes|scenarios|chaos)/(?:.*/)?(\w+_test)\.cpp$")
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:work|home|root|Users)/\w")


def include_findings(path, target):
    """What is wrong with an include of `target` in the file `path`."""
    if target.startswith("../") or "/../" in target:
        yield f'"{target}": includes start at a room, not at ../'
    room = path.split("/")[0]
    root = target.split("/")[0]
    is_model = room == "actors" and "_model" in path.split("/")[-1]
    if is_model and "/" in target and root not in ROOMS + MODEL_LIBRARIES:
        yield f'"{target}": a model knows only messages/, Eigen and fmt'
    for prefix, folders in LIBRARIES.items():
        if target.startswith(prefix) and not path.startswith(folders):
            yield f'"{target}": only in {" and ".join(folders)}'
    if room not in ROOMS or target.split("/")[0] not in ROOMS:
        return
    other = target.split("/")
    if ROOMS.index(other[0]) > ROOMS.index(room):
        yield f'"{target}": {room}/ must not know {other[0]}/'
    if room == "actors":
        own = path.split("/")[1]
        if other[0] == "actors" and other[1] not in (own, "runtime"):
            yield f'"{target}": actors meet only in messages'
        if is_model and (other[0] == "bus" or (other[0] == "actors" and other[1] != own)):
            yield f'"{target}": a model knows only messages/'


def long_functions(lines):
    """Bodies longer than the limit, found by the indentation that the formatter gives them."""
    for start, line in enumerate(lines):
        head = line.rstrip()
        if not head.endswith("{") or ")" not in head:
            continue
        # A constructor's initializers stand deeper than the brace that ends it.
        indent = len(head) - len(head.lstrip())
        for end in range(start + 1, len(lines)):
            body = lines[end].lstrip()
            if body.startswith("}") and len(lines[end]) - len(body) <= indent:
                if end - start + 1 > FUNCTION_LINES_MAX:
                    yield start + 1, f"a function of {end - start + 1} lines"
                break


def has_own_namespace(path, text):
    """A test's namespace is called as its file, or its folder and file."""
    joined = JOINED_TEST.match(path)
    return not joined or re.search(rf"^namespace (?:[\w:]+::)?\w*{joined.group(1)} {{$", text, re.M)


def file_findings(path, text):
    lines = text.splitlines()
    suffix = pathlib.PurePosixPath(path).suffix
    if not has_own_namespace(path, text):
        yield 1, "a test stands in a namespace called as its file: several are compiled as one"
    if len(lines) > LINES_MAX and suffix in CODE | {".py"}:
        yield 1, f"{len(lines)} lines, at most {LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if MARKER.search(line):
            yield number, "a leftover marker"
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine"
        if suffix in CODE:
            match = INCLUDE.match(line)
            if match and path.split("/")[0] in ROOMS:
                for finding in include_findings(path, match.group(1)):
                    yield number, finding
    if suffix in CODE:
        yield from long_functions(lines)


def tree_findings(root):
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root)
        if GENERATED & set(path.parts) or file.suffix not in TEXT or not file.is_file():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, finding in file_findings(path.as_posix(), text):
            yield f"{path.as_posix()}:{number}: {finding}"


# A file, what stands in it, and whether that must be found.
CASES = [
    ("messages/a.cpp", '#include "messages/quality.hpp"\n', False),
    ("messages/a.cpp", '#include "bus/can/port.hpp"\n', True),
    ("messages/a.cpp", '#include "../bus/can/port.hpp"\n', True),
    ("messages/points/a.cpp", "#include <capnp/message.h>\n", True),
    ("messages/codec/a.cpp", "#include <capnp/message.h>\n", False),
    ("messages/a.cpp", "#include <kj/common.h>\n", True),
    ("messages/points/a.cpp", '#include "messages/schema/voltaic.capnp.h"\n', True),
    ("bus/can/a.cpp", '#include "messages/quality.hpp"\n', False),
    ("bus/can/a.cpp", '#include "actors/rack/rack_model.hpp"\n', True),
    ("bus/can/a.cpp", "#include <zmq.hpp>\n", True),
    ("bus/message/zmq/a.cpp", "#include <zmq.hpp>\n", False),
    ("bus/message/a.cpp", "#include <caf/actor.hpp>\n", True),
    ("bus/can/a.cpp", "#include <modbus/modbus.h>\n", True),
    ("bus/can/a.cpp", "#include <SQLiteCpp/SQLiteCpp.h>\n", True),
    ("nodes/site/a.cpp", "#include <sodium.h>\n", True),
    ("bus/signing/a.cpp", "#include <sodium.h>\n", False),
    ("actors/rack/a.cpp", '#include "actors/runtime/actor.hpp"\n', False),
    ("actors/rack/a.cpp", '#include "actors/protection/protection_model.hpp"\n', True),
    ("actors/rack/a.cpp", "#include <caf/actor.hpp>\n", True),
    ("actors/runtime/a.cpp", "#include <caf/actor.hpp>\n", False),
    ("actors/runtime/a.cpp", '#include "nodes/site/site.hpp"\n', True),
    ("actors/rack/rack_model.cpp", '#include "bus/can/port.hpp"\n', True),
    ("actors/rack/rack_model.cpp", '#include "actors/rack/rack_model.hpp"\n', False),
    ("actors/rack/rack_model.cpp", "#include <fmt/format.h>\n", False),
    ("actors/rack/rack_model.cpp", "#include <algorithm>\n", False),
    ("actors/rack/rack_model.cpp", "#include <nlohmann/json.hpp>\n", True),
    ("actors/rack/rack_model.cpp", "#include <sys/stat.h>\n", True),
    ("actors/rack/rack_actor.cpp", "#include <nlohmann/json.hpp>\n", False),
    ("nodes/process/a.cpp", '#include "actors/rack/rack_actor.hpp"\n', False),
    ("nodes/process/a.cpp", "#include <zmq.h>\n", True),
    ("nodes/cli/commands.cpp", "#include <CLI/CLI.hpp>\n", False),
    ("nodes/cli/status.cpp", "#include <CLI/CLI.hpp>\n", True),
    ("nodes/a.cpp", "// TO" + "DO later\n", True),
    ("docs/a.md", "see /wo" + "rk/somewhere\n", True),
    ("docs/a.md", "see messages/work/somewhere\n", False),
    ("tests/bus/can/a_test.cpp", "namespace a_test {\n", False),
    ("tests/bus/can/a_test.cpp", "namespace voltaic::bus::can_a_test {\n", False),
    ("tests/bus/can/a_test.cpp", "namespace voltaic::bus {\n", True),
    ("tests/bus/can/a.cpp", "namespace voltaic::bus {\n", False),
    ("bus/a.cpp", "int a;\n" * (LINES_MAX + 1), True),
    ("bus/a.cpp", "int a;\n" * LINES_MAX, False),
    ("bus/a.cpp", "void f() {\n" + "  g();\n" * FUNCTION_LINES_MAX + "}\n", True),
    ("bus/a.cpp", "void f() {\n" + "  g();\n" * (FUNCTION_LINES_MAX - 2) + "}\n", False),
]


def self_test():
    failed = 0
    for path, text, expected in CASES:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True)
            file.write_text(text, encoding="utf-8")
            found = list(tree_findings(pathlib.Path(folder)))
        if bool(found) != expected:
            failed += 1
            print(f"{path} with {text[:60]!r}: found {found}, expected {expected}")
    print(f"{len(CASES)} cases, {failed} failed")
    return failed


def main(arguments):
    if arguments == ["--self-test"]:
        return 1 if self_test() else 0
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    findings = list(tree_findings(pathlib.Path(arguments[0])))
    print("\n".join(findings) if findings else "no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
