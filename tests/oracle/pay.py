"""Judges the minimum pay of `cargo run -p domain --example pay`, day by day and with exact decimals.

Written from the law alone: an age counts once it is reached on the last day of the month before, or on the
first day of the contract. Amounts are those an hour, of which the month is 35 x 52 / 12.
"""

import calendar
import collections
import datetime
import functools
import sys
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

DAY = datetime.timedelta(days=1)
CENT = Decimal("0.01")

# From when, the SMIC an hour, and that of Mayotte; - where no source says it.
HOURLY = """
2018-01-01 9.88 -
2019-01-01 10.03 7.57
2020-01-01 10.15 7.66
2021-01-01 10.25 7.74
2021-10-01 10.48 7.91
2022-01-01 10.57 7.98
2022-05-01 10.85 8.19
2022-08-01 11.07 8.35
2023-01-01 11.27 8.51
2023-05-01 11.52 8.70
2024-01-01 11.65 8.80
2024-11-01 11.88 8.98
2026-01-01 12.02 9.33
2026-06-01 12.31 9.56
"""
UNKNOWN_FROM = "2026-11-01"

# By year of the contract, then by age.
GRIDS = {
    "2000-01-01": {1: "-17 25, -20 41, -99 53", 2: "-17 37, -20 49, -99 61", 3: "-17 53, -20 65, -99 78"},
    "2019-01-01": {
        1: "-17 27, -20 43, -25 53, -99 100",
        2: "-17 39, -20 51, -25 61, -99 100",
        3: "-17 55, -20 67, -25 78, -99 100",
    },
}
POINTS = {4: 10, 5: 20}
POINTS_END = "2020-04-27"


def birthday(born, year):
    """Of who is born on 29 February it is the last day of that month."""
    last = calendar.monthrange(year, born.month)[1]
    return datetime.date(year, born.month, min(born.day, last))


def whole_years(since, day):
    return day.year - since.year - (day < birthday(since, day.year))


@functools.cache
def percent(grid, year, age):
    for cell in GRIDS[grid][min(year, 3)].split(", "):
        most, rate = cell.split()
        if age <= -int(most):
            return int(rate)


@functools.cache
def bracket(grid, age):
    return max(first for first in (0, 18, 21, 26)[: 4 if grid >= "2019" else 3] if age >= first)


@functools.cache
def smic_on(day):
    """The row of a day, or None where no amount is known."""
    rows = [row.split() for row in HOURLY.split("\n") if row and row[:10] <= day.isoformat()]
    return tuple(rows[-1]) if rows and day.isoformat() < UNKNOWN_FROM else None


def amount(smic, place, rate):
    hourly = smic[2 if place == "Mayotte" else 1] if smic else "-"
    if hourly == "-":
        return "unknown"
    month = (Decimal(hourly) * 35 * 52 / 12).quantize(CENT, ROUND_HALF_UP)
    return str((month * rate / 100).quantize(CENT, ROUND_CEILING))


@functools.cache
def due(grid, points, age, year, smic, place):
    rate = percent(grid, year, age) + points
    return [str(year), str(bracket(grid, age)), str(rate), amount(smic, place, rate)]


def expected(contract, cells):
    """The first day of each row, what is due from then on, and at last the day after the contract."""
    concluded, start, end, born, level, place = contract
    grid = max(first for first in GRIDS if first <= concluded)
    points = POINTS.get(int(level), 0) if concluded < POINTS_END else 0
    start, end, born = map(datetime.date.fromisoformat, (start, end, born))
    before, day = None, start
    year, anniversary = 1, birthday(start, start.year + 1)
    age = whole_years(born, start)
    while day <= end:
        if day == anniversary:
            year, anniversary = year + 1, birthday(start, day.year + 1)
        if day.day == 1 and day > start:
            age = whole_years(born, day - DAY)
        smic = smic_on(day)
        now = year, bracket(grid, age), smic
        if now != before:
            yield day.isoformat(), due(grid, points, age, year, smic, place)
            if smic:
                cells.add((grid, str(now[1]), str(year), smic[0], place))
        before = now
        day += DAY
    yield day.isoformat(), None


def judge(contract, rows, cells):
    wanted = list(expected(contract, cells))
    told = []
    for first, last, *what in rows:
        after = datetime.date.fromisoformat(last) + DAY
        assert not told or told[-1][0] == first, (contract, first)
        told[-1:] = [(first, what), (after.isoformat(), None)]
    assert told == wanted, (contract, told, wanted)


def every_cell():
    """Each age, year, amount of the SMIC and place under each grid, where a contract can be."""
    for smic in (row.split()[0] for row in HOURLY.split("\n") if row):
        for year in range(1, 5):
            start = f"{int(smic[:4]) - year + 1}{smic[4:]}"
            grid = max(first for first in GRIDS if first <= start)
            for age in ("0", "18", "21", "26")[: 4 if grid >= "2019" else 3]:
                for place in ("Metropolitan", "Mayotte"):
                    yield grid, age, str(year), smic, place


def main():
    contracts, cells = collections.OrderedDict(), set()
    for line in sys.stdin:
        words = line.split()
        if words[0] == "contract":
            rows = []
            contracts[tuple(words[1:])] = rows
        else:
            rows.append(words)
    for contract, rows in contracts.items():
        judge(contract, rows, cells)
    missing = set(every_cell()) - cells
    assert not missing, f"{len(missing)} cells were never seen, as {sorted(missing)[0]}"
    print(f"the reference agrees: {len(contracts)} contracts, {len(cells)} cells of the table")


main()
