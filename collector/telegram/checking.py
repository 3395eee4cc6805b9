"""Asking Telegram about the candidates, one after another."""

from collector.candidates import Candidates
from collector.telegram.asking import Conversation
from collector.telegram.facts import facts_of
from collector.telegram.links import group_link
from core.workspace import Workspace


def check_candidates(workspace: Workspace, candidates: Candidates, conversation: Conversation) -> None:
    """Look up every candidate that is not excluded. Each is saved at once, so that a later run has less to ask.

    Candidates that were looked up today are not asked about again. Raises ServiceError when Telegram cannot be reached.
    """
    now = workspace.clock()
    for candidate in list(candidates):
        link = group_link(candidate.link)
        checked = (candidate.facts or {}).get("checked_at", "")
        if link is None or candidate.decision == "exclude" or checked[:10] == now.isoformat()[:10]:
            continue
        conversation.doing(f"looking up {candidate.link}")
        facts = facts_of(conversation, link, now)
        candidates.reload()  # looking up takes long, and somebody may have decided meanwhile
        candidates.at(candidate.link).facts = facts
        candidates.save()
    conversation.doing("")
