"""Boot a machine under QEMU and talk to its serial console.

    with Machine(System(dom0="6.1"), log="build/log/x.log") as m:
        m.expect(r"dom0: ready", 60, "dom0 reaches its shell")
        m.send("vane list\\n")

Whatever goes wrong raises BootError, whose text names the step, the cause and
the log file with its last lines. Only the QEMU started here is ever stopped.
"""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "dom0-tools", "image"))
import images  # noqa: E402
from cpio import Archive  # noqa: E402

TAIL_LINES = 20
CPU = os.environ.get("QEMU_CPU") or "max,-smap"

# What a hypervisor says when it cannot go on; waiting any longer is useless.
HYPERVISOR_DEAD = re.compile(
    r"^(?:\(XEN\) )?(?:Panic on CPU \d+|.*\bBUG: .*|\*+ PANIC|PANIC:).*$",
    re.MULTILINE)
KERNEL_DEAD = re.compile(r"^\[ *[\d.]+\] Kernel panic - .*$", re.MULTILINE)


class BootError(Exception):
    """A boot did not do what it promised."""


def accelerator():
    """Hardware virtualisation where the processor offers it, else TCG."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        flags = info.read()
    if re.search(r"^flags\s*:.*\b(vmx|svm)\b", flags, re.MULTILINE) and \
            os.access("/dev/kvm", os.W_OK):
        return "kvm"
    return "tcg"


def accelerator_option(cpus):
    """What -accel gets.

    Several processors share one thread: before QEMU 8.2 a processor whose
    neighbour moves a PCI region may for a moment reach another device than it
    means. Timers and IPIs get lost, or QEMU crashes; see
    docs/design/several-pcpus-under-qemu.md.
    """
    accel = accelerator()
    return f"{accel},thread=single" if accel == "tcg" and cpus > 1 else accel


class System:
    """What to boot: hypervisor, dom0 kernel and the parts of its initramfs.

    hypervisor  "paravane" or "xen" (Debian's 4.17), or the path of a binary
    dom0        "6.1" or "6.12", or the path of a kernel image
    domu        "6.1" or "6.12": adds the demo domU; None leaves it out
    toolstack   add vane and its daemons, or Xen's own for "xen"
    files       {path in dom0: bytes, or path of a host file}
    scenario    text of a shell script that dom0 runs instead of a shell
    hv_args     hypervisor command line after the defaults
    dom0_args   dom0 kernel command line after the defaults
    """

    def __init__(self, hypervisor="paravane", dom0="6.1", domu=None,
                 toolstack=False, files=None, scenario=None, hv_args="",
                 dom0_args="", dom0_mem="512M", noreboot=True):
        self.hypervisor = hypervisor
        self.dom0 = dom0
        self.domu = domu
        self.toolstack = toolstack
        self.files = dict(files or {})
        if scenario is not None:
            self.files["scenario"] = scenario.encode()
        self.hv_args = hv_args
        self.dom0_args = dom0_args
        self.dom0_mem = dom0_mem
        self.noreboot = noreboot

    def is_xen(self):
        return self.hypervisor == "xen"

    def binary(self):
        if self.is_xen():
            images.fetch("xen")
            return os.path.join(images.CACHE, "xen", "xen")
        if self.hypervisor != "paravane":
            return self.hypervisor
        path = os.path.join(images.BUILD, "paravane")
        if not os.path.exists(path):
            raise BootError(f"no hypervisor at {path}; build it with: make")
        return path

    def hypervisor_line(self):
        line = (f"console=com1 com1=115200,8n1 dom0_mem={self.dom0_mem} "
                "loglvl=all guest_loglvl=all")
        if self.noreboot:
            line += " noreboot"
        if self.is_xen():
            # TCG lets XSAVE through while CR0.TS is set, which breaks
            # switching FPU state at its first use.
            line += " spec-ctrl=eager-fpu"
        return f"{line} {self.hv_args}".strip()

    def dom0_line(self):
        return f"console=hvc0 {self.dom0_args}".strip()

    def kernel(self):
        if self.dom0 not in images.KERNELS:
            return self.dom0
        images.fetch(self.dom0)
        return images.vmlinuz(self.dom0)

    def initramfs(self):
        """The archives of this system, one after the other."""
        if self.dom0 not in images.KERNELS:
            return b""
        kinds = [("base", self.dom0)]
        if self.toolstack:
            kinds.append(("xen",) if self.is_xen() else ("tools",))
        if self.domu:
            kinds.append(("domu", self.domu))
        parts = []
        for kind in kinds:
            images.make(*kind)
            with open(images.path_of("-".join(kind)), "rb") as handle:
                parts.append(handle.read())
        if self.files:
            extra = Archive()
            for path, content in self.files.items():
                if isinstance(content, bytes):
                    extra.data(path, content, 0o755)
                else:
                    extra.file(path, content)
            parts.append(extra.bytes())
        return b"".join(parts)


class Machine:
    """A running QEMU and its serial console."""

    def __init__(self, system, log, machine="pc", memory="2G", cpus=1,
                 devices=(), boot=None, echo=False, deadline=None):
        """Start QEMU.

        `devices` are further QEMU arguments, `boot` replaces -kernel and what
        goes with it, `deadline` (time.monotonic()) cuts every wait short.
        """
        self.log_path = log
        self.deadline = deadline
        self.panic_expected = False
        self.echo = echo
        self.text = ""
        self.position = 0
        self.started = time.monotonic()
        self._process = None
        self._log = None
        self._initrd = None
        os.makedirs(os.path.dirname(os.path.abspath(log)), exist_ok=True)
        try:
            self._log = open(log, "wb", buffering=0)
            command = ["qemu-system-x86_64",
                       "-accel", accelerator_option(cpus),
                       "-cpu", "host" if accelerator() == "kvm" else CPU,
                       "-M", machine, "-m", memory, "-smp", str(cpus),
                       "-display", "none", "-monitor", "none",
                       "-serial", "stdio", "-no-reboot", "-nic", "none"]
            command += boot if boot is not None else self._kernel(system)
            command += devices
            self._log.write((" ".join(command) + "\n").encode())
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True)
            os.set_blocking(self._process.stdout.fileno(), False)
        except images.ImageError as error:
            self.close()
            raise BootError(str(error)) from error
        except BaseException:
            self.close()
            raise
        self.started = time.monotonic()

    def _kernel(self, system):
        binary, kernel = system.binary(), system.kernel()
        initramfs = system.initramfs()
        modules = [f"{kernel} {system.dom0_line()}"]
        if initramfs:
            self._initrd = tempfile.NamedTemporaryFile(
                prefix="initrd-", dir=os.path.dirname(self.log_path))
            self._initrd.write(initramfs)
            self._initrd.flush()
            modules.append(self._initrd.name)
        return ["-kernel", binary, "-append", system.hypervisor_line(),
                "-initrd", ",".join(m.replace(",", ",,") for m in modules)]

    def is_on(self):
        return self._process.poll() is None

    def waited(self):
        """Seconds for which the machine's processor wanted one of the host's
        and had none, because the host ran something else."""
        threads = f"/proc/{self._process.pid}/task"
        ran = []
        for thread in os.listdir(threads):
            with open(f"{threads}/{thread}/schedstat",
                      encoding="ascii") as handle:
                ran.append([int(word) for word in handle.read().split()])
        return max(ran)[1] / 1e9

    # -- the console ---------------------------------------------------------

    def elapsed(self):
        return time.monotonic() - self.started

    def _until(self, timeout):
        end = time.monotonic() + timeout
        return end if self.deadline is None else min(end, self.deadline)

    def _read(self, timeout):
        """Take what the console says within `timeout` s; False at its end."""
        out = self._process.stdout
        if not select.select([out], [], [], timeout)[0]:
            return True
        data = out.read()
        if not data:
            return False
        self._log.write(data)
        text = data.decode("utf-8", "replace").replace("\r", "")
        self.text += text
        if self.echo:
            sys.stdout.write(text)
            sys.stdout.flush()
        return True

    def send(self, text):
        """Type `text`."""
        try:
            self._process.stdin.write(text.encode())
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self.error(f"typing {text!r}", "QEMU has ended") from error

    def expect(self, pattern, timeout, step):
        """Wait for `pattern` after what was matched before.

        Returns the match. Raises BootError after `timeout` seconds, when QEMU
        ends or when the hypervisor or dom0's kernel panics first (unless
        `panic_expected` is set).
        """
        regex = re.compile(pattern, re.MULTILINE)
        begin = time.monotonic()
        deadline = self._until(timeout)
        alive = True
        while True:
            match = regex.search(self.text, self.position)
            if match:
                self.position = match.end()
                return match
            if not self.panic_expected:
                self._look_for_panic(step)
            left = deadline - time.monotonic()
            if not alive:
                raise self.error(step, f"QEMU ended ({self._ending()}) "
                                 f"before '{pattern}' appeared")
            if left <= 0:
                raise self.error(step, f"'{pattern}' did not appear within "
                                 f"{time.monotonic() - begin:.0f} s")
            alive = self._read(min(left, 1))

    def _ending(self):
        status = self._process.wait(10)
        if status < 0:
            return f"killed by signal {-status}"
        return f"status {status}"

    def _look_for_panic(self, step):
        for regex in (HYPERVISOR_DEAD, KERNEL_DEAD):
            dead = regex.search(self.text, self.position)
            if dead:
                self._drain(1)
                raise self.error(step, dead[0].strip())

    def _drain(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._read(0.2):
            pass

    def command(self, line, timeout, step, prompt="dom0# "):
        """Type a shell command; returns (its output, its exit status)."""
        mark = f"rc{len(self.text)}"
        self.send(f"{line}; echo {mark}=$?\n")
        begin = self.position
        match = self.expect(rf"^{mark}=(\d+)$", timeout, step)
        out = self.text[begin:match.start()]
        first = out.find(f"echo {mark}=$?\n")
        if first >= 0:
            out = out[first:].split("\n", 1)[1]
        self.expect(re.escape(prompt), 10, step)
        return out, int(match[1])

    def wait_end(self, timeout, step):
        """Wait until the machine has powered itself off."""
        begin = time.monotonic()
        deadline = self._until(timeout)
        while self._read(0.5):
            if time.monotonic() > deadline:
                raise self.error(step, "the machine was still on after "
                                 f"{time.monotonic() - begin:.0f} s")
        status = self._process.wait(10)
        if status:
            raise self.error(step, f"QEMU ended with status {status}")

    def interact(self):
        """Join the terminal to the console until the machine is off.

        Ctrl-a x stops QEMU, as in QEMU's own -nographic.
        """
        saved = termios.tcgetattr(sys.stdin)
        prefix = False
        try:
            tty.setraw(sys.stdin)
            while True:
                ready = select.select(
                    [sys.stdin, self._process.stdout], [], [])[0]
                if self._process.stdout in ready:
                    data = self._process.stdout.read()
                    if not data:
                        return
                    self._log.write(data)
                    sys.stdout.buffer.write(data)
                    sys.stdout.flush()
                if sys.stdin in ready:
                    keys = os.read(sys.stdin.fileno(), 64)
                    if not keys or (prefix and keys[:1] in b"xX"):
                        return
                    prefix = keys == b"\x01"
                    if not prefix:
                        self.send(keys.decode("latin-1"))
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)

    # -- the end -------------------------------------------------------------

    def error(self, step, cause):
        tail = [line for line in self.text.splitlines() if line.strip()]
        tail = "\n".join("  | " + line for line in tail[-TAIL_LINES:])
        return BootError(f"step:  {step}\ncause: {cause}\n"
                         f"log:   {self.log_path}, which ends:\n{tail}")

    def close(self):
        """Stop this machine's QEMU, if it still runs."""
        if self._process:
            if self._process.poll() is None:
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None
        if self._log:
            self._log.close()
        if self._initrd:
            self._initrd.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
