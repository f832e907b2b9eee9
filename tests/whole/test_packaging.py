"""The wheel: nothing in it that could overwrite a stranger's package, everything in it that the program needs."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "ingest", "api", "core")
# Files that are read at run time beside the code.
DATA = (".html", ".css", ".js", ".svg", ".toml", ".eml", ".mako", ".sql")
# What must stand beside what others wrote.
NOTICES = {"LICENSE", "NOTICE", "README.md", "swagger-ui-bundle.js.LICENSE.txt"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as site-packages would look."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_only_names_of_our_own_lie_at_the_top(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}

    [info] = [top for top in tops if top.endswith(".dist-info")]
    assert info.startswith("deskbell-")
    assert tops == {"deskbell.py", "_deskbell", info}


def test_every_module_and_every_file_it_reads_is_in_it(names: set[str]) -> None:
    needed = {
        f"_deskbell/{file.relative_to(ROOT)}"
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", *DATA) and "__pycache__" not in file.parts
    }

    assert needed - names == set()
    found = {Path(name).suffix for name in names}
    assert set(DATA) <= found


def test_nothing_else_is_in_it(names: set[str]) -> None:
    ours = {name for name in names if ".dist-info/" not in name}

    others = {name for name in ours if "/swagger-ui/" in name and Path(name).name in NOTICES}
    assert {Path(name).name for name in others} == NOTICES
    assert {Path(name).suffix for name in ours - others} - {".py", ".typed", *DATA} == set()
    assert not [name for name in ours if "test" in Path(name).name]


def run(installed: Path, folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Python with the wheel installed, far from the checkout (an editable install of it comes after PYTHONPATH)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DESKBELL_", "PYTHON"))}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_installed_program_runs_from_its_private_folder(installed: Path, tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['deskbell', '--help']\n"
        "import deskbell, core, ingest\n"
        "print(deskbell.__file__, core.__file__, ingest.__file__)\n"
        "deskbell.main()\n"
    )

    ended = run(installed, tmp_path, program)

    assert ended.returncode == 0, ended.stderr
    *files, _ = ended.stdout.splitlines()[0].split()
    assert files[0] == str(installed / "deskbell.py")
    assert ended.stdout.splitlines()[0].split()[1:] == [
        str(installed / "_deskbell" / "core" / "__init__.py"),
        str(installed / "_deskbell" / "ingest" / "__init__.py"),
    ]
    for command in ("serve", "user", "mail", "explain", "ledger", "db", "doctor", "backup"):
        assert f" {command} " in ended.stdout


def test_the_installed_program_makes_its_database_and_finds_its_files(installed: Path, tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "import deskbell\n"
        "from pathlib import Path\n"
        "from core.storage import schema\n"
        "from core.classify.inference import classify\n"
        "from core.config import Settings\n"
        "from core.desk import opened\n"
        "async def main():\n"
        "    async with opened(Settings()) as desk:\n"
        "        print(await schema.version(desk.database), classify('Rechnung', 'Wo ist meine Rechnung?').category)\n"
        "asyncio.run(main())\n"
    )

    ended = run(installed, tmp_path, program)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split()[1] == "billing_question"
    assert (tmp_path / "var" / "deskbell.sqlite3").is_file()


def test_the_command_is_called_deskbell(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [entry_points] = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        text = archive.read(entry_points).decode()

    assert "deskbell = deskbell:main" in text
