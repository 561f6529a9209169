#!/usr/bin/env python3
"""Where the laboratory's cases run, and how loudly they do not: with a test program, an `unshare`
and a machine that only pretend. usage: laboratory_script_test.py"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE / "laboratory.py"
VIRTUAL, CONTROLLER, SLOW = "a frame, sent", "two controllers", "one that never ends"
J1939 = "with the kernel's stack"

# Lists its cases as Catch2 does; says which kernel it believes to be in.
PROGRAM = f"""#!/bin/sh
case "$*" in
  "[controller] --list-test-names-only") echo '{CONTROLLER}' ;;
  "[kernel_j1939] --list-test-names-only") echo "{J1939}" ;;
  "--list-test-names-only") printf '%s\\n' '{VIRTUAL}' '{CONTROLLER}' '{SLOW}' "{J1939}" ;;
  "{SLOW}"*) sleep 600 ;;
  *) echo "I am $1, in $PRETENDED_NAMESPACE"; [ -d "$LABORATORY/profiles" ] && ! [ -L "$LABORATORY/profiles" ] ;;
esac
"""
# Takes the options that in_namespace.sh gives; mount and ip are pretended too.
UNSHARE = """#!/bin/sh
while [ "$1" != sh ]; do shift; done
export PRETENDED_NAMESPACE=a_namespace
exec "$@"
"""
NO_UNSHARE = """#!/bin/sh
echo 'unshare failed: Operation not permitted' >&2
exit 1
"""
NOTHING = "#!/bin/sh\n"
CAN_TOOLS = ("candump", "cansend", "cangen", "canplayer", "dash", "ip", "j1939acd", "j1939cat", "mount")


class Laboratory(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.addCleanup(self.place.cleanup)
        self.folder = pathlib.Path(self.place.name)
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        self.said = self.folder / "said_by_cases"
        self.program = self.written("program", PROGRAM)
        self.written("voltaic", NOTHING)
        for name in ("profiles", "protection"):
            (self.folder / "configs" / name).mkdir(parents=True)
        for tool in CAN_TOOLS:
            self.written(f"tools/{tool}", NOTHING)
        self.written("tools/unshare", UNSHARE)

    def written(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def script(self, *arguments):
        """With the machine out of reach: apt and qemu are not asked."""
        code = ("import sys; sys.path.insert(0, sys.argv.pop(1)); import machine, laboratory\n"
                "def none(*unused): raise machine.Missing('no qemu here')\n"
                "machine.run_cases = none\n"
                "laboratory.CASE_SECONDS_MAX = 1\n"
                "sys.exit(laboratory.main(sys.argv[1:]))")
        return subprocess.run(
            [sys.executable, "-c", code, str(HERE), *arguments], capture_output=True, text=True,
            check=False, timeout=60,
            env=os.environ | {"PATH": f"{self.tools}:{os.environ['PATH']}"})

    def run_all(self):
        return self.script("run", self.program, str(self.said), str(self.folder / "voltaic"),
                           str(self.folder / "configs"))

    def report(self, name):
        return self.script("report", str(self.said), self.program, name)

    def test_cases_without_controller_run_in_this_machines_kernel_where_it_has_vcan(self):
        ran = self.run_all()
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("SKIPPED, 2 of 4 cases", ran.stdout)
        case = self.report(VIRTUAL.replace(",", "\\,"))
        self.assertEqual(case.returncode, 0, case.stdout + case.stderr)
        self.assertIn("in this machine's kernel:", case.stdout)
        self.assertIn("in a_namespace", case.stdout)

    def test_a_case_that_does_not_end_is_killed_and_fails(self):
        self.run_all()
        self.assertEqual(self.report(SLOW).returncode, 128 + 9)

    def test_cases_that_need_a_controller_or_j1939_say_which_machine_was_missing(self):
        self.run_all()
        for name in (CONTROLLER, J1939):
            case = self.report(name)
            self.assertEqual(case.returncode, 77)
            self.assertIn("SKIPPED, nothing was tested: a virtual machine with Debian's kernel: no "
                          "qemu", case.stdout)

    def test_where_neither_can_be_had_each_case_says_why(self):
        self.written("tools/unshare", NO_UNSHARE)
        ran = self.run_all()
        self.assertEqual(ran.returncode, 77)
        self.assertIn("SKIPPED, 4 of 4 cases of the CAN laboratory: this machine's kernel: "
                      "unshare failed: Operation not permitted; a virtual machine with "
                      "Debian's kernel: no qemu here", ran.stdout)
        for name in (VIRTUAL, CONTROLLER, J1939):
            case = self.report(name)
            self.assertEqual(case.returncode, 77)
            self.assertIn("Operation not permitted", case.stdout)
            self.assertIn("no qemu here", case.stdout)

    def test_ctest_names_what_was_skipped(self):
        self.written("tools/unshare", NO_UNSHARE)
        (self.folder / "skipping").write_text(f"{self.run_all().returncode}", encoding="ascii")
        (self.folder / "CTestTestfile.cmake").write_text(
            f'add_test("have run" sh -c "exit $(cat skipping)")\n'
            f'set_tests_properties("have run" PROPERTIES FIXTURES_SETUP lab SKIP_RETURN_CODE 77)\n'
            f'add_test("{CONTROLLER}" "{sys.executable}" "{SCRIPT}" report "{self.said}" '
            f'"{self.program}" "{CONTROLLER}")\n'
            f'set_tests_properties("{CONTROLLER}" PROPERTIES FIXTURES_REQUIRED lab '
            "SKIP_RETURN_CODE 77)\n", encoding="utf-8")
        said = subprocess.run(["ctest"], cwd=self.folder, capture_output=True, text=True, check=False,
                              timeout=60).stdout
        for name in ("have run", CONTROLLER):
            self.assertRegex(said, rf"{name} \.*\*\*\*Skipped")
        self.assertRegex(said, rf"did not run:\s+1 - have run \(Skipped\)\s+2 - {CONTROLLER} "
                               r"\(Skipped\)")

    def test_a_case_that_the_machine_did_not_reach_fails(self):
        self.said.mkdir()
        (self.said / "console.log").write_text("Kernel panic", encoding="utf-8")
        case = self.report(VIRTUAL)
        self.assertEqual(case.returncode, 1)
        self.assertIn("Kernel panic", case.stdout)


if __name__ == "__main__":
    unittest.main()
