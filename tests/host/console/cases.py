#!/usr/bin/env python3
"""The console daemon on a fake hypervisor.

    cases.py STORED CONSOLED

Both programs are built for tests, with tests/host/store/fake_lib.c in place
of the hypervisor. Each case starts its own pair of daemons.
"""

import mmap
import os
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "store"))
from fakes import Fake, PATIENCE  # noqa: E402

OUT, OUT_SIZE, IN_SIZE = 1024, 2048, 1024
IN_CONS, IN_PROD, OUT_CONS, OUT_PROD = 0xc00, 0xc04, 0xc08, 0xc0c
CASES = []


def case(function):
    CASES.append(function)
    return function


def wait_for(what, check):
    """Until `check()` is true, for a while."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        got = check()
        if got:
            return got
        time.sleep(0.005)
    raise AssertionError(f"in vain waited for: {what}")


class Guest:
    """A domain's end of its console page."""

    def __init__(self, host, domid, name, limit=None):
        self.host, self.domid = host, domid
        fake, admin = host.fake, host.admin
        with open(fake.file(f"dom{domid}.console"), "wb") as handle:
            handle.write(bytes(4096))
        with open(fake.file(f"dom{domid}.console"), "r+b") as handle:
            self.page = mmap.mmap(handle.fileno(), 4096)
        home = f"/local/domain/{domid}"
        admin.write(home + "/name", name)
        if limit:
            admin.write(home + "/console/limit", str(limit))
        admin.write(home + "/console/ring-ref", "99")
        admin.write(home + "/console/port", "2")
        fake.domain(domid, admin)

    def get(self, offset):
        return struct.unpack_from("I", self.page, offset)[0]

    def put(self, offset, value):
        struct.pack_into("I", self.page, offset, value & 0xffffffff)

    def ring(self):
        os.write(self.host.fifo, struct.pack("I", self.domid))

    def say(self, data):
        """Print, waiting for room as a kernel does."""
        while data:
            prod = self.get(OUT_PROD)
            room = OUT_SIZE - ((prod - self.get(OUT_CONS)) & 0xffffffff)
            part, data = data[:room], data[room:]
            for i, byte in enumerate(part):
                self.page[OUT + (prod + i) % OUT_SIZE] = byte
            self.put(OUT_PROD, prod + len(part))
            self.ring()
            if data:
                wait_for("room in the ring",
                         lambda: self.get(OUT_CONS) != prod - OUT_SIZE)

    def hear(self, count):
        """`count` bytes that were typed."""
        wait_for(f"{count} bytes of input",
                 lambda: self.get(IN_PROD) - self.get(IN_CONS) >= count)
        cons = self.get(IN_CONS)
        got = bytes(self.page[(cons + i) % IN_SIZE] for i in range(count))
        self.put(IN_CONS, cons + count)
        self.ring()
        return got

    def tty(self):
        path = f"/local/domain/{self.domid}/console/tty"
        wait_for("a terminal", lambda: isinstance(
            self.host.admin.read(path), bytes))
        return os.open(self.host.admin.read(path).decode(),
                       os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


class Host:
    """Store and console daemon."""

    def __init__(self, stored, consoled, *options):
        self.fake = Fake(stored)
        self.admin = self.fake.dom0()
        self.consoled, self.options = os.path.abspath(consoled), options
        os.mkfifo(self.fake.file("console-events"))
        self.fifo = os.open(self.fake.file("console-events"),
                            os.O_RDWR | os.O_NONBLOCK)
        self.output = open(self.fake.file("consoled.log"), "ab")
        self.start()

    def start(self):
        env = dict(os.environ, FAKE_XEN=self.fake.dir,
                   FAKE_EVENTS="console-events",
                   XENSTORED_PATH=self.fake.socket)
        self.process = subprocess.Popen(
            [self.consoled, "-i", "-v", f"--log-dir={self.fake.dir}/consoles",
             f"--pid-file={self.fake.dir}/pid-c", *self.options], env=env,
            stderr=self.output, stdout=self.output)
        wait_for("the console daemon",
                 lambda: os.path.exists(self.fake.file("pid-c")))

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def log(self, name):
        try:
            with open(f"{self.fake.dir}/consoles/{name}", "rb") as handle:
                return handle.read()
        except FileNotFoundError:
            return b""

    def messages(self):
        with open(self.fake.file("consoled.log"), encoding="utf-8") as handle:
            return handle.read()

    def remove(self):
        self.output.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fifo)
        self.fake.remove()


def read_tty(fd, count):
    got = b""

    def more():
        nonlocal got
        try:
            got += os.read(fd, 65536)
        except BlockingIOError:
            pass
        return len(got) >= count
    wait_for(f"{count} bytes at the terminal", more)
    return got


@case
def output_reaches_terminal_and_log(host):
    guest = Guest(host, 1, "one")
    fd = guest.tty()
    guest.say(b"hello\r\n")
    assert read_tty(fd, 7) == b"hello\r\n"
    wait_for("the log", lambda: host.log("guest-one.log") == b"hello\r\n")


@case
def input_reaches_the_domain(host):
    guest = Guest(host, 1, "one")
    fd = guest.tty()
    os.write(fd, b"ls\r\x03")
    assert guest.hear(4) == b"ls\r\x03"
    typed = bytes(i % 251 for i in range(5000))
    sent = heard = 0
    back = b""
    while heard < len(typed):
        if sent < len(typed):
            try:
                sent += os.write(fd, typed[sent:sent + 200])
            except BlockingIOError:
                pass
        ready = (guest.get(IN_PROD) - guest.get(IN_CONS)) & 0xffffffff
        if ready:
            back += guest.hear(ready)
            heard += ready
    assert back == typed


@case
def backlog_waits_for_a_reader(host):
    guest = Guest(host, 1, "one")
    text = b"".join(b"line %d\r\n" % i for i in range(5000))
    guest.say(text)
    wait_for("the log", lambda: host.log("guest-one.log") == text)
    assert read_tty(guest.tty(), len(text)) == text


@case
def backlog_keeps_the_newest(host):
    guest = Guest(host, 1, "one", limit=10000)
    text = b"".join(b"line %d\r\n" % i for i in range(20000))
    guest.say(text)
    wait_for("the log", lambda: len(host.log("guest-one.log")) == len(text))
    fd, got = guest.tty(), b""
    while not got.endswith(text[-10000:]):
        got += read_tty(fd, 1)
    # In front comes what the kernel's terminal took while it had room.
    assert len(got) < len(text) / 2, len(got)
    assert text.startswith(got[:1000])


@case
def readers_come_and_go(host):
    guest = Guest(host, 1, "one")
    for i in range(3):
        fd = guest.tty()
        guest.say(b"again")
        assert read_tty(fd, 5) == b"again"
        os.close(fd)


@case
def broken_indices_end_one_console(host):
    bad, good = Guest(host, 1, "bad"), Guest(host, 2, "good")
    bad.tty()
    fd = good.tty()
    bad.put(OUT_PROD, bad.get(OUT_CONS) + OUT_SIZE + 1)
    bad.ring()
    wait_for("the message", lambda: "domain 1: console given up"
             in host.messages())
    good.say(b"fine")
    assert read_tty(fd, 4) == b"fine"


@case
def a_flood_starves_nobody(host):
    bad, good = Guest(host, 1, "bad"), Guest(host, 2, "good")
    bad.tty()
    fd = good.tty()
    for i in range(2000):
        bad.put(OUT_PROD, bad.get(OUT_CONS) + OUT_SIZE)
        bad.ring()
    good.say(b"heard")
    assert read_tty(fd, 5) == b"heard"


@case
def last_words_are_kept(host):
    guest = Guest(host, 1, "one")
    fd = guest.tty()
    guest.say(b"dying")
    assert read_tty(fd, 5) == b"dying"
    prod = guest.get(OUT_PROD)
    for i, byte in enumerate(b"words"):
        guest.page[OUT + (prod + i) % OUT_SIZE] = byte
    guest.put(OUT_PROD, prod + 5)
    host.fake.state(1, "dying")
    host.fake.exception()
    assert read_tty(fd, 5) == b"words"
    wait_for("the log", lambda: host.log("guest-one.log") == b"dyingwords")

    def hung_up():
        try:
            return os.read(fd, 1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
    wait_for("the terminal to close", hung_up)


@case
def number_reused_by_another_domain(host):
    fd = Guest(host, 1, "one").tty()
    host.fake.state(1, "dying")
    host.fake.exception()
    wait_for("the end", lambda: "domain 1: console closed" in host.messages())
    host.admin.rm("/local/domain/1")
    os.unlink(host.fake.file("dom1.store"))
    guest = Guest(host, 1, "other")
    other = guest.tty()
    guest.say(b"new")
    assert read_tty(other, 3) == b"new"
    assert host.log("guest-other.log") == b"new"
    os.close(fd)


@case
def logs_are_reopened(host):
    guest = Guest(host, 1, "one")
    guest.say(b"first")
    wait_for("the log", lambda: host.log("guest-one.log") == b"first")
    os.rename(f"{host.fake.dir}/consoles/guest-one.log",
              f"{host.fake.dir}/consoles/old")
    host.process.send_signal(signal.SIGHUP)
    wait_for("a new log", lambda: os.path.exists(
        f"{host.fake.dir}/consoles/guest-one.log"))
    guest.say(b"second")
    wait_for("the log", lambda: host.log("guest-one.log") == b"second")
    assert host.log("old") == b"first"


@case
def store_daemon_restarts(host):
    guest = Guest(host, 1, "one")
    fd = guest.tty()
    assert host.fake.stop() == 0
    guest.say(b"alone")
    assert read_tty(fd, 5) == b"alone"
    wait_for("notice", lambda: "the store daemon is gone" in host.messages())
    host.fake.start("--restart")
    host.admin = host.fake.dom0()
    fd = Guest(host, 2, "two").tty()


@case
def console_daemon_restarts(host):
    guest = Guest(host, 1, "one")
    os.close(guest.tty())
    assert host.stop() == 0
    guest.say(b"meanwhile ")
    host.start()
    guest.say(b"again")
    assert read_tty(guest.tty(), 15) == b"meanwhile again"


@case
def device_models_consoles_are_left_alone(host):
    host.admin.write("/local/domain/1/console/type", "ioemu")
    Guest(host, 1, "one")
    fd = Guest(host, 2, "two").tty()
    assert host.admin.read("/local/domain/1/console/tty") == "ENOENT"
    os.close(fd)


@case
def names_cannot_leave_the_log_directory(host):
    Guest(host, 1, "../../evil").say(b"x")
    wait_for("the log", lambda: host.log("guest-.._.._evil.log") == b"x")


def main(argv):
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    for function in CASES:
        host = Host(*argv)
        try:
            function(host)
            if host.process.poll() is not None or host.stop():
                raise AssertionError("the daemon ended badly")
        except AssertionError as error:
            failed += 1
            print(f"console cases: {function.__name__}: {error}\n"
                  + host.messages())
        finally:
            host.remove()
    print(f"console cases: {len(CASES) - failed} of {len(CASES)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
