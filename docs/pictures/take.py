"""Take the README's pictures from the running local run: the public list and one simulated phone."""

import asyncio
import shutil
from pathlib import Path

from playwright.async_api import async_playwright

HERE = Path(__file__).parent
PICTURES = {
    "public-list.png": "http://127.0.0.1:8000/lists/37",
    "phone.png": "http://127.0.0.1:8090/phones/oDemoMember0001",
}


async def main() -> None:
    """One narrow picture a page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 400, "height": 720})
        for name, url in PICTURES.items():
            await page.goto(url)
            await page.screenshot(path=str(HERE / name))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
