"""The configurations that the search tries: every combination of max_gap, max_size and max_span."""

from dataclasses import dataclass
from itertools import product

from core.errors import SettingsError
from core.setting_tables.segmenting import SegmentSettings, TuneSettings


@dataclass(frozen=True, order=True)
class Configuration:
    """How far context reaches. max_gap, max_span: minutes (MTS, STS in the paper); max_size: messages (SS)."""

    max_gap: float
    max_size: int
    max_span: float

    def __str__(self) -> str:
        return f"MTS {self.max_gap:g} min, SS {self.max_size}, STS {self.max_span:g} min"

    @classmethod
    def of(cls, settings: SegmentSettings) -> "Configuration":
        """What ``[segment]`` says now."""
        return cls(settings.max_gap, settings.max_size, settings.max_span)


def configurations(settings: TuneSettings) -> tuple[Configuration, ...]:
    """Every combination of the values of ``[segment.tune]``, ascending, none twice. Raises SettingsError for none."""
    axes = {"gaps": settings.gaps, "sizes": settings.sizes, "spans": settings.spans}
    for name, values in axes.items():
        if not values:
            raise SettingsError(
                f"wanted at least one value in segment.tune.{name}; it is empty. Name the values to try"
            )
    return tuple(sorted({Configuration(*values) for values in product(*axes.values())}))


def widest(settings: TuneSettings) -> Configuration:
    """The largest value of each parameter together: the context that people are shown."""
    grid = configurations(settings)
    return Configuration(
        max(one.max_gap for one in grid), max(one.max_size for one in grid), max(one.max_span for one in grid)
    )
