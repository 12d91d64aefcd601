"""What a measurement needs of the host: one processor, and an honest clock."""

import contextlib
import functools
import os
import subprocess

CLOCK_OFF = 0.05                # of the frequency, at most


@contextlib.contextmanager
def one_processor():
    """Everything started meanwhile shares one processor of the host.

    QEMU 7.2's helpers for SVM change the processor's interrupt_request with
    plain instructions and without a lock, while the thread of the devices sets
    bits there: a timer's interrupt gets lost, and Linux with KVM sleeps for
    good. On one processor an instruction is atomic. All columns run so.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@functools.lru_cache(maxsize=None)
def mhz(stopwatch):
    """The host's time stamp counter, which TCG shows to what it runs."""
    ticks = [int(subprocess.run([stopwatch, "-c", os.devnull, "sleep", "1"],
                                check=True, capture_output=True).stdout)
             for _ in range(3)]
    return min(ticks) / 1e6


def trusted(result, of_host):
    """The result, or the cause why its times are not: whoever calibrated the
    counter, on a busy host, got it wrong, and all times with it."""
    own = result["info"].get("mhz")
    if not own or abs(float(own) / of_host - 1) <= CLOCK_OFF:
        return result
    return {"rows": {}, "skip": {}, "info": result["info"],
            "why": f"its clock runs wrong: {own} MHz where the host has "
            f"{of_host:.0f}; is the host busy?"}
