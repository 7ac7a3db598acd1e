"""Planted bugs: is the net of tests tight? Each is one small mistake in the core that would lose, double or oversell.

    python -m tests.planted                 plant all of them, one at a time, in a copy; which test catches which
    python -m tests.planted NAME…           these only
    python -m tests.planted --list          their names, and why each matters

Each names the few tests of the *normal run* that must fail with it; `test_planted.py` sees to it, in the normal run,
that every bug can still be planted in the source as it is today.
"""
