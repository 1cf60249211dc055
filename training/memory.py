"""Memory that a training frees and needs again at its next step."""
import ctypes
import sys

# Parameters of glibc's mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Keeps freed blocks in the process; False where the C library is not glibc, and nothing is changed.

    By itself glibc gives the large blocks of activations back to the kernel and has them zeroed again at each step: a quarter of a training on
    a CPU here. The process then stays as large as its largest step."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return mallopt(M_MMAP_MAX, 0) == 1 and mallopt(M_TRIM_THRESHOLD, 2**31 - 1) == 1
