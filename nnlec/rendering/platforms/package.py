"""Packages of XML files: a zip whose bytes follow from its content alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from xml.etree import ElementTree as Xml
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_THE_SAME_DAY = (1980, 1, 1, 0, 0, 0)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files in their order, all of the same day and mode."""
    made = io.BytesIO()
    with ZipFile(made, "w") as package:
        for name, content in files.items():
            entry = ZipInfo(name, _THE_SAME_DAY)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            package.writestr(entry, content)
    return made.getvalue()


def manifest(ident: str, namespace: str, schema: str, version: str) -> tuple[Xml.Element, Xml.Element]:
    """The list of what is in a package, and the element in it that the resources stand in."""
    root = Xml.Element("manifest", identifier=ident, xmlns=namespace)
    meta = add(root, "metadata")
    add(meta, "schema", schema)
    add(meta, "schemaversion", version)
    add(root, "organizations")
    return root, add(root, "resources")


def xml(root: Xml.Element) -> bytes:
    """A file of one element; it is not indented: blanks between words would count."""
    made: bytes = Xml.tostring(root, "utf-8", xml_declaration=True)
    return made + b"\n"


def add(parent: Xml.Element, name: str, content: str = "", /, **attributes: str) -> Xml.Element:
    """An element at the end of another one."""
    made = Xml.SubElement(parent, name, attributes)
    made.text = content or None
    return made
