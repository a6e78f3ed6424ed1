"""How much memory a program of a test had at most, for programs that tests start in processes of their own."""

from __future__ import annotations

# Not getrusage's: that begins with what the process had that started this one, the tests' own, and then never grows.
PEAK = """
import re

def peak():
    # The most memory that this process has had so far, in kilobytes.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
