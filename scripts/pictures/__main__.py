"""Take every picture anew, wide and narrow, light and dark."""

import sys
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
# As many as a small picture may have; colours of little dots are kept too.
COLOURS, METHOD = 256, Image.Quantize.MAXCOVERAGE


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
    image.quantize(COLOURS, METHOD, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    size = (IMAGES / name).stat().st_size
    print(f"{name}  {size / 1000:.0f} kB")
    return size


if __name__ == "__main__":
    raise SystemExit(main())
