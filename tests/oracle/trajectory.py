#!/usr/bin/env python3
"""An independent oracle for the learner status rules R1, R2 and R3.

It walks day by day and shares nothing with the Rust code: it was written from
the published description of the rules alone, before the Rust rules were read. Where
that description leaves a choice, it names the interpretation that it follows.
Slow on purpose; plain on purpose.

    trajectory.py RULES AS_OF < dossiers.json > trajectories.jsonl

RULES is R1, R2 or R3; AS_OF is YYYY-MM-DD. Input: a JSON array of v3 dossiers.
Output: one JSON object a line, as `registre trajectory` prints it.
"""

import datetime
import json
import sys

DAY = datetime.timedelta(days=1)

INSCRIT = "INSCRIT"
APPRENTI = "APPRENTI"
RUPTURANT = "RUPTURANT"
ABANDON = "ABANDON"
FIN = "FIN_DE_FORMATION"

# Days that one may be in training without a first contract, and without a new one.
FIRST_CONTRACT_DAYS = 90
NEXT_CONTRACT_DAYS = 180
# A contract that ends this near the end of the session ended with it.
END_TOLERANCE_DAYS = 60


def date(dossier, name):
    value = dossier.get(name)
    return datetime.date.fromisoformat(value) if value else None


class Contract:
    """A contract slot that has a start date."""

    def __init__(self, start, end, rupture, session_end):
        self.start = start
        self.broken = rupture is not None
        if rupture is not None:
            self.last = rupture - DAY
        elif end is not None:
            self.last = end
        else:
            self.last = session_end

    def runs_on(self, day):
        return self.start <= day <= self.last


def contracts_of(dossier, session_end):
    found = []
    for suffix in ("", "_2", "_3", "_4"):
        start = date(dossier, "contrat_date_debut" + suffix)
        if start is not None:
            end = date(dossier, "contrat_date_fin" + suffix)
            rupture = date(dossier, "contrat_date_rupture" + suffix)
            found.append(Contract(start, end, rupture, session_end))
    return found


def terminal_of(contracts, rules):
    """The contract whose end decides the last day."""
    if not contracts:
        return None
    if rules == "R2":
        # Interpretation 13 of docs/rules-of-status.md: on a tie the broken one.
        return max(contracts, key=lambda c: (c.start, c.broken))
    return max(contracts, key=lambda c: (c.last, c.broken))


def statuses(dossier, rules):
    """The first day and the status of each day, or None when there is no day."""
    session_start = date(dossier, "date_entree_formation")
    session_end = date(dossier, "date_fin_formation")
    exclusion = date(dossier, "date_exclusion_formation")
    contracts = contracts_of(dossier, session_end)

    first = min([session_start] + [c.start for c in contracts])
    if session_end < first:
        return None

    days = []
    without_contract = 0
    had_contract = False
    day = first
    while day <= session_end:
        if any(c.runs_on(day) for c in contracts):
            without_contract = 0
            had_contract = True
            status = APPRENTI
        else:
            without_contract += 1
            if had_contract:
                status = RUPTURANT if without_contract <= NEXT_CONTRACT_DAYS else ABANDON
            else:
                status = INSCRIT if without_contract <= FIRST_CONTRACT_DAYS else ABANDON
        if exclusion is not None and day >= exclusion:
            status = ABANDON
        days.append(status)
        day += DAY

    if rules == "R1":
        days[-1] = FIN
        return first, days

    terminal = terminal_of(contracts, rules)
    natural_end = terminal is not None and not terminal.broken and exclusion is None

    if rules == "R3" and natural_end:
        if (session_end - terminal.last).days <= END_TOLERANCE_DAYS:
            for index in range(len(days)):
                after = first + index * DAY > terminal.last
                if after and days[index] in (INSCRIT, RUPTURANT):
                    days[index] = FIN

    if days[-1] in (APPRENTI, INSCRIT) or natural_end:
        days[-1] = FIN
    return first, days


def trajectory(dossier, rules, as_of):
    steps = []
    current = INSCRIT
    walked = statuses(dossier, rules)
    if walked is not None:
        first, days = walked
        current = None  # Interpretation 20: nothing before the first step.
        for index, status in enumerate(days):
            day = first + index * DAY
            if not steps or steps[-1]["status"] != status:
                steps.append({"from": day.isoformat(), "status": status})
            if day <= as_of:
                current = status
    return {
        "id_erp_apprenant": dossier.get("id_erp_apprenant"),
        "rules": rules,
        "current": current,
        "trajectory": steps,
    }


def main():
    rules, as_of = sys.argv[1], datetime.date.fromisoformat(sys.argv[2])
    for dossier in json.load(sys.stdin):
        print(json.dumps(trajectory(dossier, rules, as_of), ensure_ascii=False))


if __name__ == "__main__":
    main()
