"""Mixtures on disk: one safetensors file each. ``docs/model-files.md`` is the specification of the format."""
