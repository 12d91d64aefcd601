#!/usr/bin/env python3
"""Boot test guests, as the initial domain or a domU, and collect verdicts.

    run.py [--hypervisor paravane|xen|FILE]... [--only PART] [--domu] [TOPIC...]

With --domu each guest runs as an unprivileged domain beside a Linux dom0,
created by the hypervisor's own tools. With two hypervisors the results are printed side by side, one row a promise.
A guest prints `RUN name` before a promise and `PASS|SKIP|ERROR|FAIL name: ...`
after it, then `RESULT ...`. A promise that began and never ended, or a missing
RESULT line, counts as CRASH. The last line is
`N passed, N failed, N skipped`; ERROR and CRASH count as failed.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
VERDICT = re.compile(r"^(?:\([^)]*\) )*(RUN|PASS|SKIP|ERROR|FAIL) "
                     r"([A-Za-z0-9_]+)(?:: (.*))?$")
ANSWER = re.compile(r"^(?:\([^)]*\) )*ANSWER (.*) = (-?\d+)$")
DIGEST = re.compile(r"^(?:\([^)]*\) )*DIGEST (.*)$", re.M)
RESULT = re.compile(r"^(?:\([^)]*\) )*RESULT \d+ passed")
BAD = ("FAIL", "ERROR", "CRASH")
XEN_ARGS = ("console=com1 com1=115200,8n1 noreboot dom0_mem=64M "
            "loglvl=all guest_loglvl=all spec-ctrl=off,eager-fpu")
PARAVANE_ARGS = "console=com1 noreboot dom0_mem=64M"

# Per topic: QEMU processors, devices, hypervisor and guest arguments. SYSENTER in
# 64-bit mode is Intel's; Xen 4.17 itself dies of it under TCG.
TWO = {"smp": 2, "xen": "dom0_max_vcpus=2", "paravane": "dom0_max_vcpus=2"}
TOPIC = {"vcpu": TWO, "smp": TWO, "regress": TWO,
         "havoc": TWO,
         "frenzy": {"smp": 4, "xen": "dom0_max_vcpus=8",
                    "paravane": "dom0_max_vcpus=8",
                    "guest-xen": "count=2000"},
         "control": {**TWO, "cpu": ",vendor=GenuineIntel"},
         "fifo": {"guest-xen": "ports=6000"},
         "preempt": {"qemu": ["-icount", "shift=0,sleep=off"],
                     "xen": "dom0_max_vcpus=2",
                     "paravane": "dom0_max_vcpus=2"},
         "devices": {"qemu": ["-device", "edu"]}}
# Topics with nothing to say in an unprivileged domain.
DOM0_ONLY = ("control", "devices", "machine", "preempt")


def command(hypervisor, build, topic, guest_args, pcpus=None, vcpus=None):
    """The QEMU command line for one boot."""
    extra = TOPIC.get(topic, {})
    pcpus = pcpus or extra.get("smp", 1)
    if hypervisor == "xen":
        kernel = os.path.join(ROOT, "build", "cache", "xen", "xen")
        args = XEN_ARGS
    else:
        kernel = hypervisor if "/" in hypervisor else \
            os.path.join(build, "paravane")
        args = PARAVANE_ARGS
    kind = "xen" if hypervisor == "xen" else "paravane"
    args = f"{args} {extra.get(kind, '')}".strip()
    if vcpus:
        args += f" dom0_max_vcpus={vcpus}"
    guest_args = f"{extra.get('guest-' + kind, '')} {guest_args}".strip()
    if not os.path.exists(kernel):
        sys.exit(f"run.py: no {kernel}: build it, or run "
                 "`dom0-tools/image/fetch.sh xen build/cache` for Xen")
    image = os.path.join(build, "guests", topic + ".elf")
    if not os.path.exists(image):
        sys.exit(f"run.py: no {image}: run `make guests`")
    return ["qemu-system-x86_64", "-accel", "tcg",
            "-cpu", "max,-smap" + (extra.get("cpu", "")
                                   if kind == "paravane" else ""),
            "-m", "256", "-smp", str(pcpus), "-no-reboot",
            "-nodefaults", "-display", "none", "-serial", "stdio",
            "-kernel", kernel, "-append", args,
            "-initrd", f"{image} {guest_args}".strip(),
            *extra.get("qemu", [])]


def boot(argv, limit, log):
    """Console text and whether the time was up."""
    with open(log, "wb") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT,
                                   start_new_session=True)
        late = wait_for_result(process, limit, log)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with open(log, encoding="ascii", errors="replace") as text:
        return text.read().replace("\r", ""), late


def wait_for_result(process, limit, log):
    """Wait for the end, or for the result line and a short while after."""
    end = time.monotonic() + limit
    settled = None
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        with open(log, "rb") as text:
            seen = text.read()
        finished = b"RESULT " in seen or b"ERROR guest:" in seen or \
            b"rebooting machine" in seen or b"Reboot disabled" in seen or \
            b"PANIC" in seen
        if finished and settled is None:
            settled = time.monotonic() + 1
        if settled is not None and time.monotonic() > settled:
            return False
        time.sleep(0.1)
    return True


# What dom0 runs for --domu: each image in turn, its console log between marks.
SCENARIO = """CTL=xl
[ -x /usr/sbin/vane ] && CTL=vane
for topic in {topics}; do
	cat >/tmp/$topic.cfg <<-EOF
		name = "$topic"
		kernel = "/guests/$topic.elf"
		memory = 64
		vcpus = {vcpus}
		extra = "{args}"
		on_poweroff = "destroy"
		on_crash = "destroy"
	EOF
	$CTL create /tmp/$topic.cfg >/tmp/create.log 2>&1 || cat /tmp/create.log
	n=0
	while [ $n -lt {limit} ] && $CTL domid $topic >/dev/null 2>&1; do
		sleep 1
		n=$((n + 1))
	done
	$CTL destroy $topic >/dev/null 2>&1
	sleep 1
	echo "GUEST BEGIN $topic"
	cat /var/log/xen/console/*$topic*.log
	echo "GUEST END $topic"
done
"""


def boot_domus(hypervisor, options, topics, guest_args, log):
    """{topic: console text} of guests run one after the other in one boot."""
    scenario = SCENARIO.format(topics=" ".join(topics), args=guest_args,
                               limit=options.timeout,
                               vcpus=options.vcpus or 2)
    path = log + ".sh"
    with open(path, "w", encoding="ascii") as script:
        script.write(scenario)
    argv = [os.path.join(ROOT, "tests", "boot", "boot.py"), "--toolstack",
            "--hypervisor", hypervisor, "--scenario", path, "--log", log,
            "--timeout", str(120 + options.timeout * len(topics))]
    for topic in topics:
        image = os.path.abspath(
            os.path.join(options.build, "guests", topic + ".elf"))
        argv += ["--add", f"guests/{topic}.elf={image}"]
    process = subprocess.run(argv, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
    with open(log, encoding="ascii", errors="replace") as handle:
        text = handle.read().replace("\r", "")
    found = {topic: body for topic, body in re.findall(
        r"^GUEST BEGIN (\w+)\n(.*?)^GUEST END \1$", text, re.M | re.S)}
    if not found:
        tail = process.stdout.decode("ascii", "replace").split("\n")[-20:]
        print("\n".join("  | " + line for line in tail))
    return found


def parse(text, late):
    """{promise: (verdict, words)} in order of appearance."""
    found = Verdicts()
    ended = False
    name = "image"
    for line in text.split("\n"):
        ended = ended or bool(RESULT.match(line))
        match = ANSWER.match(line)
        if match:
            found.answer(name, *match.groups())
        match = VERDICT.match(line)
        if not match:
            continue
        verdict, name, words = match.groups()
        if verdict == "RUN":
            found[name] = ("CRASH", "began and never ended"
                           + (", time was up" if late else ""))
        elif words is not None:
            found[name] = (verdict, words)
    if not ended and not any(v == "CRASH" for v, _ in found.values()):
        found["image"] = ("CRASH", "no RESULT line"
                          + (", time was up" if late else ""))
    found.digests = DIGEST.findall(text)
    return found


class Verdicts(dict):
    """{promise: (verdict, words)}, the digests the guest printed, and its
    answers: {promise: {what: [value, ...]}}."""

    digests = ()

    def __init__(self):
        super().__init__()
        self.answers = {}

    def answer(self, promise, what, value):
        """Note one ANSWER line; a question may be asked several times."""
        questions = self.answers.setdefault(promise, {})
        questions.setdefault(what, []).append(int(value))


def show(topic, results):
    """One row a promise, a column a hypervisor."""
    names = []
    for found in results.values():
        names += [n for n in found if n not in names]
    print(f"{topic}:")
    for name in names:
        cells = [r.get(name, ("absent", ""))[0] for r in results.values()]
        words = next((r[name][1] for r in results.values()
                      if name in r and r[name][0] not in ("PASS", "absent")),
                     "")
        row = " ".join(f"{c:6}" for c in cells)
        print(f"  {row} {name}{'  -- ' + words if words else ''}")
    if len({tuple(r.digests) for r in results.values()}) > 1:
        print("  the digests of the hypervisors' answers differ")


def arguments(description):
    """The command line that run.py and compare.py share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--hypervisor", action="append", default=[])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--only", default="", help="promises with this text")
    parser.add_argument("--args", default="", help="more guest arguments")
    parser.add_argument("--domu", action="store_true",
                        help="run them beside a Linux dom0")
    parser.add_argument("--pcpus", type=int, help="processors of the machine")
    parser.add_argument("--vcpus", type=int, help="vcpus of the guest")
    parser.add_argument("--timeout", type=int, default=150)
    parser.add_argument("topics", nargs="*")
    return parser


def chosen_topics(options):
    """Those of the command line, or all there are."""
    return options.topics or sorted(
        name[:-4] for name in os.listdir(os.path.join(options.build, "guests"))
        if name.endswith(".elf")
        and not (options.domu and name[:-4] in DOM0_ONLY))


def run(options, hypervisors):
    """Yield (topic, {hypervisor: verdicts}), one topic after the other."""
    topics = chosen_topics(options)
    guest_args = f"marker=7 {options.args}".strip()
    if options.only:
        guest_args = f"{guest_args} only={options.only}".strip()
    logs = os.path.join(options.build, "log", "guests")
    os.makedirs(logs, exist_ok=True)
    texts = {}
    for hypervisor in hypervisors if options.domu else []:
        name = os.path.basename(hypervisor)
        texts[hypervisor] = boot_domus(hypervisor, options, topics, guest_args,
                                       os.path.join(logs, f"domu-{name}.log"))
    for topic in topics:
        results = {}
        for hypervisor in hypervisors:
            if options.domu:
                results[hypervisor] = parse(
                    texts[hypervisor].get(topic, ""), False)
                continue
            log = os.path.join(
                logs, f"{topic}-{os.path.basename(hypervisor)}.log")
            argv = command(hypervisor, options.build, topic, guest_args,
                           options.pcpus, options.vcpus)
            results[hypervisor] = parse(*boot(argv, options.timeout, log))
        yield topic, results


def main():
    options = arguments(__doc__.split("\n", 1)[0]).parse_args()
    count = {"PASS": 0, "SKIP": 0, "bad": 0}
    for topic, results in run(options, options.hypervisor or ["paravane"]):
        for found in results.values():
            for verdict, _ in found.values():
                count["bad" if verdict in BAD else verdict] += 1
        show(topic, results)
        sys.stdout.flush()
    print(f"{count['PASS']} passed, {count['bad']} failed, "
          f"{count['SKIP']} skipped")
    return 1 if count["bad"] else 0


if __name__ == "__main__":
    sys.exit(main())
