"""backup: what it writes is a store, even while another process writes."""

import io
import subprocess
import sys
import tarfile
import time
from pathlib import Path

from tests.cli.console import Console
from tests.limits import PATIENCE

ANNA = "anna@north.example"


def unpacked(file: Path, folder: Path) -> Console:
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    return Console(folder)


def test_a_backup_is_a_store_once_it_is_unpacked(small: Console, tmp_path: Path) -> None:
    small.done("disable", ANNA)
    said = small.done("backup", str(tmp_path / "b.tar"))
    assert (said.out, said.talk) == ("", [f"Wrote {tmp_path / 'b.tar'}."])
    copy = unpacked(tmp_path / "b.tar", tmp_path / "copy")
    assert copy.dump == small.dump
    assert copy.done("log", "verify").out == small.done("log", "verify").out
    copy.folder.chmod(0o700)
    assert copy.done("doctor", "--json").json == []
    assert small("backup", str(small.folder / "b.tar")).code == 2
    assert small("backup", str(tmp_path / "none" / "b.tar")).code == 2
    assert small("dump", str(small.folder / "store.json")).code == 2
    small.done("--read-only", "backup", str(tmp_path / "c.tar"))


def test_a_backup_goes_to_standard_output(small: Console) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "kconsole", "--store", str(small.folder), "backup", "-"],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    with tarfile.open(fileobj=io.BytesIO(ended.stdout)) as archive:
        assert archive.getnames() == ["store.json", "journal.jsonl"]
    assert ended.stderr == b""


WRITER = """
import sys
from pathlib import Path
from kconsole.operations.accounts import DisableAccounts, EnableAccounts
from kconsole.operations.samples import SAMPLES, sample_session
from kconsole.operations.session import Session
print("ready", flush=True)
while True:
    session = Session.open(Path(sys.argv[1]), "writer")
    for _ in range(20):
        session.do(DisableAccounts(("anna@north.example",)))
        session.do(EnableAccounts(("anna@north.example",)))
    session.close()
"""


def test_a_backup_while_another_process_writes_is_a_whole_store(small: Console, tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(small.folder)], stdout=subprocess.PIPE)
    journal = small.folder / "journal.jsonl"
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        for number in range(8):
            size = journal.stat().st_size
            said = small("--wait", "60", "backup", str(tmp_path / f"{number}.tar"))
            assert said.code == 0, said
            deadline = time.monotonic() + PATIENCE
            while journal.stat().st_size == size:
                assert writer.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.005)
    finally:
        writer.kill()
        writer.communicate()
    lengths = []
    for number in range(8):
        copy = unpacked(tmp_path / f"{number}.tar", tmp_path / f"copy{number}")
        lengths.append(int(copy.done("log", "verify").out.split()[0]))
        assert {entry["address"] for entry in copy.dump["entries"]} == {ANNA, "off@north.example"}
        assert copy.done("log", "--json").json[-1]["sequence"] == lengths[-1]
    assert lengths == sorted(lengths)
    assert lengths[-1] > lengths[0]
    small.done("log", "verify")
