"""The Linux part of :mod:`dprotonet.images.isolated.sandbox`: namespaces, Landlock and seccomp.

Each is tried by itself, because containers and older kernels refuse some of them. None needs
root. The numbers are those of the kernel's interface (``linux/landlock.h``, ``linux/seccomp.h``,
``linux/capability.h`` and the tables of system calls), which never change.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET
_SET_DUMPABLE, _SET_SECCOMP, _NO_NEW_PRIVS = 4, 22, 38  # prctl(2)
_READ_SEARCH = 1 << 2  # CAP_DAC_READ_SEARCH

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # landlock_*, the same on every architecture
_READS = 1 << 2 | 1 << 3  # LANDLOCK_ACCESS_FS_READ_FILE, _READ_DIR: the only ones not forbidden

# Name: (x86_64, aarch64); None where an architecture lacks the call.
_FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "io_uring_setup": (425, 425),  # would open sockets and files past this filter
    "clone": (56, 220),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    # What changes files without opening them: Landlock has no word for the second half.
    "truncate": (76, 45),
    "creat": (85, None),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
}
# open and openat, and which argument holds the flags.
_OPENING: dict[str, tuple[tuple[int, int] | None, tuple[int, int] | None]] = {
    "open": ((2, 1), None),
    "openat": ((257, 2), (56, 2)),
}
_WRITING = 0x1 | 0x2 | 0x40 | 0x200  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
# clone3 and openat2: their flags lie in memory, out of a filter's sight. "Not there" makes libc
# use the older calls.
_UNSEEN = (435, 437)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # AUDIT_ARCH_*
_X32 = 0x40000000  # numbers from here on are the second set of calls of x86_64


def seal_linux() -> set[str]:
    """Give up network, writing, processes and privileges.

    Returns:
        Which of "network", "files" and "processes" hold.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    active = set()
    if _without_network(libc):
        active.add("network")
    _drop_capabilities(libc)
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return active
    if _landlock(libc):
        active.add("files")
    if _filter_calls(libc):
        active |= {"network", "files", "processes"}
    return active


def _without_network(libc: ctypes.CDLL) -> bool:
    """An empty network of its own: not even this machine can be reached by it."""
    if os.geteuid() == 0:
        # In a user namespace root would lose its right to read the files of others.
        return bool(libc.unshare(_NEW_NETWORK) == 0)
    return bool(libc.unshare(_NEW_USER | _NEW_NETWORK) == 0)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Of root's rights only the one to read every file is kept, if it was there."""
    header = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0))  # version 3, self
    current = ctypes.create_string_buffer(24)  # two of effective, permitted, inheritable
    if libc.capget(header, current) != 0:
        return
    permitted = struct.unpack("<6I", current.raw[:24])[1] & _READ_SEARCH
    reduced = struct.pack("<6I", permitted, permitted, 0, 0, 0, 0)
    libc.capset(header, ctypes.create_string_buffer(reduced))


def _landlock(libc: ctypes.CDLL) -> bool:
    """Forbid every way to change a file, TCP, and signals to others; reading stays free."""
    version = libc.syscall(
        ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint32(1)
    )
    if version < 1:
        return False
    rights = 13 + (version >= 2) + (version >= 3) + (version >= 5)  # bits that this kernel knows
    files = (1 << rights) - 1 & ~_READS
    network = 0b11 if version >= 4 else 0  # bind and connect
    scopes = 0b11 if version >= 6 else 0  # abstract sockets and signals
    attributes = struct.pack("<QQQ", files, network, scopes)
    ruleset = libc.syscall(
        ctypes.c_long(_CREATE_RULESET),
        ctypes.create_string_buffer(attributes, len(attributes)),
        ctypes.c_size_t(len(attributes)),
        ctypes.c_uint32(0),
    )
    if ruleset < 0:
        return False
    try:
        done = libc.syscall(
            ctypes.c_long(_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_uint32(0)
        )
        return bool(done == 0)
    finally:
        os.close(ruleset)


def _filter_calls(libc: ctypes.CDLL) -> bool:
    """Refuse the system calls that open connections, change files or touch other processes."""
    # A Python of 32 bits on a kernel of 64 makes other calls than the machine's name says.
    if platform.machine() not in _ARCHITECTURES or struct.calcsize("P") != 8:
        return False
    column, audit = _ARCHITECTURES[platform.machine()]
    forbidden = [number for row in _FORBIDDEN.values() if (number := row[column]) is not None]
    opening = [pair for row in _OPENING.values() if (pair := row[column]) is not None]
    program = _program(audit, forbidden, opening)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions, and where they lie.
    where = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    pointer = ctypes.create_string_buffer(where, len(where))
    return bool(libc.prctl(_SET_SECCOMP, 2, ctypes.addressof(pointer), 0, 0) == 0)


def _program(audit: int, forbidden: list[int], opening: list[tuple[int, int]]) -> bytes:
    """A filter in the machine language of BPF (``linux/filter.h``), 8 bytes an instruction.

    It sees ``struct seccomp_data``: the number of the call, the architecture, and from byte 16 on
    the arguments, 8 bytes each.
    """
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    refused, missing = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS  # SECCOMP_RET_ERRNO
    killed, allowed = 0x80000000, 0x7FFF0000
    steps = [(load, 0, 0, 4), (equal, 1, 0, audit), (give, 0, 0, killed), (load, 0, 0, 0)]
    if audit == _ARCHITECTURES["x86_64"][1]:
        steps += [(at_least, 0, 1, _X32), (give, 0, 0, refused)]
    for numbers, answer in ((_UNSEEN, missing), (forbidden, refused)):
        for number in numbers:
            steps += [(equal, 0, 1, number), (give, 0, 0, answer)]
    for number, argument in opening:
        steps += [
            (equal, 0, 4, number),
            (load, 0, 0, 16 + 8 * argument),
            (any_bit, 0, 1, _WRITING),
            (give, 0, 0, refused),
            (give, 0, 0, allowed),
        ]
    steps.append((give, 0, 0, allowed))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
