"""Imports point one way: domain <- rules, policy <- engine <- app <- __main__; the core knows no library of I/O."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "stream"
PURE = ("domain", "rules", "policy")
FOREIGN = ("aiokafka", "faust", "mode", "river", "rocksdict", "aiohttp", "typer", "prometheus_client")

# What each part may import of `stream`. A part that is not here may import anything below the command line.
ALLOWED = {
    "domain": {"domain"},
    "rules": {"domain", "rules", "faults"},
    "policy": {"domain", "rules", "policy"},
    "codec": {"domain", "wire"},
    "wire": {"domain"},
    "config": {"domain", "faults", "settings"},
    "settings": {"domain", "settings"},
    "access": {"config", "topics"},
    "reporting": {"reporting"},
    "clock": set(),
    "faults": set(),
    "topics": set(),
    "metrics": set(),
    "port": {"exposition", "http_log"},
    "http_log": {"faults"},
    "broker": {"broker", "config", "settings", "topics", "access"},
    "logs": set(),
    "log_config": set(),
    "capacity": {"capacity", "topics"},
    "simulate": {"simulate", "domain", "engine"},
    "backtest": {"backtest", "domain", "rules", "engine", "config", "metrics", "reporting"},
    "evaluate": {"evaluate", "backtest", "domain", "engine", "config", "reporting"},
    "convert": {"convert", "domain", "engine", "codec", "topics"},
}
OUTERMOST = {"cli", "__main__", "app"}


def modules():
    for file in sorted(PACKAGE.rglob("*.py")):
        yield file.relative_to(PACKAGE).with_suffix("").parts[0], file


def imported(file):
    """Yield the parts of `stream` that a file imports anywhere in it, but for type checking only."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "stream" else [node.module]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("stream."))


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_each_part_imports_only_what_it_may(part):
    files = [file for name, file in modules() if name == part]
    assert files, f"stream/{part} is gone: mend the table"
    for file in files:
        assert set(imported(file)) <= ALLOWED[part], file


def test_nothing_below_the_command_line_imports_it():
    for name, file in modules():
        if name not in OUTERMOST:
            assert not set(imported(file)) & {"cli", "__main__"}, file


def test_the_engine_does_not_import_the_application():
    for name, file in modules():
        if name == "engine":
            assert "app" not in set(imported(file)), file


def test_the_desks_store_knows_neither_the_desk_nor_the_engine():
    files = sorted((PACKAGE / "desk" / "store").rglob("*.py"))
    assert len(files) >= 20
    for file in files:
        assert set(imported(file)) <= {"desk", "settings", "domain"}, file
        words = file.read_text(encoding="utf-8").replace("stream.desk.store", "")
        assert "stream.desk." not in words, file


OF_DESK = {
    "store": set(),
    "work": set(),
    "notify": {"store"},
    "push": {"store", "work", "notify"},
    "acts": {"store", "work", "push", "notify"},
    "acting": {"store", "work", "acts"},
    "leading": {"store"},
    "pauses": set(),
    "standing": set(),
    "intake": {"store", "work", "acts", "leading", "pauses", "standing"},
    "outbox": {"store", "leading", "pauses", "standing"},
    "timing": {"store", "work", "acts", "push", "leading", "pauses", "standing"},
    "reports": {"store", "work", "acts"},
    "colleagues": {"store", "work", "acts", "intake"},
    "web": {"store", "work", "acting", "colleagues", "push", "notify", "reports"},
    "port": {"standing"},
}
"""What each part of the desk may import of the others; `wiring` and `service` put them together."""


OF_ENGINE = {
    "log": set(),
    "liveness": set(),
    "kafka": {"log"},
    "store": {"log", "liveness"},
    "feeds": {"log", "store"},
    "shard": {"log", "liveness", "store", "feeds"},
    "policies": set(),
    "assemble": {"log", "liveness", "store", "feeds", "shard", "policies"},
    "replay": {"log", "store", "shard", "assemble"},
    "report": {"log", "store", "replay"},
    "worker": {"log", "liveness", "kafka", "store", "shard", "assemble"},
}
"""What each part of the engine may import of the others: a shard knows no Kafka."""


def inside(part, file):
    """Yield what a file imports of one part of `stream`: the names right below it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"stream.{part}"):
            of = node.module.split(".")[1:]
            if of[0] == part:
                yield from of[1:2] or [alias.name for alias in node.names]


@pytest.mark.parametrize(
    ("part", "allowed", "above"),
    [("desk", OF_DESK, {"wiring", "service"}), ("engine", OF_ENGINE, set())],
)
def test_the_parts_of_a_service_import_one_way(part, allowed, above):
    folder = PACKAGE / part
    parts = {file.relative_to(folder).with_suffix("").parts[0] for file in folder.rglob("*.py")}
    assert parts - allowed.keys() <= above | {"__init__"}
    assert allowed.keys() <= parts
    for file in folder.rglob("*.py"):
        own = file.relative_to(folder).with_suffix("").parts[0]
        if own in allowed:
            assert set(inside(part, file)) <= allowed[own] | {own}, file


def test_the_desks_decisions_need_neither_database_nor_broker_nor_page():
    code = (
        "import importlib, pkgutil, sys, stream.desk.work as package\n"
        "names = [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + '.')]\n"
        "for name in names: importlib.import_module(name)\n"
        f"print(len(names), sorted(set({(*FOREIGN, 'sqlalchemy')!r}) & {{name.split('.')[0] for name in sys.modules}}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    count, loaded = said.strip().split(" ", 1)
    assert int(count) >= 8
    assert loaded == "[]"


@pytest.mark.parametrize("part", PURE)
def test_the_core_loads_no_library_of_the_outside_in_a_fresh_interpreter(part):
    code = (
        "import importlib, pkgutil, sys\n"
        f"package = importlib.import_module('stream.{part}')\n"
        "names = [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + '.')]\n"
        "for name in names: importlib.import_module(name)\n"
        f"print(len(names), sorted(set({FOREIGN!r}) & {{name.split('.')[0] for name in sys.modules}}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    count, loaded = said.strip().split(" ", 1)
    assert int(count) >= 5
    assert loaded == "[]"


@pytest.mark.parametrize("module", ["stream.config", "stream.codec", "stream.topics", "stream.engine.log.memory"])
def test_what_a_replay_needs_loads_neither_faust_nor_river(module):
    code = f"import sys, {module}; print(sorted({{'faust', 'river', 'mode'}} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert said.strip() == "[]"


def test_importing_a_module_does_nothing_but_define():
    """No module of ours reads the environment, opens a file or starts a logger's handler when it is imported."""
    for _, file in modules():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                called = ast.unparse(node.value.func)
                if file.name == "env.py" and called.startswith("context."):
                    continue  # a script that alembic runs, and nobody imports
                # The command line registers its commands; that is what it is for.
                assert "cli" in file.parts or file.name == "__main__.py", f"{file}: calls {called} when imported"


LEARNING = ("river", "sklearn", "scipy", "pandas")
SCORING = ("models.features.sets", "models.scoring.scorer", "models.snapshot", "models.in_stream", "models.labels")


@pytest.mark.parametrize("module", [*SCORING, "stream.engine.worker.service", "stream.cli.commands"])
def test_scoring_loads_no_library_that_learns_in_a_fresh_interpreter(module):
    code = (
        f"import importlib, sys\nimportlib.import_module({module!r})\n"
        f"print(sorted(set({LEARNING!r}) & {{name.partition('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_models_import_only_the_core_of_the_stream():
    for file in sorted((ROOT / "models").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        typing = {id(n) for node in ast.walk(tree) if isinstance(node, ast.If) for n in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and id(node) not in typing:
                assert not node.module.startswith("stream.") or node.module.startswith("stream.domain"), file


@pytest.mark.parametrize("module", ["stream.app", "stream.control", "stream.training.shelf", "stream.ops.model_view"])
def test_a_worker_loads_no_library_that_learns(module):
    code = f"import sys, {module}; print(sorted(set({LEARNING!r}) & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert said.strip() == "[]"
