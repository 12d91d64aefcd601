#!/usr/bin/env python3
"""Boot tests: whole systems under QEMU, each test a promise with a time limit.

    suite.py [--list] [--hypervisor xen] [--jobs N] [WORD...]

With words, only tests whose name has one of them run. --hypervisor xen runs
the same tests on Debian's Xen 4.17 with its own tools.
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import threading
import time

import grub
import machine
from machine import BootError, Machine, System

HERE = os.path.dirname(os.path.abspath(__file__))
LOGS = os.path.join(machine.images.BUILD, "log")
TESTS = []
ALONE = []                      # those of TESTS that run after the others


class Skip(Exception):
    """The test cannot run here; the text says why."""


def promise(limit, name=None, ours_only=False, alone=False, **arguments):
    """Add the decorated function to the table.

    limit      seconds it may take on a busy machine with two cores
    ours_only  it tests what Xen does not have
    alone      it promises that something takes seconds: no other runs beside it
    """
    def add(function):
        TESTS.append((name or function.__name__, limit, ours_only, function,
                      arguments))
        if alone:
            ALONE.append(TESTS[-1])
        return function
    return add


class Context:
    """What one running test knows: its name, hypervisor and deadline."""

    def __init__(self, name, hypervisor, limit):
        self.name = name
        self.hypervisor = hypervisor
        self.deadline = time.monotonic() + limit
        self.notes = []
        self.on_pass = lambda running, promise: None

    def log(self):
        return os.path.join(LOGS, f"boot-{self.name}.log")

    def note(self, text):
        self.notes.append(text)

    def system(self, **arguments):
        return System(self.hypervisor, **arguments)

    def machine(self, system, **arguments):
        return Machine(system, self.log(), deadline=self.deadline, **arguments)

    @staticmethod
    def scenario_text(script):
        """scenarios/<script> with its library in front."""
        parts = []
        for part in ("lib.sh", script):
            path = os.path.join(HERE, "scenarios", part)
            with open(path, encoding="utf-8") as handle:
                parts.append(handle.read())
        return "\n".join(parts)

    def run_scenario(self, script, machine_arguments=None, **arguments):
        """dom0 runs scenarios/<script>; every promise in it must hold."""
        system = self.system(scenario=self.scenario_text(script), **arguments)
        with self.machine(system, **(machine_arguments or {})) as running:
            running.expect(r"^dom0: scenario starts", 120,
                           "dom0 boots and starts the scenario")
            passed, failed = 0, []
            while True:
                match = running.expect(
                    r"^(PASS|FAIL) (.*)\n|^dom0: scenario ended with "
                    r"status (\d+)\n", 3600,
                    f"{script}: after {passed} promises kept"
                    + "".join(f", {text} broken" for text in failed))
                if match[3] is not None:
                    break
                if match[1] == "FAIL":
                    failed.append(match[2])
                else:
                    passed += 1
                    self.on_pass(running, match[2])
            if failed or match[3] != "0":
                raise running.error(script, "\n       ".join(failed) or
                                    f"exit status {match[3]}")
            if not passed:
                raise running.error(script, "it promised nothing")
            running.wait_end(60, "dom0 powers the machine off")
        self.note(f"{passed} promises")


def built(name, target):
    """The path of an image or program that only boot tests use."""
    path = os.path.join(machine.images.BUILD, "boot", name)
    if not os.path.exists(path):
        raise BootError(f"step:  find {name}\ncause: no {path}; build it "
                        f"with: make {target}")
    return path


# -- dom0 and its devices ----------------------------------------------------

def ext4_disk(directory):
    """A disk image whose file `greeting` dom0 should find."""
    source = os.path.join(directory, "files")
    disk = os.path.join(directory, "disk.img")
    os.mkdir(source)
    with open(os.path.join(source, "greeting"), "w",
              encoding="ascii") as handle:
        handle.write("from the host\n")
    subprocess.run(["mkfs.ext4", "-q", "-d", source, disk, "32M"],
                   check=True, capture_output=True,
                   env=dict(os.environ,
                            PATH=os.environ["PATH"] + ":/sbin:/usr/sbin"))
    return disk


def written_answer(disk):
    out = subprocess.run(
        ["debugfs", "-R", "cat /answer", disk], capture_output=True,
        text=True, env=dict(os.environ,
                            PATH=os.environ["PATH"] + ":/sbin:/usr/sbin"))
    return out.stdout


@promise(180, "dom0_6.1_on_pc_with_virtio_blk_and_virtio_net",
         kernel="6.1", board="pc", disk="virtio", card="virtio-net-pci")
@promise(180, "dom0_6.1_on_q35_with_ahci_and_e1000",
         kernel="6.1", board="q35", disk="ahci", card="e1000")
@promise(180, "dom0_6.12_on_pc_with_ahci_and_e1000",
         kernel="6.12", board="pc", disk="ahci", card="e1000")
@promise(180, "dom0_6.12_on_q35_with_virtio_blk_and_virtio_net",
         kernel="6.12", board="q35", disk="virtio", card="virtio-net-pci")
def dom0_devices(context, kernel, board, disk, card):
    with tempfile.TemporaryDirectory() as directory:
        image = ext4_disk(directory)
        devices = ["-drive", f"file={image},if=none,id=disk,format=raw",
                   "-netdev", "user,id=net", "-device", f"{card},netdev=net"]
        if disk == "virtio":
            devices += ["-device", "virtio-blk-pci,drive=disk"]
        else:
            devices += ["-device", "ahci,id=sata",
                        "-device", "ide-hd,drive=disk,bus=sata.0"]
        node = b"vda" if disk == "virtio" else b"sda"
        context.run_scenario(
            "dom0.sh", {"machine": board, "devices": devices},
            dom0=kernel, files={"disk": node})
        if written_answer(image) != "from dom0\n":
            raise BootError("step:  the host reads the disk\ncause: what "
                            "dom0 wrote is not on it")


@promise(120)
def dom0_boots_through_grub_multiboot2(context):
    boot_through_grub(context, "2")


@promise(120)
def dom0_boots_through_grub_multiboot1(context):
    boot_through_grub(context, "")


def boot_through_grub(context, version):
    with tempfile.TemporaryDirectory() as directory:
        iso = os.path.join(directory, "boot.iso")
        grub.make_iso(context.system(), version, iso)
        with context.machine(None, boot=["-cdrom", iso, "-boot", "d"]) as m:
            m.expect(r"^dom0: \S+ up", 100, "dom0 boots to its init")


@promise(60, ours_only=True)
def unknown_hypervisor_option_is_reported(context):
    with context.machine(context.system(hv_args="frobnicate=7")) as running:
        running.expect(r"(?i)^.*(unknown.*frobnicate|frobnicate.*unknown).*$", 40,
                       "the hypervisor reads its command line")


@promise(90)
def dom0_crash_halts_with_noreboot(context):
    with crashed_dom0(context, "noreboot") as running:
        running.expect(r"(?i)^.*noreboot.*$", 20,
                       "the hypervisor says that it does not reboot")
        time.sleep(8)
        if not running.is_on():
            raise running.error("the machine stays on", "QEMU has ended")


@promise(90)
def dom0_crash_reboots_without_noreboot(context):
    with crashed_dom0(context, "") as running:
        running.wait_end(30, "the hypervisor resets the machine")


@promise(90, ours_only=True)
def dom0_watchdog_reboots_the_machine(context):
    system = context.system(dom0=hostile_image(), dom0_mem="64M",
                            dom0_args="attack=watchdog", noreboot=False)
    with context.machine(system) as running:
        running.expect(r"^\(XEN\) dom0's watchdog fired: rebooting$", 60,
                       "two seconds pass without a sign of life")
        running.wait_end(30, "the hypervisor resets the machine")


def crashed_dom0(context, option):
    system = context.system(noreboot=bool(option))
    running = context.machine(system)
    try:
        running.expect(r"dom0# ", 60, "dom0 boots to its shell")
        running.panic_expected = True
        running.send("echo c >/proc/sysrq-trigger\n")
        running.expect(r"Kernel panic - not syncing", 20,
                       "dom0's kernel panics on demand")
    except BaseException:
        running.close()
        raise
    return running


# -- domains beside dom0 -----------------------------------------------------

@promise(240, "domu_6.1_on_dom0_6.1", dom0="6.1", domu="6.1")
@promise(240, "domu_6.12_on_dom0_6.1", dom0="6.1", domu="6.12")
@promise(240, "domu_6.1_on_dom0_6.12", dom0="6.12", domu="6.1")
@promise(240, "domu_6.12_on_dom0_6.12", dom0="6.12", domu="6.12")
def domu_boots(context, dom0, domu):
    context.run_scenario("domu.sh", dom0=dom0, domu=domu, toolstack=True)


@promise(600, ours_only=True)
def domu_uses_disks_and_networks_of_dom0(context):
    devices = ["-netdev", "user,id=net,guestfwd=tcp:10.0.2.100:1234-"
               "cmd:echo from the host",
               "-device", "virtio-net-pci,netdev=net",
               "-device", "virtio-scsi-pci",
               "-drive", "if=none,id=stick,driver=null-co,size=1048576",
               "-device", "scsi-hd,drive=stick,removable=on"]
    context.run_scenario("io.sh", {"devices": devices}, dom0="6.1",
                         domu="6.1", toolstack=True)


@promise(240, "domu_with_two_vcpus_on_one_pcpu", pcpus=1)
def domu_with_two_vcpus(context, pcpus):
    context.run_scenario("vcpus.sh", {"cpus": pcpus}, dom0="6.1", domu="6.12",
                         toolstack=True, files={"pcpus": b"%d" % pcpus})


@promise(120)
def xenstore_utils_work_on_our_store(context):
    context.run_scenario("xenstore.sh", dom0="6.1", toolstack=True)


@promise(300)
def ended_domains_follow_their_policy(context):
    context.run_scenario("policies.sh", dom0="6.1", domu="6.1",
                         toolstack=True)


@promise(300)
def a_cpu_hog_starves_nobody(context):
    context.run_scenario("neighbours.sh", dom0="6.1", domu="6.1",
                         toolstack=True)


@promise(700)
def domus_share_memory_from_user_space(context):
    context.run_scenario("vchan.sh", {"memory": "2G"}, dom0="6.1", domu="6.1",
                         toolstack=True,
                         files={"guests/vchan": built("vchan", "check-boot")})


@promise(600)
def memory_of_a_domain_grows_and_shrinks(context):
    context.run_scenario("balloon.sh", {"memory": "2G"}, dom0="6.1",
                         domu="6.1", toolstack=True)


def hostile_image():
    return built("hostile.elf", "check-boot")


@promise(300)
def hostile_domains_harm_nobody(context):
    image = hostile_image()
    context.run_scenario("hostile.sh", dom0="6.1", domu="6.1",
                         toolstack=True,
                         files={"guests/hostile.elf": image})


@promise(240, ours_only=True)
def bad_input_gets_one_clear_line(context):
    context.run_scenario("badinput.sh", dom0="6.1", domu="6.1",
                         toolstack=True)


@promise(900)
def hundred_cycles_leave_no_trace(context):
    context.run_scenario("cycles.sh", dom0="6.1", domu="6.1", toolstack=True)


# -- running them ------------------------------------------------------------

def run_one(test, hypervisor):
    """Returns (verdict, text to print)."""
    name, limit, ours_only, function, arguments = test
    context = Context(name, hypervisor, limit)
    begin = time.monotonic()
    try:
        if ours_only and hypervisor == "xen":
            raise Skip("Xen has nothing like it")
        function(context, **arguments)
    except Skip as reason:
        return "SKIP", f"SKIP {name}: {reason}"
    except (BootError, OSError, subprocess.CalledProcessError) as error:
        text = "\n".join("  " + line for line in str(error).splitlines())
        return "FAIL", f"FAIL {name}\n{text}"
    notes = "".join(", " + note for note in context.notes)
    seconds = time.monotonic() - begin
    return "PASS", f"PASS {name} ({seconds:.0f} s{notes})"


def run_all(tests, hypervisor, jobs):
    counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
    lock = threading.Lock()

    def one(test):
        try:
            verdict, text = run_one(test, hypervisor)
        except Exception as error:  # the test itself is broken
            verdict, text = "FAIL", f"FAIL {test[0]}\n  broken test: {error!r}"
        with lock:
            counts[verdict] += 1
            print(text, flush=True)

    # The longest first, so that none runs alone at the end.
    together = [test for test in tests if test not in ALONE]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, sorted(together, key=lambda test: -test[1])))
    for test in tests:
        if test in ALONE:
            one(test)
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--hypervisor", default="paravane")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    tests = [test for test in TESTS
             if not args.words or any(w in test[0] for w in args.words)]
    if args.list:
        for name, limit, *_ in tests:
            print(f"{limit:5} s  {name}")
        return 0
    if not tests:
        print(f"no boot test is called like {args.words}; see --list")
        return 2
    counts = run_all(tests, args.hypervisor, args.jobs)
    print("{PASS} passed, {FAIL} failed, {SKIP} skipped".format(**counts))
    return 1 if counts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
