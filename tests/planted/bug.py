"""What a planted bug is."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One small mistake: in `file`, `old` (which stands there exactly once) becomes `new`.

    `tests`: the node ids, of the normal run, of which at least one must fail then; few and quick ones.
    """

    name: str
    why: str  # what the merchant would see
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def planted(self, root: Path = ROOT) -> str:
        """The file's text with the bug in it. Errors: ValueError if it does not fit the source any more."""
        text = (root / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)
