"""Prints what is in each PDF named, as one JSON array.

For each file: `problems` (what qpdf's check finds), `pages` (media, trim and bleed box in points, and
the operators that set a colour, each with its operands once) and `fonts` (name, whether the file is
embedded, whether it is a subset, whether text can be copied out of it).
"""

import json
import sys

import pikepdf

COLOURS = {"g", "G", "rg", "RG", "k", "K", "sc", "SC", "scn", "SCN", "cs", "CS"}


def box(page, name):
    found = page.obj.get(name)
    return None if found is None else [float(side) for side in found]


def colours(page):
    seen = set()
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) in COLOURS:
            seen.add(" ".join([*(str(operand) for operand in operands), str(operator)]))
    return sorted(seen)


def font(obj):
    descendant = obj.DescendantFonts[0] if "/DescendantFonts" in obj else obj
    descriptor = descendant.FontDescriptor
    name = str(obj.BaseFont)
    return {
        "name": name,
        "embedded": any(f"/FontFile{kind}" in descriptor for kind in ("", "2", "3")),
        "subset": len(name) > 8 and name[7] == "+" and name[1:7].isupper(),
        "copies": "/ToUnicode" in obj,
    }


def inspect(path):
    with pikepdf.open(path) as pdf:
        fonts = [
            font(obj)
            for obj in pdf.objects
            if isinstance(obj, pikepdf.Dictionary)
            and obj.get("/Type") == "/Font"
            and obj.get("/Subtype") not in ("/CIDFontType0", "/CIDFontType2")
        ]
        return {
            "version": pdf.pdf_version,
            "problems": [str(problem) for problem in pdf.check_pdf_syntax()],
            "pages": [
                {
                    "media": box(page, "/MediaBox"),
                    "trim": box(page, "/TrimBox"),
                    "bleed": box(page, "/BleedBox"),
                    "colours": colours(page),
                }
                for page in pdf.pages
            ],
            "fonts": fonts,
        }


json.dump([inspect(path) for path in sys.argv[1:]], sys.stdout)
