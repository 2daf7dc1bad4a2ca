from __future__ import annotations

from pathlib import Path

import pytest
import typer

from cli.apply.folder import Folder, read_folder
from cli.apply.references import Reference
from cli.apply.state import Kind
from cli.output import Output

EXAMPLE = Path(__file__).parents[4] / "examples" / "workspace"
FILES = {
    "functions/crm/function.toml": """
kind = "destination"
[[settings]]
name = "endpoint"
required = true
[[settings]]
name = "key"
sensitive = true
""",
    "functions/crm/index.js": "async function onTrack() {}",
    "functions/mask/function.toml": 'kind = "insert"',
    "functions/mask/index.js": "async function onTrack(event) { return event }",
    "sources.toml": "[shop]",
    "destinations.toml": '[crm]\nfunction = "crm"\nsettings.endpoint = "https://crm.example"',
}
FILTER = '\n[[crm.filters]]\ntitle = "a"\ncondition = "all"\n'


def read(folder: Path, **files: str) -> Folder:
    for name, text in {**FILES, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return read_folder(folder, Output(as_json=False))


def test_secrets_are_named_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT", "https://crm.example")
    table = '[crm]\nfunction = "crm"\nsettings = { endpoint = { env = "ENDPOINT" }, key = { file = "../key" } }'
    folder = read(tmp_path, **{"destinations.toml": table})
    values = folder.state.destinations[("crm",)].values
    assert (values.plain, values.secrets) == ({"endpoint": "https://crm.example"}, {"key"})
    place = (Kind.DESTINATION, ("crm",), "key")
    assert folder.references == {place: Reference(file=tmp_path / "../key")}
    with pytest.raises(LookupError, match="key cannot be read: No such file"):
        folder.references[place].resolve()
    (tmp_path / "../key").write_text("a secret\n")
    assert folder.references[place].resolve() == "a secret"


def test_the_example_is_whole() -> None:
    state = read_folder(EXAMPLE, Output(as_json=False)).state
    counts = [len(state.of(kind)) for kind in Kind]
    assert counts == [4, 2, 2, 1, 2, 3]


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ("crm = 1", "destinations.toml: crm: it is no table"),
        ('[crm]\nfunktion = "crm"', r"destinations\.toml: crm: there is no key 'funktion'; allowed are function, sour"),
        ('[crm]\nfunction = "gone"', "crm.function: no function 'gone' is declared in functions/, but crm, mask"),
        ('[crm]\nfunction = "mask"', "mask is of kind insert, wanted is destination"),
        ('[crm]\nfunction = "crm"', "crm.settings: crm needs a value of endpoint"),
        ('[crm]\nfunction = "crm"\nsettings.url = ""', "has no setting 'url'; it has: endpoint, key"),
        ('[crm]\nfunction = "crm"\nsettings.endpoint = 1', "settings.endpoint: it is not of type STRING"),
        (
            '[crm]\nfunction = "crm"\nsettings = { endpoint = "", key = "plain" }',
            r'settings\.key: it is sensitive, and no secret stands in the folder: write \{ env = "VARIABLE" \}',
        ),
        (
            '[crm]\nfunction = "crm"\nsettings.endpoint = { env = "NO_SUCH_VARIABLE" }',
            "endpoint: the environment has no variable NO_SUCH_VARIABLE",
        ),
        (FILES["destinations.toml"] + '\nsources = ["gone"]', "crm.sources: no source 'gone' is declared"),
        (FILES["destinations.toml"] + '\ninsert.function = "crm"', "crm.insert.function: crm is of kind destination"),
        (FILES["destinations.toml"] + FILTER, r"crm\.filters\[1\]\.actions: field required"),
        (FILES["destinations.toml"] + FILTER + 'actions = ["burn"]', r"filters\[1\]\.actions\[1\]\.type: .*'drop'"),
        (
            FILES["destinations.toml"] + FILTER + 'actions = ["drop"]\nsource = "gone"',
            r"crm\.filters\[1\]\.source: no source 'gone' is declared in sources\.toml",
        ),
    ],
)
def test_what_is_wrong_is_told_by_file_and_place(tmp_path: Path, tables: str, told: str) -> None:
    with pytest.raises(typer.BadParameter, match=told) as caught:
        read(tmp_path, **{"destinations.toml": tables})
    assert str(tmp_path) in caught.value.message


def test_two_functions_of_one_name_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="'crm' is the name of another function here, too"):
        read(tmp_path, **{"functions/mask/function.toml": 'name = "crm"\nkind = "insert"'})
    (tmp_path / "empty").mkdir()
    with pytest.raises(typer.BadParameter, match="declares nothing"):
        read_folder(tmp_path / "empty", Output(as_json=False))
