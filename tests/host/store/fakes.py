"""A store daemon on a hypervisor made of files, and clients to talk to it.

Fake(program) starts vane-stored as built for tests; Fake(reference=path)
starts Debian's xenstored the same way. Sock and Ring are clients: dom0's
through the socket, and a domain's through its ring page.
"""

import mmap
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

CONTROL, DIRECTORY, READ, GET_PERMS, WATCH, UNWATCH = range(6)
TRANSACTION_START, TRANSACTION_END, INTRODUCE, RELEASE = range(6, 10)
GET_DOMAIN_PATH, WRITE, MKDIR, RM, SET_PERMS = range(10, 15)
WATCH_EVENT, ERROR, IS_INTRODUCED, RESUME, SET_TARGET = range(15, 20)
RESET_WATCHES, DIRECTORY_PART = 21, 22

RING = 1024
REQ_CONS, REQ_PROD, RSP_CONS, RSP_PROD = 0x800, 0x804, 0x808, 0x80c
FEATURES, CONNECTION, ERRNO = 0x810, 0x814, 0x818
DOM_EXC = 65535
PATIENCE = 10.0


class Gone(Exception):
    """The daemon closed the connection or does not answer."""


class Client:
    """The protocol, over anything that moves bytes."""

    def __init__(self):
        self.events = []
        self.buffer = b""
        self.req_id = 0

    def message(self):
        """The next message, or None if none is complete."""
        if len(self.buffer) < 16:
            self.buffer += self.receive()
        if len(self.buffer) < 16:
            return None
        kind, req, tx, size = struct.unpack_from("<4I", self.buffer)
        if len(self.buffer) < 16 + size:
            self.buffer += self.receive()
        if len(self.buffer) < 16 + size:
            return None
        body = self.buffer[16:16 + size]
        self.buffer = self.buffer[16 + size:]
        return kind, req, tx, body

    def submit(self, kind, body=b"", tx=0):
        self.req_id += 1
        self.send(struct.pack("<4I", kind, self.req_id, tx, len(body)) + body)
        return self.req_id

    def answer(self, req):
        """Reply to request `req`: its body, or the name of an error."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            got = self.message()
            if got is None:
                time.sleep(0.0005)
            elif got[0] == WATCH_EVENT:
                self.events.append(tuple(got[3].split(b"\0")[:2]))
            else:
                assert got[1] == req, got
                if got[0] == ERROR:
                    return got[3].rstrip(b"\0").decode()
                return got[3]
        raise Gone("no answer")

    def call(self, kind, *words, tx=0, raw=None):
        """Strings with their NULs, then `raw` bytes; reply or error name."""
        body = b"".join(w.encode() + b"\0" for w in map(str, words))
        return self.answer(self.submit(kind, body + (raw or b""), tx))

    def pump(self, seconds=0.15):
        """Collect events for a while and hand them over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            got = self.message()
            if got is None:
                time.sleep(0.001)
            else:
                assert got[0] == WATCH_EVENT, got
                self.events.append(tuple(got[3].split(b"\0")[:2]))
        found, self.events = self.events, []
        return found

    # What most tests need, in few letters.
    def read(self, path, tx=0):
        return self.call(READ, path, tx=tx)

    def write(self, path, value="", tx=0):
        return self.call(WRITE, path, tx=tx, raw=value.encode())

    def mkdir(self, path, tx=0):
        return self.call(MKDIR, path, tx=tx)

    def rm(self, path, tx=0):
        return self.call(RM, path, tx=tx)

    def ls(self, path, tx=0):
        got = self.call(DIRECTORY, path, tx=tx)
        return got if isinstance(got, str) else got.split(b"\0")[:-1]

    def perms(self, path, tx=0):
        got = self.call(GET_PERMS, path, tx=tx)
        return got if isinstance(got, str) else \
            b" ".join(got.split(b"\0")[:-1])

    def chmod(self, path, *perms, tx=0):
        return self.call(SET_PERMS, path, *perms, tx=tx)

    def watch(self, path, token):
        return self.call(WATCH, path, token)

    def unwatch(self, path, token):
        return self.call(UNWATCH, path, token)

    def start(self):
        got = self.call(TRANSACTION_START, "")
        return got if isinstance(got, str) else int(got.rstrip(b"\0"))

    def end(self, tx, commit=True):
        return self.call(TRANSACTION_END, "T" if commit else "F", tx=tx)


class Sock(Client):
    """dom0, through the socket."""

    def __init__(self, path):
        super().__init__()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.sock.settimeout(0.01)

    def send(self, data):
        self.sock.settimeout(PATIENCE)
        self.sock.sendall(data)
        self.sock.settimeout(0.01)

    def receive(self):
        try:
            got = self.sock.recv(65536)
        except (socket.timeout, BlockingIOError):
            return b""
        except ConnectionError as error:
            raise Gone(str(error)) from error
        if not got:
            raise Gone("closed")
        return got

    def close(self):
        self.sock.close()


class Ring(Client):
    """A domain, through its ring page."""

    def __init__(self, fake, domid):
        super().__init__()
        self.fake, self.domid = fake, domid
        path = fake.file(f"dom{domid}.store")
        if not os.path.exists(path):
            with open(path, "wb") as handle:
                handle.write(bytes(4096))
        with open(path, "r+b") as handle:
            self.page = mmap.mmap(handle.fileno(), 4096)

    def get(self, offset):
        # Native format: one access, where "<I" would go byte by byte.
        return struct.unpack_from("I", self.page, offset)[0]

    def put(self, offset, value):
        struct.pack_into("I", self.page, offset, value & 0xffffffff)

    def ring(self):
        self.fake.ring(self.domid)

    def send(self, data):
        """As Linux does: header, then body, and ring only when the daemon has
        taken all that came before, because else it is still at it."""
        for part in (data[:16], data[16:]):
            self.send_part(part)

    def send_part(self, data):
        until = time.monotonic() + PATIENCE
        while data:
            prod = self.get(REQ_PROD)
            room = RING - ((prod - self.get(REQ_CONS)) & 0xffffffff)
            part, data = data[:room], data[room:]
            for i, byte in enumerate(part):
                self.page[(prod + i) % RING] = byte
            self.put(REQ_PROD, prod + len(part))
            if part and prod == self.get(REQ_CONS):
                self.ring()
            if data and not room:
                if time.monotonic() > until:
                    raise Gone("ring stays full")
                time.sleep(0.0005)

    def receive(self):
        prod, cons = self.get(RSP_PROD), self.get(RSP_CONS)
        count = (prod - cons) & 0xffffffff
        assert count <= RING
        got = bytes(self.page[RING + (cons + i) % RING] for i in range(count))
        self.put(RSP_CONS, cons + count)
        if ((self.get(RSP_PROD) - cons) & 0xffffffff) >= RING:
            self.ring()
        return got


class Fake:
    """The fake hypervisor and the daemon on it."""

    def __init__(self, program=None, reference=None, options=()):
        self.dir = tempfile.mkdtemp(prefix="fake-xen-")
        self.program = os.path.abspath(program)
        self.reference = reference
        self.options = list(options)
        self.process = None
        self.socket = os.path.join(self.dir, "socket")
        os.mkfifo(self.file("events"))
        self.fifo = os.open(self.file("events"), os.O_RDWR | os.O_NONBLOCK)
        self.state(0, "running")
        self.write_file("xsd_port", b"1")
        Ring(self, 0)
        self.start()

    def file(self, name):
        return os.path.join(self.dir, name)

    def write_file(self, name, data):
        with open(self.file(name), "wb") as handle:
            handle.write(data)

    def state(self, domid, word):
        if word is None:
            os.unlink(self.file(f"dom{domid}.state"))
        else:
            self.write_file(f"dom{domid}.state", word.encode())

    def ring(self, who):
        os.write(self.fifo, struct.pack("<I", who))

    def exception(self):
        """VIRQ_DOM_EXC"""
        self.ring(DOM_EXC)

    def start(self, *more):
        env = dict(os.environ, FAKE_XEN=self.dir, XENSTORED_PATH=self.socket,
                   XENSTORED_RUNDIR=self.dir)
        if self.reference:
            env["LD_PRELOAD"] = self.program
            command = [self.reference, "-N", "-I", "-F",
                       self.file("pid"), *self.options]
        else:
            command = [self.program, "-N", "-s", self.socket, "-F",
                       self.file("pid"), "--state", self.file("state"),
                       *self.options, *more]
        self.log = open(self.file("log"), "ab")
        self.process = subprocess.Popen(command, env=env, stderr=self.log,
                                        stdout=self.log, cwd=self.dir)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                Sock(self.socket).close()
                return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise Gone("daemon does not start:\n" + self.logged())
            time.sleep(0.01)

    def logged(self):
        with open(self.file("log"), encoding="utf-8",
                  errors="replace") as handle:
            return handle.read()

    def stop(self, signal=15):
        """End the daemon; its exit status."""
        self.process.send_signal(signal)
        status = self.process.wait(PATIENCE)
        self.log.close()
        return status

    def alive(self):
        return self.process.poll() is None

    def dom0(self):
        return Sock(self.socket)

    def domain(self, domid, admin):
        """A new domain, introduced by the client `admin`."""
        self.state(domid, "running")
        admin.mkdir(f"/local/domain/{domid}")
        admin.chmod(f"/local/domain/{domid}", f"n{domid}")
        client = Ring(self, domid)
        got = admin.call(INTRODUCE, domid, 1, 1)
        assert got == b"OK\0", got
        return client

    def remove(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        os.close(self.fifo)
        shutil.rmtree(self.dir)
