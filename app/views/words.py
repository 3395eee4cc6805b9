"""Everything the pages say, in Chinese and in English. What the codebook says stays in the codebook."""

from collections.abc import Mapping
from dataclasses import dataclass

_TEXTS: Mapping[str, tuple[str, str]] = {
    "html_language": ("zh-CN", "en"),
    "sign_in_title": ("登录", "Sign in"),
    "sign_in_lead": ("聊天片段标注", "Labelling of chat segments"),
    "sign_in_name": ("用户名", "Name"),
    "sign_in_password": ("密码", "Password"),
    "sign_in_button": ("登录", "Sign in"),
    "sign_in_wrong": ("用户名或密码不对。", "The name or the password is not right."),
    "sign_in_locked": (
        "失败次数太多，请 {minutes} 分钟后再试，或请管理员重设密码。",
        "Too many failures. Try again in {minutes} min, or ask an administrator for a new password.",
    ),
    "sign_in_stale": ("这张登录表已过期，请再登录一次。", "This form is out of date. Please sign in once more."),
    "sign_out": ("退出", "Sign out"),
    "signed_out": ("登录已过期。", "You are no longer signed in."),
    "sign_in_again": ("重新登录", "Sign in again"),
    "start_with": ("请用 assay ui 打开这些页面。", "Open these pages with: assay ui"),
    "role_annotator": ("标注者", "annotator"),
    "role_adjudicator": ("裁决者", "adjudicator"),
    "role_admin": ("管理员", "administrator"),
    "page_annotate": ("标注", "Label"),
    "page_adjudicate": ("裁决", "Adjudicate"),
    "page_overview": ("批次", "Batches"),
    "chat": ("聊天片段", "Chat segment"),
    "chat_size": ("{messages} 条消息 · {people} 人", "{messages} messages · {people} people"),
    "suspicious": ("可疑消息", "Message in question"),
    "at_risk": ("风险用户", "at-risk user"),
    "signal_word": ("信号词", "signal word"),
    "reply_to": ("回复 {alias}", "answers {alias}"),
    "minutes_later": ("{minutes} 分钟后", "{minutes} min later"),
    "hours_later": ("{hours} 小时 {minutes} 分钟后", "{hours} h {minutes} min later"),
    "days_later": ("{days} 天 {hours} 小时后", "{days} d {hours} h later"),
    "simulated": ("模拟", "simulated"),
    "simulated_batch": (
        "这一批含模拟标注者的标注，不是真人的判断。",
        "This batch holds ratings of simulated annotators, not people's judgement.",
    ),
    "progress_done": ("已完成 {done} / {total}", "{done} of {total} done"),
    "previous": ("上一条", "Previous"),
    "next": ("下一条", "Next"),
    "done_before": ("已提交，关闭批次前可以修改", "Submitted; you may revise it until the batch closes"),
    "definitions": ("标签定义", "What the labels mean"),
    "guideline": ("标注指南", "Guideline"),
    "tree": ("判断步骤", "Decision steps"),
    "tree_to_label": ("选“{label}”", "choose “{label}”"),
    "tree_to_step": ("到第 {step} 步", "go to step {step}"),
    "several_apply": ("可以多选", "Several may apply"),
    "cannot_tell": ("无法判断", "Cannot tell"),
    "none_of_these": ("都没有", "None of these"),
    "question_of": ("第 {number} 题，共 {total} 题", "Question {number} of {total}"),
    "all_questions": ("全部题目", "All questions"),
    "answered_of": ("已答 {done} / {total}", "{done} of {total} answered"),
    "rationale": ("理由（可不填；Ctrl+Enter 提交）", "Reason (optional; Ctrl+Enter submits)"),
    "rationale_hint": ("哪几句话让你这样判断？", "Which lines made you decide so?"),
    "submit": ("提交", "Submit"),
    "submit_revision": ("提交修改", "Submit revision"),
    "choose_first": ("请先选一个标签，或选“无法判断”。", "Choose a label first, or “Cannot tell”."),
    "answer_first": ("还有 {n} 题没有回答。", "{n} questions have no answer yet."),
    "closing": ("批次已完成，正在计算一致性…", "The batch is complete; measuring agreement…"),
    "no_items_title": ("现在没有要标注的条目", "Nothing to label right now"),
    "no_items_text": (
        "分给你的新批次会出现在这里。你可以先关掉这个页面。",
        "New batches that are given to you will appear here. You may close this page for now.",
    ),
    "mine_done_title": ("你的部分完成了，谢谢", "Your part is done, thank you"),
    "mine_done_text": (
        "还在等其他标注者。批次关闭之前，你可以修改自己的标注。",
        "Others are still working. Until the batch closes you may revise your labels.",
    ),
    "revise_mine": ("查看和修改我的标注", "See and revise my labels"),
    "batch_complete_title": ("批次 {batch} 完成了，谢谢", "Batch {batch} is complete, thank you"),
    "batch_complete_text": (
        "所有人都已提交，批次已关闭。下面是标注者之间的一致性。",
        "Everybody has submitted and the batch is closed. This is how far the annotators agree.",
    ),
    "waiting_to_close_text": (
        "所有人都已提交。批次关闭之后，这里会显示一致性。",
        "Everybody has submitted. Agreement is shown here once the batch is closed.",
    ),
    "agreement": ("标注者一致性", "Agreement of the annotators"),
    "kappa_line": ("κ = {value} [{low}, {high}]", "κ = {value} [{low}, {high}]"),
    "kappa_point": ("κ = {value}", "κ = {value}"),
    "kappa_undefined": ("κ 无法计算", "κ is undefined"),
    "kappa_reason": ("原因：{reason}", "Reason: {reason}"),
    "kappa_method": (
        "Fleiss κ；方括号里是 95% 区间（{method}）",
        "Fleiss' κ; in brackets its 95% interval ({method})",
    ),
    "kappa_jackknife": ("按条目的刀切法", "jackknife over items"),
    "kappa_items": ("{items} 条 · {raters} 位标注者", "{items} items · {raters} annotators"),
    "percent_agreement": ("两两一致 {percent}%", "{percent}% of pairs agree"),
    "no_ratings": ("这一批没有标注。", "Nobody rated anything in this batch."),
    "no_batches_title": ("还没有批次", "No batches yet"),
    "no_batches_text": ("新建一批：assay batch new", "Make one with: assay batch new"),
    "state_open": ("进行中", "open"),
    "state_closed": ("已关闭", "closed"),
    "state_resolved": ("已定稿", "resolved"),
    "batch_size": ("{items} 条 · 每条 {overlap} 人", "{items} items · {overlap} annotators each"),
    "hidden_while_open": ("一致性在批次关闭后显示", "Agreement is shown once the batch is closed"),
    "you": ("你", "you"),
    "rater": ("标注者 {letter}", "Annotator {letter}"),
    "adjudicators_only": ("只有裁决者和管理员可以裁决。", "Only adjudicators and administrators settle disagreements."),
    "disagreements_left": ("还有 {n} 项待裁决", "{n} left to settle"),
    "disagreements_none_title": ("没有待裁决的分歧", "No disagreements to settle"),
    "disagreements_never_text": (
        "批次关闭之后，标注者意见不同的条目会出现在这里。",
        "Once a batch is closed, the items on which its annotators differ appear here.",
    ),
    "disagreements_none_text": (
        "关闭的批次里，所有分歧都已有裁决。用 assay resolve 写出金标。",
        "Every disagreement of the closed batches is settled. Write the gold table with: assay resolve",
    ),
    "decide_again": ("再选一次就会改为新的裁决", "Choosing again makes a newer decision"),
    "ratings_given": ("标注者的选择", "What the annotators chose"),
    "majority_stands": ("不裁决时按多数取“{label}”", "Without a decision the majority stands: “{label}”"),
    "no_majority": ("没有多数：不裁决就没有金标", "No majority: without a decision there is no gold label"),
    "no_rationale": ("没有写理由", "gave no reason"),
    "decision_reason": ("裁决理由（可不填；Ctrl+Enter 保存）", "Reason for the decision (optional; Ctrl+Enter saves)"),
    "decision_hint": ("为什么这样裁决？", "Why so?"),
    "choose_label_first": ("请先选一个标签。", "Choose a label first."),
    "settle": ("保存裁决", "Save the decision"),
    "settle_anew": ("改为新的裁决", "Save a newer decision"),
    "settled_before": ("已裁决（可改）", "Settled (may be changed)"),
    "settled_ones": ("查看和修改已有裁决", "See and change the decisions"),
}


@dataclass(frozen=True)
class Say:
    """The texts in one language: ``say("progress", done=3, total=20)``."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        chinese, english = _TEXTS[key]
        return (english if self.language == "en" else chinese).format(**values)


def words(language: str) -> Say:
    """The texts of the pages in ``zh`` or ``en``."""
    return Say(language)


def texts() -> Mapping[str, tuple[str, str]]:
    """Key → (Chinese, English)."""
    return _TEXTS
