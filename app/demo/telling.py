"""What the demo says, step by step, and the figures it keeps."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from annotation.silver.vote_report import VoteReport
from app.demo.generator import Intended
from app.demo.simulated import Noise
from collector.collecting import CollectReport
from consensus.gating import GateReport
from consensus.gold import ResolveReport
from core.counting import counted
from core.workspace import Workspace
from lexicon.drafts import FreezeReport
from lexicon.matching import MatchReport
from release.publishing import ReleaseReport
from segmenter.segmenting import SegmentReport


class Teller:
    """Tells each step in a line or two. figures: name → number."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.figures: dict[str, Any] = {}

    def _say(self, step: str, text: str) -> None:
        self._tell(f"{step:<10} {text}")

    def started(self, export: Path, intended: Intended) -> None:
        self.figures["messages_written"] = intended.n_messages
        self._say("demo", f"wrote an invented group chat of {intended.n_messages:,} messages to {export}")

    def collected(self, report: CollectReport) -> None:
        self.figures |= {"read": report.read, "kept": report.kept, "dropped": dict(report.dropped)}
        if not report.changed:
            self._say("collect", "nothing changed")
            return
        self._say(
            "collect", f"{report.read:,} records read, {report.kept:,} messages kept; dropped: {counts(report.dropped)}"
        )
        self._say("", f"ids pseudonymised; in the text: {counts(report.table.placeholders)}")

    def matched(self, frozen: FreezeReport, found: MatchReport) -> None:
        self.figures |= {"entries": frozen.entries, "matches": found.n_matches, "suspicious_messages": found.n_messages}
        self._say(
            "lexicon", f"{frozen.entries} signal words frozen: {frozen.explicit} explicit, {frozen.implicit} implicit"
        )
        self._say("", f"{found.n_matches:,} matches make {found.n_messages:,} messages suspicious")

    def segmented(self, report: SegmentReport) -> None:
        self.figures["segments"] = report.n_segments
        mean = "–" if report.mean_messages is None else f"{report.mean_messages:.1f}"
        n = counted(report.n_segments, "segment")
        self._say("segment", f"{n} of {mean} messages; rejected: {counts(report.rejected)}")

    def voted(self, report: VoteReport) -> None:
        n = sum(voter.n for voter in report.voters)
        labels = sum(voter.by_status["ok"] for voter in report.voters)
        self.figures |= {"voters": len(report.voters), "votes": n, "coverage": labels / n if n else None}
        self._say(
            "vote", f"{len(report.voters)} voters cast {n:,} votes: {share(labels, n)} labels, the rest abstentions"
        )

    def gated(self, report: GateReport) -> None:
        (verdicts,) = report.variables.values()
        self.figures |= {"accepted": verdicts.n_accepted, "panel_kappa": verdicts.fleiss_kappa.value}
        n_left = verdicts.n_items - verdicts.n_accepted
        accepted = f"{verdicts.n_accepted} silver labels ({share(verdicts.n_accepted, verdicts.n_items)})"
        self._say("gate", f"ρ ≥ {report.threshold}: {accepted}, {n_left} without consensus")
        self._say("", f"Fleiss' κ of the panel {kappa(verdicts.fleiss_kappa.as_json())}")

    def annotated(self, batch: Mapping[str, Any], noise: Noise) -> None:
        self.figures |= {"batch_items": batch["items"], "batch_kappa": batch["fleiss_kappa"]["value"]}
        self._say("batch", f"{batch['items']} segments, three SIMULATED annotators each: {noise.said()}")
        settled = f"{batch['settled']} without majority settled by a SIMULATED adjudicator"
        self._say("", f"Fleiss' κ of the batch {kappa(batch['fleiss_kappa'])}; {settled}")

    def resolved(self, report: ResolveReport) -> None:
        self.figures["gold"] = report.n_gold
        self._say("resolve", f"{report.n_gold} gold labels: {counts(report.by_source)}")

    def compared(self, silver: tuple[int, int], gold: tuple[int, int]) -> None:
        self.figures |= {"silver_as_intended": list(silver), "gold_as_intended": list(gold)}
        told = (
            f"{share(*silver)} of the {silver[1]} silver labels outside the batch, {share(*gold)} of the {gold[1]} gold"
        )
        self._say("compare", f"as the generator intended: {told}")

    def released(self, report: ReleaseReport | None) -> None:
        if report is None:
            self._say("release", "nothing changed")
            return
        self._say(
            "release", f"{report.rows} four-tuples, {report.gold} of them gold, marked as simulated, in {report.folder}"
        )

    def finished(self, report: Path, workspace: Workspace, visitor: str, password: str | None) -> None:
        self._say("report", f"{report}")
        known = f"password {password}" if password else "the password printed by the first run"
        self._say("pages", f"assay ui -w {workspace.root}   (sign in as {visitor}, {known})")


def counts(numbers: Mapping[str, int]) -> str:
    """``12 too short, 3 service``, the zeros left out."""
    told = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in numbers.items() if n)
    return told or "none"


def share(part: int, whole: int) -> str:
    """``61 %`` of a whole; – of nothing."""
    return f"{part / whole:.0%}" if whole else "–"


def kappa(estimate: Mapping[str, Any]) -> str:
    """An estimate with its interval, or why it has none."""
    if estimate["value"] is None:
        return f"undefined ({estimate['reason']})"
    interval = "" if estimate["low"] is None else f" [{estimate['low']:.2f}, {estimate['high']:.2f}]"
    return f"{estimate['value']:.2f}{interval}"
