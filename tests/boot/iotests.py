#!/usr/bin/env python3
"""Slow tests of disks and networks, `make test-io`, a part of `make test`.

    iotests.py [--list] [--jobs N] [WORD...]

As suite.py; these tests take minutes each.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

import suite
from machine import Archive, BootError, images
from suite import promise

HERE = os.path.dirname(os.path.abspath(__file__))
ROOTFS = os.path.join(images.CACHE, "rootfs")
SBIN = dict(os.environ, PATH=os.environ["PATH"] + ":/sbin:/usr/sbin")
suite.TESTS.clear()


@promise(400)
def killed_tools_leave_what_the_next_repairs(context):
    context.run_scenario("io-kill.sh", dom0="6.1", domu="6.1", toolstack=True)


@promise(1200, ours_only=True)
def killed_anywhere_tools_leave_what_the_next_repairs(context):
    context.run_scenario(
        "killat.sh", dom0="6.1", domu="6.1", toolstack=True,
        files={"usr/bin/killat": suite.built("killat", "test-io")})


def programs_of_the_host(*names):
    """{path in an image: file here} of programs and what they load."""
    found = {}
    for name in names:
        path = shutil.which(name, path=SBIN["PATH"])
        if not path:
            raise BootError(f"step:  find {name}\ncause: it is not "
                            "installed; install it with: make deps")
        found["usr/bin/" + name] = path
        found.update(images.libraries_of(path, ""))
    return found


def archive_of(*names):
    """The programs as an archive, to stand behind a guest's initramfs."""
    archive = Archive()
    for path, source in programs_of_the_host(*names).items():
        archive.file(path, source, 0o755)
    return archive.bytes()


def guest_tools(*names):
    """Files for dom0: the programs, and an archive of them for guests."""
    return dict(programs_of_the_host(*names),
                **{"boot/guest-tools.cpio": archive_of(*names)})


@contextlib.contextmanager
def iperf_server():
    """iperf3 on this host, which guests reach at 10.0.2.2; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(["iperf3", "-s", "-B", "127.0.0.1", "-p", str(port)],
                          stdout=subprocess.DEVNULL) as server:
        try:
            yield port
        finally:
            server.kill()


@promise(900, ours_only=True)
def disks_of_guests_keep_everything(context):
    context.run_scenario(
        "disks.sh", {"memory": "2G"}, dom0="6.1", domu="6.1", toolstack=True,
        dom0_mem="900M", files={"boot/guest-tools.cpio": archive_of("fio")})


NET_CARD = ["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net"]


@promise(900, ours_only=True)
def networks_of_guests_carry_everything(context):
    with iperf_server() as port:
        context.run_scenario(
            "networks.sh", {"devices": NET_CARD}, dom0="6.1", domu="6.1",
            toolstack=True, files=dict(guest_tools("iperf3", "ethtool"),
                                       **{"iperf-port": b"%d" % port}))


def soak(context, minutes):
    """Mixed traffic; soaktests.py has more minutes of it."""
    context.run_scenario(
        "soak.sh", {"devices": NET_CARD}, dom0="6.1", domu="6.1",
        toolstack=True,
        files=dict(guest_tools("iperf3"), minutes=b"%d" % minutes))


@promise(900, ours_only=True)
def three_minutes_of_mixed_traffic_leak_nothing(context):
    soak(context, 3)


def debian_files():
    """Have the root file system made; what dom0 needs of it."""
    if os.geteuid() and not os.path.exists(os.path.join(ROOTFS, ".complete")):
        raise suite.Skip("only root can make its file system (mmdebstrap): "
                         "run make test-io as root once")
    run = subprocess.run([os.path.join(HERE, "rootfs.sh"), images.CACHE])
    if run.returncode:
        raise BootError("step:  mmdebstrap makes a root file system\n"
                        "cause: see the lines above")
    files = {f"boot/debian/{name}": os.path.join(ROOTFS, name)
             for name in ("vmlinuz", "initrd.img")}
    top = os.path.join(ROOTFS, "dom0")
    for directory, _, names in os.walk(top):
        for name in names:
            path = os.path.join(directory, name)
            files[os.path.relpath(path, top)] = path
    return files


def debian_disk(directory):
    """A copy of its own of the root file system's image."""
    disk = os.path.join(directory, "debian.ext4")
    subprocess.run(["cp", "--sparse=always",
                    os.path.join(ROOTFS, "debian.ext4"), disk], check=True)
    return disk


def expect_clean_fsck(disk):
    run = subprocess.run(["e2fsck", "-fn", disk], capture_output=True,
                         text=True, env=SBIN)
    if run.returncode:
        raise BootError("step:  e2fsck examines the disk after shutdown\n"
                        f"cause: exit status {run.returncode}: "
                        f"{run.stdout.strip()}")


def machine_arguments(disk):
    return {"memory": "2G",
            "devices": ["-drive", f"file={disk},if=none,id=disk,format=raw,"
                        "cache=writeback",
                        "-device", "virtio-blk-pci,drive=disk"] + NET_CARD}


@promise(2400, ours_only=True)
def debian_boots_from_its_disk_and_works(context):
    files = debian_files()
    with tempfile.TemporaryDirectory(dir=images.BUILD) as directory:
        disk = debian_disk(directory)
        context.run_scenario("debian.sh", machine_arguments(disk), dom0="6.1",
                             toolstack=True, files=files, dom0_mem="768M")
        expect_clean_fsck(disk)


RECORDS_BEFORE_THE_PLUG = 40
RECORD_BYTES = 4096


@promise(400, ours_only=True)
def synced_data_survives_a_pulled_plug(context):
    with tempfile.TemporaryDirectory(dir=images.BUILD) as directory:
        disk = os.path.join(directory, "disk.ext4")
        subprocess.run(["mkfs.ext4", "-q", disk, "64M"], check=True, env=SBIN,
                       capture_output=True)
        system = context.system(
            dom0="6.1", domu="6.1", toolstack=True,
            scenario=context.scenario_text("plug.sh"))
        with context.machine(system, **machine_arguments(disk)) as running:
            running.expect(r"^PASS domu_reaches_its_shell", 240,
                           "a domU boots with its disk")
            synced = 0
            while synced < RECORDS_BEFORE_THE_PLUG:
                synced = int(running.expect(
                    r"^synced (\d+)$", 60,
                    f"the guest writes after record {synced}")[1])
        # Leaving the block kills QEMU: dom0 had no time to write anything.
        subprocess.run(["e2fsck", "-p", disk], env=SBIN, capture_output=True)
        image = os.path.join(directory, "image")
        subprocess.run(["debugfs", "-R", f"dump /image {image}", disk],
                       check=True, env=SBIN, capture_output=True)
        with open(image, "rb") as handle:
            data = handle.read()
    for number in range(1, synced + 1):
        text = f"record {number}\n".encode()
        at = number * RECORD_BYTES
        if data[at:at + len(text)] != text:
            raise BootError("step:  the host looks for what was synced\n"
                            f"cause: record {number} of {synced} is lost")
    context.note(f"{synced} records")


def client_image():
    """The demo domU's initramfs with iperf3 and driver-client/."""
    images.fetch("6.1")
    extra = Archive()
    for path, source in programs_of_the_host("iperf3").items():
        extra.file(path, source, 0o755)
    scripts = os.path.join(HERE, "driver-client")
    extra.directory("test")
    extra.directory("busy")
    for name in os.listdir(scripts):
        extra.file("test/" + name, os.path.join(scripts, name), 0o755)
    return images.domu_initramfs("6.1") + extra.bytes()


class Rounds:
    """How long each round took, without the time the host was busy with
    other things."""

    LIMIT = 10

    def __init__(self):
        self.took = []

    def on_pass(self, running, promise):
        now = running.elapsed() - running.waited()
        if re.fullmatch(r"round_\d+_begins", promise):
            self.took.append(-now)
        elif re.fullmatch(r"round_\d+_traffic_resumes", promise):
            self.took[-1] += now

    def judge(self):
        slow = [f"{seconds:.1f} s" for seconds in self.took
                if not 0 < seconds <= self.LIMIT]
        if slow or not self.took:
            raise BootError("step:  traffic resumes within "
                            f"{self.LIMIT} s of the kill\ncause: it took "
                            + (", ".join(slow) or "no round"))
        return (f"traffic after {min(self.took):.1f} to "
                f"{max(self.took):.1f} s")


@promise(1200, ours_only=True, alone=True)
def driver_domains_are_killed_and_clients_go_on(context):
    images.make("driver", "6.1")
    rounds = Rounds()
    context.on_pass = rounds.on_pass
    with tempfile.TemporaryDirectory(dir=images.BUILD) as directory:
        disks = [os.path.join(directory, name) for name in ("a", "b")]
        devices = []
        for disk in disks:
            subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0",
                            disk, "32M"], check=True, env=SBIN,
                           capture_output=True)
            devices += ["-drive", f"file={disk},if=virtio,format=raw"]
        context.run_scenario(
            "driver.sh", {"devices": devices}, dom0="6.1", domu="6.1",
            toolstack=True, dom0_mem="640M",
            files={"boot/driver/initrd.img": images.path_of("driver-6.1"),
                   "boot/client/initrd.img": client_image(),
                   "rounds": b"10"})
        for disk in disks:
            expect_clean_fsck(disk)
    context.note(rounds.judge())


@promise(900, ours_only=True)
def monitors_killed_in_a_move_leave_what_the_next_command_ends(context):
    images.make("driver", "6.1")
    context.run_scenario(
        "move.sh", dom0="6.1", domu="6.1", toolstack=True, dom0_mem="640M",
        files={"boot/driver/initrd.img": images.path_of("driver-6.1"),
               "boot/client/initrd.img": client_image(),
               "usr/bin/killat": suite.built("killat", "test-io")})


@promise(1200, ours_only=True)
def driver_domain_prepares_and_clears_up(context):
    images.make("driver", "6.1")
    context.run_scenario(
        "devd.sh", dom0="6.1", domu="6.1", toolstack=True,
        files={"boot/driver/initrd.img": images.path_of("driver-6.1"),
               "usr/bin/killat": suite.built("killat", "test-io")})


def evil_image():
    return suite.built("evil.elf", "test-io")


@promise(900, ours_only=True)
def driver_domain_has_devices_of_its_own(context):
    images.make("driver", "6.1")
    with tempfile.TemporaryDirectory(dir=images.BUILD) as directory:
        disk = os.path.join(directory, "disk.img")
        nvme = os.path.join(directory, "nvme.img")
        for name in (disk, nvme):
            with open(name, "wb") as handle:
                handle.truncate(64 << 20)
        context.run_scenario(
            "driver-pci.sh",
            {"machine": "q35",
             "devices": ["-drive", f"file={disk},if=none,id=disk,format=raw",
                         "-device", "ahci,id=sata,addr=6",
                         "-device", "ide-hd,drive=disk,bus=sata.0",
                         "-netdev", "user,id=net",
                         "-device", "e1000,netdev=net,addr=5",
                         "-netdev", "user,id=net2,net=10.0.3.0/24",
                         "-device", "e1000e,netdev=net2,addr=7",
                         "-drive", f"file={nvme},if=none,id=nvme,format=raw",
                         "-device", "nvme,drive=nvme,serial=1,addr=8"]},
            dom0="6.1", domu="6.1", toolstack=True,
            files={"boot/driver/initrd.img": images.path_of("driver-6.1"),
                   "guests/evil.elf": evil_image(),
                   "usr/bin/killat": suite.built("killat", "test-io")})
        run = subprocess.run(["debugfs", "-R", "cat /answer", disk],
                             capture_output=True, text=True, env=SBIN)
        if run.stdout != "from the client\n":
            raise BootError("step:  the host reads the disk\ncause: what "
                            "the client wrote is not on it")
        expect_clean_fsck(disk)


@promise(900, ours_only=True)
def evil_front_ends_harm_nobody(context):
    context.run_scenario("evil-front.sh", dom0="6.1", toolstack=True,
                         files={"guests/evil.elf": evil_image()})


@promise(1500, ours_only=True)
def evil_back_ends_harm_nobody(context):
    context.run_scenario("evil-back.sh", dom0="6.1", domu="6.1",
                         toolstack=True,
                         files={"guests/evil.elf": evil_image()})


if __name__ == "__main__":
    sys.exit(suite.main())
