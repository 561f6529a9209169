"""A small virtual machine with Debian's kernel, for what the kernel of this machine may lack: CAN.

It holds a virtual CAN interface (vcan0) and two emulated SJA1000 controllers on one wire (can0,
can1), runs the cases of one test program, and says of each how it ended. The emulated controllers
know no errors: a module of the project, built against the same kernel, makes the driver see some.
Nothing is installed: the kernel's packages are downloaded by apt, unpacked into a cache in the
user's folder, and used again.
"""
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import typing

HERE = pathlib.Path(__file__).resolve().parent
# In this order, since none is looked for by the kernel itself.
MODULES = (
    "net/can/can.ko",
    "net/can/can-raw.ko",
    "drivers/net/can/dev/can-dev.ko",
    "drivers/net/can/vcan.ko",
    "net/can/j1939/can-j1939.ko",
    "drivers/net/can/sja1000/sja1000.ko",
    "drivers/net/can/sja1000/kvaser_pci.ko",
)
TOOLS = ("candump", "cansend", "cangen", "canplayer", "dash", "ip", "j1939acd", "j1939cat", "timeout",
         "unshare")
OWN_MODULE = "controller_states"
MEMORY_MIB = 512
BOOT_AND_RUN_SECONDS_MAX = 400
# What a case that needs a controller, not only a virtual interface, bears.
CONTROLLER_TAG = "[controller]"
# What a case bears that speaks with the kernel's own J1939 stack.
J1939_TAG = "[kernel_j1939]"
# What a site file names, from there.
CONFIGS = ("profiles", "protection")
# A car's buses, among the files that cases have at hand where there is one.
RECORDING = "kona.csv"


class Case(typing.NamedTuple):
    name: str  # escaped
    needs_controller: bool
    needs_j1939: bool = False


class Cases(typing.NamedTuple):
    all: list
    seconds_max: int  # of each


class Missing(Exception):
    """The machine cannot be had here; says why."""


def needed(program):
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin")
    if not found:
        raise Missing(f"{program} is not installed")
    return found


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(base) / "voltaic" / "laboratory"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def package_behind(name):
    """The package with a version in its name that a package without one depends on."""
    said = run("apt-cache", "depends", name)
    found = re.search(r"Depends: (\S+)", said)
    if not found:
        raise Missing(f"apt knows no package {name}")
    return found.group(1)


def download(package, folder):
    try:
        run("apt-get", "download", package, cwd=folder)
    except subprocess.CalledProcessError:
        # Lists may be older than the mirror's packages. Only root may renew them.
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False)
        try:
            run("apt-get", "download", package, cwd=folder)
        except subprocess.CalledProcessError as refused:
            reason = refused.stderr.strip().splitlines() or ["no reason given"]
            raise Missing(f"{package} cannot be downloaded: {reason[-1]}") from refused


@contextlib.contextmanager
def locked(path):
    with open(path, "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def unpacked(*packages):
    """The folder that holds the packages' files; fetched when it is not there."""
    target = cache() / packages[0]
    with locked(cache() / "lock"):
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=cache()) as work:
                folder = pathlib.Path(work)
                for package in packages:
                    download(package, folder)
                for archive in folder.glob("*.deb"):
                    run("dpkg-deb", "-x", archive, folder / "files")
                (folder / "files").rename(target)
    return target


def kernel():
    """Its image, its version and the folder of its modules. What an earlier run fetched serves
    without a net."""
    known = sorted(path for path in cache().glob("linux-image-*") if path.is_dir())
    try:
        package = unpacked(package_behind("linux-image-amd64"))
    except (Missing, subprocess.CalledProcessError, OSError):
        if not known:
            raise
        package = known[-1]
    image = next((package / "boot").glob("vmlinuz-*"))
    modules = next((package / "lib/modules").iterdir())
    return image, modules.name, modules / "kernel"


def build_module(version, folder):
    """The project's own, against the kernel's headers, which are unpacked beside each other."""
    headers = f"linux-headers-{version}"
    common = headers.replace("-amd64", "-common")
    sources = unpacked(headers, common, "linux-kbuild-" + ".".join(version.split(".")[:2])) / "usr/src"
    # Its own Makefile means the place where it would be installed.
    (sources / headers / "Makefile").write_text(f"include {sources / common / 'Makefile'}\n",
                                                encoding="ascii")
    shutil.copy2(HERE / "module" / f"{OWN_MODULE}.c", folder)
    (folder / "Kbuild").write_text(f"obj-m := {OWN_MODULE}.o\n", encoding="ascii")
    run("make", "-C", sources / headers, f"M={folder}", "modules")
    run("strip", "--strip-debug", folder / f"{OWN_MODULE}.ko")
    return folder / f"{OWN_MODULE}.ko"


def libraries_of(program):
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", said)


def add_program(root, source, target, strip=False):
    """With the libraries that it asks for, where it asks for them."""
    place = root / target
    place.parent.mkdir(parents=True, exist_ok=True)
    if strip:
        run("strip", "-o", place, source)
    else:
        shutil.copy2(source, place)
    for library in libraries_of(source):
        copy = root / library.lstrip("/")
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(os.path.realpath(library), copy)


def build_files(root, modules, program, cases, files):
    for folder in ("proc", "sys", "dev", "tmp", "lib/modules"):
        (root / folder).mkdir(parents=True)
    add_program(root, needed("busybox"), "bin/busybox")
    for tool in TOOLS:
        add_program(root, needed(tool), f"usr/bin/{tool}")
    add_program(root, program, "laboratory/program", strip=True)
    add_program(root, files / "voltaic", "laboratory/voltaic", strip=True)
    for name in CONFIGS:
        shutil.copytree(files / name, root / "laboratory" / name)
    if (files / RECORDING).exists():
        shutil.copy2(files / RECORDING, root / "laboratory")
    for module in modules:
        shutil.copy2(module, root / "lib/modules")
    order = "\n".join(module.name for module in modules)
    (root / "laboratory/modules").write_text(order + "\n", encoding="ascii")
    kinds = {True: "controller", False: "virtual"}
    (root / "laboratory/cases").write_text(
        "".join(f"{kinds[case.needs_controller]} {case.name}\n" for case in cases.all),
        encoding="utf-8")
    (root / "laboratory/seconds").write_text(f"{cases.seconds_max}\n", encoding="ascii")
    shutil.copy2(HERE / "in_namespace.sh", root / "laboratory")
    shutil.copy2(HERE / "init.sh", root / "init")
    (root / "init").chmod(0o755)


def pack(root, archive):
    """Uncompressed: an emulated processor takes longer to unpack it than to read it."""
    files = "\0".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with open(archive, "wb") as out:
        subprocess.run([needed("cpio"), "-0", "-o", "-H", "newc", "--quiet"], cwd=root, check=True,
                       input=files.encode(), stdout=out)


def boot(image, archive, folder):
    """Runs the machine until it powers off; leaves console.log and results.log in `folder`."""
    console, results = folder / "console.log", folder / "results.log"
    command = [
        needed("qemu-system-x86_64"), "-smp", "1", "-accel", "tcg", "-m", str(MEMORY_MIB),
        "-display", "none", "-monitor", "none", "-no-reboot", "-nic", "none",
        "-kernel", image, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1",
        "-serial", f"file:{console}", "-serial", f"file:{results}",
        "-object", "can-bus,id=wire0",
        "-device", "kvaser_pci,canbus=wire0", "-device", "kvaser_pci,canbus=wire0",
    ]
    try:
        subprocess.run(command, check=True, timeout=BOOT_AND_RUN_SECONDS_MAX,
                       stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        pass  # The cases that did not end are told from what was written.
    return results.read_text(encoding="utf-8", errors="replace")


def run_cases(program, cases, folder, files):
    """What the machine wrote of the `Cases`, in the form that init.sh has. They find `files` below
    LABORATORY."""
    image, version, kernel_modules = kernel()
    with tempfile.TemporaryDirectory() as work:
        root = pathlib.Path(work) / "root"
        own = pathlib.Path(work) / "module"
        for folder_of_work in (root, own):
            folder_of_work.mkdir()
        modules = [kernel_modules / name for name in MODULES] + [build_module(version, own)]
        build_files(root, modules, program, cases, files)
        archive = pathlib.Path(work) / "initramfs"
        pack(root, archive)
        return boot(image, archive, folder)
