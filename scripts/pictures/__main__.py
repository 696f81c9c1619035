"""Take every picture anew, wide and narrow, light and dark."""

import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.pictures.serving import Demo, chromium, fonts, missing, serving

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
TITLE = "Can our till read your stock levels?"
# All that lies in the repository, in bytes.
SUM_MAX = 1_500_000
# As many as a small picture may have.
COLOURS = 256
Colour = tuple[int, int, int]


def main() -> int:
    """Take the pictures, or say what is not there to take them with."""
    if lacks := missing():
        print("screenshots: boxes would stand for letters. Install first:", file=sys.stderr)
        print(f"  apt-get install {' '.join(lacks)}", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        serving(Path(folder)) as demo,
        sync_playwright() as api,
    ):
        browser = api.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"], env=fonts(Path(folder))
        )
        total = take_all(browser, demo)
        browser.close()
    print(f"{total / 1000:,.0f} kB in all, of at most {SUM_MAX / 1000:,.0f}")
    return int(total > SUM_MAX)


def take_all(browser: Browser, demo: Demo) -> int:
    """Take every page in each size and theme; how many bytes they are."""
    total = 0
    for size, (width, height) in SIZES.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            is_mobile=size == "phone",
            has_touch=size == "phone",
            locale="en-GB",
            reduced_motion="reduce",
            storage_state=demo.signed_in,
        )
        page = context.new_page()
        if demo.signed_in is None:
            page.goto(demo.link)
            with page.expect_navigation():
                page.locator("main form button").click()
            demo.signed_in = context.storage_state()
        for name, path in places(page, demo.url).items():
            page.goto(f"{demo.url}{path}")
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                total += save(page, f"{name}-{size}-{theme}.png")
        context.close()
    return total


def places(page: Page, url: str) -> dict[str, str]:
    """The pages by the names of their pictures."""
    page.goto(f"{url}/inbox/acme/views/all")
    while not (row := page.locator("a.row", has_text=TITLE)).count():
        page.locator(".more a").click()
        page.wait_for_timeout(300)
    conversation = row.first.get_attribute("href") or ""
    return {
        "list": "/inbox/acme/",
        "conversation": conversation,
        "reports": "/inbox/acme/reports",
        "settings": "/inbox/acme/settings/fields",
        "sign-in": "/inbox/acme/sign-in",
        "form": "/t/acme/new",
    }


def save(page: Page, name: str) -> int:
    """Take what is in sight, in few colours; how many bytes that is."""
    page.wait_for_timeout(200)
    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    in_few_colours(image).save(IMAGES / name, optimize=True)
    size = (IMAGES / name).stat().st_size
    print(f"{name}  {size / 1000:.0f} kB")
    return size


def in_few_colours(image: Image.Image) -> Image.Image:
    """The picture with the colours that it has most as they are, so that no surface gets a tint."""
    counted = sorted(image.getcolors(image.width * image.height) or (), reverse=True)
    # Little dots have colours of their own, which no other part of the picture is near to.
    spread = image.quantize(COLOURS // 2, Image.Quantize.MAXCOVERAGE).getpalette() or []
    rare = zip(spread[0::3], spread[1::3], spread[2::3], strict=True)
    kept = list(dict.fromkeys([*(each for _, each in counted[: COLOURS // 2]), *rare]))[:COLOURS]
    place = {colour: nearest(colour, kept) for _, colour in counted}
    data = image.tobytes()
    dots = zip(data[0::3], data[1::3], data[2::3], strict=True)
    made = Image.frombytes("P", image.size, bytes([place[dot] for dot in dots]))
    made.putpalette([part for colour in kept for part in colour])
    return made


def nearest(colour: Colour, some: Sequence[Colour]) -> int:
    """Which of some colours is the one, or differs least from it."""
    red, green, blue = colour
    return min(
        range(len(some)),
        key=lambda place: (
            (some[place][0] - red) ** 2
            + (some[place][1] - green) ** 2
            + (some[place][2] - blue) ** 2
        ),
    )


if __name__ == "__main__":
    raise SystemExit(main())
