#!/usr/bin/env python3
"""Derives the demo city from a real police log, under invented names.

    derive.py CALLS.csv.gz DISTRICTS.geojson [--presets DIR] [--out DIR]
    derive.py CALLS.csv.gz DISTRICTS.geojson --expected DIR --expected-out DIR

CALLS is the San Luis Obispo daily log of 2021-09-14 to 2021-12-14 as the project's data folder holds
it, DISTRICTS the Sacramento council districts of 2021. Written are `calls.csv.gz` (the log with every
street, house number, place name, grid square, highway and case number replaced) and `places.csv` (an
invented place for every invented house number). With --expected, the figures that were computed from
the original log are written out again under the invented addresses.

Renaming keeps which addresses are equal, so every count is the same before and after. No real name
stands in this file: the real ones are read from the log, put in an order drawn from SEED, and given
the invented ones in turn. What places are used for is chosen so that the nuisance rules of the server's
preset have something to find, counted as the server counts. The same inputs give the same bytes.
Python 3.11+, standard library only.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import math
import re
import tomllib
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

SEED = "justice-for-neighbors-demo-1"

COLUMNS = ["case_number", "date", "received", "dispatched", "arrived", "type", "address", "clearance_code"]
PLACE_COLUMNS = [
    "apn", "address", "aliases", "latitude", "longitude", "use_type", "residential_occupancy",
    "unit_count", "name", "owner", "owner_kind",
]  # fmt: skip

# ---------------------------------------------------------------------------------- invented vocabulary

# One-word streets are a beginning and an ending: TULEMERE, KESTRELHOLT.
STREET_BEGINNINGS = """
    AGATE AMBER ASPEN AUBURN BADGER BARLEY BRAMBLE BUCKEYE CATTAIL CEDAR CINDER CLARET COBBLE CONDOR COPPER
    CORMORANT CURLEW EGRET EMBER FALCON FENNEL FINCH FLINT GARNET GRANITE HARRIER HAZEL HERON INDIGO JASPER
    JUNCO JUNIPER KESTREL LARCH LINNET LUPINE MADRONE MALLARD MARTEN MERLIN OCHRE ONYX OSPREY OTTER PEBBLE
    PLOVER QUARTZ QUILL RAVEN RUSSET SABLE SAFFRON SORREL SPARROW TANAGER TEAL THISTLE TOYON TULE VESPER
    WIGEON WREN YARROW
""".split()
STREET_ENDINGS = "BOURNE COMBE CROFT DENE FELL GARTH HAVEN HOLT LEIGH MERE MOOR REACH STEAD THORPE WICK WOLD".split()
STREET_LAST_WORDS = "LEVEE SLOUGH BASIN TIMBER ORCHARDS GRANARY ACEQUIA ARBOLEDA".split()
STREET_FIRST_WORDS = "UPPER LOWER GREATER".split()
SUFFIXES = {"long": ["ST", "AVE", "BLVD", "ST"], "short": ["ST", "AVE", "DR", "WAY", "LN", "CT"]}

# Coined words stand for every other name: businesses, buildings, people.
COINED_A = "BEL BRAN CAL COR DAL DREN FEN GAR HAL JOR KEL LOR MAR NOR PEL QUIN RAN SOL TAL TOR VAL VEN WEN ZAN".split()
COINED_B = "ADORA ALTO ANDO ANTE ARRA AVERO ELLA ENDO ERRA ESTA IANO IDERA INDO ITANA OLINA ONTE OVERA UENTE".split()
SURNAME_A = "Ash Birk Cold Dun Els Fair Glen Hart Ing Kell Lang Mor Nett Oster Pen Rad Sel Thorn Ull Wex".split()
SURNAME_B = "aby acre averill beck ditch eworth garrow holm isham kirrow lund mander nough ottle quist rowe".split()
FIRST_NAMES = """
    Adela Amir Beatriz Calvin Carmen Darnell Delia Elena Farid Gloria Hector Imani Irene Jorge Kavita Leon
    Ludmila Mai Marcus Marisol Nadia Olga Omar Paulette Quentin Renata Samuel Teresa Tobias Vang Wanda Xiomara
""".split()

NAME_NOUNS = {
    "BAR": "TAVERN|SALOON|TAPROOM|LOUNGE|PUBLIC HOUSE|CANTINA|COCKTAIL BAR|ALEHOUSE",
    "MOTEL": "MOTEL|INN|MOTOR LODGE|MOTOR COURT|TRAVEL LODGE|GUEST SUITES",
    "RESTAURANT": "GRILL|CAFE|PIZZERIA|TAQUERIA|NOODLE HOUSE|BAKERY|DINER|KITCHEN|COFFEE|DONUTS|DELI|BISTRO",
    "RETAIL": "MARKET|HARDWARE|OUTFITTERS|SHOES|BOOKS|TRADING CO|THRIFT|PHARMACY|GROCERS|BAZAAR|GIFTS|VARIETY",
    "LIQUOR_STORE": "LIQUOR|WINE AND SPIRITS|BOTTLE SHOP|LIQUOR AND DELI",
    "GAS_STATION": "FUEL|GAS AND MINI MART|SERVICE STATION",
    "OFFICE": "DENTAL|INSURANCE|AND ASSOCIATES|REALTY|CONSULTING|LAW OFFICE|CREDIT UNION|EYE CARE|DESIGN|TITLE",
    "INDUSTRIAL": "AUTO BODY|TOWING|STORAGE|STEEL|LUMBER|TIRE|SUPPLY|MACHINE WORKS|CONSTRUCTION",
    "MULTI_FAMILY": "APTS|ARMS APTS|GARDENS APTS|VILLAGE|TERRACE|MANOR|COURT APTS",
    "MIXED_USE": "LOFTS|PLAZA|EXCHANGE|BLOCK",
    "VACANT_BUILDING": "MILL|WAREHOUSE|OLD CANNERY|BUILDING|FORMER BANK",
    "VACANT_LOT": "YARD|LOT",
    "PARK": "PARK|PLAZA PARK|MEADOW PARK",
    "OTHER": "CENTER|HALL|ACADEMY|FOUNDATION|COMMUNITY CENTER",
    "HOSPITAL": "HOSPITAL|MEDICAL CENTER",
}
NAME_NOUNS = {kind: nouns.split("|") for kind, nouns in NAME_NOUNS.items()}
ORGANISATION_FORMS = ["Holdings LLC", "Properties LP", "Lodging Inc", "Family Trust", "Ventures LLC", "Realty Partners"]

# ------------------------------------------------------------------------- how the log writes addresses

DIRECTIONS = {"N", "S", "E", "W"}
# Words that say where something is, not what it is called. They stay.
PLAIN_WORDS = set("""
    A AND AGRICULTURE ALLEY AT BLDG BLK BREAK BTWN BUILDING BUSINESS CENTER CITY CT DOWNTOWN DR END FIELD GRADE
    GOVERNMENT GYM HALL HILL HILLS HWY INTERSECTION LOT MEMORIAL MM N NB NEAR OF OPEN OVERPASS PARK PARKING POOL
    PUBLIC RADIO RANCH RR S SB SKATE SOFTBALL SPACE STRUCTURE SUMMIT THE TOWER TRACKS TRAILHEAD TRANSIT
    TWR WAY WORKS
""".split())  # fmt: skip
RAMP = re.compile(r"(\d+)([NS](?:ON|OFF)?)")
# Parts after a `;` that are a position and no name, and beginnings that come before a name.
POSITION = re.compile(
    r"#\s*\w+|AREA|(IN THE |THE )?AREA( OF)?|ADJACENT TO|BEHIND|BHND|BEH|IFO( RESD)?|X[ -]?FROM( FIELD)?"
    r"|X STREET( FROM)?|NEXT TO|PLOT( OF)?|POSS( ADDR(ESS)?)?|REAR OF|TO THE (REAR|RIGHT|LEFT)|UNIT \d+|STE \w"
    r"|LOT \d+|DEAD END|BUS STOP|CREEK BEHIND|FRONTAGE RD N SIDE|UPSTAIRS APARTMENT|RR TRACKS AT"
)
POSITION_BEFORE = re.compile(r"(AREA OF ?|X[ -]?FROM |IFO |REAR OF )(.+)")
GRID = re.compile(r"GRID ([A-Z])-(\d+)")

# Words in a place name that tell its kind. First match wins.
KINDS = [(kind, re.compile(rf"\b({words})\b")) for kind, words in [
    ("HOSPITAL", "HOSPITAL|MEDICAL PLAZA"),
    ("OTHER", "HEALTH|CLINIC|CARE|HOSPICE|MENTAL|SURGERY|ONCOLOGY|SHELTER|WOMENS|HOMELESS|SOCIAL|PROBATION"
              "|SENIOR|SCHOOL|COLLEGE|ACADEMY|CHURCH|CEMETERY|LIBRARY|CITY HALL|POST OFFICE|MUSEUM"
              "|PARKING|AIRPORT|VETS|SEWAGE|DEPT|DEPARTMENT|COUNTY|TEMPLE|SORORITY|WATER RESOURCE"),
    ("PARK", "PARK|POOL|TRAILHEAD|PLAZA$"),
    ("MULTI_FAMILY", "APTS?|APARTMENTS?|MHP|CONDOS|CONDOMINIUMS|MANOR|ARMS|TERRACE|ESTATES|VILLAGE|VILLAGE OFFICE"),
    ("MOTEL", "MOTEL|INN|HOTEL|SUITES|LODGE|HOSTEL"),
    ("BAR", "BAR|PUB|TAV|TAVERN|SALOON|TAPROOM|BREW|BREWING|COCKTAIL|BIERGARTEN|DISTILLERY"),
    ("LIQUOR_STORE", "LIQUOR|BEVERAGE"),
    ("GAS_STATION", "FUEL|GAS"),
    ("OFFICE", "BANK|ATM|MD|DDS|DMD|DPM|DENTAL|OFFICES?|INSURANCE|ASSOCIATES|REALTY|REAL ESTATE|CHIROPRACTIC|FINANCIAL"),
    ("INDUSTRIAL", "AUTO|AUTOMOTIVE|TOW|TOWING|TIRES?|STEEL|TANK|CONSTRUCTION|LUMBER|STORAGE|BODY SHOP|RENTALS|PLUMBING"),
    ("RESTAURANT", "CAFE|PIZZA|GRILL|BURGER|TACOS?|TAQUERIA|COFFEE|DONUTS?|BAGELS|SUSHI|RESTAURANT|DELI|BAKERY|KITCHEN"),
    ("RETAIL", "MARKET|FOODS?|STORE|SHOES|CLOTHING|SALON|NAILS|SPORTS|PHARMACY|GROCERY|MALL"),
]]  # fmt: skip
UNRULED = {"HOSPITAL", "OTHER", "PARK", "MULTI_FAMILY"}  # never given a use that a rule runs on

# Call types of which a nuisance rule may count some. Streets got their districts and names their kinds by these,
# so they stay; what the server counts stands in its preset.
QUALIFYING = {
    "Noise Party", "Noise Other", "NOISE POLICE", "NOISE 2ND RESP", "Disorderly", "Citizen Dispute", "Assault",
    "Controlled Narc", "Alcohol Offense", "MC-ALCOHOL", "Weapon Offense", "Trespassing", "Loitering",
    "MC-LOITERING", "Vandalism", "VANDALISM", "VANDALISM IP", "GRAFFITI", "Littering",
}  # fmt: skip
TRESPASS = {"Trespassing", "Loitering", "MC-LOITERING", "MC-CAMPING", "MC-SLEEPING", "Vandalism"}


def draw(*key):
    """A number fixed by SEED and the key: the only source of chance here."""
    text = "|".join([SEED, *map(str, key)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def shuffled(items, *key):
    return sorted(items, key=lambda item: (draw(*key, item), item))


def pick(items, *key):
    return items[draw(*key) % len(items)]


def address_key(raw):
    """The key the figures are counted by: upper case, trimmed; blank and REDACTED are no address."""
    key = raw.strip().upper()
    return "" if key == "REDACTED" else key


def base_of(key):
    return key.split(";", 1)[0].strip()


def without_unit(base):
    return base.split(" # ", 1)[0]


def split_direction(phrase):
    words = phrase.split()
    if len(words) > 1 and words[-1] in DIRECTIONS:
        return " ".join(words[:-1]), words[-1]
    return " ".join(words), ""


def without_ramp(side):
    first, _, rest = side.partition(" ")
    return rest if RAMP.fullmatch(first) else side


class Renaming:
    """The table from real to invented addresses, built from all addresses of the log at once."""

    def __init__(self, keys):
        self.keys = sorted(k for k in keys if k)
        self.real_words = {w for k in self.keys for w in re.findall(r"[A-Z]{3,}", k)}
        self._collect()
        self._name_streets()
        coined = shuffled((a + b for a in COINED_A for b in COINED_B), "coined")
        self.coined = [w for w in coined if w not in self.real_words]
        self.coined_words = {}
        self.highways = {}
        self.place_names = {}

    # -- streets

    def _collect(self):
        counts, self.numbers, free = Counter(), defaultdict(set), []
        for key in self.keys:
            base = without_unit(base_of(key))
            if "&" in base:
                for side in base.split("&"):
                    counts[split_direction(without_ramp(side.strip()))[0]] += 1
            elif match := re.fullmatch(r"(\d+) (BLK )?(.+)", base):
                if match[3].startswith("HWY ") or RAMP.match(match[3]):
                    free.append(base)
                else:
                    street = split_direction(match[3])[0]
                    counts[street] += 1
                    self.numbers[street].add(int(match[1]))
            else:
                free.append(base)
        # A bare name without number or corner is a street too.
        for base in free:
            street = split_direction(without_ramp(base))[0]
            if not (set(street.split()) & PLAIN_WORDS or re.search(r"\d", street)):
                counts[street] += 1
        # `STREET ALLEY`, `STREET BLDG`, or a busy street followed by a building: the street comes first.
        self.tails = {}
        for phrase in list(counts):
            words = phrase.split()
            for cut in range(len(words) - 1, 0, -1):
                head, tail = " ".join(words[:cut]), words[cut:]
                if head in counts and (set(tail) <= PLAIN_WORDS or counts[head] >= 20 * counts[phrase]):
                    self.tails[phrase] = (head, tail)
                    self.numbers[head] |= self.numbers.pop(phrase, set())
                    del counts[phrase]
                    break
        self.real_streets = counts

    def _name_streets(self):
        compounds = [a + b for a in STREET_BEGINNINGS for b in STREET_ENDINGS if a[-1] != b[0]]
        ones = [w for w in shuffled(compounds, "streets") if w not in self.real_words]
        firsts = [w for w in STREET_FIRST_WORDS if w not in self.real_words]
        lasts = [w for w in STREET_LAST_WORDS if w not in self.real_words]
        self.streets = {}
        acronyms = {}
        for street in self.real_streets:
            if " " in street:
                acronyms["".join(w[0] for w in street.split()) + "R"] = street
        used = iter(ones)
        for street in shuffled(self.real_streets, "street order"):
            if street in acronyms:
                continue
            name = next(used)
            words = len(street.split())
            if words >= 2:
                name = f"{name} {pick(lasts, 'last', street)}"
            if words >= 3:
                name = f"{pick(firsts, 'first', street)} {name}"
            self.streets[street] = name
        for short, street in acronyms.items():
            if short in self.real_streets:
                self.streets[short] = "".join(w[0] for w in self.streets[street].split()) + "R"
                self.numbers[street] |= self.numbers.pop(short, set())
        self.acronyms = {s: street for s, street in acronyms.items() if s in self.real_streets}
        assert len(set(self.streets.values())) == len(self.streets)
        assert not set(self.streets.values()) & set(self.real_streets), "an invented street is a real one"
        self.hundreds = {}
        for street, numbers in self.numbers.items():
            real = sorted({n // 100 for n in numbers})
            start = 1 + draw("start", street) % 24
            self.hundreds[street] = dict(zip(shuffled(real, "hundreds", street), range(start, start + len(real))))

    def number(self, street, number):
        """House numbers of a street change places: hundreds are shuffled, the rest is multiplied and shifted."""
        street = self.acronyms.get(street, street)
        hundreds = self.hundreds.get(street, {})
        hundred = hundreds.get(number // 100, number // 100 + 7)
        factor = pick([3, 7, 9, 11, 13, 17, 19, 21, 23, 27], "factor", street)
        shift = 2 * (draw("shift", street) % 50)
        return 100 * hundred + (number % 100 * factor + shift) % 100

    def street(self, phrase):
        street, direction = split_direction(phrase)
        if street in self.tails:
            head, tail = self.tails[street]
            name = " ".join([self.streets[head], *map(self.word, tail)])
        elif street in self.streets:
            name = self.streets[street]
        else:
            return self.free(phrase)
        return f"{name} {direction}".strip()

    def house(self, place):
        """What all spellings of one house share: the invented street, number and direction."""
        phrase = place.split(" ", 1)[1]
        return self.street_of(phrase), self.base(place).split(" ", 1)[0], split_direction(phrase)[1]

    def street_of(self, phrase):
        street = split_direction(phrase)[0]
        street = self.tails.get(street, (street,))[0]
        return self.acronyms.get(street, street)

    # -- anything that is not number and street

    def word(self, word):
        if word in PLAIN_WORDS or len(word) == 1 or not re.search(r"[A-Z]{2}", word):
            return word
        letters = re.match(r"[A-Z]+", word)
        stem = letters[0] if letters else word
        if stem not in self.coined_words:
            self.coined_words[stem] = self.coined.pop()
        return self.coined_words[stem] + word[len(stem):]

    def highway(self, number):
        return self.highways.setdefault(number, str(301 + 7 * len(self.highways)))

    def free(self, text):
        words, out, i = text.split(), [], 0
        while i < len(words):
            if ramp := RAMP.fullmatch(words[i]):
                out.append(self.highway(ramp[1]) + ramp[2])
                i += 1
                continue
            for j in range(min(len(words), i + 3), i, -1):
                phrase = " ".join(words[i:j])
                if phrase in self.streets and not (j == i + 1 and phrase in PLAIN_WORDS):
                    out.append(self.streets[phrase])
                    i = j
                    break
            else:
                word = words[i]
                rest = " ".join(words[i + 1:])
                if word.isdigit() and i and words[i - 1] == "HWY":
                    word = self.highway(word)
                elif word.isdigit() and i + 1 < len(words) and rest in self.streets:
                    word = str(self.number(rest, int(word)))
                elif word.isdigit() and i:
                    word = str(int(word) + 40)
                else:
                    word = self.word(word)
                out.append(word)
                i += 1
        return " ".join(out)

    def base(self, base):
        plain, mark, unit = base.partition(" # ")
        return self._plain_base(plain) + mark + (self.word(unit) if re.fullmatch("[A-Z]{3,}", unit) else unit)

    def _plain_base(self, base):
        if "&" in base:
            return " & ".join(self._side(side.strip()) for side in base.split("&"))
        match = re.fullmatch(r"(\d+) (BLK )?(.+)", base)
        if match and not match[3].startswith("HWY ") and not RAMP.match(match[3]):
            street, number = self.street_of(match[3]), int(match[1])
            new = self.number(street, number)
            if match[2]:
                new -= new % 100
            return f"{new} {match[2] or ''}{self.street(match[3])}"
        if match and match[3].startswith("HWY "):
            return f"{int(match[1]) + 640} {self.free(match[3])}"
        return self._side(base)

    def _side(self, side):
        first, _, rest = side.partition(" ")
        if (ramp := RAMP.fullmatch(first)) and rest:
            return f"{self.highway(ramp[1])}{ramp[2]} {self.street(rest)}"
        return self.street(side)

    # -- parts after the first semicolon

    @staticmethod
    def split_part(part, counts):
        """A part as (before, name, after); name is empty if the part only says where."""
        if GRID.fullmatch(part) or part.startswith("GRID ") or POSITION.fullmatch(part):
            return part, "", ""
        if part.isdigit() and counts[part] < 5:  # a room or unit; a number that keeps coming back is a name
            return part, "", ""
        before = ""
        if match := POSITION_BEFORE.fullmatch(part):
            before, part = match[1], match[2]
        name, mark, after = part.partition(" #")
        return before, name, mark + after

    def part(self, part, counts):
        if match := GRID.fullmatch(part):
            letters = shuffled("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "grid letters")
            squares = shuffled(range(1, 100), "grid squares")
            return f"GRID {letters[ord(match[1]) - 65]}-{squares[int(match[2])]:02d}"
        if part.startswith("GRID "):
            return re.sub(r"\d+", lambda n: str(int(n[0]) + 11), part)
        before, name, after = self.split_part(part, counts)
        return before + (self.place_names[name] if name else "") + after


# ------------------------------------------------------------------------------------------- the log


def read_calls(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def latest(rows):
    """One row a case number, the last in file order."""
    return list({row["case_number"]: row for row in rows}.values())


def call_time(row):
    return datetime.strptime(f"{row['date']} {row['received']}", "%m/%d/%y %H:%M")


def parts_of(key):
    return [part.strip() for part in key.split(";")[1:]]


def case_numbers(rows):
    """Invented case numbers: the date of the row, then a number that follows no order."""
    by_date = defaultdict(list)
    for row in rows:
        by_date[row["date"]].append(row["case_number"])
    new = {}
    for day, numbers in by_date.items():
        numbers = sorted(set(numbers))
        month, dom, year = day.split("/")
        sequence = shuffled(range(1, 2 * len(numbers) + 40), "case", day)
        while any(int(old[-3:]) == n for old, n in zip(numbers, sequence)):
            sequence = sequence[1:] + sequence[:1]
        for old, n in zip(numbers, sequence):
            new[old] = f"{year}{month}{dom}{n:03d}"
    assert len(set(new.values())) == len(new)
    return new


# ------------------------------------------------------------------------------------- what places are


class Profile:
    """What the log tells about one house number (all its units together)."""

    def __init__(self):
        self.calls, self.days, self.night, self.types = 0, set(), 0, Counter()
        self.end = None  # the last day of the whole log
        self.units, self.names = set(), Counter()

    def recent(self, days):
        return sum(day > self.end - timedelta(days=days) for day in self.days)


def profiles_of(rows, counts):
    profiles = defaultdict(Profile)
    for row in rows:
        key = address_key(row["address"])
        base = base_of(key)
        place = without_unit(base)
        match = re.fullmatch(r"(\d+) (?!BLK )([^&]+)", place)
        if not match or match[2].startswith("HWY ") or RAMP.match(match[2]):
            continue
        profile = profiles[place]
        profile.calls += 1
        profile.types[row["type"]] += 1
        if " # " in base:
            profile.units.add(base.split(" # ", 1)[1])
        for part in parts_of(key):
            before, name, _ = Renaming.split_part(part, counts) if part else ("", "", "")
            if name and not before:
                profile.names[name] += 1
        if row["type"] in QUALIFYING:
            when = call_time(row)
            profile.days.add(when.date())
            profile.night += when.hour >= 20 or when.hour < 4
    end = max(call_time(row) for row in rows).date()
    for profile in profiles.values():
        profile.end = end
    return dict(profiles)


def kind_by_name(name):
    return next((kind for kind, words in KINDS if words.search(name)), None)


def district_of_streets(profiles, renaming):
    """Streets over the eight districts so that calls, and places that could be flagged, are spread evenly."""
    calls, heavy = Counter(), Counter()
    for place, profile in profiles.items():
        street = renaming.street_of(place.split(" ", 1)[1])
        calls[street] += profile.calls
        if len(profile.days) >= 3 and is_candidate(profile):
            heavy[street] += len(profile.days)
    load = {d: [0, 0] for d in range(1, 9)}  # qualifying days, calls
    districts = {}
    for street in sorted(calls, key=lambda s: (-heavy[s], -calls[s], draw("district", s))):
        by = 0 if heavy[street] else 1
        district = min(load, key=lambda d: (load[d][by], draw("district", street, d)))
        districts[street] = district
        load[district][0] += heavy[street]
        load[district][1] += calls[street]
    return districts


def main_name(profile):
    return max(profile.names, key=lambda n: (profile.names[n], n)) if profile.names else ""


def share(profile, types):
    return sum(profile.types[t] for t in types) / profile.calls


def is_candidate(profile):
    """May this place be given a use that a rule runs on? Homes, hospitals, schools and the like may not."""
    name = main_name(profile)
    if name:
        return kind_by_name(name) not in UNRULED and profile.calls < 60
    return share(profile, TRESPASS) >= 0.5 or len(profile.days) >= 8


def choose_uses(profiles, renaming, districts):
    """Use types: by the words of the name where they tell, else by the mix of calls; every district gets a
    busy motel, bar and shop. Names are invented for these; `choose_flagged_uses` changes some afterwards."""
    uses = {}
    busiest = max(profiles, key=lambda p: profiles[p].calls)
    uses[busiest] = "OTHER"  # the police station: people report there what happened elsewhere
    chains = Counter(main_name(p) for p in profiles.values())
    ranked = sorted(profiles, key=lambda p: (-len(profiles[p].days), draw("rank", p)))

    use_of_name = {}  # what has one name has one use

    def settle(place, use):
        uses[place] = use
        if name := main_name(profiles[place]):
            use_of_name[name] = use

    by_district = defaultdict(list)
    for place in ranked:
        profile = profiles[place]
        if place not in uses and len(profile.days) >= 3 and is_candidate(profile):
            by_district[districts[renaming.street_of(place.split(" ", 1)[1])]].append(place)
    for places in by_district.values():
        top = [p for p in places[:10] if chains[main_name(profiles[p])] < 2 or not main_name(profiles[p])]
        told = {p: kind_by_name(main_name(profiles[p])) for p in top}
        passing = {p: len(profiles[p].days) >= 7 or profiles[p].recent(30) >= 3 for p in top}

        def best(use, key):
            place = max(top, key=lambda p: (*key(p, profiles[p]), draw(use, p)))
            top.remove(place)
            return place

        # A motel's rule is by room, so a place that would pass no other rule serves.
        bar = best("bar", lambda p, f: (passing[p], told[p] == "BAR", told[p] != "MOTEL", f.night / len(f.days)))
        motel = best("motel", lambda p, f: (len(f.days) >= 4 and told[p] not in ("BAR", "LIQUOR_STORE"),
                                            told[p] == "MOTEL", not passing[p], len(f.days)))  # fmt: skip
        shop = best("shop", lambda p, f: (passing[p], told[p] not in ("MOTEL", "BAR"), len(f.days)))
        for place, use in ((motel, "MOTEL"), (bar, "BAR"), (shop, pick(["RETAIL", "LIQUOR_STORE"], "shop kind", shop))):
            settle(place, use)
        for place in places:
            if place in uses:
                continue
            profile, name = profiles[place], main_name(profiles[place])
            kind = kind_by_name(name) if name else None
            if name in use_of_name:
                use = use_of_name[name]
            elif name and chains[name] >= 3:
                use = "RETAIL"
            elif share(profile, TRESPASS) >= 0.55 and profile.calls <= 15:
                use = pick(["VACANT_BUILDING", "VACANT_BUILDING", "VACANT_LOT"], "vacant", place)
            elif kind in ("MOTEL", "BAR", "LIQUOR_STORE"):
                use = kind
            elif profile.recent(30) < 3 and len(profile.days) < 7 and max(profile.recent(60), len(profile.days) - 1) >= 3:
                # Too little of late for a shop or bar to pass its rule; at another use it would.
                use = "VACANT_BUILDING" if profile.recent(60) >= 3 and profile.calls < 12 else "MOTEL"
            elif profile.types["Theft"] >= 3:
                use = "RETAIL"
            elif profile.night / len(profile.days) >= 0.5:
                use = "BAR"
            elif len(profile.days) >= 6:
                use = pick(["RETAIL", "MOTEL", "LIQUOR_STORE"], "busy", place)
            else:
                use = kind or pick(["RETAIL", "RETAIL", "LIQUOR_STORE", "RESTAURANT"], "shop", place)
            settle(place, use)

    for place in ranked:
        if place in uses:
            continue
        profile, name = profiles[place], main_name(profiles[place])
        if profile.types["MUNI CODE VIOL"] >= 10:
            settle(place, "PARK")
        elif name:
            kind = use_of_name.get(name) or ("RETAIL" if chains[name] >= 3 else kind_by_name(name))
            common = ["RETAIL", "RETAIL", "RETAIL", "RESTAURANT", "RESTAURANT", "OFFICE", "OFFICE", "MIXED_USE"]
            settle(place, kind or pick(common, "use", place))
        elif len(profile.units) >= 2:
            settle(place, "MULTI_FAMILY")
        else:
            homes = ["SINGLE_FAMILY"] * 62 + ["MULTI_FAMILY"] * 14
            homes += ["UNKNOWN", "UNKNOWN", "VACANT_LOT", "VACANT_BUILDING"]
            settle(place, pick(homes, "home", place))
    return uses, busiest


# ------------------------------------------------------------------------------ what the server counts

VACANT = ("VACANT_BUILDING", "VACANT_LOT")
SHOPS = ("RETAIL", "LIQUOR_STORE")
# Bars by whose name guests may as well stay the night.
ROOMS_UPSTAIRS = ("TAVERN", "SALOON", "PUBLIC HOUSE", "ALEHOUSE")
# A part after a `;` that says the call was near the address, not at it.
NEARBY = re.compile(
    r"(IN THE )?AREA OF\b.*|IN THE AREA\b.*|AREA|(ACROSS|X) FROM\b.*|NEXT TO\b.*|XFROM|BHND|X STREET\b.*"
    r"|([NSEW]/O|BTWN|BETWEEN|NEAR|ACROSS|BEHIND)( .*)?"
)


def folded(text):
    return " ".join(text.split()).upper()


class ServerRules:
    """The rules and the reading of the log in the server's preset, and the calls that may count by them."""

    def __init__(self, presets):
        def read(path):
            return tomllib.loads((presets / path).read_text(encoding="utf-8"))

        self.rules = read("nuisance-rules.toml")["rule"]
        feed = read("feeds/slo-police.toml")
        self.category = {folded(word): kind for kind, words in feed["call_types"].items() for word in words}
        self.disposition = feed["mapping"]["disposition"]
        self.officers = feed["mapping"]["officer_initiated"]
        assert feed["mapping"]["repeated_keys"] == "LAST_WINS"
        for rule in self.rules:
            # Nothing else is counted here.
            assert rule["max_per_day"] == 1 and not rule["include_officer_initiated"], rule["key"]
            assert rule["measure"] in ("COUNT", "DISTINCT_DAYS", "PER_UNIT") and "min_gap_hours" not in rule
            assert rule["window"]["unit"] == "DAYS" or rule["window"] == {"n": 12, "unit": "MONTHS"}
        self.calls, self.last = defaultdict(set), None

    def by_officers(self, row):
        scene = {what: row[column].strip() for what, column in self.officers["on_scene_undispatched"].items()}
        return folded(row["type"]) in map(folded, self.officers["call_types"]) or (
            not scene["dispatched"] and scene["arrived"] and scene["arrived"] == scene["received"]
        )

    def read(self, rows, house_of):
        """Days and categories of the calls that a rule may count, by house: max_per_day is 1, so days are enough."""
        excluded = set(map(folded, self.disposition["excludes"]))
        self.last = max(call_time(row) for row in rows).date()
        for row in rows:
            key = address_key(row["address"])
            house = house_of(without_unit(base_of(key)))
            if not house or folded(row[self.disposition["column"]]) in excluded or self.by_officers(row):
                continue
            if any(NEARBY.fullmatch(part) for part in parts_of(key)):
                continue
            category = self.category.get(folded(row["type"]))
            if category and any(category in rule["categories"] for rule in self.rules):
                self.calls[house].add((call_time(row).date(), category))

    def days(self, rule, house):
        window = rule["window"]
        # No log here is longer than a year.
        span = window["n"] if window["unit"] == "DAYS" else 365
        since = self.last - timedelta(days=span)
        return {day for day, category in self.calls[house] if category in rule["categories"] and day > since}

    def motel_days(self, house):
        return max(len(self.days(rule, house)) for rule in self.rules if "MOTEL" in rule["use_types"])

    def raised(self, house, use, occupancy, units):
        """The rules by which a place of such use would be flagged on the log's last day."""
        keys = []
        for rule in self.rules:
            if use not in rule["use_types"] or occupancy not in rule["occupancies"]:
                continue
            measured = len(self.days(rule, house))
            if rule["measure"] == "PER_UNIT":
                measured = measured / units if units else 0
            more = rule["comparison"] == "MORE_THAN"
            if measured > rule["threshold"] if more else measured >= rule["threshold"]:
                keys.append(rule["key"])
        return keys


def choose_flagged_uses(profiles, first, busiest, renaming, districts, rules):
    """Uses once more, now that names are given and stand in the log: where no place of a name raises a flag at the use
    it was named for, another use that the name bears; then a bar for each district that can have one. Homes, `OTHER`
    (the police station, hospitals, schools, offices for people in need), offices and restaurants stay."""
    uses = dict(first)
    by_name = defaultdict(list)
    for place in sorted(profiles):
        if place != busiest:
            by_name[main_name(profiles[place]) or place].append(place)

    def flags(place, use):
        occupancy, units = occupancy_and_units(place, use, profiles[place], rules.motel_days(renaming.house(place)))
        return rules.raised(renaming.house(place), use, occupancy, units)

    def any_flag(places, use):
        return any(flags(place, use) for place in places)

    for name, places in by_name.items():
        kinds = {first[place] for place in places}
        if len(kinds) > 1:
            continue
        (kind,) = kinds
        others = {"MOTEL": ["VACANT_BUILDING"], "PARK": ["VACANT_LOT"]}.get(kind, [])
        if kind in SHOPS and all(profiles[place].types["Theft"] < 3 for place in places):
            others = ["VACANT_BUILDING"]  # shoplifters need a shop
        elif kind == "BAR" and renaming.place_names.get(name, "").endswith(ROOMS_UPSTAIRS):
            others = ["MOTEL"]
        if not any_flag(places, kind):
            if use := next((use for use in others if any_flag(places, use)), None):
                uses.update(dict.fromkeys(places, use))

    for district in sorted(set(districts.values())):
        # What has one name has one use, so only what stands alone changes for its district's sake.
        here = [
            place for (place, *more) in by_name.values()
            if not more and districts[renaming.street_of(place.split(" ", 1)[1])] == district
        ]  # fmt: skip

        def by_bar_flags(place):
            return len(flags(place, "BAR")), len(rules.calls[renaming.house(place)]), draw("bar here", place)

        bars = sorted((p for p in here if uses[p] == "BAR" and flags(p, "BAR")), key=by_bar_flags, reverse=True)
        shops = [p for p in here if first[p] in SHOPS and not flags(p, first[p]) and flags(p, "BAR")]
        if not bars and shops:
            uses[max(shops, key=by_bar_flags)] = "BAR"
        for place in bars[1:]:
            if flags(place, "LIQUOR_STORE"):
                uses[place] = "LIQUOR_STORE"
    return uses


def name_places(profiles, uses, busiest, renaming, all_names):
    """Every real place name gets an invented one that fits the use of its busiest address."""
    at = {}
    for place in sorted(profiles):
        for name, times in profiles[place].names.items():
            at[name] = max(at.get(name, (False, 0, "")), (name == main_name(profiles[place]), times, place))
    at = {name: place for name, (_, _, place) in at.items()}
    taken = set()
    for name in shuffled(all_names, "place names"):
        place = at.get(name)
        if place == busiest and name == main_name(profiles[place]):
            invented = "POLICE STATION"
        else:
            kind = kind_by_name(name)
            if place and name == main_name(profiles[place]):
                kind = uses[place]
            invented = invent_name(kind if kind in NAME_NOUNS else "RETAIL", renaming, taken, name)
        taken.add(invented)
        renaming.place_names[name] = invented


def invent_name(kind, renaming, taken, *key):
    for attempt in range(1000):
        words = pick(renaming.coined, "name", kind, *key, attempt), pick(NAME_NOUNS[kind], "noun", kind, *key, attempt)
        if " ".join(words) not in taken:
            return " ".join(words)
    raise SystemExit("ran out of invented names")


# --------------------------------------------------------------------------------------- where places are


def read_districts(path):
    districts = {}
    for feature in json.loads(Path(path).read_text(encoding="utf-8"))["features"]:
        geometry = feature["geometry"]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        districts[int(feature["properties"]["district"])] = polygons
    return districts


def inside(polygons, lon, lat):
    """Even-odd rule over all rings, holes included."""
    odd = False
    for rings in polygons:
        for ring in rings:
            for (x1, y1, *_), (x2, y2, *_) in zip(ring, ring[1:] + ring[:1]):
                if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) * (x2 - x1) / (y2 - y1):
                    odd = not odd
    return odd


METRES_PER_DEGREE = 111_320


def lay_out(houses, polygons, street):
    """Points for the houses of one street: a straight line inside the district, odd and even on two sides.

    `houses` are (number, direction); south and west run the other way from the street's origin, and so does
    what has no direction on a street that also has a north or east half.
    """
    outer = [point for rings in polygons for point in rings[0]]
    west, east = min(p[0] for p in outer), max(p[0] for p in outer)
    south, north = min(p[1] for p in outer), max(p[1] for p in outer)
    lowest = min(number for number, _ in houses)
    directions = {direction for _, direction in houses}
    backwards = {"S", "W"} | ({""} if directions & {"N", "E"} else set())
    assert not ({"", "S"} <= directions & backwards or {"", "W"} <= directions & backwards)

    def along(number, direction):
        return -(number - lowest + 60) if direction in backwards else number - lowest

    reach = [along(*house) for house in houses]
    ends = [min(reach) - 30, max(reach) + 30]
    scale = 1.0
    for attempt in range(4000):
        if attempt % 250 == 249:
            scale *= 0.85
        lon0 = west + (east - west) * (draw("lon", street, attempt) % 10**6) / 10**6
        lat0 = south + (north - south) * (draw("lat", street, attempt) % 10**6) / 10**6
        angle = math.radians(pick([18, 108], "angle", street, attempt) + draw("tilt", street, attempt) % 9 - 4)

        def point(metres, side):
            x = metres * scale * math.cos(angle) - side * math.sin(angle)
            y = metres * scale * math.sin(angle) + side * math.cos(angle)
            return (
                round(lon0 + x / (METRES_PER_DEGREE * math.cos(math.radians(lat0))), 6),
                round(lat0 + y / METRES_PER_DEGREE, 6),
            )

        corners = [point(end, side) for end in ends for side in (-25, 25)]
        if all(inside(polygons, *corner) for corner in corners):
            points = {(n, d): point(along(n, d), 14 if n % 2 else -14) for n, d in houses}
            if all(inside(polygons, *p) for p in points.values()):
                return points
    raise SystemExit(f"no room for a street in its district: {len(houses)} houses")


# ------------------------------------------------------------------------------------------ places.csv


def rooms_of(place, days):
    """Motels with calls on a few days that count are so small that they pass half a call a room."""
    if days >= 2:
        return 2 * days - 1 - draw("rooms", place) % 2
    return 24 + 2 * (draw("rooms", place) % 40)


def occupancy_and_units(place, use, profile, motel_days):
    if use == "MOTEL":
        return pick(["SOME", "SOME", "UNKNOWN"], "occupancy", place), rooms_of(place, motel_days)
    if use == "SINGLE_FAMILY":
        return "SOME", 1
    if use == "MULTI_FAMILY":
        return "SOME", max(2 + draw("units", place) % 7, len(profile.units) * 2)
    if use == "MIXED_USE":
        return "SOME", 2 + draw("units", place) % 8
    if use == "UNKNOWN":
        return "UNKNOWN", ""
    return "NONE", ""


def owners():
    surnames = shuffled((a + b for a in SURNAME_A for b in SURNAME_B), "surnames")
    firms = [f"{s} {pick(ORGANISATION_FORMS, 'form', s)}" for s in surnames[:260]]
    return surnames, firms


def owner_of(place, use, surnames, firms):
    def person(who, among):
        surname = pick(surnames[:among], "owner", who)
        return f"{pick(FIRST_NAMES, 'first name', who if among > 40 else surname)} {surname}", "PERSON"

    public = {"PARK": "Municipal Parks Agency", "POLICE": "Municipal Facilities Agency"}
    if use in public:
        return public[use], "ORGANIZATION"
    if use in ("SINGLE_FAMILY", "UNKNOWN") and draw("owner kind", place) % 8:
        return person(place, len(surnames))
    if use in ("VACANT_BUILDING", "VACANT_LOT", "MULTI_FAMILY") and draw("owner kind", place) % 3 == 0:
        return person(place, 40)
    # A few firms own much, most own a few.
    ruled = use in ("MOTEL", "BAR", "RETAIL", "LIQUOR_STORE", "VACANT_BUILDING", "VACANT_LOT", "MULTI_FAMILY")
    few = firms[:12] if ruled and draw("big owner", place) % 6 == 0 else firms
    return pick(few, "firm", place), "ORGANIZATION"


def title(name):
    return name.title().replace(" And ", " and ")


def places_table(profiles, uses, busiest, renaming, districts, polygons, rules):
    surnames, firms = owners()
    by_street = defaultdict(dict)
    for place in profiles:
        number, phrase = renaming.base(place).split(" ", 1)
        real_phrase = place.split(" ", 1)[1]
        street = renaming.street_of(real_phrase)
        house = (int(number), split_direction(real_phrase)[1])
        by_street[street].setdefault(house, []).append((place, f"{number} {phrase}"))
    rows, taken = [], set(renaming.place_names.values())
    for street in sorted(by_street, key=lambda s: renaming.streets[s]):
        houses = by_street[street]
        points = lay_out(sorted(houses), polygons[districts[street]], street)
        name_of_street = renaming.streets[street]
        suffix = pick(SUFFIXES["long" if len(houses) > 12 else "short"], "suffix", street)
        for number, direction in sorted(houses):
            written = sorted(houses[number, direction])
            # Spellings of the same house (acronym of the street, BLDG after it) are one place.
            place = max((p for p, _ in written), key=lambda p: (profiles[p].calls, p))
            profile, use = profiles[place], uses[place]
            aliases = [f"{number} {name_of_street} {direction}".strip()]
            aliases += sorted({alias for _, alias in written} - set(aliases))
            occupancy, units = occupancy_and_units(place, use, profile, rules.motel_days(renaming.house(place)))
            name = renaming.place_names.get(main_name(profile), "")
            if not name and use in ("MOTEL", "BAR", "RETAIL", "LIQUOR_STORE"):
                name = invent_name(use, renaming, taken, place)
                taken.add(name)
            owner, kind = owner_of(place, "POLICE" if place == busiest else use, surnames, firms)
            lon, lat = points[number, direction]
            rows.append({
                "address": " ".join(filter(None, [str(number), direction, name_of_street, suffix])),
                "aliases": "|".join(aliases),
                "latitude": f"{lat:.6f}",
                "longitude": f"{lon:.6f}",
                "use_type": "OTHER" if use == "HOSPITAL" else use,
                "residential_occupancy": occupancy,
                "unit_count": units,
                "name": title(name),
                "owner": owner,
                "owner_kind": kind,
                "district": districts[street],
            })  # fmt: skip
    # Parcel numbers in Sacramento's form: book, page, block and parcel; one made-up book a district.
    pages = Counter()
    for row in rows:
        book = 900 + row.pop("district")
        pages[book] += 1
        n = pages[book]
        row["apn"] = f"{book:03d}-{10 + n // 400 * 10:04d}-{n % 400 + 1:03d}-0000"
    assert len({row["apn"] for row in rows}) == len(rows)
    return rows


# ---------------------------------------------------------------------------------- expected figures


def renamed_figures(source, stem, rename, rows, key_of):
    """One file of expected figures with its addresses renamed.

    Everything is carried over; rankings are put in the order of the new addresses, and where a tie is cut
    off so that another address now belongs in the list, its entry is counted from `rows`.
    """
    figures = json.loads((source / f"{stem}.json").read_text(encoding="utf-8"))
    tables = {}
    for name, figure in figures["qualifiers"].items():
        with gzip.open(source / f"{stem}.{name}.addresses.csv.gz", "rt", encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        for line in table:
            line["address"] = rename(line["address"])
        table.sort(key=lambda line: line["address"])
        tables[name] = table

        listed = re.search(r"exact spelling\): (.+)", figure["definition"])
        types = set(listed[1].split(", ")) if listed else None
        times = defaultdict(list)
        for row in rows:
            if (types is None or row["type"] in types) and key_of(row["address"]):
                times[rename(key_of(row["address"]))].append(call_time(row))
        for calls in times.values():
            calls.sort()

        for days, window in figure["windows"].items():
            kept = {rename(e["address"]): e for e in window["top20"]}
            ranked = sorted(table, key=lambda line: (-int(line[f"max{days}"]), line["address"]))
            window["top20"] = [
                {**(kept.get(line["address"]) or peak(times[line["address"]], int(days))), "address": line["address"]}
                for line in ranked[: len(kept)]
            ]
            for entry in window["top20"]:
                entry_order(entry, "address")
        for label, crossing in figure["first_crossings"].items():
            column = "first_{}in{}".format(*re.match(r"(\d+) in (\d+)", label).groups())
            crossed = [(line["address"], line[column]) for line in table if line[column]]
            text = "".join(f"{address}|{at}\n" for address, at in crossed)
            crossing["sha256_of_sorted_lines"] = hashlib.sha256(text.encode()).hexdigest()
            first = sorted(crossed, key=lambda c: (c[1], c[0]))[: len(crossing["earliest10"])]
            crossing["earliest10"] = [{"address": address, "at": at} for address, at in first]
        as_of = datetime.fromisoformat(figure["trailing_as_of"]["as_of"])
        for days, trailing in figure["trailing_as_of"].items():
            if days == "as_of":
                continue
            since = as_of - timedelta(days=int(days))
            calls = {a: sum(since < t <= as_of for t in at) for a, at in times.items()}
            ranked = sorted(calls, key=lambda a: (-calls[a], a))[: len(trailing["top10"])]
            old = sorted((e["calls"] for e in trailing["top10"]), reverse=True)
            assert [calls[a] for a in ranked] == old
            trailing["top10"] = [{"address": a, "calls": calls[a]} for a in ranked]
    return figures, tables


def entry_order(entry, first):
    items = [(first, entry.pop(first)), *entry.items()]
    entry.clear()
    entry.update(items)


def peak(times, days):
    best = {"max_calls": 0}
    for i, start in enumerate(times):
        within = [t for t in times[i:] if t < start + timedelta(days=days)]
        if len(within) > best["max_calls"]:
            last = within[-1].isoformat()
            best = {"max_calls": len(within), "window_start": start.isoformat(), "last_call_in_window": last}
    return best


def write_expected(source, target, rename_key, rename_base, rows):
    for suffix, rename, key_of in [
        ("", rename_key, address_key),
        ("_base-address", rename_base, lambda raw: base_of(address_key(raw))),
    ]:
        stems = [p.stem for p in source.glob(f"slo-police-calls-*{suffix}.json") if suffix or "_base" not in p.stem]
        assert len(stems) == 1, stems
        figures, tables = renamed_figures(source, stems[0], rename, rows, key_of)
        figures["dataset"] = f"demo-calls{suffix}"
        figures["files"] = ["calls.csv.gz"]
        text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
        (target / f"demo-calls{suffix}.json").write_text(text, encoding="utf-8")
        for name, table in tables.items():
            write_csv_gz(target / f"demo-calls{suffix}.{name}.addresses.csv.gz", list(table[0]), table)


# ------------------------------------------------------------------------------------------------ main


def csv_text(columns, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_csv_gz(path, columns, rows):
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as file:
        file.write(csv_text(columns, rows).encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("calls", type=Path, help="the original log, .csv.gz")
    parser.add_argument("districts", type=Path, help="council districts, .geojson")
    presets = Path(__file__).parent.parent / "presets/sacramento"
    parser.add_argument("--presets", type=Path, default=presets, help="the server's preset of rules and feeds")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where calls.csv.gz and places.csv go")
    parser.add_argument("--expected", type=Path, help="folder of the figures computed from the original log")
    parser.add_argument("--expected-out", type=Path, help="folder for the same figures under invented addresses")
    args = parser.parse_args()

    rows = read_calls(args.calls)
    keys = {address_key(row["address"]) for row in rows} - {""}
    counts = Counter(part for row in rows for part in parts_of(address_key(row["address"])))
    renaming = Renaming(keys)
    profiles = profiles_of(latest(rows), counts)
    districts = district_of_streets(profiles, renaming)
    uses, busiest = choose_uses(profiles, renaming, districts)
    all_names = {Renaming.split_part(part, counts)[1] for part in counts if part} - {""}
    name_places(profiles, uses, busiest, renaming, all_names)
    rules = ServerRules(args.presets)
    rules.read(latest(rows), lambda place: renaming.house(place) if place in profiles else None)
    uses = choose_flagged_uses(profiles, uses, busiest, renaming, districts, rules)

    # The two tables. Both must keep distinct what was distinct, or figures would change.
    new_base = {base_of(key): renaming.base(base_of(key)) for key in sorted(keys)}
    new_key = {}
    for key in sorted(keys):
        parts = [renaming.part(p, counts) if p else "" for p in parts_of(key)]
        new_key[key] = new_base[base_of(key)] + "".join(f"; {p}" if p else ";" for p in parts)
    for table in (new_base, new_key):
        assert len(set(table.values())) == len(table), "two addresses became one"
    check_no_real_words(renaming, new_key)

    numbers = case_numbers(rows)
    derived = [
        {
            **row,
            "case_number": numbers[row["case_number"]],
            "address": new_key.get(address_key(row["address"]), row["address"]),
        }
        for row in rows
    ]
    write_csv_gz(args.out / "calls.csv.gz", COLUMNS, derived)
    places = places_table(profiles, uses, busiest, renaming, districts, read_districts(args.districts), rules)
    (args.out / "places.csv").write_text(csv_text(PLACE_COLUMNS, places), encoding="utf-8")
    print(f"{len(derived)} rows, {len(numbers)} case numbers, {len(new_key)} addresses, {len(places)} places")

    if args.expected:
        write_expected(args.expected, args.expected_out, new_key.__getitem__, new_base.__getitem__, latest(rows))


def check_no_real_words(renaming, new_key):
    """No word of a real street or place name is left, but for words that are nobody's name."""
    plain = PLAIN_WORDS | {w for nouns in NAME_NOUNS.values() for noun in nouns for w in noun.split()}
    plain |= set("POLICE STATION".split())
    left = Counter()
    for new in new_key.values():
        for part in new.split(";"):
            text = RAMP.sub("", part.strip())
            if not POSITION.fullmatch(text) and not text.startswith("GRID "):
                text = POSITION_BEFORE.sub(r"\2", text)
                left.update(set(re.findall(r"[A-Z]{3,}", text)) & renaming.real_words - plain)
    assert not left, left


if __name__ == "__main__":
    main()
