"""The picture in the browser's tab: a cupel, the small dish of an assayer, seen from above with its bead of metal."""

from functools import cache

from PIL import Image, ImageDraw

_SIZE = 64
_BLUE, _WHITE = (31, 95, 139), (255, 255, 255)


@cache
def icon() -> Image.Image:
    """A square picture with a transparent ground."""
    picture = Image.new("RGBA", (_SIZE, _SIZE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((2, 2, _SIZE - 3, _SIZE - 3), fill=_BLUE)
    pen.ellipse((14, 14, _SIZE - 15, _SIZE - 15), outline=_WHITE, width=4)
    pen.ellipse((26, 26, _SIZE - 27, _SIZE - 27), fill=_WHITE)
    return picture
