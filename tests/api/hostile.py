"""Files made to hurt whoever reads them."""

import io
import zipfile
import zlib
from typing import Final

ROWS: Final = 60
CELL: Final = 20_000_000


def hostile(port: int) -> dict[str, bytes]:
    """A zip bomb, a billion laughs, a file of the system, an address to be fetched, nonsense."""
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="urn:x:">'
        '<rdf:Description rdf:about="urn:a"><x:p>&{};</x:p></rdf:Description></rdf:RDF>'
    )
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    start = '<?xml version="1.0"?><!DOCTYPE r ['
    return {
        "bomb.xlsx": bomb(),
        "laughs.rdf": f'{start}<!ENTITY l0 "ha">{laughs}]>{rdf.format("l9")}'.encode(),
        "system.rdf": f'{start}<!ENTITY x SYSTEM "file:///etc/passwd">]>{rdf.format("x")}'.encode(),
        "remote.jsonld": f'{{"@context": "http://127.0.0.1:{port}/c", "@id": "urn:a"}}'.encode(),
        "wide.csv": b"id,label_fr," + b"x" * 1_000_000 + b"\nx-a,Nom,1\n",
        "deep.json": b"[" * 100_000,
        "noise.csv": bytes(range(256)) * 50,
    }


def bomb() -> bytes:
    """A workbook of a few megabytes whose only sheet has 1.2 GB."""
    names = "http://schemas.openxmlformats.org"
    relation = f"{names}/officeDocument/2006/relationships"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for path, kind, target in (
            ("_rels/.rels", "officeDocument", "xl/workbook.xml"),
            ("xl/_rels/workbook.xml.rels", "worksheet", "worksheets/sheet1.xml"),
        ):
            book.writestr(
                path,
                f'<Relationships xmlns="{names}/package/2006/relationships"><Relationship '
                f'Id="r1" Type="{relation}/{kind}" Target="{target}"/></Relationships>',
            )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{names}/spreadsheetml/2006/main" xmlns:r="{relation}"><sheets>'
            '<sheet name="organisations" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        sheet = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        book.writestr(sheet, deflated(names))
        sheet.compress_type, sheet.file_size = zipfile.ZIP_DEFLATED, ROWS * (CELL + 50)
    return packed.getvalue()


def deflated(names: str) -> bytes:
    """The sheet, packed; a row is packed once and repeated, which saves the time of the rest."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    head = packer.compress(
        f'<worksheet xmlns="{names}/spreadsheetml/2006/main"><sheetData>'.encode()
    )
    head += packer.flush(zlib.Z_FULL_FLUSH)
    row = packer.compress(b'<row><c t="inlineStr"><is><t>' + b"a" * CELL + b"</t></is></c></row>")
    row += packer.flush(zlib.Z_FULL_FLUSH)
    return head + row * ROWS + packer.compress(b"</sheetData></worksheet>") + packer.flush()
