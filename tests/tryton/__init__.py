"""A real Tryton as the back office of tests.

SYNCCTL_TRYTON names a folder with a virtual environment `venv` (requirements.txt) and a company `base` (create.py, run
by that environment's Python). Each process of the tests starts a server over a copy of its own, and each test begins
with the company as it was made. Without the folder these tests are skipped.

    python3 -m venv FOLDER/venv && FOLDER/venv/bin/pip install -q -r tests/tryton/requirements.txt
    FOLDER/venv/bin/python tests/tryton/create.py FOLDER/base
    SYNCCTL_TRYTON=FOLDER python -m pytest tests/tryton

The hard proofs: `busy`: a busy day at rest, from which each try begins; `relay`: what stands between us and the server,
numbers the calls and makes them fail; `counted`: what must hold, counted in Tryton. `test_kills`: the process dies;
`test_faults`: the wire fails; `test_counter`: somebody sells at the counter meanwhile; `test_parallel`: two at once.
"""
