"""Photographs codes badly: `wear_codes.py FOLDER SEED PICTURE…`.

Of each picture (a code with its quiet zone, some pixels for each module) one is written to FOLDER under
the same name: turned by up to 15 degrees, seen from the side, unevenly lit, out of focus (a blur of
1.1 pixels), noisy, and saved as JPEG of quality 55. Prints what zxing reads in each, null when nothing.
"""

import json
import pathlib
import sys

import numpy
import zxingcpp
from PIL import Image, ImageFilter

BLUR = 1.1
TURN = 15.0
LEAN = 0.06


def perspective(source, target):
    """The eight coefficients that Pillow wants, from corners to corners."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return numpy.linalg.solve(numpy.array(rows), numpy.array(values))


def worn(picture, chance):
    side = picture.width
    margin = side // 4
    whole = side + 2 * margin
    paper = Image.new("L", (whole, whole), 255)
    paper.paste(picture, (margin, margin))
    paper = paper.rotate(chance.uniform(-TURN, TURN), Image.BICUBIC, fillcolor=255)
    corners = [(0, 0), (whole, 0), (whole, whole), (0, whole)]
    lean = [tuple(c + chance.uniform(-LEAN, LEAN) * whole for c in corner) for corner in corners]
    paper = paper.transform(
        (whole, whole), Image.PERSPECTIVE, perspective(corners, lean), Image.BICUBIC, fillcolor=255
    )
    paper = paper.filter(ImageFilter.GaussianBlur(BLUR))
    pixels = numpy.asarray(paper, dtype=float)
    across = numpy.linspace(chance.uniform(0.6, 1.0), chance.uniform(0.6, 1.0), whole)
    pixels = 20 + pixels * 0.86 * across + chance.normal(0, 5, pixels.shape)
    return Image.fromarray(numpy.clip(pixels, 0, 255).astype(numpy.uint8))


def main():
    folder, seed, *paths = sys.argv[1:]
    chance = numpy.random.default_rng(int(seed))
    answers = []
    for path in paths:
        with Image.open(path) as picture:
            seen = worn(picture.convert("L"), chance)
        out = pathlib.Path(folder) / (pathlib.Path(path).stem + ".jpg")
        seen.save(out, quality=55)
        with Image.open(out) as photo:
            found = zxingcpp.read_barcodes(numpy.asarray(photo), formats=zxingcpp.BarcodeFormat.QRCode)
        answers.append(found[0].text if found else None)
    json.dump(answers, sys.stdout)


main()
