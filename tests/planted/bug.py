"""What a planted bug is."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One small mistake: `old`, which stands exactly once in the package, in whatever module, becomes `new`.

    `tests`: the node ids, of the normal run, of which at least one must fail then; few and quick ones.
    """

    name: str
    why: str  # what the merchant would see
    old: str
    new: str
    tests: tuple[str, ...]

    def planted(self) -> tuple[Path, str]:
        """The module, from the root of the project, and its text with the bug in it.

        Errors: ValueError if the text to replace does not stand there once; then the bug must be written anew.
        """
        places = [path for path, text in sources().items() for _ in range(text.count(self.old))]
        if len(places) != 1:
            found = ", ".join(map(str, places)) or "no module"
            raise ValueError(f"{self.name}: what is to be replaced must stand once in syncctl; it stands in {found}")
        return places[0], sources()[places[0]].replace(self.old, self.new)


@cache
def sources() -> dict[Path, str]:
    """The text of every module of the package, as it is, by its path from the root of the project."""
    paths = sorted((ROOT / "syncctl").rglob("*.py"))
    return {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in paths}
