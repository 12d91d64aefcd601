#!/usr/bin/env python3
"""Random operations through libxenstore, compared with a model.

    random_ops.py PROGRAM [--ops N] [--seed N] [--reference XENSTORED]

Several connections interleave single operations and transactions. What a
single operation answers must be what the model answers. A transaction that
commits must have answered as if all of it had happened at its commit; one that
may not commit must have been overtaken by a change. In the end the whole tree
is compared. Then processes of their own increment shared counters in
transactions, and none of the increments may be lost.

libxenstore comes from Debian's libxenstore4 (libxen-dev depends on it). With
--reference, PROGRAM is the shim to preload into Debian's xenstored.
"""

import argparse
import ctypes
import os
import random
import sys
import time

from fakes import Fake

ENOENT, EAGAIN, EINVAL = 2, 11, 22
SKIPPED = 77


class Perm(ctypes.Structure):
    _fields_ = [("id", ctypes.c_uint), ("perms", ctypes.c_uint)]


def load_library():
    try:
        lib = ctypes.CDLL("libxenstore.so.4", use_errno=True)
    except OSError:
        return None
    handle, tx, text = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p
    uint_p = ctypes.POINTER(ctypes.c_uint)
    for name, result, *args in (
            ("xs_open", handle, ctypes.c_ulong),
            ("xs_close", None, handle),
            ("xs_read", ctypes.c_void_p, handle, tx, text, uint_p),
            ("xs_write", ctypes.c_bool, handle, tx, text, text,
             ctypes.c_uint),
            ("xs_mkdir", ctypes.c_bool, handle, tx, text),
            ("xs_rm", ctypes.c_bool, handle, tx, text),
            ("xs_directory", ctypes.POINTER(text), handle, tx, text, uint_p),
            ("xs_get_permissions", ctypes.POINTER(Perm), handle, tx, text,
             uint_p),
            ("xs_set_permissions", ctypes.c_bool, handle, tx, text,
             ctypes.POINTER(Perm), ctypes.c_uint),
            ("xs_transaction_start", tx, handle),
            ("xs_transaction_end", ctypes.c_bool, handle, tx,
             ctypes.c_bool)):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, args
    lib.free = ctypes.CDLL(None).free
    lib.free.argtypes = [ctypes.c_void_p]
    return lib


class Client:
    """One connection; every method answers a value or a negative errno."""

    def __init__(self, lib):
        self.lib = lib
        self.handle = lib.xs_open(0)
        if not self.handle:
            raise OSError(ctypes.get_errno(), "xs_open")

    def close(self):
        self.lib.xs_close(self.handle)

    def _ok(self, done):
        return 0 if done else -ctypes.get_errno()

    def read(self, tx, path):
        size = ctypes.c_uint()
        got = self.lib.xs_read(self.handle, tx, path, ctypes.byref(size))
        if not got:
            return -ctypes.get_errno()
        value = ctypes.string_at(got, size.value)
        self.lib.free(got)
        return value

    def write(self, tx, path, value):
        return self._ok(self.lib.xs_write(self.handle, tx, path, value,
                                          len(value)))

    def mkdir(self, tx, path):
        return self._ok(self.lib.xs_mkdir(self.handle, tx, path))

    def rm(self, tx, path):
        return self._ok(self.lib.xs_rm(self.handle, tx, path))

    def ls(self, tx, path):
        count = ctypes.c_uint()
        got = self.lib.xs_directory(self.handle, tx, path,
                                    ctypes.byref(count))
        if not got:
            return -ctypes.get_errno()
        names = sorted(got[i] for i in range(count.value))
        self.lib.free(got)
        return names

    def perms(self, tx, path):
        count = ctypes.c_uint()
        got = self.lib.xs_get_permissions(self.handle, tx, path,
                                          ctypes.byref(count))
        if not got:
            return -ctypes.get_errno()
        perms = [(got[i].id, got[i].perms) for i in range(count.value)]
        self.lib.free(got)
        return perms

    def chmod(self, tx, path, perms):
        array = (Perm * len(perms))(*perms)
        return self._ok(self.lib.xs_set_permissions(
            self.handle, tx, path, array, len(perms)))

    def start(self):
        tx = self.lib.xs_transaction_start(self.handle)
        assert tx, os.strerror(ctypes.get_errno())
        return tx

    def end(self, tx, abort):
        return self._ok(self.lib.xs_transaction_end(self.handle, tx, abort))


def parent(path):
    return path.rsplit(b"/", 1)[0] or b"/"


class Model:
    """The tree as a dictionary: path to (value, permissions)."""

    def __init__(self, nodes):
        self.nodes = nodes

    def copy(self):
        return Model(dict(self.nodes))

    def apply(self, op, path, *args):
        return getattr(self, op)(path, *args)

    def read(self, path):
        return self.nodes[path][0] if path in self.nodes else -ENOENT

    def perms(self, path):
        return self.nodes[path][1] if path in self.nodes else -ENOENT

    def ls(self, path):
        if path not in self.nodes:
            return -ENOENT
        return sorted(p.rsplit(b"/", 1)[1] for p in self.nodes
                      if p != b"/" and parent(p) == path)

    def mkdir(self, path):
        if path not in self.nodes:
            self.mkdir(parent(path))
            self.nodes[path] = (b"", self.nodes[parent(path)][1])
        return 0

    def write(self, path, value):
        self.mkdir(path)
        self.nodes[path] = (value, self.nodes[path][1])
        return 0

    def rm(self, path):
        if path not in self.nodes:
            return 0 if parent(path) in self.nodes else -ENOENT
        for below in [p for p in self.nodes
                      if p == path or p.startswith(path + b"/")]:
            del self.nodes[below]
        return 0

    def chmod(self, path, perms):
        if path not in self.nodes:
            return -ENOENT
        self.nodes[path] = (self.nodes[path][0], perms)
        return 0


def random_op(rng):
    depth = rng.choice((1, 2, 2, 3, 3, 3))
    path = b"/t" + b"".join(b"/" + rng.choice((b"a", b"b", b"c", b"d"))
                            for _ in range(depth))
    op = rng.choice(("read",) * 4 + ("write",) * 4 + ("ls",) * 2 +
                    ("perms", "chmod", "mkdir", "rm"))
    if op == "write":
        return op, path, b"%d" % rng.randrange(1000)
    if op == "chmod":
        return op, path, [(0, rng.randrange(4)) for _ in
                          range(rng.randrange(1, 4))]
    return op, path


class Transaction:
    def __init__(self, number, model, changes):
        self.number, self.began = number, changes
        self.log = []


class Interleaved:
    """The test proper."""

    def __init__(self, lib, seed, connections=5):
        self.rng = random.Random(seed)
        self.clients = [Client(lib) for _ in range(connections)]
        self.open = [[] for _ in self.clients]
        self.model = Model({b"/": (b"", [(0, 0)]),
                            b"/t": (b"", [(0, 0)])})
        self.changes = 0
        self.counts = {"ops": 0, "committed": 0, "refused": 0, "dropped": 0}
        assert self.clients[0].write(0, b"/t", b"") == 0

    def check(self, what, got, want):
        if got != want:
            raise AssertionError(f"{what}: answered {got!r}, model {want!r}")

    def single(self, client):
        op, path, *args = random_op(self.rng)
        got = getattr(client, op)(0, path, *args)
        before = dict(self.model.nodes)
        self.check((op, path, args), got, self.model.apply(op, path, *args))
        if op in ("write", "chmod") or before != self.model.nodes:
            self.changes += 1

    def inside(self, client, tx):
        op, path, *args = random_op(self.rng)
        got = getattr(client, op)(tx.number, path, *args)
        tx.log.append((op, path, args, got))

    def finish(self, client, tx):
        abort = self.rng.random() < 0.1
        got = client.end(tx.number, abort)
        if abort:
            self.check("abort", got, 0)
            self.counts["dropped"] += 1
        elif got == -EAGAIN:
            if self.changes == tx.began:
                raise AssertionError(f"refused though nothing changed: "
                                     f"{tx.log}")
            self.counts["refused"] += 1
        else:
            self.check("commit", got, 0)
            self.replay(tx)
            self.counts["committed"] += 1

    def replay(self, tx):
        after = self.model.copy()
        for op, path, args, got in tx.log:
            self.check((op, path, args, "in", tx.log), got,
                       after.apply(op, path, *args))
        self.changes += 1
        self.model = after

    def step(self):
        i = self.rng.randrange(len(self.clients))
        client, txs = self.clients[i], self.open[i]
        dice = self.rng.random()
        self.counts["ops"] += 1
        if dice < 0.10 and len(txs) < 3:
            txs.append(Transaction(client.start(), self.model, self.changes))
        elif dice < 0.22 and txs:
            self.finish(client, txs.pop(self.rng.randrange(len(txs))))
        elif dice < 0.80 and txs:
            self.inside(client, self.rng.choice(txs))
        elif dice > 0.93 or not txs:
            self.single(client)

    def compare(self, path=b"/t"):
        client = self.clients[0]
        self.check(path, client.read(0, path), self.model.read(path))
        self.check(path, client.perms(0, path), self.model.perms(path))
        names = client.ls(0, path)
        self.check(path, names, self.model.ls(path))
        return 1 + sum(self.compare(path + b"/" + n) for n in names)

    def run(self, ops):
        while self.counts["ops"] < ops:
            self.step()
        nodes = self.compare()
        for client in self.clients:
            client.close()
        return nodes


def count_up(lib, rounds, seed):
    """One process: move counters up, each time in a transaction."""
    rng, client, retries = random.Random(seed), Client(lib), 0
    for _ in range(rounds):
        path = b"/n/%d" % rng.randrange(3)
        while True:
            tx = client.start()
            old = client.read(tx, path)
            client.write(tx, path, b"%d" % (int(old) + 1))
            got = client.end(tx, False)
            if got == 0:
                break
            assert got == -EAGAIN, got
            retries += 1
            time.sleep(rng.random() / 1000)
    client.close()
    return retries


def parallel(lib, processes=4, rounds=100):
    client = Client(lib)
    for i in range(3):
        assert client.write(0, b"/n/%d" % i, b"0") == 0
    children = []
    for i in range(processes):
        pid = os.fork()
        if not pid:
            try:
                count_up(lib, rounds, i)
                os._exit(0)
            except BaseException as error:  # the parent reports it
                print(f"process {i}: {error!r}", file=sys.stderr)
                os._exit(1)
        children.append(pid)
    failed = [pid for pid in children if os.waitpid(pid, 0)[1]]
    total = sum(int(client.read(0, b"/n/%d" % i)) for i in range(3))
    client.close()
    if failed or total != processes * rounds:
        raise AssertionError(f"{processes} processes counted to {total}, "
                             f"not {processes * rounds}")
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--ops", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reference")
    args = parser.parse_args()
    fake = Fake(args.program, reference=args.reference)
    try:
        os.environ["XENSTORED_PATH"] = fake.socket
        lib = load_library()
        if not lib:
            print("store random: SKIP, no libxenstore.so.4; install "
                  "libxenstore4")
            return SKIPPED
        test = Interleaved(lib, args.seed)
        begin = time.monotonic()
        nodes = test.run(args.ops)
        total = parallel(lib)
        counts = ", ".join(f"{v} {k}" for k, v in test.counts.items())
        if min(test.counts.values()) < args.ops // 200:
            raise AssertionError(f"the mix is off: {counts}")
        if not fake.alive() or (not args.reference and fake.stop()):
            raise AssertionError("the daemon died:\n" + fake.logged())
        print(f"store random: {counts}, {nodes} nodes left, {total} counted "
              f"up in parallel, {time.monotonic() - begin:.1f} s, seed "
              f"{args.seed}: all as the model")
        return 0
    except AssertionError as error:
        print(f"store random: seed {args.seed}: {error}")
        print(fake.logged(), file=sys.stderr)
        return 1
    finally:
        fake.remove()


if __name__ == "__main__":
    sys.exit(main())
