#!/usr/bin/env python3
"""Writes vectors.json: what the BBC's `mediatimestamp` answers to a few thousand seeded questions.

The Rust crate `mediatime` must give the same answers (its tests/vectors.rs reads the file), so this
script must never be changed to agree with the crate. It needs exactly mediatimestamp==5.2.0:

    python3 -m venv VENV && VENV/bin/pip install mediatimestamp==5.2.0
    VENV/bin/python make_vectors.py            # rewrite vectors.json beside this script
    VENV/bin/python make_vectors.py --check    # fail if vectors.json is not what would be written

Nanoseconds and counts are written as strings, since many JSON readers keep only 53 bits.
"""

import json
import random
import re
import sys
from datetime import datetime
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

from mediatimestamp import TimeRange, Timestamp
from mediatimestamp.constants import UTC_LEAP
from mediatimestamp.exceptions import TsValueError

LIBRARY_VERSION = "5.2.0"
SEED = 20_240_811
OUT = Path(__file__).with_name("vectors.json")

NS = 10**9
LIMIT = (1 << 48) * NS - 1
I64 = range(-(1 << 63), 1 << 63)

# The patterns of TAMS 8.2 timestamp.json and timerange.json.
TIMESTAMP_SCHEMA = re.compile(r"-?(0|[1-9][0-9]*):(0|[1-9][0-9]{0,8})")
TIMERANGE_SCHEMA = re.compile(
    r"(\[|\()?(-?(0|[1-9][0-9]*):(0|[1-9][0-9]{0,8}))?"
    r"(_(-?(0|[1-9][0-9]*):(0|[1-9][0-9]{0,8}))?)?(\]|\))?"
)

RATES = [
    Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30),
    Fraction(48000, 1001), Fraction(48), Fraction(50), Fraction(60000, 1001), Fraction(60),
    Fraction(100), Fraction(120000, 1001), Fraction(120), Fraction(15), Fraction(25, 2),
    Fraction(1), Fraction(1, 10), Fraction(7, 3), Fraction(44100), Fraction(48000),
    Fraction(90000), Fraction(48000 * 512, 1001), Fraction(10**9), Fraction(4294967295, 4294967294),
    Fraction(4294967295), Fraction(1, 4294967295),
]

random_source = random.Random(SEED)


def some_nanos():
    """Nanoseconds of very different sizes, often on a second or next to one, of either sign."""
    kind = random_source.randrange(6)
    if kind == 0:
        nanos = random_source.randrange(0, 20) * NS // 2
    elif kind == 1:
        nanos = random_source.randrange(0, 100_000) * NS + random_source.choice([0, 1, NS - 1])
    elif kind == 2:
        nanos = random_source.randrange(0, 10 * NS)
    elif kind == 3:
        nanos = 1_700_000_000 * NS + random_source.randrange(0, 10**8 * NS)
    elif kind == 4:
        nanos = random_source.randrange(0, LIMIT + 1)
    else:
        nanos = LIMIT - random_source.randrange(0, 3 * NS)
    return random_source.choice([1, 1, -1]) * nanos


def rate_text(rate):
    return f"{rate.numerator}/{rate.denominator}"


def timestamp_texts():
    """[text, nanoseconds or null if refused, matches the TAMS schema]"""
    texts = [
        "0:0", "-0:0", "0:1", "-0:1", "-0:800000000", "1:40000000", "1694429247:40000000",
        "0:999999999", "0:1000000000", "1:1500000000", "01:0", "1:00", "1:040000000", "-01:5", "00:0",
        "5", "-5", "0", "1.5", "-0.5", "-1.5", "0.000000001", "1.0000000019", "12.34", "007.5",
        "281474976710655:999999999", "281474976710656:0", "-281474976710656:0",
        "99999999999999999999999999999999999999999999999999:0", "+5:0", "+1.25", " 5:0", "5:0 ",
        "", ":", "-", "1:", ":1", "-:1", "--1:0", "1:2:3", "a:b", "1:x", "0x1:0", "1e3:0", ".", ".5",
        "1.2.3", "five", "null", "[0:0", "0:0_", "{}", "T", "F", "Z",
    ]
    texts += [str(Timestamp.from_nanosec(some_nanos())) for _ in range(300)]
    for _ in range(200):
        seconds = random_source.randrange(0, 10 ** random_source.randrange(1, 17))
        nanos = random_source.randrange(0, 10 ** random_source.randrange(1, 12))
        width = random_source.choice([0, 0, 9])
        texts.append(f"{random_source.choice(['', '-'])}{seconds}:{nanos:0{width}}")
    for _ in range(100):
        seconds = random_source.randrange(0, 10 ** random_source.randrange(1, 10))
        decimals = "".join(random_source.choice("0123456789") for _ in range(random_source.randrange(1, 13)))
        texts.append(f"{random_source.choice(['', '-'])}{seconds}.{decimals}")
    return [[text, read_timestamp(text), TIMESTAMP_SCHEMA.fullmatch(text) is not None] for text in texts]


def read_timestamp(text):
    try:
        return str(Timestamp.from_str(text).to_nanosec())
    except (ValueError, TsValueError):
        return None


def timestamp_only_library():
    """[text, nanoseconds]: read by the library, no timestamp in TAMS, refused by the crate.

    Dates and time labels are no positions on a flow; the rest are accidents of Python's int() and of
    a fraction reader that stops at the first strange character.
    """
    texts = [
        "2023-09-11T10:46:50.04Z", "1970-01-01T00:00:00Z",
        "2015-01-23T12:34:56F00 30000/1001 UTC-05:00 TAI-35",
        "1_000:0", "1:1_0", "1.", "1.5s", "1.5,", "1 :0", "1: 5", "1:+5", "1:-5", "-1:-5", "\u0661:\u0662",
    ]
    return [[text, str(Timestamp.from_str(text).to_nanosec())] for text in texts]


def timestamp_formats():
    """[nanoseconds, text]"""
    edges = [0, 1, -1, NS - 1, NS, NS + 1, -NS + 1, -NS, -NS - 1, LIMIT, -LIMIT]
    nanos = edges + [some_nanos() for _ in range(300)]
    return [[str(value), str(Timestamp.from_nanosec(value))] for value in nanos]


def timerange_texts():
    """[text, canonical text or null if refused, matches the TAMS schema]"""
    opening, closing = ["", "[", "("], ["", "]", ")"]
    bounds = ["", "0:0", "10:0", "-0:5"]
    texts = [
        f"{a}{start}{joint}{b}"
        for a in opening
        for start in bounds
        for joint in [""] + ["_" + end for end in bounds]
        for b in closing
    ]
    for _ in range(300):
        start, end = str(Timestamp.from_nanosec(some_nanos())), str(Timestamp.from_nanosec(some_nanos()))
        texts.append(random_source.choice(opening) + start + "_" + end + random_source.choice(closing))
    texts += [
        "[1.5_2.5)", "[01:0_02:000000000)", "1_2", "[5_", "_5)", "[0:0_1:1000000000)",
        "a_b", "[x", "[0:0_y)", "[-_0:0)", "[:_:)", "[[0:0_1:0)", "((", "[(0:0_1:0)", "never", "x_",
    ]
    return [[text, read_timerange(text), TIMERANGE_SCHEMA.fullmatch(text) is not None] for text in texts]


def read_timerange(text):
    try:
        return str(TimeRange.from_str(text))
    except (ValueError, TsValueError):
        return None


def timerange_only_library():
    """[text, canonical text]: read by the library, no timerange in TAMS, refused by the crate.

    The library matches from the left and forgets the rest of the text, and takes the dates that its
    timestamps take.
    """
    texts = [
        "[0:0_10:0)x", "[0:0_10:0))", "0:0_1:0_2:0", "[0:0_1:0)_", "_)_", "()()", "[]0:0", "[0:0]5:0_",
        "2023-09-11T00:00:00Z_2023-09-11T01:00:00Z", ")_", "]0:0", "__",
    ]
    return [[text, str(TimeRange.from_str(text))] for text in texts]


def small_bound():
    """A bound from a small pool, so that bounds often coincide; sometimes none."""
    pool = [None, -2 * NS, -1, 0, 1, 2 * NS, 2 * NS, 3 * NS, 10 * NS, LIMIT]
    value = random_source.choice(pool)
    return None if value is None else Timestamp.from_nanosec(value)


def small_range():
    inclusivity = TimeRange.Inclusivity(random_source.randrange(4))
    start, end = small_bound(), small_bound()
    if start is not None and end is not None and end < start and random_source.random() < 0.8:
        start, end = end, start
    return TimeRange(start, end, inclusivity)


def relations():
    """[a, b, overlaps, intersection, contiguous, a contains all of b, encompassing range]"""
    rows = []
    for _ in range(900):
        a, b = small_range(), small_range()
        rows.append([
            str(a), str(b), a.overlaps_with_timerange(b), str(a.intersect_with(b)),
            a.is_contiguous_with_timerange(b), a.contains_subrange(b),
            str(a.extend_to_encompass_timerange(b)),
        ])
    return rows


def contains():
    """[range, timestamp, contained]"""
    rows = []
    for _ in range(400):
        ts = small_bound() or Timestamp()
        r = small_range()
        rows.append([str(r), str(ts), ts in r])
    return rows


def lengths():
    """[range, length, or null if it is infinite]"""
    rows = []
    for _ in range(150):
        r = small_range()
        rows.append([str(r), None if isinstance(r.length, float) else str(r.length)])
    return rows


def normalised():
    """[range, rate, normalised range], rounding to nearest"""
    fixed = [("[0:66666666_8:399999999)", Fraction(30)), ("()", Fraction(25)), ("_", Fraction(25))]
    rows = [[text, rate_text(rate), str(TimeRange.from_str(text).normalise(rate))] for text, rate in fixed]
    for rate in RATES:
        for _ in range(20):
            near = random_source.randrange(-200, 10**7)
            start = Timestamp.from_count(near, rate).to_nanosec() + random_source.randrange(-2, 3)
            length = Timestamp.from_count(random_source.randrange(0, 400), rate).to_nanosec()
            end = start + length + random_source.randrange(-2, 3)
            r = TimeRange(
                None if random_source.random() < 0.05 else Timestamp.from_nanosec(start),
                None if random_source.random() < 0.05 else Timestamp.from_nanosec(end),
                TimeRange.Inclusivity(random_source.randrange(4)),
            )
            rows.append([str(r), rate_text(rate), str(r.normalise(rate))])
    return rows


def count_to_timestamp():
    """[rate, count, timestamp]"""
    rows = []
    for rate in RATES:
        counts = [0, 1, 2, 3, 29, 30, 1800, 17982, 2589408, -1, -2, -30, -1800]
        counts += [random_source.randrange(-(10**k), 10**k) for k in (3, 5, 6, 7, 8, 9, 10, 11, 12)]
        counts += [random_source.randrange(I64.start, I64.stop) for _ in range(3)]
        rows += [[rate_text(rate), str(count), str(Timestamp.from_count(count, rate))] for count in counts]
    return rows


def timestamp_to_count():
    """[rate, timestamp, nearest count, count rounded down, or null before the origin]

    Rounding down is asked only of times at or after the origin: before it the library rounds down by
    adding all but a nanosecond of a frame cut to whole nanoseconds, which is not exact. For the same
    reason its rounding up is not asked at all.
    """
    rows = []
    for rate in RATES:
        values = [some_nanos() for _ in range(20)]
        for _ in range(20):
            # On a frame or in the middle of one, give or take two nanoseconds.
            halves = random_source.randrange(-(10**3), 10 ** random_source.choice([3, 6, 9]))
            values.append(int(Fraction(halves * NS, 2) / rate) + random_source.randrange(-2, 3))
        for value in values:
            ts = Timestamp.from_nanosec(value)
            nearest = ts.to_count(rate)
            down = ts.to_count(rate, rounding=Timestamp.ROUND_DOWN) if value >= 0 else None
            if nearest in I64 and (down is None or down in I64):
                rows.append([rate_text(rate), str(ts), str(nearest), None if down is None else str(down)])
    return rows


def utc():
    """[timestamp, whole seconds of UTC since 1970; in a leap second those of the second behind it]

    Not asked before 1972, when UTC had no whole seconds of difference, nor of its first second, which the
    library takes for a leap second. Its `to_unix` flags the second before a leap second too, so its text is read.
    """
    leaps = [tai for _, tai in UTC_LEAP]
    seconds = [leap + k for leap in leaps for k in (-1, 0, 1, 2)]
    seconds += [random_source.randrange(leaps[-1] + 2, 4 * 10**9) for _ in range(100)]
    rows = []
    for second in sorted(seconds):
        if second < leaps[-1] + 2:
            continue
        ts = Timestamp(second, random_source.randrange(NS))
        date, _, time = ts.to_iso8601_utc()[:19].partition("T")
        hours, minutes, seconds_of_minute = map(int, time.split(":"))
        midnight = datetime.fromisoformat(date + "T00:00:00+00:00")
        unix = int(midnight.timestamp()) + hours * 3600 + minutes * 60 + seconds_of_minute
        rows.append([str(ts), str(unix)])
    return rows


def render():
    groups = [
        timestamp_texts, timestamp_only_library, timestamp_formats, timerange_texts, timerange_only_library,
        relations, contains, lengths, normalised, count_to_timestamp, timestamp_to_count,
        utc,
    ]
    parts = [f'"library": "mediatimestamp {LIBRARY_VERSION}"', f'"seed": {SEED}']
    for group in groups:
        rows = ",\n".join(json.dumps(row) for row in group())
        parts.append(f'"{group.__name__}": [\n{rows}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    if version("mediatimestamp") != LIBRARY_VERSION:
        sys.exit(f"needs mediatimestamp=={LIBRARY_VERSION}, found {version('mediatimestamp')}")
    text = render()
    if "--check" not in sys.argv[1:]:
        OUT.write_text(text, encoding="ascii")
    elif OUT.read_text(encoding="ascii") != text:
        sys.exit(f"{OUT} is not what this script writes")


if __name__ == "__main__":
    main()
