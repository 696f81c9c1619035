"""Write what is inside the executable as a bill of materials in the CycloneDX format."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import Distribution, distribution, distributions
from itertools import chain
from pathlib import Path
from platform import python_version
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from PyInstaller.archive.readers import CArchiveReader

from scripts.building.commands import Failed, ask

_LICENSES = LicenseFactory()
_WORDS_MAX = 80
_BOOTLOADER = "GPL-2.0-or-later WITH Bootloader-exception"


def main() -> None:
    """Write the bill of the executable (first argument) to a file (third); notes are the second."""
    executable, notes, bill = (Path(each) for each in sys.argv[1:4])
    try:
        parts = _parts(CArchiveReader(str(executable)), json.loads(notes.read_text()))
    except Failed as error:
        sys.exit(str(error))
    product = _package(distribution("cstar"), ComponentType.APPLICATION)
    product.hashes.add(_hash(executable.read_bytes()))
    bom = Bom(components=parts)
    bom.metadata.component = product
    bom.metadata.timestamp = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    bom.serial_number = uuid5(NAMESPACE_URL, str(product.hashes[0].content))
    bom.register_dependency(product, parts)
    bill.write_text(JsonV1Dot6(bom).output_as_string(indent=2) + "\n", encoding="utf-8")


def _parts(archive: CArchiveReader, notes: dict[str, str]) -> list[Component]:
    """Everything that others have made: packages, Python, SQLite, the system's libraries."""
    packages = sorted(_inside(archive), key=lambda each: each.name.lower())
    libraries = sorted(
        name
        for name, entry in archive.toc.items()
        if entry[-1] == "b" and "/" not in name and ".so." in name
    )
    return [
        *(_package(each) for each in packages if each.name != "cstar"),
        _other("CPython", python_version(), "PSF-2.0"),
        _other("SQLite", notes["sqlite"], "blessing"),
        _other("PyInstaller bootloader", distribution("pyinstaller").version, _BOOTLOADER),
        *(_library(name, archive.extract(name)) for name in libraries if not _told(name)),
    ]


def _told(name: str) -> bool:
    return name.startswith("libpython")


def _inside(archive: CArchiveReader) -> Iterator[Distribution]:
    """The installed packages of which a module or a file is in the executable.

    Raises Failed for one that the application does not need: it came from the tools of the build.
    """
    modules = set(chain.from_iterable(_modules(archive)))
    files = {name for name, entry in archive.toc.items() if entry[-1] in "bx"}
    needed = _needed("cstar", frozenset({"dkim", "mail", "mcp", "sqlite", "web"}))
    for each in distributions():
        names = {str(file) for file in each.files or ()}
        sources = {
            each for each in names if not each.startswith("..") and ".dist-info/" not in each
        }
        if files & sources or modules & {_module(name) for name in sources if name.endswith(".py")}:
            if _normal(each.name) not in needed:
                raise Failed(f"{each.name} is in the executable, and cStar does not need it")
            yield each


def _modules(archive: CArchiveReader) -> Iterator[list[str]]:
    for name, entry in archive.toc.items():
        if entry[-1] == "z":
            yield list(archive.open_embedded_archive(name).toc)


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _needed(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """What a package needs here, and what that needs, by normal names, with its own."""
    found: set[str] = set()
    queue = [(_normal(name), extras)]
    seen = set(queue)
    while queue:
        name, extras = queue.pop()
        found.add(name)
        for line in distribution(name).requires or ():
            each = Requirement(line)
            wanted = (_normal(each.name), frozenset(each.extras))
            asked = any(
                each.marker is None or each.marker.evaluate({"extra": extra})
                for extra in extras or {""}
            )
            if asked and wanted not in seen:
                seen.add(wanted)
                queue.append(wanted)
    return found


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _package(found: Distribution, kind: ComponentType = ComponentType.LIBRARY) -> Component:
    name, number = _normal(found.name), found.version
    return Component(
        name=name,
        version=number,
        type=kind,
        bom_ref=f"{name}@{number}",
        purl=PackageURL("pypi", None, name, number),
        licenses=_licenses(found),
    )


def _licenses(found: Distribution) -> list[License]:
    """What the package says of its license: as an expression, in words, or by its class."""
    told = found.metadata
    classes = [each for each in told.get_all("Classifier") or () if each.startswith("License ::")]
    stated = told.get("License-Expression") or told.get("License") or ""
    if not 0 < len(stated) < _WORDS_MAX:  # some have the whole text there
        stated = classes[0].split(" :: ")[-1] if classes else ""
    return [_LICENSES.make_from_string(stated)] if stated else []


def _other(name: str, number: str, license_id: str) -> Component:
    return Component(
        name=name,
        version=number,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{number}",
        licenses=[_LICENSES.make_from_string(license_id)],
    )


def _library(name: str, content: bytes) -> Component:
    """A library of the machine that built it, with its version where Debian's tools tell it."""
    package, number = _owner(name)
    purl = PackageURL("deb", "debian", package, number) if package else None
    return Component(
        name=name,
        version=number or None,
        type=ComponentType.LIBRARY,
        bom_ref=name,
        purl=purl,
        hashes=[_hash(content)],
    )


def _owner(library: str) -> tuple[str, str]:
    """The package that a library of the system belongs to, and its version; empty if unknown."""
    package = ask("dpkg-query", "--search", f"*/{library}").partition(":")[0]
    if not package:
        return "", ""
    shown = ask("dpkg-query", "--show", "--showformat", "${Version}\n", package)
    return package, shown.partition("\n")[0]


def _hash(content: bytes) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=sha256(content).hexdigest())


if __name__ == "__main__":
    main()
