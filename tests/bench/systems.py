"""The systems that `make bench` compares, and how each one is run.

A boot measures one column or several; its console carries, for each column,

    COLUMN name begins
    BENCH row operations ns      (or TICKS, SKIP: see suite/main.c)
    INFO key value
    COLUMN name ends status

Everything is the same in all columns as far as it can be: QEMU and its
processor, one vcpu, MEMORY, Debian's kernel, its command line, the program.
"""

import copy
import gzip
import lzma
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "boot"))
import machine  # noqa: E402
from machine import BootError, Machine, System, images  # noqa: E402
from cpio import Archive  # noqa: E402
import host  # noqa: E402

MEMORY = 512                    # MiB of each measured Linux
KERNEL = "6.1"
# What one column would hide from its kernel, no column has: FSGSBASE, which
# Paravane hides, makes Linux's switches dearer on Xen, too. PKRU and CR3
# writes flush the whole TLB of QEMU 7.2's TCG; XSAVE ignores CR0.TS there.
# RDRAND is the host's, so that two runs would differ.
MASKED = ("smap", "pku", "la57", "xsave", "avx", "avx2", "fma", "f16c", "vaes",
          "mpx", "erms", "rdrand", "rdseed", "fsgsbase")
CPU = ",".join(["max"] + [f"-{name}" for name in MASKED])
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc",
          "base=2024-01-01T00:00:00,clock=vm"]
LINE = "quiet nokaslr norandmaps tsc=reliable clocksource=tsc"

COLUMNS = {
    "native": "Linux straight on QEMU",
    "paravane-dom0": "Paravane, dom0",
    "paravane-domu": "Paravane, domU (classic mode)",
    "paravane-patched": "Paravane, domU with a kernel of guest-patches",
    "xen-dom0": "Xen 4.17, dom0",
    "xen-domu": "Xen 4.17, domU (tsc_mode=native)",
    "xen-patched": "Xen 4.17, domU with the same kernel",
    "kvm-npt": "full virtualization: KVM in QEMU, nested paging",
    "kvm-shadow": "full virtualization: KVM in QEMU, shadow paging",
    "tcg-inside": "complete simulation: QEMU's TCG inside QEMU",
}
SHORT = {
    "native": "native",
    "paravane-dom0": "Paravane dom0",
    "paravane-domu": "Paravane domU",
    "paravane-patched": "Paravane patched",
    "xen-dom0": "Xen dom0",
    "xen-domu": "Xen domU",
    "xen-patched": "Xen patched",
    "kvm-npt": "KVM npt",
    "kvm-shadow": "KVM shadow",
    "tcg-inside": "TCG inside",
}

# vane-consoled and xenconsoled name their log files alike.
DOM0_JOB = """
mkdir -p /var/log/xen/console
[ -x /usr/sbin/vane ] && ctl=vane || ctl=xl

# guest NAME: create it, wait for its rows
guest() {{
	log=/var/log/xen/console/guest-$1.log
	$ctl create /bench/$1.cfg >/tmp/create 2>&1 || {{
		echo "COLUMN {name}-$1 failed: $(tail -1 /tmp/create)"
		return
	}}
	seconds=0
	until grep -q '^COLUMN .* ends' $log 2>/dev/null; do
		[ $seconds -lt {limit} ] || break
		sleep 2
		seconds=$((seconds + 2))
	done
	sed 's/\\r$//' $log
}}

sh /bench/measure {name}-dom0 {command}
guest domu
{patched}
"""

DOMU_CFG = """
name = "{name}"
kernel = "/bench/{kernel}"
ramdisk = "/bench/initrd"
extra = "console=hvc0 {line} column={column}"
memory = {memory}
vcpus = 1
tsc_mode = "native"
on_poweroff = "destroy"
on_reboot = "destroy"
on_crash = "destroy"
{more}
"""


def suite_path():
    return os.path.join(images.BUILD, "bench", "suite")


def stopwatch():
    return os.path.join(images.BUILD, "bench", "stopwatch")


def bench_files(job, plan):
    """What every measured Linux has below /bench."""
    return dict(plan.files, **{"bench/measure": os.path.join(HERE, "measure"),
                               "bench/job": job.encode()})


def add_all(archive, files):
    for path, content in files.items():
        if isinstance(content, bytes):
            archive.data(path, content, 0o755)
        else:
            archive.file(path, content)


def guest_archive(job, plan, files=None):
    """initramfs with busybox and the plan's programs, that runs `job`."""
    archive = Archive()
    for name in ("proc", "sys", "dev", "tmp", "root"):
        archive.directory(name)
    archive.char_device("dev/console", 5, 1)
    archive.char_device("dev/null", 1, 3, 0o666)
    archive.file("init", os.path.join(HERE, "guest-init"), 0o755)
    images.add_busybox(archive)
    if plan.modules:
        images.fetch(KERNEL)
        images.add_modules(archive, KERNEL, plan.modules)
    add_all(archive, bench_files(job, plan))
    add_all(archive, files or {})
    return archive


class Plan:
    """What all runs of one pass share.

    command   what `measure` runs: the suite and its arguments
    files     {path in each measured Linux: its contents, or a host file}
    modules   list of kernel modules that it has
    devices   QEMU arguments, those of QEMU inside Linux too
    inner     the latter
    domu_cfg  lines of a domU's configuration
    icount    count instructions instead of time
    limit     seconds that a boot may take
    paravane  path of the hypervisor, if not the one just built
    inside    measure complete simulation too, which takes long
    """

    modules = None
    devices, inner = (), ()
    domu_cfg = ""

    def __init__(self, args, icount=False, limit=900, paravane=None,
                 inside=False):
        self.command = f"/bench/suite {args}"
        self.files = {"bench/suite": suite_path()}
        self.inside = inside
        self.icount = icount
        self.limit = limit
        self.paravane = paravane

    def qemu(self):
        return [*(ICOUNT if self.icount else []), *self.devices]


COMPLETE = re.compile(r"^COLUMN .* ends", re.MULTILINE)


def vmlinux():
    """The kernel as an ELF file: unpacking it on a simulated processor costs
    more than everything else in a boot."""
    images.fetch(KERNEL)
    target = os.path.join(images.BUILD, "bench", f"vmlinux-{KERNEL}")
    if os.path.exists(target):
        return target
    with open(images.vmlinuz(KERNEL), "rb") as handle:
        data = handle.read()
    sectors = data[0x1f1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    begin = (sectors + 1) * 512 + offset
    try:
        # The last four bytes are the size, and belong to no stream.
        elf = lzma.decompress(data[begin:begin + length - 4])
    except lzma.LZMAError as error:
        raise images.ImageError(f"{images.vmlinuz(KERNEL)}: {error}; "
                                "is its payload xz?") from error
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with gzip.open(target + ".gz", "wb", 6) as handle:
        handle.write(elf)
    with open(target + ".new", "wb") as handle:
        handle.write(elf)
    os.rename(target + ".new", target)
    return target


class BenchSystem(System):
    """A hypervisor whose dom0 runs the unpacked kernel."""

    def kernel(self):
        return vmlinux()


def run(boot, system, plan, log):
    """Boot; returns what the console said."""
    machine.CPU = CPU
    more = plan.qemu()
    with Machine(system, log, memory="2G", devices=more,
                 boot=boot) as running:
        try:
            running.wait_end(plan.limit, "the measured system powers off")
        except BootError as error:
            # Columns that were complete by then count.
            if not COMPLETE.search(running.text):
                raise
            print(f"bench: {str(error).splitlines()[1]}; log {log}")
        return running.text


def direct(archive, plan, log, memory, kernel=None):
    """Boot Debian's kernel, or another, on QEMU itself, with `memory` MiB of
    it in use."""
    images.fetch(KERNEL)
    path = log + ".initrd"
    archive.write(path)
    boot = ["-kernel", kernel or images.vmlinuz(KERNEL), "-initrd", path,
            "-append", f"console=ttyS0,115200 mem={memory}M {LINE}"]
    try:
        return run(boot, None, plan, log)
    finally:
        os.unlink(path)


def run_native(plan, log):
    job = f"sh /bench/measure native {plan.command}\n"
    return direct(guest_archive(job, plan), plan, log, MEMORY)


def run_dom0(name, plan, log, job, files=None):
    """A hypervisor and dom0, which runs `job`."""
    xen = name == "xen"
    system = BenchSystem("xen" if xen else plan.paravane or "paravane", KERNEL,
                         toolstack=True, scenario="sh /bench/job\n",
                         files=dict(bench_files(job, plan), **(files or {})),
                         dom0_mem=f"{MEMORY}M", dom0_args=LINE,
                         hv_args="spec-ctrl=off,eager-fpu" if xen else "")
    return run(None, system, plan, log)


def patched_kernel():
    """The kernel of guest-patches, if it was built."""
    path = os.path.join(images.BUILD, "guest-kernel", "linux-6.1", "bzImage")
    return path if os.path.exists(path) else None


def domu_cfg(name, hypervisor, kernel, plan):
    return DOMU_CFG.format(name=name, kernel=kernel, line=LINE, memory=MEMORY,
                           column=f"{hypervisor}-{name}",
                           more=plan.domu_cfg).encode()


def run_hypervisor(name, plan, log):
    """dom0, then domUs, one after the other, while dom0 sleeps."""
    domu = guest_archive(GUEST_JOB.format(command=plan.command), plan)
    patched = patched_kernel()
    job = DOM0_JOB.format(
        name=name, command=plan.command, limit=int(plan.limit),
        patched="guest patched" if patched else
        f'echo "COLUMN {name}-patched left out: no patched kernel; build it '
        'with: make guest-kernel"')
    files = {"bench/vmlinux.gz": vmlinux() + ".gz",
             "bench/initrd": domu.bytes(),
             "bench/domu.cfg": domu_cfg("domu", name, "vmlinux.gz", plan)}
    if patched:
        files["bench/patched"] = patched
        files["bench/patched.cfg"] = domu_cfg("patched", name, "patched", plan)
    return run_dom0(name, plan, log, job, files)


# Stock firmware that QEMU's -kernel wants, found as Debian installs it.
FIRMWARE = ("bios-256k.bin", "linuxboot_dma.bin", "kvmvapic.bin", "pvh.bin")
FIRMWARE_DIRS = ("/usr/share/seabios", "/usr/share/qemu")
QEMU = "/usr/bin/qemu-system-x86_64"
# Debian's QEMU loads complete simulation from here, and only when asked to.
QEMU_TCG = "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so"
KVM_MODULES = {"amd": ("kvm-amd", "npt"), "intel": ("kvm-intel", "ept")}

# Rows of complete simulation inside simulation: those that end in minutes.
INSIDE_ROWS = "null_call read sig_install sig_deliver rdtsc"

NESTED_JOB = """
modprobe -qa virtio_pci virtio_blk # if there is a disk
for module in {modules}; do
	insmod /bench/modules/$module.ko || exit
done

# inner SECONDS COLUMN KERNEL ROWS QEMU-ARGUMENTS...
inner() {{
	seconds=$1
	column=$2
	kernel=$3
	rows=$4
	shift 4
	timeout $seconds {qemu} -L /firmware -m {memory} -smp 1 -nodefaults \
		-display none -no-reboot -serial file:/tmp/$column {inner} "$@" \
		-kernel /bench/$kernel -initrd /bench/initrd -append \
		"console=ttyS0,115200 {line} column=$column rows='$rows'" \
		>/tmp/$column.err 2>&1
	status=$?
	tr -d '\r' </tmp/$column | grep -E '^(COLUMN|BENCH|TICKS|SKIP|INFO) '
	grep -q '^COLUMN .* ends' /tmp/$column && return
	echo "COLUMN $column failed status $status, $(tail -1 /tmp/$column.err)" \
		"$(tail -1 /tmp/$column)"
}}

kvm() {{
	insmod /bench/modules/{vendor_module}.ko {paging}=$2 || {{
		echo "COLUMN $1 failed: {vendor_module} does not load"
		return
	}}
	inner {limit} $1 vmlinuz "" -accel kvm -cpu host,-svm,-vmx
	rmmod {vendor_module_name}
}}

kvm kvm-npt 1
kvm kvm-shadow 0
{inside}
"""

GUEST_JOB = """
word() {{
	sed -n "s/.*$1='*\\([^ ']*\\).*/\\1/p" /proc/cmdline
}}
rows=$(sed -n "s/.*rows='\\([^']*\\)'.*/\\1/p" /proc/cmdline)
sh /bench/measure $(word column) {command} $rows
"""


def firmware(name):
    for directory in FIRMWARE_DIRS:
        path = os.path.join(directory, name)
        if os.path.exists(path):
            return path
    raise images.ImageError(f"no {name} in {' or '.join(FIRMWARE_DIRS)}; "
                            "install qemu-system-x86 and seabios")


def module_files(wanted):
    """[(name, contents)] of kernel modules, those they need first."""
    release = images.read(os.path.join(images.kernel_dir(KERNEL),
                                       "release")).strip()
    top = os.path.join(images.kernel_dir(KERNEL), "lib/modules", release)
    needs, paths = {}, {}
    for line in images.read(os.path.join(top, "modules.dep")).splitlines():
        path, _, rest = line.partition(":")
        needs[path] = rest.split()
        paths[os.path.basename(path).split(".ko")[0]] = path
    if wanted not in paths:
        raise images.ImageError(f"{release} has no module {wanted}")
    # modules.dep names the nearest one first.
    order = [*reversed(needs[paths[wanted]]), paths[wanted]]
    found = []
    for path in order:
        with open(os.path.join(top, path), "rb") as handle:
            data = handle.read()
        if path.endswith(".xz"):
            data = lzma.decompress(data)
        found.append((os.path.basename(path).split(".ko")[0], data))
    return found


def cpu_vendor():
    """Whose virtualization the outer QEMU offers."""
    if machine.accelerator() != "kvm":
        return "amd"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        return "intel" if "vmx" in info.read() else "amd"


def run_nested(plan, log):
    """Linux on QEMU, in it QEMU with KVM, in that the guest."""
    images.fetch(KERNEL)
    module, paging = KVM_MODULES[cpu_vendor()]
    modules = module_files(module)
    guest = guest_archive(GUEST_JOB.format(command=plan.command), plan)
    inside = (f'inner {int(plan.limit)} tcg-inside vmlinux "{INSIDE_ROWS}" -accel tcg -cpu {CPU}'
              if plan.inside else 'echo "COLUMN tcg-inside left out: '
              'it takes long; measure it with BENCH_ARGS=--inside"')
    job = NESTED_JOB.format(
        modules=" ".join(name for name, _ in modules[:-1]), qemu=QEMU,
        vendor_module=module, vendor_module_name=module.replace("-", "_"),
        paging=paging, line=LINE, inner=" ".join(plan.inner), memory=MEMORY, inside=inside,
        limit=int(plan.limit / 3))
    files = {f"bench/modules/{name}.ko": data for name, data in modules}
    files.update({"firmware/" + name: firmware(name) for name in FIRMWARE})
    files["bench/vmlinuz"] = images.vmlinuz(KERNEL)
    if plan.inside:
        files["bench/vmlinux"] = vmlinux()
    files["bench/initrd"] = guest.bytes()
    outer = guest_archive(job, plan, files)
    programs = [QEMU] + [QEMU_TCG] * os.path.exists(QEMU_TCG)
    images.add_programs(outer, {path.strip("/"): path for path in programs})
    if plan.inside:
        plan = copy.copy(plan)
        plan.limit *= 2
    return direct(outer, plan, log, 2048)


RUNNERS = {
    "native": (run_native, ["native"]),
    "paravane": (lambda plan, log: run_hypervisor("paravane", plan, log),
                 ["paravane-dom0", "paravane-domu", "paravane-patched"]),
    "xen": (lambda plan, log: run_hypervisor("xen", plan, log),
            ["xen-dom0", "xen-domu", "xen-patched"]),
    "nested": (run_nested, ["kvm-npt", "kvm-shadow", "tcg-inside"]),
}

LINE_OF_ROW = re.compile(r"^(BENCH|TICKS) (\w+) (\d+) (\d+)$")


def parse(text, columns):
    """{column: {"rows": {row: per operation}, "skip": {row: why}, ...}}"""
    found = {}
    current = None
    for line in text.splitlines():
        word = line.split(" ", 2)
        if word[0] == "COLUMN" and len(word) == 3:
            if word[2] == "begins" and word[1] in columns:
                current = {"rows": {}, "skip": {}, "info": {}}
                found[word[1]] = current
            elif word[2].startswith("failed"):
                found[word[1]] = {"rows": {}, "skip": {}, "info": {},
                                  "why": word[2][6:].strip(" :")}
            elif word[2].startswith("left out"):
                found[word[1]] = {"rows": {}, "skip": {}, "info": {},
                                  "why": word[2][8:].strip(" :"),
                                  "left_out": True}
            else:
                current = None
        elif current is not None:
            match = LINE_OF_ROW.match(line)
            if match:
                current["rows"][match[2]] = int(match[4]) / int(match[3])
            elif word[0] == "SKIP" and len(word) == 3:
                current["skip"][word[1]] = word[2]
            elif word[0] == "INFO" and len(word) == 3:
                current["info"][word[1]] = word[2].strip()
    return found


def measure(name, plan, log):
    """Run one boot. {column: result}, with "why" where there are no rows."""
    runner, columns = RUNNERS[name]
    try:
        with host.one_processor():
            text = runner(plan, log)
        found = parse(text, columns)
        if not plan.icount:
            found = {column: host.trusted(result, host.mhz(stopwatch()))
                     for column, result in found.items()}
        last = (text.strip().splitlines() or ["nothing"])[-1]
        why = f"its rows did not appear; log {log} ends: {last}"
    except (BootError, images.ImageError, OSError) as error:
        found, why = {}, " ".join(str(error).split("\n")[:2])
    empty = {"rows": {}, "skip": {}, "info": {}, "why": why}
    return {column: found.get(column, dict(empty)) for column in columns}
