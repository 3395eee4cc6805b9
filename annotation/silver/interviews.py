"""Which forms a voter is asked with, so that together they fill every rating variable."""

from collections.abc import Sequence

from annotation.silver.examples import Examples
from annotation.silver.forms.form import Form
from annotation.silver.forms.labels import LabelsForm, LabelsPrompt
from annotation.silver.forms.letter import LetterForm
from annotation.silver.forms.questions import QuestionsForm
from annotation.silver.forms.tree import TreeForm
from annotation.silver.prompting import PromptTexts
from core.codebook import Codebook, RatingVariable
from core.setting_tables.voting import PromptName, Voter, VoteSettings

REST: LabelsPrompt = "cot"
"""How variables are asked for that the codebook's decision tree does not decide."""


def forms_for(voter: Voter, settings: VoteSettings, codebook: Codebook, texts: PromptTexts) -> tuple[Form, ...]:
    """The forms of a voter. Each rating variable belongs to exactly one of them.

    Raises SettingsError for a prompt file that is none, or a prompt that does not suit the codebook.
    """
    prompt, ratings = settings.prompt_of(voter), codebook.rating_variables
    if prompt == "letter":
        return tuple(LetterForm(codebook, rating, texts) for rating in ratings)
    if prompt == "questions":
        return tuple(
            QuestionsForm(codebook, some, texts, voter.max_tokens) for some in _divided(settings, codebook, ratings)
        )
    if prompt == "tree":
        by_tree = tuple(one for one in ratings if codebook.tree and one.variable.name == codebook.tree.variable)
        rest = tuple(one for one in ratings if one not in by_tree)
        tree = TreeForm(codebook, by_tree, texts, voter.max_tokens)
        return (tree, *_labels_forms(REST, voter, settings, codebook, texts, rest))
    return _labels_forms(prompt, voter, settings, codebook, texts, ratings)


def prompts_used(prompt: PromptName) -> tuple[PromptName, ...]:
    """The prompt files that a voter with this prompt may be asked with."""
    return ("tree", REST) if prompt == "tree" else (prompt,)


def _labels_forms(
    prompt: LabelsPrompt,
    voter: Voter,
    settings: VoteSettings,
    codebook: Codebook,
    texts: PromptTexts,
    ratings: Sequence[RatingVariable],
) -> tuple[Form, ...]:
    def examples(some: Sequence[RatingVariable]) -> Examples | None:
        few = prompt == "few_shot"
        return Examples(codebook, some, settings.n_examples, settings.examples) if few else None

    divided = [[one] for one in ratings] if settings.variables == "each" else [ratings] if ratings else []
    return tuple(LabelsForm(prompt, codebook, some, texts, voter.max_tokens, examples(some)) for some in divided)


def _divided(
    settings: VoteSettings, codebook: Codebook, ratings: Sequence[RatingVariable]
) -> list[list[RatingVariable]]:
    """All together; or each on its own, but for those that one decision tree decides."""
    if settings.variables == "together":
        return [list(ratings)]
    groups: dict[str, list[RatingVariable]] = {}
    for rating in ratings:
        by_tree = codebook.tree is not None and rating.variable.name == codebook.tree.variable
        groups.setdefault(rating.variable.name if by_tree else rating.name, []).append(rating)
    return list(groups.values())
