"""Freed memory is used again, not asked for anew."""
import subprocess
import sys
import unittest

from context import TRAINING  # first: it skips the module where torch is absent

SCRIPT = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import torch
from memory import keep_freed_memory
kept = sys.argv[2] == "keep" and keep_freed_memory()
torch.set_num_threads(1)
network = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(16, 16, 3, padding=1), torch.nn.ReLU())
tiles = torch.randn(16, 3, 64, 64)

def pages(steps):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(steps):
        network(tiles).mean().backward()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

pages(20)
print(int(kept), pages(10))
"""


class Memory(unittest.TestCase):
    def test_later_steps_ask_the_kernel_for_hardly_a_page(self):
        def faults(how):
            done = subprocess.run([sys.executable, "-c", SCRIPT, str(TRAINING), how], capture_output=True, text=True, check=True)
            kept, pages = map(int, done.stdout.split())
            return kept, pages

        kept, few = faults("keep")
        if not kept:
            self.skipTest("the C library is not glibc")
        self.assertLess(few * 5, faults("leave")[1])


if __name__ == "__main__":
    unittest.main()
