"""Write initramfs archives (cpio "newc"), owned by root whoever runs this."""

import os
import stat


class Archive:
    """A cpio archive in memory; the kernel accepts several back to back."""

    def __init__(self):
        self._chunks = []
        self._seen = set()
        self._inode = 0

    def _entry(self, path, mode, data=b"", device=(0, 0)):
        name = path.encode() + b"\0"
        self._inode += 1
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0,
                  device[0], device[1], len(name), 0)
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + name
        self._chunks += [head, b"\0" * (-len(head) % 4),
                         data, b"\0" * (-len(data) % 4)]

    def _parents(self, path):
        parent = os.path.dirname(path)
        if parent:
            self.directory(parent)

    def directory(self, path, mode=0o755):
        path = path.strip("/")
        if not path or path in self._seen:
            return
        self._parents(path)
        self._seen.add(path)
        self._entry(path, stat.S_IFDIR | mode)

    def data(self, path, data, mode=0o644):
        path = path.strip("/")
        if path in self._seen:
            raise ValueError(f"{path} is in the archive already")
        self._parents(path)
        self._seen.add(path)
        self._entry(path, stat.S_IFREG | mode, data)

    def file(self, path, source, mode=None):
        """Add the host's file `source`, with its permissions unless given."""
        with open(source, "rb") as handle:
            data = handle.read()
        if mode is None:
            mode = 0o755 if os.access(source, os.X_OK) else 0o644
        self.data(path, data, mode)

    def link(self, path, target):
        path = path.strip("/")
        if path in self._seen:
            return
        self._parents(path)
        self._seen.add(path)
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def char_device(self, path, major, minor, mode=0o600):
        path = path.strip("/")
        self._parents(path)
        self._seen.add(path)
        self._entry(path, stat.S_IFCHR | mode, device=(major, minor))

    def bytes(self):
        tail = Archive()
        tail._entry("TRAILER!!!", 0)
        body = b"".join(self._chunks + tail._chunks)
        return body + b"\0" * (-len(body) % 512)

    def write(self, path):
        """Replace `path` by this archive in one step."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        partial = f"{path}.{os.getpid()}"
        with open(partial, "wb") as handle:
            handle.write(self.bytes())
        os.replace(partial, path)
