"""Prints the texts of the QR codes in each picture named, as one JSON array of arrays.

The texts of a picture are in reading order: from top to bottom, then from left to right.
"""

import json
import sys

import numpy
import zxingcpp
from PIL import Image

Image.MAX_IMAGE_PIXELS = None  # a poster at print resolution is large and ours


def texts(path):
    with Image.open(path) as picture:
        pixels = numpy.asarray(picture.convert("L"))
    found = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)
    found.sort(key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    return [code.text for code in found]


json.dump([texts(path) for path in sys.argv[1:]], sys.stdout)
