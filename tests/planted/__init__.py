"""Planted bugs: is the net of tests tight? Each is one small mistake that would lose, double or oversell.

    python -m tests.planted                 plant all of them, one at a time, in a copy; which test catches which
    python -m tests.planted NAME…           these only
    python -m tests.planted --list          their names, and why each matters

Each names the few tests of the *normal run* that must fail with it; `test_planted.py` sees to it, in the normal run,
that every bug can still be planted in the source as it is today. Who rewrites such a place writes the bug anew.

The rules, which are pure, are mutated as a whole (about 2,000 mutants, half an hour; settings in pyproject.toml):

    pip install -e '.[mutation]'
    mutmut run --max-children 1             only what changed since the last run, unless mutants/ is removed
    mutmut results                          the mutants that survived
    mutmut show NAME                        what one of them changed

A survivor is a missing case of some tests/test_rules_*.py, or it changes nothing that can be seen.
"""
