#!/usr/bin/env python3
"""What a store daemon does, case by case, as a transcript.

    cases.py ours PROGRAM               print the transcript of our daemon
    cases.py reference SHIM XENSTORED   the same of Debian's xenstored
    cases.py check PROGRAM EXPECTED     compare ours with a recorded one

cases.expected was recorded from Xen 4.17's xenstored. Where the two are meant
to differ, the case says so and stays out of the transcript.
"""

import difflib
import sys

from fakes import (CONTROL, Fake, GET_DOMAIN_PATH, GET_PERMS, INTRODUCE,
                   IS_INTRODUCED, MKDIR, READ, RELEASE, RESET_WATCHES, RESUME,
                   RM, SET_PERMS, SET_TARGET, TRANSACTION_END, WATCH, WRITE,
                   Gone, DIRECTORY, DIRECTORY_PART, RING, UNWATCH,
                   TRANSACTION_START)

CASES = []


def case(function):
    CASES.append(function)
    return function


class Run:
    """One daemon, a fresh one for every case."""

    def __init__(self, make):
        self.make = make
        self.lines = []

    def say(self, *what):
        self.lines.append("  " + " ".join(
            w.decode("latin1").replace("\0", "|") if isinstance(w, bytes)
            else str(w) for w in what))

    def events(self, name, client):
        self.say(name, "sees", *[b"%s:%s" % e for e in client.pump()])

    def run(self, function):
        self.lines.append(function.__name__)
        fake = self.make()
        try:
            function(self, fake, fake.dom0())
            if not fake.alive():
                self.say("THE DAEMON DIED")
                print(fake.logged(), file=sys.stderr)
            elif not fake.reference and fake.stop():
                self.say("the daemon ended badly")
                print(fake.logged(), file=sys.stderr)
        except Gone as error:
            self.say("gone:", error)
            print(fake.logged(), file=sys.stderr)
        finally:
            fake.remove()


@case
def first_nodes(t, fake, a):
    t.say(a.ls("/"), a.ls("/tool"), a.ls("/tool/xenstored"))
    t.say(a.perms("/"), a.perms("/tool"), a.read("/"), a.read("/tool"))


@case
def values_and_directories(t, fake, a):
    t.say(a.write("/a/b/c", "hello"), a.read("/a/b/c"), a.read("/a/b"))
    t.say(a.write("/a/b/c", ""), a.read("/a/b/c"))
    t.say(a.mkdir("/a/b/d"), a.mkdir("/a/b/d"), a.ls("/a/b"), a.read("/a/b/d"))
    t.say(a.call(WRITE, "/a/bin", raw=b"x\0y\0"), a.read("/a/bin"))
    t.say(a.rm("/a/b/zz"), a.rm("/a/zz/zz"), a.rm("/"), a.rm("/a/b"))
    t.say(a.ls("/a"), a.read("/a/b/c"), a.read("/nope"))
    t.say(a.write("rel", "x"), a.read("/local/domain/0/rel"), a.ls("rel"))


@case
def children_keep_their_order(t, fake, a):
    for name in ("z", "m", "a", "q"):
        a.write("/d/" + name, "")
    t.say(a.ls("/d"))
    a.rm("/d/m")
    a.write("/d/m", "")
    t.say(a.ls("/d"))


@case
def names_that_are_refused(t, fake, a):
    for name in ("", "/", "/a/", "//a", "/a//b", "a/", "/a b", "/a.b", "/ä",
                 "/a:b", "/a@b", "/a-_", "@x", "/A9", "/%", "/a\nb", "/+"):
        t.say(repr(name), a.write(name, "x"), a.read(name), a.mkdir(name),
              a.perms(name) if name[:1] != "@" else "", a.rm(name)
              if name != "/" else "")


@case
def long_names(t, fake, a):
    for length in (2046, 2047, 2048, 2049, 3071, 3072, 3073):
        t.say(length, a.write("/" + "a" * (length - 1), "x"))
    for length in (2046, 2047, 2048, 2049):
        t.say("relative", length, a.write("a" * length, "x"))
    for length in (2046, 2047, 2048, 2049):
        t.say("home", length, a.write("/local/domain/7/" + "a" * length, "x"))


@case
def malformed_payloads(t, fake, a):
    # Xen's daemon answers such requests with whatever errno was left over.
    a.read("//")
    for kind in (READ, MKDIR, RM, GET_PERMS, DIRECTORY):
        t.say(kind, a.call(kind), a.call(kind, raw=b"/tool"),
              a.call(kind, "/tool", "/tool"), a.call(kind, raw=b"\0"))
    for kind in (GET_DOMAIN_PATH, IS_INTRODUCED):
        t.say(kind, a.call(kind), a.call(kind, raw=b"1"),
              a.call(kind, "1", "2"))
    for kind in (WRITE, SET_PERMS, WATCH, UNWATCH, INTRODUCE, SET_TARGET,
                 DIRECTORY_PART, RELEASE, RESUME, TRANSACTION_END):
        t.say(kind, a.call(kind), a.call(kind, raw=b"/x"),
              a.call(kind, "/x"), a.call(kind, raw=b"\0"))
    t.say(a.call(TRANSACTION_START), a.call(TRANSACTION_START, raw=b"junk"))
    for kind in (15, 16, 20, 23, 99, 0xffff, 0xffffffff):
        t.say(kind, a.call(kind, "/x"))


@case
def long_payloads(t, fake, a):
    t.say(a.call(WRITE, "/v", raw=b"x" * 4093), len(a.read("/v")))
    try:
        t.say(a.call(WRITE, "/v", raw=b"x" * 4094))
    except Gone:
        t.say("gone")
    b = fake.dom0()
    t.say(b.write("/still", "here"))


@case
def permissions_as_text(t, fake, a):
    a.write("/p", "x")
    for perms in (("n0",), ("r0", "w3", "b4"), ("w7",), ("b1", "n2", "r3",
                  "r4", "r5", "r6", "r7"), ("x0",), ("n",), ("0",), ("",),
                  ("n0", "z1"), ("nn0",), ("n0 ",)):
        t.say(perms, a.chmod("/p", *perms), a.perms("/p"))


@case
def what_a_domain_may_do(t, fake, a):
    d = fake.domain(5, a)
    for path, perms in (("/n", ("n0",)), ("/r", ("n0", "r5")),
                        ("/w", ("n0", "w5")), ("/b", ("n0", "b5")),
                        ("/mine", ("n5",)), ("/other", ("n0", "b6")),
                        ("/all", ("b0",)), ("/allbut", ("b0", "n5"))):
        a.write(path, "v")
        a.write(path + "/kid", "k")
        a.chmod(path, *perms)
        t.say(path, d.read(path), d.ls(path), d.write(path, "n"),
              d.perms(path), d.chmod(path, "n5"), d.read(path + "/kid"))
        t.say(path, "absent:", d.read(path + "/no"), d.write(path + "/no", ""),
              d.rm(path + "/not"), d.mkdir(path + "/m"), d.ls(path + "/no/x"),
              d.rm(path + "/a/b"), d.rm(path + "/m"), d.perms(path + "/q"))
        t.say(path, "now:", a.perms(path), a.ls(path), d.rm(path))
    t.say(d.read("/"), d.ls("/"), d.write("/x", ""), d.read("/zz"),
          d.read("/local"), d.read("/local/domain"), d.ls("/local/domain/5"))
    t.say(d.write("a/b/c", "x"), d.perms("a"), d.perms("a/b/c"), d.read("a"))
    t.say(d.chmod("a", "n5", "r0"), d.chmod("a", "n0"), d.chmod("a", "r6"),
          d.perms("a"))


@case
def inherited_permissions(t, fake, a):
    d = fake.domain(5, a)
    a.write("/p", "")
    a.chmod("/p", "n0", "b5", "r6")
    t.say(a.write("/p/byadmin", ""), a.perms("/p/byadmin"))
    t.say(d.write("/p/bydomain/x", ""), a.perms("/p/bydomain"),
          a.perms("/p/bydomain/x"))
    a.chmod("/p", "w5", "r6")
    t.say(a.write("/p/q", ""), a.perms("/p/q"))


@case
def requests_for_dom0_only(t, fake, a):
    d = fake.domain(5, a)
    t.say(d.call(INTRODUCE, 6, 1, 1), d.call(RELEASE, 5), d.call(RESUME, 5),
          d.call(SET_TARGET, 5, 6), d.call(CONTROL, "help"))
    t.say(d.call(GET_DOMAIN_PATH, 7), d.call(IS_INTRODUCED, 5),
          d.call(IS_INTRODUCED, 6), d.call(IS_INTRODUCED, 0))
    t.say(a.call(GET_DOMAIN_PATH, 7), a.call(IS_INTRODUCED, 5),
          a.call(IS_INTRODUCED, 6), a.call(IS_INTRODUCED, 0))


@case
def watches_fire_once_then_on_changes(t, fake, a):
    b = fake.dom0()
    t.say(a.watch("/w", "tok"), a.watch("/w", "tok"), a.watch("/w", "two"))
    t.events("a", a)
    t.say(b.write("/w", "1"))
    t.events("a", a)
    b.write("/w/deep/er", "1")
    t.events("a", a)
    b.write("/w/deep/er", "1")
    t.events("a", a)
    b.write("/wrong", "")
    b.mkdir("/w/dir")
    b.mkdir("/w/dir")
    b.chmod("/w/dir", "n0", "r3")
    t.events("a", a)
    t.say(a.unwatch("/w", "nope"), a.unwatch("/nope", "tok"),
          a.unwatch("/w", "tok"), a.unwatch("/w", "tok"))
    b.write("/w", "2")
    t.events("a", a)
    b.rm("/w/deep")
    b.rm("/w")
    b.rm("/w")
    t.events("a", a)


@case
def removal_reaches_watches_below(t, fake, a):
    b = fake.dom0()
    for path in ("/t/a/b/c", "/t/a/d", "/t/e"):
        b.write(path, "")
    for path in ("/", "/t", "/t/a", "/t/a/b", "/t/a/b/c", "/t/a/nope", "/t/e"):
        a.watch(path, path)
    a.pump()
    b.rm("/t/a")
    t.events("a", a)
    b.rm("/t")
    t.events("a", a)


@case
def relative_watches(t, fake, a):
    d = fake.domain(5, a)
    t.say(d.watch("foo", "rel"), d.watch("/local/domain/5/foo", "abs"),
          d.watch("foo", "abs"))
    t.events("d", d)
    a.write("/local/domain/5/foo/bar", "")
    t.events("d", d)
    t.say(d.unwatch("/local/domain/5/foo", "rel"))
    a.write("/local/domain/5/foo", "")
    t.events("d", d)
    t.say(a.watch("some/thing", "x"), a.pump())


@case
def watch_names_that_are_refused(t, fake, a):
    for name in ("", "@", "@any", "@introduceDomain", "//", "/a/", "/a b",
                 "a" * 2049, "@" + "x" * 2048, "/"):
        t.say(name[:20], a.watch(name, "t"))
    a.pump()


@case
def watchers_see_what_they_may_read(t, fake, a):
    d = fake.domain(5, a)
    for path, perms in (("/no", ("n0",)), ("/yes", ("n0", "r5"))):
        a.write(path, "")
        a.chmod(path, *perms)
    t.say(d.watch("/", "root"), d.watch("/no", "no"), d.watch("/yes", "yes"))
    t.events("d", d)
    a.write("/no", "1")
    a.write("/yes", "1")
    a.write("/no/below", "1")
    a.write("/yes/below", "1")
    t.events("d", d)
    a.chmod("/yes/below", "n0")
    t.events("d after losing", d)
    a.write("/yes/below", "2")
    t.events("d in readable directory", d)
    a.chmod("/no", "n0", "r5")
    t.events("d after gaining", d)
    a.chmod("/yes", "n0")
    t.events("d after losing it all", d)
    a.write("/yes", "2")
    a.rm("/yes")
    a.rm("/no")
    t.events("d at the end", d)


@case
def introducing_and_releasing(t, fake, a):
    b = fake.dom0()
    b.watch("@introduceDomain", "in")
    b.watch("@releaseDomain", "out")
    t.events("b", b)
    d = fake.domain(5, a)
    t.events("b", b)
    # Xen 4.17 announces no features in the page; ours can reconnect.
    t.say(d.get(0x814), a.call(IS_INTRODUCED, 5))
    t.say("again:", a.call(INTRODUCE, 5, 1, 2), d.read("x"))
    t.events("b", b)
    t.say(a.call(INTRODUCE, 9, 1, 1) != b"OK\0", a.call(IS_INTRODUCED, 9))
    t.say(a.call(INTRODUCE, 5, 1, 0), a.call(INTRODUCE, 5, 1),
          a.call(RELEASE, 6), a.call(RELEASE, 0), a.call(RESUME, 0))
    t.say(a.call(RESUME, 5), a.call(SET_TARGET, 5, 6),
          a.call(RELEASE, 5), a.call(IS_INTRODUCED, 5))
    t.events("b", b)


@case
def a_domain_dies(t, fake, a):
    b = fake.dom0()
    b.watch("@releaseDomain", "out")
    d = fake.domain(5, a)
    e = fake.domain(6, a)
    d.write("mine/deep", "x")
    a.mkdir("/elsewhere")
    a.chmod("/elsewhere", "n0", "b5")
    d.write("/elsewhere/hers", "x")
    a.write("/elsewhere/hers/dom0s", "x")
    a.chmod("/elsewhere/hers/dom0s", "n0")
    a.write("/granted", "x")
    a.chmod("/granted", "n0", "r5", "r6")
    b.pump()
    fake.exception()
    t.events("nothing happened: b", b)
    fake.state(5, "shutdown")
    fake.exception()
    t.events("shutdown: b", b)
    fake.exception()
    t.events("still shut down: b", b)
    t.say(d.read("mine/deep"), a.call(RESUME, 5))
    fake.exception()
    t.events("after resume: b", b)
    fake.state(5, "dying")
    fake.exception()
    t.events("dying: b", b)
    t.say(a.ls("/local/domain"), a.ls("/elsewhere"), a.call(IS_INTRODUCED, 5))
    fake.state(5, None)
    fake.exception()
    t.events("gone: b", b)
    t.say(e.read("/granted"))
    d = fake.domain(5, a)
    t.say("a new domain 5:", d.read("/granted"), d.write("/elsewhere/x", ""))


@case
def removal_by_death_fires_watches(t, fake, a):
    d = fake.domain(5, a)
    d.write("mine/deep", "x")
    a.mkdir("/shared")
    a.chmod("/shared", "n0", "b5")
    d.write("/shared/hers/x", "x")
    a.watch("/shared", "s")
    a.watch("/local/domain/5/mine", "m")
    a.pump()
    fake.state(5, "dying")
    fake.exception()
    t.say(sorted(set(a.pump())))


@case
def transactions_are_private_until_their_end(t, fake, a):
    b = fake.dom0()
    a.write("/x", "old")
    tx = a.start()
    t.say(tx, a.write("/x", "new", tx), a.read("/x", tx), b.read("/x"))
    t.say(a.write("/y/z", "", tx), b.ls("/"), sorted(a.ls("/", tx)))
    t.say(a.end(tx), b.read("/x"), sorted(b.ls("/")), a.end(tx))
    tx = a.start()
    t.say(a.rm("/y", tx), a.write("/q", "", tx), a.end(tx, False),
          sorted(a.ls("/")))
    t.say(a.read("/x", 77), a.end(77), a.end(0), b.end(tx),
          a.call(TRANSACTION_END, "X", tx=a.start()))


@case
def conflicts(t, fake, a):
    b = fake.dom0()

    def both(name, first, second, setup=()):
        for path in ("/c", "/c/k"):
            a.write(path, "0")
        a.rm("/c/new")
        a.rm("/c/new2")
        for path in setup:
            a.write(path, "0")
        tx = a.start()
        first(tx)
        second()
        t.say(name, a.end(tx), sorted(a.ls("/c")), a.read("/c"),
              a.read("/c/k"))

    both("none", lambda tx: a.write("/c", "1", tx), lambda: None)
    both("unrelated", lambda tx: a.write("/c/k", "1", tx),
         lambda: b.write("/other", "1"))
    both("write, write", lambda tx: a.write("/c/k", "1", tx),
         lambda: b.write("/c/k", "2"))
    both("read, write", lambda tx: a.read("/c/k", tx),
         lambda: b.write("/c/k", "2"))
    both("read, read", lambda tx: a.read("/c/k", tx), lambda: b.read("/c/k"))
    both("absent, created", lambda tx: a.read("/c/new", tx),
         lambda: b.write("/c/new", "2"))
    both("create, create other", lambda tx: a.write("/c/new", "1", tx),
         lambda: b.write("/c/new2", "2"))
    both("list, create", lambda tx: a.ls("/c", tx),
         lambda: b.write("/c/new", "2"))
    both("list, write child", lambda tx: a.ls("/c", tx),
         lambda: b.write("/c/k", "2"))
    both("write child, write parent", lambda tx: a.write("/c/k", "1", tx),
         lambda: b.write("/c", "2"))
    both("remove, write below", lambda tx: a.rm("/c", tx),
         lambda: b.write("/c/k", "2"))
    both("write, removed", lambda tx: a.write("/c/k", "1", tx),
         lambda: b.rm("/c"))
    both("perms, perms", lambda tx: a.chmod("/c/k", "n0", "r1", tx=tx),
         lambda: b.chmod("/c/k", "n0", "r2"))
    both("start only", lambda tx: None, lambda: b.write("/c/k", "2"))
    both("write after change", lambda tx: b.write("/c/k", "2") and
         a.write("/c/k", "1", tx), lambda: None)


@case
def transactions_follow_until_they_depend(t, fake, a):
    b = fake.dom0()
    a.write("/one", "0")
    a.write("/two", "0")
    tx = a.start()
    b.write("/one", "1")
    t.say(a.read("/one", tx))
    b.write("/two", "1")
    t.say(a.read("/two", tx), a.end(tx))


@case
def events_of_transactions(t, fake, a):
    b = fake.dom0()
    a.write("/e/keep", "")
    a.write("/e/gone/deep", "")
    for path in ("/e", "/e/keep", "/e/gone/deep", "/e/brief", "/e/new/kid"):
        a.watch(path, path)
    a.pump()
    tx = b.start()
    b.write("/e/keep", "1", tx)
    b.write("/e/keep", "2", tx)
    t.events("before", a)
    b.end(tx)
    t.events("written twice: a", a)
    tx = b.start()
    b.rm("/e/gone", tx)
    b.end(tx)
    t.say("removed: a sees", *sorted(set(a.pump())))
    tx = b.start()
    b.write("/e/brief", "", tx)
    b.rm("/e/brief", tx)
    b.end(tx)
    t.say("brief: a sees", *sorted(set(a.pump())))
    tx = b.start()
    b.write("/e/new/kid", "", tx)
    b.end(tx)
    t.say("new: a sees", *sorted(set(a.pump())))
    tx = b.start()
    b.write("/e/keep", "3", tx)
    b.end(tx, False)
    t.events("abandoned: a", a)


@case
def quota_of_nodes(t, fake, a):
    d = fake.domain(5, a)
    made = 0
    while made < 1100 and d.write(f"d{made // 50}/n{made}", "") == b"OK\0":
        made += 1
    t.say(made, d.write("one/more", ""), d.write("d0/n0", "yes"),
          d.mkdir("another"))
    t.say(d.rm("d0/n0"), d.mkdir("another"), d.mkdir("third"))
    t.say(a.write("/local/domain/5/admin", ""), d.read("admin"))
    tx = d.start()
    t.say(d.write("in/tx", "", tx), d.end(tx))


@case
def quota_of_node_size(t, fake, a):
    d = fake.domain(5, a)
    d.write("v", "")
    big = max(n for n in range(1900, 2049)
              if d.write("v", "x" * n) == b"OK\0")
    t.say(big, d.write("v", "x" * (big + 1)), len(d.read("v")))
    made = 0
    while d.write(f"dir/{'n' * 20}{made:04}", "") == b"OK\0":
        made += 1
    t.say(made, d.write("dir/more", ""), len(d.ls("dir")))
    t.say(a.call(WRITE, "/local/domain/5/v", raw=b"x" * 3000))


@case
def quota_of_watches(t, fake, a):
    d = fake.domain(5, a)
    made = 0
    while made < 200 and d.watch("w", f"t{made}") == b"OK\0":
        made += 1
    t.say(made, d.watch("w", "more"), d.unwatch("w", "t0"),
          d.watch("w", "more"), d.watch("w", "more"))
    t.say(d.call(RESET_WATCHES), d.watch("w", "t1"))
    for i in range(200):
        assert a.watch("/w", f"t{i}") == b"OK\0"


@case
def quota_of_permissions(t, fake, a):
    d = fake.domain(5, a)
    d.write("v", "")
    five = [f"r{i}" for i in (1, 2, 3, 4)]
    t.say(d.chmod("v", "n5", *five), d.chmod("v", "n5", *five, "r7"),
          a.chmod("/local/domain/5/v", "n5", *five, "r7", "r8"))
    t.say(d.write("v", "x"), d.perms("v"))


@case
def quota_of_transaction_nodes(t, fake, a):
    d = fake.domain(5, a)
    tx = d.start()
    got = made = 0
    while made < 1100 and got != "ENOSPC":
        got = d.read(f"n{made}", tx)
        made += 1
    t.say(got, 1000 < made < 1030)


@case
def targets(t, fake, a):
    d = fake.domain(5, a)
    fake.domain(6, a)
    a.write("/local/domain/6/secret", "s")
    t.say(d.read("/local/domain/6/secret"), a.call(SET_TARGET, 5, 6),
          d.read("/local/domain/6/secret"), d.write("/local/domain/6/x", ""),
          a.perms("/local/domain/6/x"))


@case
def directory_in_parts(t, fake, a):
    names = [f"{'n' * 60}{i:04}" for i in range(200)]
    for name in names:
        a.mkdir("/big/" + name)
    t.say(a.ls("/big"))
    found, offset, gens = b"", 0, set()
    while not found.endswith(b"\0\0"):
        got = a.call(DIRECTORY_PART, "/big", offset)
        gen, part = got.split(b"\0", 1)
        gens.add(gen)
        found += part
        offset += len(part)
        t.say(len(part))
    t.say(len(gens), found[:-2].split(b"\0") == [n.encode() for n in names])
    a.mkdir("/small")
    a.mkdir("/small/x")
    for offset in (0, 1, 2, 3, 99):
        got = a.call(DIRECTORY_PART, "/small", offset)
        t.say(offset, got if isinstance(got, str)
              else got.split(b"\0", 1)[1])
    t.say(a.call(DIRECTORY_PART, "/nope", 0))


@case
def reset_watches(t, fake, a):
    d = fake.domain(5, a)
    d.watch("w", "t")
    tx = d.start()
    d.pump()
    t.say(d.call(RESET_WATCHES), d.end(tx))
    d.write("w", "")
    t.events("d", d)


@case
def requests_in_one_burst(t, fake, a):
    d = fake.domain(5, a)
    d.write("v", "value")
    requests = [d.submit(READ, b"v\0") for _ in range(40)]
    t.say({d.answer(r) for r in requests})
    d.write("v", "x" * 1500)
    t.say(len(d.read("v")))
    long = "y" * 1900
    t.say(d.write("v", long), d.read("v") == long.encode())


@case
def broken_rings_hurt_nobody_else(t, fake, a):
    d, e = fake.domain(5, a), fake.domain(6, a)
    d.write("x", "1")
    d.put(0x804, d.get(0x800) + 1025)
    d.ring()
    t.say(e.write("x", "1"), d.pump())
    t.say("error", d.get(0x818))
    f = fake.domain(7, a)
    f.send(b"\2\0\0\0" + bytes(8) + b"\xff\xff\xff\xff")
    t.say(e.read("x"), f.pump(), "error", f.get(0x818))


@case
def quota_of_transactions(t, fake, a):
    d = fake.domain(5, a)
    made = []
    while len(made) < 50 and isinstance(tx := d.start(), int):
        made.append(tx)
    t.say(len(made), tx, d.end(made[0]), isinstance(d.start(), int), d.start())
    for _ in range(50):
        assert isinstance(a.start(), int)


@case
def replies_nobody_fetches(t, fake, a):
    d, e = fake.domain(5, a), fake.domain(6, a)
    d.write("v", "x" * 100)
    for _ in range(200):
        if RING - (d.get(0x804) - d.get(0x800)) < 18:
            break
        d.submit(READ, b"v\0")
        a.read("/tool")
    t.say("others are served:", e.write("x", "1"), e.read("x"))
    t.say("the rest waits in the ring:", d.get(0x804) - d.get(0x800) > 900)


@case
def dead_domains_transactions(t, fake, a):
    d = fake.domain(5, a)
    a.mkdir("/s")
    a.chmod("/s", "n0", "b5")
    tx = a.start()
    a.write("/s/x", "", tx)
    a.chmod("/s/x", "n0", "r5", tx=tx)
    other = a.start()
    a.write("/t", "", other)
    d.write("/s/y", "")
    fake.state(5, "dying")
    fake.exception()
    a.pump()
    t.say(a.end(tx), a.end(other), a.ls("/s"))


@case
def order_of_replies_and_events(t, fake, a):
    a.watch("/o", "t")
    a.pump()
    a.submit(WRITE, b"/o\0x")
    kinds = []
    while len(kinds) < 2:
        got = a.message()
        if got:
            kinds.append(got[0])
    t.say(kinds)


@case
def special_nodes(t, fake, a):
    d = fake.domain(5, a)
    t.say(a.read("@releaseDomain"), a.write("@releaseDomain", ""),
          a.ls("@releaseDomain"), a.rm("@releaseDomain"), a.mkdir("@x"))
    t.say(d.watch("@releaseDomain", "r"), d.watch("@introduceDomain", "i"),
          sorted(d.pump()))
    fake.domain(6, a)
    t.say(d.pump())
    t.say(a.chmod("@introduceDomain", "n0", "r5"),
          d.chmod("@introduceDomain", "n5") == b"OK\0")
    fake.domain(7, a)
    t.say(d.pump())


def transcript(make):
    run = Run(make)
    for function in CASES:
        run.run(function)
    return run.lines


def main(argv):
    if len(argv) == 2 and argv[0] == "ours":
        lines = transcript(lambda: Fake(argv[1]))
    elif len(argv) == 3 and argv[0] == "reference":
        lines = transcript(lambda: Fake(argv[1], reference=argv[2]))
    elif len(argv) == 3 and argv[0] == "check":
        with open(argv[2], encoding="utf-8") as handle:
            want = handle.read().splitlines()
        got = transcript(lambda: Fake(argv[1]))
        diff = list(difflib.unified_diff(want, got, argv[2], "ours",
                                         lineterm="", n=8))
        print("\n".join(diff), end="\n" if diff else "")
        print(f"store cases: {len(CASES)} cases,",
              "differences above" if diff else "all as Xen 4.17")
        return 1 if diff else 0
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
