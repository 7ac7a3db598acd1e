"""Work in a forked child that gives something up first: root's rights, or the machine's view of its disks.

Forked and not started anew, so that all that is imported stays usable where the child may no longer read it.
"""

import ctypes
import os
import traceback
from collections.abc import Callable
from pathlib import Path

NOBODY = 65534
_NEWNS, _NEWUSER = 0x20000, 0x10000000


def in_child(work: Callable[[], str]) -> str:
    """Do the work in a child and return its text; what it raises comes back as its traceback."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            text = work()
        except BaseException:
            text = traceback.format_exc()
        with os.fdopen(writer, "w", encoding="utf-8", errors="backslashreplace") as pipe:
            pipe.write(text)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


def as_nobody(work: Callable[[], str]) -> str:
    """Do the work in a child whom permissions bind; root becomes nobody there."""

    def unprivileged() -> str:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return work()

    return in_child(unprivileged)


def mount_memory(folder: Path, size: int) -> bool:
    """Mount a file system of so many bytes in `folder`, or give the one that is there this size; False if we may not.

    For a child alone: the mount is its own, and ends with it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={size}".encode()
    if os.path.ismount(folder):
        return libc.mount(b"none", str(folder).encode(), b"tmpfs", 32, options) == 0  # MS_REMOUNT
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(_NEWNS | (_NEWUSER if user else 0)):
        return False
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    libc.mount(b"none", b"/", None, 0x44000, None)  # MS_REC | MS_PRIVATE
    return libc.mount(b"none", str(folder).encode(), b"tmpfs", 0, options) == 0
