"""A bootable CD whose GRUB starts a system through the multiboot protocols."""

import os
import shutil
import subprocess
import tempfile

from machine import BootError

# GRUB gives a multiboot module no file name in front of its arguments, so by
# convention a first word stands in for it.
CONFIG = """\
serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
menuentry "system" {{
	multiboot{version} /boot/hypervisor placeholder {hypervisor_line}
	module{version} /boot/vmlinuz placeholder {dom0_line}
	module{version} /boot/initrd.img
}}
"""


def make_iso(system, version, path):
    """Write the CD; `version` is "2" for multiboot 2 and "" for the first."""
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(os.path.join(top, "boot/grub"))
        shutil.copy(system.binary(), os.path.join(top, "boot/hypervisor"))
        shutil.copy(system.kernel(), os.path.join(top, "boot/vmlinuz"))
        with open(os.path.join(top, "boot/initrd.img"), "wb") as handle:
            handle.write(system.initramfs())
        config = CONFIG.format(version=version,
                               hypervisor_line=system.hypervisor_line(),
                               dom0_line=system.dom0_line())
        with open(os.path.join(top, "boot/grub/grub.cfg"), "w",
                  encoding="ascii") as handle:
            handle.write(config)
        made = subprocess.run(["grub-mkrescue", "-o", path, top],
                              capture_output=True, text=True)
    if made.returncode:
        raise BootError("step:  grub-mkrescue makes the CD\n"
                        f"cause: {made.stderr.strip()}")
