"""Judges the holidays and the delays of `cargo run -p domain --example working_days` with two libraries.

jours_feries_france has every place. holidays, of another origin, also has days off by custom, which are
left out by their names; it has no year in which Saint-Martin kept the day of Guadeloupe.
"""

import bisect
import collections
import datetime
import sys

import holidays
from jours_feries_france import JoursFeries

# Each place as the two name it.
PLACES = {
    "Metropolitan": ("Métropole", None),
    "AlsaceMoselle": ("Alsace-Moselle", "Alsace"),
    "Guadeloupe": ("Guadeloupe", "Guadeloupe"),
    "Martinique": ("Martinique", "Martinique"),
    "Guyane": ("Guyane", "Guyane"),
    "Reunion": ("La Réunion", "La Réunion"),
    "SaintPierreEtMiquelon": ("Saint-Pierre-et-Miquelon", "Saint-Pierre-et-Miquelon"),
    "Mayotte": ("Mayotte", "Mayotte"),
    "SaintBarthelemy": ("Saint-Barthélémy", "Saint-Barthélemy"),
    "SaintMartin": ("Saint-Martin", "Saint-Martin"),
}
BY_CUSTOM = {"Guadeloupe": {"Vendredi saint", "Mi-Carême"}}
SCHOELCHER = "Fête de Victor Schoelcher"
YEARS = range(2017, 2033)


def of_first(place, year):
    return set(JoursFeries.for_year(year, PLACES[place][0]).values())


def of_second(place, year):
    names = collections.defaultdict(set)
    listed = holidays.country_holidays("FR", subdiv=PLACES[place][1], years=year, language="fr")
    for day, together in listed.items():
        names[day] = set(together.split("; ")) - BY_CUSTOM.get(place, set()) - {SCHOELCHER}
    return {day for day, kept in names.items() if kept}


def main():
    found, deadlines = collections.defaultdict(set), {}
    for line in sys.stdin:
        what, place, day, *last = line.split()
        day = datetime.date.fromisoformat(day)
        if what == "holiday":
            found[place, day.year].add(day)
        else:
            deadlines[place, day] = datetime.date.fromisoformat(*last)

    judged = 0
    for place in PLACES:
        for year in YEARS:
            assert found[place, year] == of_first(place, year), (place, year)
            if (place, year) != ("SaintMartin", 2017):
                assert found[place, year] == of_second(place, year), (place, year)
            judged += len(found[place, year])

        # Every working day in order: the fifth after a day stands four places after the first one after it.
        first, end = datetime.date(2017, 1, 1), datetime.date(2033, 2, 1)
        every = [first + datetime.timedelta(days=n) for n in range((end - first).days)]
        rest = set().union(*(of_first(place, year) for year in [*YEARS, 2033]))
        working = [day for day in every if day.isoweekday() != 7 and day not in rest]
        days = [day for day in every if day.year in YEARS]
        for day in days:
            assert deadlines.pop((place, day)) == working[bisect.bisect_right(working, day) + 4], (place, day)
        judged += len(days)
    assert not deadlines and len(found) == len(PLACES) * len(YEARS), "other places or days"
    print(f"the libraries agree: {judged} holidays and delays")


main()
