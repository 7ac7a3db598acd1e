"""`python -m syncctl` is `syncctl`."""

from syncctl.cli import run

if __name__ == "__main__":
    run()
