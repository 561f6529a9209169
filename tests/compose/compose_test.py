#!/usr/bin/env python3
"""Runs compose/compose.yaml, kills containers, and looks whether the site stays what it was.

Exit 0: it did. Exit 77: skipped, with the reason. The image is built by `./dev compose build`.
"""

import json
import os
import shutil
import subprocess
import sys
import time

SKIPPED = 77
IMAGE = "voltaic-demo"
PROJECT = f"voltaic-test-{os.getpid()}"
PROJECT_ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RACKS = [f"rack_{number}" for number in range(4)]
NODES = ["relay", *RACKS, "inverter_0", "site"]
# Generous: a busy machine, and Docker's own backoff between restarts.
READY_S = 90


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done


def compose_command():
    """docker compose, or its predecessor."""
    if shutil.which("docker") is None:
        skip("no docker command")
    if run("docker", "info", check=False).returncode != 0:
        skip("no Docker engine answers")
    image = run("docker", "image", "inspect", "-f", '{{index .Config.Labels "voltaic.sources"}}',
                IMAGE, check=False)
    sources = run(os.path.join(PROJECT_ROOT, "dev"), "compose", "sources", check=False)
    if image.returncode != 0 or not sources.stdout or image.stdout != sources.stdout:
        skip(f"no image {IMAGE} of these sources: ./dev compose build makes it")
    if run("docker", "compose", "version", check=False).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose") is not None:
        return ["docker-compose"]
    skip("neither docker compose nor docker-compose")


class Site:
    """The containers of one run."""

    def __init__(self, compose):
        site = os.path.join(PROJECT_ROOT, "compose", "compose.yaml")
        self.compose = [*compose, "-p", PROJECT, "-f", site]

    def up(self):
        run(*self.compose, "up", "-d")

    def down(self):
        run(*self.compose, "down", "-v", "-t", "8", check=False)

    def container(self, service):
        return run(*self.compose, "ps", "-q", service).stdout.strip()

    def about(self, service, template):
        return run("docker", "inspect", "-f", template, self.container(service)).stdout.strip()

    def voltaic(self, *arguments):
        """As a person would ask, in a container that is not killed."""
        return run("docker", "exec", self.container("simulator"), "voltaic", *arguments, check=False)

    def kill(self, service):
        """kill -9 of its process: `docker kill` would tell Docker that it is meant to end."""
        pid = self.about(service, "{{.State.Pid}}")
        run("docker", "run", "--rm", "--pid=host", "--entrypoint", "sh", IMAGE,
            "-c", f"kill -9 {pid}")

    def points(self, pattern):
        said = self.voltaic("points", pattern, "--json").stdout
        return {point["point"]: point for point in map(json.loads, said.splitlines())}


def until(what, holds):
    end = time.monotonic() + READY_S
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not within {READY_S} s: {what}")
        time.sleep(0.5)
    print(f"ok: {what}", flush=True)


def all_cells_good(site):
    cells = site.points("rack_*/cell_voltage")
    return len(cells) == len(RACKS) and all(
        point["quality"] == "good" and point["count"] == 480 for point in cells.values())


def contactors(site):
    return {name.split("/")[0]: point.get("value")
            for name, point in site.points("rack_*/contactor").items()}


def all_healthy(site):
    return all(site.about(node, "{{.State.Health.Status}}") == "healthy" for node in NODES)


def started(site, services):
    return {service: site.about(service, "{{.State.StartedAt}}") for service in services}


def kill_and_judge(site, victim):
    """Only the victim is disturbed; what it had closed stays open until a person closes it."""
    others = [node for node in NODES if node != victim]
    before = started(site, others)
    was_running = started(site, [victim])
    closed = [rack for rack, state in contactors(site).items() if state == "closed"]
    site.kill(victim)
    until(f"{victim} was killed and runs again",
          lambda: site.about(victim, "{{.State.Running}}") == "true"
          and started(site, [victim]) != was_running)
    until(f"after {victim} all cells are good", lambda: all_cells_good(site))
    until(f"after {victim} the contactors are told", lambda: None not in contactors(site).values())
    assert started(site, others) == before, f"killing {victim} restarted others"
    stays_closed = [rack for rack in closed if rack != victim]
    now = contactors(site)
    assert all(now[rack] == "closed" for rack in stays_closed), f"{victim} killed, but {now}"
    if victim in closed:
        until(f"{victim} is open", lambda: contactors(site)[victim] == "open")
        time.sleep(2)
        assert contactors(site)[victim] == "open", f"{victim} closed by itself"


def judge(site):
    until("480 good cells of each of 4 racks", lambda: all_cells_good(site))
    until("every node is healthy", lambda: all_healthy(site))
    for rack in RACKS:
        closed = site.voltaic("set", f"{rack}/contactor", "close", "--reason", "test")
        assert closed.returncode == 0, closed.stdout + closed.stderr
    for victim in ("rack_0", "relay", "site"):
        kill_and_judge(site, victim)
    until("every node is healthy again", lambda: all_healthy(site))
    status = json.loads(site.voltaic("status", "--json").stdout)
    assert {node["state"] for node in status["nodes"]} == {"running"}, status


def main():
    site = Site(compose_command())
    try:
        site.up()
        judge(site)
    finally:
        site.down()
    print("the site of containers stands")


if __name__ == "__main__":
    main()
