#!/usr/bin/env python3
"""Tests of the benchmark harness itself: parsing, ratios, gate, schema."""

import contextlib
import copy
import io
import json
import os
import signal
import sys
import tempfile
import types
import unittest

import bench
import check
import counters
import domains
import host
import macro
import page
import parts
import record
import report
import results
import schema
import systems
import web
from tables import Table

SAMPLE = os.path.join(systems.machine.ROOT, "docs/benchmarks/results.json")

CONSOLE = """
[ 1.0] kernel text
COLUMN native begins
BENCH null_call 100 5000
TICKS read 10 70
SKIP pipe pipe: Too many open files
INFO flags fpu de
BENCH half a line
COLUMN native ends 0
BENCH stat 1 1
COLUMN xen-domu failed: no memory
"""


class Web(unittest.TestCase):
    def test_sizes_double_up_to_the_most(self):
        self.assertEqual(web.sizes(1), [1])
        self.assertEqual(web.sizes(16), [1, 2, 4, 8, 16])
        self.assertEqual(web.sizes(24), [1, 2, 4, 8, 16, 24])

    def test_rates_add_up_and_a_silent_domain_spoils_its_size(self):
        self.assertEqual(
            web.rates("SPAN 1 PAGES 10.00 100 PAGES 20.00 300\n"
                      "SPAN 2 PAGES 5.50 0 PAGES 7.50 10\n"
                      "SPAN 2 PAGES 5.00 0 PAGES 6.00 10\n"
                      "SPAN 3 PAGES 5.00 0 PAGES 6.00 9\n"
                      "SPAN 3 PAGES 5.00 0 PAGES 6.00 9\n"
                      "SPAN 3 PAGES 5.00 0 PAGES 5.00 0\n"
                      "SPAN 8 PAGES 5.00\n"), {"1": 20, "2": 15})


class Parsing(unittest.TestCase):
    def setUp(self):
        self.found = systems.parse(CONSOLE, ["native", "xen-domu"])

    def test_rows_are_per_operation(self):
        self.assertEqual(self.found["native"]["rows"],
                         {"null_call": 50, "read": 7})

    def test_skipped_rows_keep_their_cause(self):
        self.assertEqual(self.found["native"]["skip"],
                         {"pipe": "pipe: Too many open files"})

    def test_failed_column_says_why(self):
        self.assertEqual(self.found["xen-domu"]["why"], "no memory")

    def test_times_of_a_wrong_clock_do_not_count(self):
        result = {"rows": {"x": 1}, "skip": {}, "info": {"mhz": "2596.122"}}
        self.assertEqual(host.trusted(result, 2600), result)
        self.assertEqual(host.trusted(dict(result, info={}), 9)["rows"],
                         {"x": 1})
        wrong = host.trusted(result, 428)
        self.assertEqual(wrong["rows"], {})
        self.assertIn("2596.122 MHz", wrong["why"])

    def test_counters_are_per_operation_of_the_longer_run(self):
        text = ("PERF pipe 1 TICKS pipe 10 999\nPERF pipe 1 TLB flushes  25\n"
                "PERF pipe 3 TICKS pipe 30 999\nPERF pipe 3 TLB flushes 105\n"
                "PERF sh 1 TICKS sh 5 1\n")
        self.assertEqual(counters.parse(text), {"pipe": {"TLB flushes": 2.0}})


class Ratios(unittest.TestCase):
    def test_ratio_is_taken_within_each_round(self):
        rounds = [{"a": {"rows": {"x": 10}}, "b": {"rows": {"x": 20}}},
                  {"a": {"rows": {"x": 90}}, "b": {"rows": {"x": 90}}},
                  {"a": {"rows": {"x": 8}}, "b": {"rows": {}}}]
        self.assertEqual(results.ratio_of(rounds, "a", "b", "x"),
                         {"median": 0.75, "min": 0.5, "max": 1.0,
                          "runs": [0.5, 1.0]})

    def test_no_common_round_is_no_ratio(self):
        self.assertIsNone(results.ratio_of([{"a": {"rows": {"x": 1}}}],
                                           "a", "b", "x"))


class Macro(unittest.TestCase):
    """Rows that are run in passes of their own."""
    ROW = {"group": "macro_cpu", "meaning": "work", "unit": "ns"}

    @staticmethod
    def column(**rows):
        return {"rows": rows, "skip": {"web": "no port"}, "info": {}}

    def assembled(self):
        rows = [dict(self.ROW, name="call", kind="micro"),
                dict(self.ROW, name="xz", kind="macro"),
                dict(self.ROW, name="web", kind="macro")]
        one = {"paravane-domu": self.column(call=1),
               "xen-domu": self.column(call=2)}
        other = {"paravane-domu": self.column(xz=30),
                 "xen-domu": self.column(xz=20)}
        meta = {"quick": True, "commands": [], "environment": {}}
        return results.assemble(
            rows, {"micro": ([one, one], []), "macro": ([other], [])},
            ["paravane-domu", "xen-domu"], meta)

    def test_kinds_have_rounds_and_means_of_their_own(self):
        done = self.assembled()
        self.assertEqual(done["passes"]["macro"]["rounds"], 1)
        self.assertEqual(len(done["rows"][0]["time"]["xen-domu"]["runs"]), 2)
        summary = done["summary"]["paravane-domu/xen-domu"]
        self.assertEqual(summary["time"]["above_one"], {})
        self.assertEqual(summary["macro, time"]["above_one"], {"xz": 1.5})

    def test_a_missing_row_tells_its_cause_once(self):
        lines = list(report.missing_lines(self.assembled()))
        self.assertEqual(lines, ["web; paravane-domu, xen-domu: no port"])

    def test_each_row_is_measured_by_the_script(self):
        with open(os.path.join(macro.HERE, "run"), encoding="ascii") as script:
            text = script.read()
        for row in macro.rows():
            self.assertRegex(text, rf"\b(fixed|rate|disk) {row['name']}\b")
            self.assertIn(row["group"], report.GROUPS)

    def test_counters_are_per_operation(self):
        text = ("PERF xz operations  4\nPERF xz hypercall iret   10\n"
                "PERF xz listens at port 80\nPERF web hypercall iret  3\n")
        self.assertEqual(macro.parse_counters(text),
                         {"xz": {"hypercall iret": 2.5}})


class Tables(unittest.TestCase):
    def row(self, ours, theirs, **more):
        table = Table("t", "T", "a note", ["paravane", "xen"])
        table.row("r", "a row", "ns", {"paravane": ours, "xen": theirs},
                  **more)
        return table.done()["rows"][0]

    def test_ratio_is_of_the_medians(self):
        self.assertEqual(self.row([1, 2, 9], [4])["ratio"], 0.5)

    def test_goals_bound_the_ratio_on_their_side(self):
        self.assertTrue(self.row([5], [10], most=0.5)["met"])
        self.assertFalse(self.row([6], [10], most=0.5)["met"])
        self.assertTrue(self.row([10], [10], least=1)["met"])
        self.assertFalse(self.row([9], [10], least=1)["met"])

    def test_a_floor_is_about_ours_alone(self):
        self.assertFalse(self.row([95], [10], floor=96)["met"])
        self.assertTrue(self.row([97], [], floor=96)["met"])

    def test_what_is_missing_has_a_cause_and_no_verdict(self):
        row = self.row([5], [], most=1)
        self.assertNotIn("met", row)
        self.assertIn("xen", row["why"])


class Domains(unittest.TestCase):
    TEXT = ("COST nothing 10 5\nCOST create_mini 100 55\n"
            "COST nothing 10 7\nCOST create_mini 300 57\nCOST broken 1\n"
            "FIT 19 627 19 no room\n")

    def test_what_dom0_uses_anyway_is_no_cost(self):
        self.assertEqual(domains.costs(self.TEXT),
                         {"create_mini": ([100, 300], [49, 51])})

    def test_what_goes_beyond_the_domains_own_is_overhead(self):
        other = self.TEXT.replace("627 19 no", "627 0 no")
        rows = domains.density({"paravane": self.TEXT, "xen": other},
                               True)["rows"]
        self.assertEqual(rows[0]["ratio"], 1)
        self.assertEqual(rows[1]["values"]["paravane"]["median"], 0)
        self.assertEqual(rows[1]["values"]["xen"]["median"], 1024)


class Kept(unittest.TestCase):
    """What a run leaves behind when steps fail or a signal ends it."""
    META = {"quick": True, "commands": [], "environment": {
        "host_cpu": "", "qemu": "", "accelerator": "", "qemu_cpu": "",
        "memory_mib": 1, "vcpus": 1, "paravane": "", "load_before": 0.0}}
    ROWS = [{"name": "x", "group": "syscalls", "meaning": "", "unit": "ns",
             "kind": "micro"}]

    def run_steps(self, steps, columns=("native",)):
        """(Record, results.json, summary.txt, exit status)"""
        with tempfile.TemporaryDirectory() as out, \
                contextlib.redirect_stdout(io.StringIO()):
            kept = record.Record(self.ROWS, list(columns),
                                 copy.deepcopy(self.META), out)
            kept.run([(title, lambda w=work: w(kept, out))
                      for title, work in steps])
            status = kept.status(kept.save())
            self.assertEqual(sorted(os.listdir(out)), [
                "report.html", "results.json", "summary.txt"])
            with open(os.path.join(out, "results.json"),
                      encoding="utf-8") as handle:
                told = json.load(handle)
            summary = systems.images.read(os.path.join(out, "summary.txt"))
        self.assertEqual(schema.check(told), [])
        return kept, told, summary, status

    @staticmethod
    def good(kept, _out):
        kept.passes["micro"][0].append(
            {"native": {"rows": {"x": 5}, "skip": {}, "info": {}}})

    @staticmethod
    def bad(_kept, _out):
        raise KeyError("a defect")

    @staticmethod
    def stopped(_kept, _out):
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    def test_a_failed_step_leaves_the_others(self):
        _, told, summary, status = self.run_steps(
            [("one", self.good), ("two", self.bad), ("three", self.good)])
        self.assertEqual(told["failed"], ["two: 'a defect'"])
        self.assertEqual(told["rows"][0]["time"]["native"]["runs"], [5, 5])
        self.assertIn("two: 'a defect'", summary)
        self.assertEqual(status, 1)

    def test_sys_exit_in_a_step_does_not_end_the_run(self):
        _, told, _, status = self.run_steps(
            [("one", lambda *_: sys.exit("no image")), ("two", self.good)])
        self.assertEqual(told["failed"], ["one: no image"])
        self.assertEqual((told["rounds"], status), (1, 1))

    def test_without_a_report_the_run_goes_on(self):
        def refuse(_done):
            raise report.ReportError("gnuplot is missing")
        self.addCleanup(setattr, report, "page", report.page)
        report.page = refuse
        with tempfile.TemporaryDirectory() as out, \
                contextlib.redirect_stdout(io.StringIO()):
            kept = record.Record(self.ROWS, ["native"],
                                 copy.deepcopy(self.META), out)
            kept.run([("one", lambda: self.good(kept, out)),
                      ("two", lambda: self.good(kept, out))])
            found = kept.save()
            self.assertEqual(kept.status(found), 1)
            self.assertEqual(found["failed"], ["report: gnuplot is missing"])
            told = json.loads(systems.images.read(
                os.path.join(out, "results.json")))
        self.assertEqual(told["rows"][0]["time"]["native"]["runs"], [5, 5])

    def test_all_done_is_status_0(self):
        _, told, _, status = self.run_steps([("one", self.good)])
        self.assertEqual((told["failed"], status), ([], 0))

    def test_a_signal_leaves_what_was_measured_and_names_the_rest(self):
        kept, told, summary, status = self.run_steps(
            [("one", self.good), ("two", self.stopped), ("three", self.good)])
        self.assertEqual(told["failed"], [
            "two: not run, SIGTERM ended the run",
            "three: not run, SIGTERM ended the run"])
        self.assertEqual(told["rounds"], 1)
        self.assertIn("three: not run", summary)
        self.assertEqual((kept.ahead, status), (["two", "three"], 1))

    def test_the_files_are_there_while_it_runs(self):
        def look(_kept, out):
            with open(os.path.join(out, "results.json"),
                      encoding="utf-8") as handle:
                seen.append(json.load(handle))
        seen = []
        self.run_steps([("one", self.good), ("two", look)])
        self.assertEqual(schema.check(seen[0]), [])
        self.assertEqual(seen[0]["rows"][0]["time"]["native"]["median"], 5)
        self.assertEqual(seen[0]["failed"],
                         ["two: not run, the run had not come to it"])

    def test_a_column_that_fails_is_told_each_time(self):
        args = types.SimpleNamespace(systems=["nested"])
        seen = []
        failing = types.SimpleNamespace(
            fail=lambda what, why: seen.append(f"{what}: {why}"))
        empty = {"rows": {}, "skip": {}, "info": {}}
        with contextlib.redirect_stdout(io.StringIO()):
            bench.one_pass(args, failing, None, "round-2", {},
                           lambda *_: {"kvm-npt": dict(empty, why="it hung"),
                                       "tcg-inside": dict(empty, why="slow",
                                                          left_out=True)})
        self.assertEqual(seen, ["round-2, kvm-npt: it hung"])

    def test_what_is_left_out_is_no_failure(self):
        found = systems.parse("COLUMN tcg-inside left out: it takes long\n"
                              "COLUMN kvm-npt failed: no module\n", [])
        self.assertTrue(found["tcg-inside"]["left_out"])
        self.assertEqual(found["tcg-inside"]["why"], "it takes long")
        self.assertNotIn("left_out", found["kvm-npt"])

    def test_one_hypervisor_that_fails_leaves_the_other(self):
        told = []
        setting = parts.Setting(True, "a", 1,
                                lambda *words: told.append(words))
        setting.kernels = lambda: {"paravane": "a", "xen": "b"}

        def work(column, _path):
            if column == "xen":
                sys.exit("it hung")
            return 7
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(setting.on_each(work), {"paravane": 7})
        self.assertEqual(told, [("xen", "it hung")])


class Gate(unittest.TestCase):
    BASE = {"dom0": {"a": 100, "b": 100, "c": 100}}

    def test_growth_above_3_percent_fails(self):
        bad, good = check.compare(
            self.BASE, {"dom0": {"a": 104, "b": 102, "c": 90}})
        self.assertEqual(len(bad), 1)
        self.assertIn("dom0 a: 100 -> 104", bad[0])
        self.assertEqual(len(good), 1)

    def test_missing_and_unknown_rows_fail(self):
        bad, _ = check.compare(self.BASE, {"dom0": {"a": 1, "b": 1, "d": 1}})
        self.assertEqual(len(bad), 2)


class Page(unittest.TestCase):
    """What the browser's look at a report would complain of."""
    PLOT = ('<svg class="plot" id="p" width="300" height="200">'
            '<defs><circle id="dot" r="3"/></defs>{points}'
            '<text x="10" y="20">one</text><text x="{x}" y="20">two</text>'
            '<text x="10" y="90" font-size="{size}">three</text></svg>{after}')
    GOOD = {"points": '<use href="#dot" x="50" y="50"/>' * 2, "x": 150,
            "size": 14, "after": ""}

    def found(self, **changes):
        with tempfile.TemporaryDirectory() as work:
            return page.look(self.PLOT.format(**dict(self.GOOD, **changes)),
                             page.WIDTHS["phone"], work)["found"]

    def test_nothing_is_wrong_with_a_good_page(self):
        self.assertEqual(self.found(), [])

    def test_an_empty_plot_is_found(self):
        self.assertEqual(self.found(points=""), ["p: 0 points"])

    def test_overlapping_labels_are_found(self):
        self.assertEqual(self.found(x=14), ['p: "one" overlaps "two"'])

    def test_a_label_past_the_edge_is_found(self):
        self.assertEqual(self.found(x=290), ['p: "two" is cut off'])

    def test_small_letters_are_found(self):
        self.assertRegex(self.found(size=4)[0], '"three" is . pixels high')
        self.assertEqual(self.found(after='<p style="font-size:5px">tiny'),
                         ['"tiny" is too small to read'])

    def test_a_page_wider_than_the_phone_is_found(self):
        self.assertEqual(
            self.found(after='<div style="width:500px">wide</div>'),
            ["the page is 508 pixels wide"])


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(SAMPLE, encoding="utf-8") as handle:
            cls.good = json.load(handle)

    def refused(self, change):
        broken = copy.deepcopy(self.good)
        change(broken)
        self.assertTrue(schema.check(broken))

    def test_the_sample_is_accepted(self):
        self.assertEqual(schema.check(self.good), [])

    def test_tables_are_checked(self):
        table = Table("t", "T", "a note", ["paravane", "xen"])
        table.row("r", "a row", "ns", {"paravane": [1], "xen": [2]}, most=1)
        with_table = dict(self.good, tables=[table.done()])
        self.assertEqual(schema.check(with_table), [])
        table.data["rows"][0]["better"] = "both"
        self.assertTrue(schema.check(with_table))

    def test_missing_members_are_refused(self):
        for name in ("rows", "columns", "environment", "schema"):
            self.refused(lambda r, n=name: r.pop(n))

    def test_unknown_members_are_refused(self):
        self.refused(lambda r: r.update(more=1))
        self.refused(lambda r: r["rows"][0].update(more=1))

    def test_wrong_types_are_refused(self):
        self.refused(lambda r: r.update(rounds="3"))
        self.refused(lambda r: r.update(rows=[]))
        self.refused(lambda r: r["rows"][0].update(unit="hours"))
        self.refused(lambda r: r["rows"][0]["time"].update(native=5))


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromModule(
        sys.modules[__name__])
    done = unittest.TextTestRunner(verbosity=0).run(suite)
    wrong = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - wrong} passed, {wrong} failed, 0 skipped")
    sys.exit(int(bool(wrong)))
