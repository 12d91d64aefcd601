"""What a run of make bench has found so far, on disk after every step.

A step that fails takes no other along: its cause is told where the report
tells what was not measured, and so is what a run that was stopped had not yet
come to. results.json, report.html and summary.txt are each replaced whole.
"""

import os
import resource
import signal
import time

import report
import results
import schema

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the run to end; the text is its name."""


def stop(number, _frame):
    raise Stopped(signal.Signals(number).name)


def brief(error):
    """One line of an exception, without the console that BootError shows."""
    lines = [" ".join(line.split()) for line in str(error).split("\n")[:3]]
    told = "; ".join(line.removesuffix(", which ends:") for line in lines
                     if line)
    return told[:400] or type(error).__name__


class Watch:
    """How long something takes, from its making to its str(). What its boots
    used of a processor tells what that would be on a quiet host."""

    def __init__(self):
        self.begin = time.monotonic()
        self.before = self.used()

    @staticmethod
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def seconds(self):
        return time.monotonic() - self.begin

    def __str__(self):
        return (f"({self.seconds():.0f} s, "
                f"{self.used() - self.before:.0f} s of a processor)")


class Record:
    """The passes, counters, tables and failures of one run.

    rows     those that the run is about
    columns  names of systems.COLUMNS
    meta     members of results.json that are known from the start
    out      directory of the three files
    """

    def __init__(self, rows, columns, meta, out):
        self.rows, self.columns, self.meta, self.out = rows, columns, meta, out
        self.passes = {"micro": ([], []), "macro": ([], [])}
        self.counters, self.tables, self.failed = {}, [], []
        self.ahead = []
        self.why_ahead = "the run had not come to it"
        self.watch = Watch()

    def fail(self, what, why):
        """Something could not be measured: told now, and in the report."""
        self.failed.append(f"{what}: {why}")
        print(f"bench: failed: {what}: {why}", flush=True)

    def done(self):
        """The contents of results.json, as of now."""
        self.meta["environment"].update(
            load_after=os.getloadavg()[0],
            minutes=round(self.watch.seconds() / 60, 1))
        kinds = {row["kind"] for row in self.rows}
        passes = {kind: tuple([columns for columns in runs if columns]
                              for runs in of_kind)
                  for kind, of_kind in self.passes.items() if kind in kinds}
        found = results.assemble(self.rows, passes, self.columns, self.meta,
                                 self.counters)
        ahead = [f"{title}: not run, {self.why_ahead}" for title in self.ahead]
        found.update(tables=self.tables, failed=self.failed + ahead)
        return found

    def save(self):
        """Write all three files; returns what results.json says. Measuring
        goes on without a report, if gnuplot or the disk refuses."""
        found = self.done()
        try:
            results.write(found, os.path.join(self.out, "results.json"))
            report.write(found, self.out)
        except Exception as error:  # told once, however often it comes
            line = f"report: {brief(error)}"
            if line not in self.failed:
                self.fail("report", brief(error))
                found["failed"].append(line)
        return found

    def run(self, steps):
        """Take the steps [(title, function)]; False when a signal came."""
        before = {number: signal.signal(number, stop) for number in SIGNALS}
        try:
            for index, (title, work) in enumerate(steps):
                self.ahead = [title for title, _ in steps[index:]]
                self.save()
                self.step(title, work)
            self.ahead = []
        except Stopped as stopped:
            self.why_ahead = f"{stopped} ended the run"
            print(f"bench: {self.why_ahead}", flush=True)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return not self.ahead

    def step(self, title, work):
        watch = Watch()
        told = ""
        try:
            told = work() or ""
        except (Exception, SystemExit) as error:  # whatever it is, go on
            self.fail(title, brief(error))
        print(f"bench: {title}{told and ': ' + told} {watch}", flush=True)

    def status(self, found):
        """The exit status: 0 if nothing is missing."""
        wrong = schema.check(found)
        for line in wrong:
            print(f"bench: results.json breaks its schema: {line}")
        measured = any(row["time"] or row["instructions"]
                       for row in found["rows"])
        return int(bool(wrong or found["failed"]) or
                   not (measured or found["tables"]))
