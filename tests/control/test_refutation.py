"""A documented rule that the server turns out not to have."""

from batchlab.control.refutation import Refutation


def test_a_rule_that_was_never_broken_is_not_refuted() -> None:
    rule = Refutation(900)
    rule.used(900, now=10.0)
    rule.succeeded(sent=20.0)
    assert not rule.refuted


def test_a_call_sent_before_the_rule_was_broken_proves_nothing() -> None:
    rule = Refutation(900)
    rule.used(1200, now=10.0)
    rule.succeeded(sent=9.0)
    assert not rule.refuted


def test_a_call_that_went_well_after_the_rule_was_broken_refutes_it_for_good() -> None:
    rule = Refutation(900)
    rule.used(1200, now=10.0)
    rule.succeeded(sent=10.5)
    rule.used(100, now=100.0)
    assert rule.refuted
