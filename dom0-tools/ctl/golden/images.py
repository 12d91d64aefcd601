"""Small kernel images and initrds, good and bad, for the golden files."""

import gzip
import lzma
import os
import struct

BASE = 0xffffffff80000000
PADDR = 0x1000000


def note(kind, desc):
    if isinstance(desc, int):
        desc = struct.pack("<Q", desc)
    pad = b"\0" * (-len(desc) % 4)
    return struct.pack("<III", 4, len(desc), kind) + b"Xen\0" + desc + pad


def linux_notes():
    return (note(1, BASE + PADDR) + note(3, BASE) + note(4, 0) +
            note(5, b"xen-3.0\0") + note(6, b"linux\0") +
            note(8, b"generic\0") + note(15, 0x8000000000) + note(16, 1))


def elf(notes, machine=62, bits=2, data=b"\x90" * 0x2000, memsz=0x200000):
    offset = 64 + 2 * 56
    head = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", bits, 1, 1, 2,
                       machine, 1, PADDR, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 7, offset, BASE + PADDR, PADDR,
                       len(data), memsz, 4096)
    notes_at = offset + len(data)
    hdr = struct.pack("<IIQQQQQQ", 4, 4, notes_at, 0, 0, len(notes),
                      len(notes), 4)
    return head + load + hdr + data + notes


def bzimage(payload, size):
    setup = bytearray(3 * 512)
    setup[0x1f1] = 2
    setup[0x202:0x208] = b"HdrS\x0f\x02"
    payload = payload + struct.pack("<I", size)
    struct.pack_into("<II", setup, 0x248, 0, len(payload))
    return bytes(setup) + payload


def cpio(name, content):
    fields = [0, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0,
              len(name) + 1, 0]
    out = b"070701" + b"".join(b"%08x" % f for f in fields)
    out += name.encode() + b"\0"
    out += b"\0" * (-len(out) % 4) + content
    return out + b"\0" * (-len(out) % 4)


def make(where):
    good = elf(linux_notes())
    packed = lzma.compress(good, format=lzma.FORMAT_XZ,
                           check=lzma.CHECK_CRC32)
    ramdisk = cpio("init", b"#!/bin/sh\n") + cpio("TRAILER!!!", b"")
    files = {
        "vmlinux": good,
        "bzImage": bzimage(packed, len(good)),
        "vmlinux.gz": gzip.compress(good, mtime=0),
        "bzImage-truncated": bzimage(packed, len(good))[:-100],
        "bzImage-damaged": bzimage(packed[:200] + b"\xff" * 64 +
                                   packed[264:], len(good)),
        "bzImage-bzip2": bzimage(b"BZh91AY&SY" + bytes(100), len(good)),
        "bzImage-lz4": bzimage(b"\x02\x21\x4c\x18" + bytes(100), len(good)),
        "vmlinux-truncated": good[:0x1000],
        "vmlinux-32bit": elf(linux_notes(), machine=3, bits=1),
        "vmlinux-arm64": elf(linux_notes(), machine=183),
        "Image-arm64": bytes(0x38) + b"ARM\x64" + bytes(200),
        "vmlinux-native": elf(note(99, 1)),
        "vmlinux-pvh": elf(note(18, 0x1000000)),
        "text": b"this is no kernel, but a sentence of some length\n" * 20,
        "empty": b"",
        "initrd": ramdisk,
        "initrd-truncated": ramdisk[:130],
        "initrd.gz": gzip.compress(ramdisk, mtime=0),
        "initrd-truncated.gz": gzip.compress(ramdisk, mtime=0)[:-10],
    }
    os.makedirs(where, exist_ok=True)
    for name, content in files.items():
        with open(os.path.join(where, name), "wb") as handle:
            handle.write(content)
