"""`python -m bench NAME`, `python -m bench --list`."""

import sys

from bench import BENCHMARKS, benchmark


def line(name: str, figures: dict[str, object]) -> str:
    """The one line that a benchmark ends in.

    >>> line("help", {"ratio": 1.25, "orders": 7})
    'help ratio=1.250 orders=7'
    """
    texts = (f"{key}={value:.3f}" if isinstance(value, float) else f"{key}={value}" for key, value in figures.items())
    return " ".join([name, *texts])


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, in the order given."""
    if arguments == ["--list"]:
        for name in BENCHMARKS:
            print(name, benchmark(name)[0], sep="\t")
        return 0
    if not arguments or any(name not in BENCHMARKS for name in arguments):
        print(f"usage: python -m bench --list | NAME...   (one of: {', '.join(BENCHMARKS)})", file=sys.stderr)
        return 2
    for name in arguments:
        print(line(name, benchmark(name)[1]()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
