"""Judgement: small objects that take values and return values. None of them reads, sends or waits."""
