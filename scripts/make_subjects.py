#!/usr/bin/env python3
"""Writes datasets/subjects.toml: the subjects that every emoji set draws, under plain names.

    python3 scripts/fetch_art.py --also chars.json --also metadata.json --into FOLDER
    python3 scripts/make_subjects.py FOLDER

Whole categories are taken (animals, food, objects, places, activities) less what is named below:
near-duplicates (clock faces, moon phases, hearts that differ by a ribbon), letters and signs, flags,
people. Of faces, body parts and symbols only the named ones are taken. Names are lower-case ASCII
words; words of the scene grammar, sizes and style names are avoided.
"""

import json
import pathlib
import re
import sys

DATASETS = pathlib.Path(__file__).resolve().parent.parent / "datasets"
SETS = ["noto", "noto-v1", "openmoji", "fluent-emoji-flat"]
CATEGORIES = ["Animals & Nature", "Food & Drink", "Objects", "Travel & Places", "Activities"]

# Left out of the categories taken whole.
EXCLUDED = set("""
front-facing-baby-chick leaf-fluttering-in-wind fork-and-knife-with-plate roasted-sweet-potato
camera-with-flash card-index card-index-dividers chart-decreasing chart-increasing-with-yen
closed-mailbox-with-lowered-flag open-mailbox-with-lowered-flag open-mailbox-with-raised-flag e-mail
envelope-with-arrow euro-banknote pound-banknote yen-banknote hammer-and-pick outbox-tray
incoming-envelope input-symbols label ledger locked-with-pen unlocked magnifying-glass-tilted-right
mobile-phone-with-arrow muted-speaker notebook-with-decorative-cover open-file-folder dvd
page-with-curl page-facing-up round-pushpin speaker-low-volume speaker-medium-volume spiral-calendar
spiral-notepad linked-paperclips film-frames closed-book computer-disk pen airplane-arrival
cityscape-at-dusk cloud-with-lightning-and-rain department-store five-oclock fog
globe-showing-americas globe-showing-asia-australia globe-with-meridians hotel hourglass-not-done
houses japanese-post-office first-quarter-moon-face last-quarter-moon last-quarter-moon-face
light-rail love-hotel metro motorway mountain-cableway mountain-railway new-moon new-moon-face
oncoming-automobile oncoming-bus oncoming-police-car oncoming-taxi office-building passenger-ship
post-office railway-car rainbow snowman-without-snow star station sun-behind-cloud
sun-behind-large-cloud sun-behind-rain-cloud sun-behind-small-cloud sunrise-over-mountains sunset
timer-clock tram-car umbrella-on-ground umbrella waning-crescent-moon waning-gibbous-moon
waxing-crescent-moon waxing-gibbous-moon suspension-railway high-speed-train 2nd-place-medal
3rd-place-medal heart-suit sports-medal reminder-ribbon
""".split())

# Taken from the other categories (faces, people, symbols).
INCLUDED = """
alien alien-monster clown-face cowboy-hat-face ghost goblin ogre robot skull skull-and-crossbones
pile-of-poo angry-face loudly-crying-face face-with-medical-mask money-mouth-face nauseated-face
nerd-face sleeping-face smiling-face-with-heart-eyes smiling-face-with-sunglasses
face-screaming-in-fear winking-face slightly-smiling-face smiling-face-with-horns zipper-mouth-face
smiling-face-with-halo face-with-thermometer face-with-head-bandage flushed-face face-without-mouth
see-no-evil-monkey red-heart blue-heart green-heart yellow-heart purple-heart black-heart
broken-heart heart-with-arrow two-hearts collision sweat-droplets speech-balloon thought-balloon
kiss-mark love-letter anger-symbol hole dashing-away
yin-yang peace-symbol recycling-symbol radioactive biohazard atom-symbol wheelchair-symbol
fleur-de-lis trident-emblem menorah star-of-david wheel-of-dharma latin-cross star-and-crescent
check-mark-button cross-mark prohibited no-smoking medical-symbol large-blue-diamond
large-orange-diamond red-circle blue-circle hollow-red-circle
ear eye nose mouth tongue footprints thumbs-up thumbs-down raised-fist flexed-biceps victory-hand
nail-polish santa-claus princess baby skier snowboarder person-fencing handshake
""".split()

# Where the sets' own name is long, or uses a word that means something else in a prompt.
RENAMED = {
    "t-shirt": "shirt", "top-hat": "magician hat", "jack-o-lantern": "pumpkin lantern", "pool-8-ball": "pool ball",
    "small-airplane": "propeller plane", "bow-and-arrow": "archery bow", "glowing-star": "star",
    "high-voltage": "lightning bolt", "fleur-de-lis": "royal lily", "nut-and-bolt": "steel nut",
    "skull-and-crossbones": "pirate skull", "star-and-crescent": "crescent symbol",
    "large-blue-diamond": "blue diamond", "large-orange-diamond": "orange diamond",
    "hollow-red-circle": "red ring", "magnifying-glass-tilted-left": "magnifying glass",
    "closed-mailbox-with-raised-flag": "mailbox", "umbrella-with-rain-drops": "umbrella",
    "cowboy-hat-face": "cowboy", "loudly-crying-face": "crying face", "face-with-medical-mask": "masked face",
    "smiling-face-with-heart-eyes": "loving face", "smiling-face-with-sunglasses": "sunglasses face",
    "face-screaming-in-fear": "screaming face", "slightly-smiling-face": "smiling face",
    "smiling-face-with-horns": "purple devil", "smiling-face-with-halo": "angel face",
    "face-with-thermometer": "feverish face", "face-with-head-bandage": "bandaged face",
    "face-without-mouth": "silent face", "see-no-evil-monkey": "shy monkey",
    "bottle-with-popping-cork": "champagne bottle", "person-fencing": "fencer",
    "globe-showing-europe-africa": "globe", "hourglass-done": "hourglass", "womans-clothes": "blouse",
    "womans-hat": "sun hat", "mans-shoe": "leather shoe", "high-heeled-shoe": "heeled shoe",
    "rescue-workers-helmet": "helmet", "speaker-high-volume": "speaker", "optical-disk": "compact disc",
    "chart-increasing": "rising chart", "clinking-beer-mugs": "toasting mugs",
    "snow-capped-mountain": "snowy mountain", "vertical-traffic-light": "traffic light",
    "artist-palette": "palette", "mahjong-red-dragon": "mahjong tile", "star-of-david": "hexagram star",
    "wheel-of-dharma": "dharma wheel", "martial-arts-uniform": "martial uniform",
    "building-construction": "construction crane", "tokyo-tower": "steel tower",
    "sheaf-of-rice": "rice sheaf", "meat-on-bone": "meat joint", "ear-of-corn": "corn",
    "pot-of-food": "stew pot", "statue-of-liberty": "liberty statue", "heart-with-arrow": "pierced heart",
    "cloud-with-rain": "rain cloud", "night-with-stars": "starry night", "check-mark-button": "check mark",
    "money-mouth-face": "money face", "zipper-mouth-face": "zipper face", "pile-of-poo": "poo",
    "red-paper-lantern": "red lantern", "paperclip": "metal clip",
    "fork-and-knife": "cutlery",
    "fish-cake-with-swirl": "fish cake",
    "teacup-without-handle": "green teacup",
    "glass-of-milk": "milk glass",
    "shallow-pan-of-food": "paella pan",
    "stuffed-flatbread": "stuffed flatbread",
    "ballot-box-with-ballot": "ballot box",
    "couch-and-lamp": "couch",
    "hammer-and-wrench": "tools",
    "locked-with-key": "padlock with key",
    "locked": "padlock",
    "1st-place-medal": "gold medal",
    "womans-sandal": "sandal",
    "womans-boot": "boot",
    "airplane-departure": "departing airplane",
    "beach-with-umbrella": "beach umbrella",
    "bridge-at-night": "night bridge",
    "cloud-with-lightning": "lightning cloud",
    "cloud-with-snow": "snow cloud",
    "sport-utility-vehicle": "jeep",
    "flag-in-hole": "golf flag",
    "moon-viewing-ceremony": "moon viewing",
    "bell-with-slash": "silenced bell",
    "bellhop-bell": "service bell",
    "link": "chain link",
    "clinking-glasses": "clinking glasses",
    "two-hump-camel": "bactrian camel",
    "horizontal-traffic-light": "horizontal signal",
    "full-moon-face": "moon face",
    "first-quarter-moon": "half moon",
    "money-with-wings": "flying money",
    "card-file-box": "card box",
    "ewe": "sheep",
    "aerial-tramway": "cable car",
    "black-nib": "pen nib",
    "map-of-japan": "japan map",
    "wind-face": "blowing wind",
    "old-key": "antique key",
    "rolled-up-newspaper": "rolled newspaper",
    "foggy": "foggy bridge",
    "sun-with-face": "sun face",
}

GRAMMAR = set("a and at the on background left right top bottom small medium large style".split())


def load(folder, name, file):
    with open(folder / name / file, encoding="utf-8") as handle:
        return json.load(handle)


def emoji_by_key(folder):
    """Key -> emoji, from the first code sequence that the Noto set lists for the key."""
    found = {}
    for codes, key in load(folder, "noto", "chars.json").items():
        text = "".join(chr(int(code, 16)) for code in codes.split("-"))
        if key not in found or len(text) < len(found[key]):
            found[key] = text
    return found


def subject_name(key):
    name = RENAMED.get(key, key.replace("-", " "))
    if not re.fullmatch(r"[a-z]+( [a-z]+){0,2}", name):
        sys.exit(f"'{name}' ({key}) is not one to three lower-case words; rename or exclude it")
    clash = GRAMMAR & set(name.split())
    if clash:
        sys.exit(f"'{name}' uses a word of the scene grammar ({', '.join(clash)}); rename it")
    return name


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    shared = set.intersection(*(set(load(folder, name, "icons.json")["icons"]) for name in SETS))
    categories = load(folder, "noto", "metadata.json")["categories"]
    chosen = {key for category in CATEGORIES for key in categories[category]}
    chosen = {key for key in chosen if not re.search(r"-(oclock|thirty)$", key)}
    missing = (set(INCLUDED) | EXCLUDED & chosen) - shared
    if set(INCLUDED) & missing:
        sys.exit(f"not shared by all sets: {sorted(set(INCLUDED) & missing)}")
    chosen = ((chosen - EXCLUDED) | set(INCLUDED)) & shared
    emoji = emoji_by_key(folder)
    rows = sorted((subject_name(key), emoji[key], key) for key in chosen)
    names = [name for name, _, _ in rows]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        sys.exit(f"names given twice: {doubled}")
    lines = [
        "# Written by scripts/make_subjects.py; do not edit by hand.",
        "# `name` is the wording in prompts, `emoji` the key in Twemoji, `key` the one in the other sets.",
        "subjects = [",
        *(f'  {{ name = "{name}", emoji = "{text}", key = "{key}" }},' for name, text, key in rows),
        "]",
    ]
    (DATASETS / "subjects.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = {word for name in names for word in name.split()}
    print(f"{len(rows)} subjects, {len(words)} words")


if __name__ == "__main__":
    main()
