#!/usr/bin/env python3
"""Kill the store daemon again and again; what it acknowledged must stay.

    crash.py PROGRAM [--rounds N] [--seed N]

dom0 and a domain change nodes, alone and in transactions, until the daemon is
killed by SIGKILL at a random moment. The next one must show every change that
was acknowledged, serve the domain's ring where the last one left it, and keep
the domain's watches.
"""

import argparse
import os
import random
import sys
import threading
import time

from fakes import Fake, Gone, TRANSACTION_END, WRITE


class Crash:
    def __init__(self, program, seed):
        self.rng = random.Random(seed)
        self.fake = Fake(program)
        admin = self.fake.dom0()
        self.domain = self.fake.domain(5, admin)
        assert self.domain.watch("watched", "token") == b"OK\0"
        self.domain.pump()
        self.model = {}
        self.acknowledged = 0

    def change(self, client, home):
        """One change; the model learns of it when it is acknowledged."""
        name = f"n{self.rng.randrange(30)}"
        value = str(self.rng.randrange(10 ** 6))
        dice = self.rng.random()
        self.doubt = {home + name}
        if dice < 0.2:
            got = client.rm(home + name)
            if got == b"OK\0":
                self.model.pop(home + name, None)
            return
        tx = 0
        if dice < 0.5:
            tx = client.start()
        self.doubt.add(home + name + "x")
        for suffix in ("", "x") if tx else ("",):
            got = client.write(home + name + suffix, value, tx)
            assert got == b"OK\0", got
        if tx:
            got = client.call(TRANSACTION_END, "T", tx=tx)
            assert got == b"OK\0", got
            self.model[home + name + "x"] = value
        self.model[home + name] = value

    def work_until_killed(self):
        admin = self.fake.dom0()
        killer = threading.Timer(self.rng.random() * 0.1,
                                 self.fake.process.kill)
        killer.start()
        try:
            while True:
                self.change(admin, "/work/")
                self.acknowledged += 1
        except (Gone, OSError):
            killer.join()
            self.fake.stop(9)

    def compare(self):
        admin = self.fake.dom0()
        found = {}
        names = admin.ls("/work")
        for name in names if isinstance(names, list) else []:
            path = "/work/" + name.decode()
            found[path] = admin.read(path).decode()
        for path in found.keys() | self.model.keys():
            if path not in self.doubt and \
                    found.get(path) != self.model.get(path):
                raise AssertionError(
                    f"{path} is {found.get(path)!r}, was acknowledged as "
                    f"{self.model.get(path)!r}")
        self.model = found
        admin.close()

    def ring_goes_on(self, number):
        path = f"/local/domain/5/watched"
        assert self.domain.write("watched", str(number)) == b"OK\0"
        assert self.domain.read(path) == str(number).encode()
        events = self.domain.pump(0.02)
        assert events == [(b"watched", b"token")], events

    def open_transaction(self):
        """It cannot commit after the daemon died, but can be retried."""
        ended, tx = self.domain.start(), self.domain.start()
        self.domain.end(ended)
        assert self.domain.write("in-tx", "1", tx) == b"OK\0"
        self.fake.stop(9)
        self.fake.start("--restart")
        assert self.domain.write("in-tx", "2", tx) == b"OK\0"
        assert self.domain.end(tx) == "EAGAIN"
        assert self.domain.end(ended) == "ENOENT"
        later = self.domain.start()
        assert later > tx, later
        assert self.domain.end(later, commit=False) == b"OK\0"

    def half_a_request(self):
        """The domain is in the middle of one when the daemon dies."""
        whole = WRITE.to_bytes(4, "little") + bytes([9]) + bytes(11)
        body = b"half\0whole"
        whole = whole[:12] + len(body).to_bytes(4, "little") + body
        cut = self.rng.randrange(1, len(whole))
        self.domain.send(whole[:cut])
        time.sleep(0.02)
        self.fake.stop(9)
        self.fake.start("--restart")
        self.domain.send(whole[cut:])
        assert self.domain.answer(9) == b"OK\0"
        assert self.domain.read("half") == b"whole"

    def run(self, rounds):
        for number in range(rounds):
            self.work_until_killed()
            self.fake.start("--restart")
            self.compare()
            self.ring_goes_on(number)
            self.half_a_request()
            self.open_transaction()
        if self.fake.stop():
            raise AssertionError("the daemon ended badly")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int,
                        default=int.from_bytes(os.urandom(3), "little"))
    args = parser.parse_args()
    crash = Crash(args.program, args.seed)
    try:
        crash.run(args.rounds)
        print(f"store crash: killed {3 * args.rounds} times, "
              f"{crash.acknowledged} acknowledged changes kept, "
              f"seed {args.seed}")
        return 0
    except (AssertionError, Gone) as error:
        print(f"store crash: seed {args.seed}: {error}")
        print(crash.fake.logged(), file=sys.stderr)
        return 1
    finally:
        crash.fake.remove()


if __name__ == "__main__":
    sys.exit(main())
