"""Mistakes in what a person asks for by hand: answers to conflicts, assignments, lists, pushes."""

from tests.planted.bug import Bug

BUGS = (
    Bug(
        name="an-answer-is-not-sent",
        why="a person says whose word holds, and the other side never hears of it",
        old='differs = link.role == "primary" and any(',
        new="differs = False and any(",
        tests=("tests/test_holds_resolve_cycles.py",),
    ),
    Bug(
        name="an-answer-overwrites-what-came-after-it",
        why="what was typed after the answer is lost",
        old="{**link.ours, **said}, {**link.theirs, **said}",
        new="{**link.ours, **said}, link.theirs",
        tests=("tests/test_holds_resolve_cycles.py", "tests/test_holds_resolve.py"),
    ),
    Bug(
        name="an-answer-to-an-old-question",
        why="a person answers what was asked yesterday, and undoes what changed since",
        old='if now.get(name) != asked.fields[name]["ours"]:',
        new="if name not in asked.fields:",
        tests=("tests/test_holds_resolve.py::test_an_answer_to_what_has_changed_here_since_is_refused",),
    ),
    Bug(
        name="an-empty-option-is-everybody",
        why="a variable is not set, and all customers get an invitation",
        old="    if empty:  # as from",
        new="    if False:  # as from",
        tests=("tests/test_cli_customers_assign.py::test_a_mistake_assigns_nobody",),
    ),
    Bug(
        name="refunds-are-spend",
        why="who sent everything back is a top customer",
        old="sum(o.total - coalesce((SELECT sum(r.total) FROM refund r WHERE r.order_id = o.id), 0))",
        new="sum(o.total)",
        tests=("tests/test_cli_customers.py::test_customers_are_found_by_all_that_is_given",),
    ),
    Bug(
        name="a-guest-is-told",
        why="every guest with a record in the books is put on hold",
        old='role="alias" if arrival.remote_id.startswith(GUEST) else "primary"',
        new='role="primary"',
        tests=("tests/test_guest_records.py",),
    ),
    Bug(
        name="none-of-those-is-forgotten",
        why="a person says it is none of them, and is asked again each day",
        old="        run.hub.joining.keep_apart(hub_id, party, others)\n",
        new="",
        tests=("tests/test_cli_customers_link.py::test_a_person_says_it_is_none_of_them_and_a_new_one_is_made",),
    ),
    Bug(
        name="a-list-is-cut-in-silence",
        why="a merchant takes fifty customers for all there are",
        old="    if offset + shown < total:\n",
        new="    if offset > total:\n",
        tests=("tests/test_cli_customers.py::test_a_long_list_is_cut_and_says_so",),
    ),
)
