"""The house rules that no single stage can hold: import direction, a light command line, docs from the code."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = (
    "polars",
    "numpy",
    "sklearn",
    "sqlalchemy",
    "streamlit",
    "altair",
    "dataframely",
    "opencc",
    "openai",
    "pydantic",
)


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_imports_go_one_way():
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_help_loads_nothing_heavy():
    script = "import sys, app.main; app.main.build(); print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_generated_reference_is_up_to_date(generate):
    for name, text in generate.pages().items():
        assert (ROOT / "docs" / "reference" / name).read_text("utf-8") == text, f"{name} is stale; run: make docs"


def test_every_command_has_help_with_an_example(generate):
    sections = re.split(r"\n## `", generate.commands())[1:]
    assert len(sections) >= 20
    assert [section.splitlines()[0] for section in sections if "Example: `assay" not in section] == []


def test_no_page_links_to_a_file_that_is_not_there():
    broken = []
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_every_source_file_is_short_enough_to_read():
    stages = ("core", "collector", "lexicon", "segmenter", "annotation", "consensus", "release", "app")
    files = [path for stage in stages for path in (ROOT / stage).rglob("*.py") if "versions" not in path.parts]
    assert [f"{path.name}: {n}" for path in files if (n := len(path.read_text("utf-8").splitlines())) > 300] == []
