#!/usr/bin/env python3
"""Assemble the initramfs archives that tests and `make run` boot.

    images.py base KERNEL   dom0: busybox, its modules, /init, store clients
    images.py tools         dom0: vane and its daemons
    images.py domu KERNEL   dom0: /etc/xen/demo.cfg, its kernel and initramfs
    images.py driver KERNEL the initramfs of a driver domain
    images.py xen           dom0: Debian's Xen 4.17 tools, for comparison

Each lands in build/image/<name>.cpio; a boot concatenates those it wants.
An archive newer than everything it was made from is left alone.
"""

import fcntl
import lzma
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("B") or "build"
BUILD = BUILD if os.path.isabs(BUILD) else os.path.join(ROOT, BUILD)
CACHE = os.environ.get("CACHE") or os.path.join(ROOT, "build", "cache")
BUSYBOX = "/bin/busybox"
KERNELS = ("6.1", "6.12")
TOOLS = ("vane", "vane-stored", "vane-consoled")

sys.path.insert(0, HERE)
from cpio import Archive  # noqa: E402


class ImageError(Exception):
    """Something an image needs is missing; the text names the remedy."""


def path_of(name):
    return os.path.join(BUILD, "image", name + ".cpio")


def kernel_dir(kernel):
    return os.path.join(CACHE, "kernels", kernel)


def vmlinuz(kernel):
    return os.path.join(kernel_dir(kernel), "vmlinuz")


def fetch(what):
    """Have fetch.sh put `what` into the cache."""
    run = subprocess.run([os.path.join(HERE, "fetch.sh"), what, CACHE])
    if run.returncode:
        raise ImageError(f"cannot fetch {what}; see the lines above")


def read(path):
    with open(path, encoding="utf-8") as handle:
        return handle.read()


def up_to_date(target, sources):
    if not os.path.exists(target):
        return False
    made = os.stat(target).st_mtime
    sources = list(sources) + [__file__, os.path.join(HERE, "cpio.py")]
    return all(os.stat(s).st_mtime <= made for s in sources)


# -- busybox and shared libraries --------------------------------------------

def add_busybox(archive):
    archive.file("bin/busybox", BUSYBOX, 0o755)
    applets = subprocess.run([BUSYBOX, "--list-full"], check=True,
                             capture_output=True, text=True).stdout
    for applet in applets.split():
        if applet not in ("linuxrc", "bin/busybox"):
            archive.link(applet, "/bin/busybox")
    archive.link("bin/sh", "/bin/busybox")


def libraries_of(program, search):
    """Shared objects that `program` loads, {path in the image: host file}."""
    env = dict(os.environ, LD_LIBRARY_PATH=search)
    out = subprocess.run(["ldd", program], capture_output=True, text=True,
                         env=env)
    found = {}
    if "statically linked" in out.stdout or "not a dynamic" in out.stderr:
        return found
    for line in out.stdout.splitlines():
        if "not found" in line:
            raise ImageError(f"{program}: {line.strip()}")
        match = re.match(r"\s*(\S+) => (/\S+)", line)
        if match:
            found["lib/x86_64-linux-gnu/" + match[1]] = match[2]
        elif match := re.match(r"\s*(/lib64/\S+) \(", line):
            found[match[1].strip("/")] = match[1]
    return found


def add_programs(archive, programs, search=""):
    """Add {path in the image: host file} with the libraries they load."""
    libraries = {}
    for path, source in programs.items():
        archive.file(path, source, 0o755)
        libraries.update(libraries_of(source, search))
    for path, source in libraries.items():
        archive.file(path, source, 0o755)


# -- kernel modules ----------------------------------------------------------

def listed_modules(table):
    lines = read(os.path.join(HERE, table)).splitlines()
    names = [line.split("#")[0].strip() for line in lines]
    return [name for name in names if name]


def module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def add_modules(archive, kernel, table="modules.list"):
    """Add the modules of that list, what they depend on, and modprobe's tables."""
    release = read(os.path.join(kernel_dir(kernel), "release")).strip()
    top = os.path.join(kernel_dir(kernel), "lib/modules", release)
    depends, by_name = {}, {}
    for line in read(os.path.join(top, "modules.dep")).splitlines():
        path, _, needs = line.partition(":")
        depends[path] = needs.split()
        by_name[module_name(path)] = path
    builtin = {module_name(line) for line in
               read(os.path.join(top, "modules.builtin")).splitlines()}

    wanted = set()
    for name in listed_modules(table):
        name = name.replace("-", "_")
        if name in builtin:
            continue
        if name not in by_name:
            raise ImageError(f"{release} has no module {name}")
        wanted.add(by_name[name])
        wanted.update(depends[by_name[name]])

    target = f"lib/modules/{release}/"
    table = []
    for path in sorted(wanted):
        with open(os.path.join(top, path), "rb") as handle:
            data = handle.read()
        if path.endswith(".xz"):
            data = lzma.decompress(data)
        archive.data(target + path.removesuffix(".xz"), data)
        needs = [n.removesuffix(".xz") for n in depends[path]]
        table.append(f"{path.removesuffix('.xz')}: {' '.join(needs)}\n")
    archive.data(target + "modules.dep", "".join(table).encode())

    kept = {module_name(path) for path in wanted}
    aliases = [line + "\n" for line in
               read(os.path.join(top, "modules.alias")).splitlines()
               if line.split()[-1] in kept]
    archive.data(target + "modules.alias", "".join(aliases).encode())


# -- the archives ------------------------------------------------------------

def make_base(kernel):
    fetch(kernel)
    fetch("xenstore")
    store = os.path.join(CACHE, "xenstore")
    sources = [os.path.join(HERE, "dom0-init"),
               os.path.join(HERE, "modules.list"),
               os.path.join(kernel_dir(kernel), ".complete"),
               os.path.join(store, ".complete"), BUSYBOX]
    target = path_of(f"base-{kernel}")
    if up_to_date(target, sources):
        return
    archive = Archive()
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "mnt", "etc/xen",
                 "var/log/xen/console", "var/lib/xen"):
        archive.directory(name)
    archive.char_device("dev/console", 5, 1)
    archive.char_device("dev/null", 1, 3, 0o666)
    archive.data("etc/passwd", b"root::0:0:root:/root:/bin/sh\n")
    archive.data("etc/group", b"root:x:0:\n")
    archive.file("init", os.path.join(HERE, "dom0-init"), 0o755)
    add_busybox(archive)
    add_modules(archive, kernel)
    bin_dir = os.path.join(store, "usr/bin")
    add_programs(archive,
                 {"usr/bin/" + name: os.path.join(bin_dir, name)
                  for name in sorted(os.listdir(bin_dir))
                  if name.startswith("xenstore")
                  and name != "xenstore-control"},
                 os.path.join(store, "usr/lib/x86_64-linux-gnu"))
    archive.write(target)


def make_tools():
    built = {name: os.path.join(BUILD, "tools", name) for name in TOOLS}
    missing = [name for name, path in built.items()
               if not os.path.exists(path)]
    if missing:
        raise ImageError(f"no {', '.join(missing)} in {BUILD}/tools; "
                         "build them with: make")
    starter = os.path.join(HERE, "start-vane")
    target = path_of("tools")
    if up_to_date(target, [*built.values(), starter]):
        return
    archive = Archive()
    add_programs(archive, {"usr/sbin/" + n: p for n, p in built.items()})
    archive.link("usr/sbin/xl", "vane")
    archive.file("etc/start-toolstack", starter, 0o755)
    archive.write(target)


DOMU_INIT = os.path.join(HERE, "domu-init")
DOMU_MODULES = "domu-modules.list"


def domu_initramfs(kernel):
    """What the demo domU boots from memory; its kernel has been fetched."""
    guest = Archive()
    for name in ("proc", "sys", "dev", "tmp", "root", "mnt"):
        guest.directory(name)
    guest.char_device("dev/console", 5, 1)
    guest.char_device("dev/null", 1, 3, 0o666)
    guest.file("init", DOMU_INIT, 0o755)
    add_busybox(guest)
    add_modules(guest, kernel, DOMU_MODULES)
    return guest.bytes()


def make_domu(kernel):
    fetch(kernel)
    demo = os.path.join(HERE, "demo.cfg")
    target = path_of(f"domu-{kernel}")
    if up_to_date(target, [demo, DOMU_INIT, vmlinuz(kernel), BUSYBOX,
                           os.path.join(HERE, DOMU_MODULES)]):
        return
    archive = Archive()
    archive.file("boot/domu/vmlinuz", vmlinuz(kernel), 0o644)
    archive.data("boot/domu/initrd.img", domu_initramfs(kernel))
    archive.file("etc/xen/demo.cfg", demo, 0o644)
    archive.write(target)


DRIVER_FSTAB = b"""\
proc /proc proc
sysfs /sys sysfs
devtmpfs /dev devtmpfs
tmpfs /run tmpfs
"""


def make_driver(kernel):
    """The initramfs of a driver domain itself, not a part of dom0's."""
    fetch(kernel)
    vane = os.path.join(BUILD, "tools", "vane")
    if not os.path.exists(vane):
        raise ImageError(f"no {vane}; build it with: make")
    modules = "driver-modules.list"
    init = os.path.join(HERE, "driver-init")
    target = path_of(f"driver-{kernel}")
    if up_to_date(target, [init, vane, vmlinuz(kernel), BUSYBOX,
                           os.path.join(HERE, modules)]):
        return
    archive = Archive()
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "mnt",
                 "var/log/xen"):
        archive.directory(name)
    archive.char_device("dev/console", 5, 1)
    archive.char_device("dev/null", 1, 3, 0o666)
    archive.file("init", init, 0o755)
    archive.data("etc/fstab", DRIVER_FSTAB)
    add_busybox(archive)
    add_modules(archive, kernel, modules)
    add_programs(archive, {"usr/sbin/vane": vane})
    archive.write(target)


def make_xen():
    fetch("xen")
    xen = os.path.join(CACHE, "xen")
    starter = os.path.join(HERE, "start-xen")
    target = path_of("xen")
    if up_to_date(target, [starter, os.path.join(xen, ".complete")]):
        return
    private = "usr/lib/xen-4.17/bin/"
    programs = {private + name: os.path.join(xen, private, name)
                for name in ("xl", "xenstored", "xenconsoled", "xenconsole",
                             "xen-init-dom0", "libxl-save-helper")}
    archive = Archive()
    add_programs(archive, programs,
                 os.path.join(xen, "usr/lib/x86_64-linux-gnu"))
    # glibc opens it by name when a thread is cancelled.
    archive.file("lib/x86_64-linux-gnu/libgcc_s.so.1",
                 "/lib/x86_64-linux-gnu/libgcc_s.so.1")
    archive.link("usr/sbin/xl", "/" + private + "xl")
    archive.file("etc/xen/xl.conf", os.path.join(xen, "etc/xen/xl.conf"))
    archive.file("etc/start-toolstack", starter, 0o755)
    archive.write(target)


def make(kind, *arguments):
    makers = {"base": make_base, "tools": make_tools, "domu": make_domu,
              "driver": make_driver, "xen": make_xen}
    # Tests boot in parallel and want the same archives: one makes them.
    os.makedirs(os.path.join(BUILD, "image"), exist_ok=True)
    with open(os.path.join(BUILD, "image", ".lock"), "w",
              encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        makers[kind](*arguments)


def main(argv):
    wants_kernel = {"base": True, "domu": True, "driver": True,
                    "tools": False, "xen": False}
    if not argv or argv[0] not in wants_kernel or \
            argv[1:] not in ([[k] for k in KERNELS]
                             if wants_kernel[argv[0]] else [[]]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        make(*argv)
    except (ImageError, OSError) as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
