"""Benchmarks: speed as ratios measured in one run, with what was measured."""
