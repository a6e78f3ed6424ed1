"""The check of the data: what of the rows a fit would refuse, or be misled by.

A kind of finding is a function of the `Evidence` that yields `Remark`s, and a line in `registry.py`.
"""
