"""A program under a seccomp profile as Docker reads it, without Docker: by the system's libseccomp.

    python -m tests.under_seccomp PROFILE COMMAND...

The filter is laid on this process, which then becomes the command; its children have it too. With
nothing to run it prints, a line a call, what ``REFUSED`` come to under the profile.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import sys
from pathlib import Path

# Calls that no part of the program makes, by their numbers on x86_64. With arguments of zero each
# would fail in another way, or do nothing, if it were let through.
REFUSED = {
    "ptrace": 101,
    "mount": 165,
    "keyctl": 250,
    "bpf": 321,
    "unshare": 272,
    "setns": 308,
    "process_vm_readv": 310,
    "userfaultfd": 323,
    "perf_event_open": 298,
    "io_uring_setup": 425,
    "init_module": 175,
    "chroot": 161,
    "setuid": 105,
    "mknod": 133,
    "open_by_handle_at": 304,
    "shmget": 29,
}
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # SCMP_ACT_ALLOW, SCMP_ACT_ERRNO
_OPERATORS = {"SCMP_CMP_EQ": 4, "SCMP_CMP_MASKED_EQ": 7}


class _Comparison(ctypes.Structure):
    """``struct scmp_arg_cmp``."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def lay(profile: Path) -> None:
    """Put this process under the profile, for good.

    Raises:
        OSError: libseccomp is missing, or refuses the profile.
    """
    document = json.loads(profile.read_text("utf-8"))
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    refused = _ERRNO | document["defaultErrnoRet"]
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(refused)))
    for rule in document["syscalls"]:
        action = _ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else _ERRNO | rule["errnoRet"]
        arguments = [_comparison(one) for one in rule.get("args", [])]
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number < 0:  # a call of another processor
                continue
            _check(
                library.seccomp_rule_add_array(
                    context,
                    ctypes.c_uint32(action),
                    number,
                    len(arguments),
                    (_Comparison * len(arguments))(*arguments),
                ),
                name,
            )
    _check(library.seccomp_load(context), "the filter")


def _comparison(argument: dict) -> _Comparison:
    operator, value = _OPERATORS[argument["op"]], argument["value"]
    return _Comparison(argument["index"], operator, value, argument.get("valueTwo", 0))


def _check(answer: int, what: str) -> None:
    if answer < 0:
        raise OSError(-answer, f"libseccomp refuses {what}: {os.strerror(-answer)}")


def outcomes() -> dict[str, str]:
    """What each of ``REFUSED`` comes to in this process, by the name of its error."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = {}
    for name, number in REFUSED.items():
        ctypes.set_errno(0)
        done = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 5)
        result[name] = "done" if done >= 0 else errno.errorcode[ctypes.get_errno()]
    return result


if __name__ == "__main__":
    lay(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        os.execvp(sys.argv[2], sys.argv[2:])
    for called, outcome in outcomes().items():
        print(called, outcome)
