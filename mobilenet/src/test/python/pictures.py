#!/usr/bin/env python3
"""Makes the pictures of ../resources/pictures and, with Pillow, what reading them must give.

    python3 pictures.py            # Python 3.11, Pillow 9.4.0, libjpeg-turbo 2.1.5, numpy 1.24.2

expected.csv   file, stored width and height, upright width and height, offsets of both in
               expected.rgb. The orientation is Pillow's ImageOps.exif_transpose.
resized.csv    method, height, width, offset in expected.rgb: resized from resize.png.
fitted.csv     the same, cropped before or after.
expected.rgb   the pixels, [height, width, 3] each.
photos.csv     the photographs of ../shared/data/photos: file, CRC-32 of the pixels.

Pillow has no word on two of them. 16-bit grey: expected is the high byte (Pillow clips at 255).
TENSORFLOW_BILINEAR: expected is computed below, in float32.
"""

import io
import os
import struct
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "resources", "pictures")
W, H = 23, 18
random = np.random.RandomState(1704)


def scene(width, height, channels):
    """Smooth gradients and edges, and noise, in every channel."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        plane = 255 * (0.5 + 0.5 * np.sin(x * (0.11 + 0.05 * c) + y * (0.07 + 0.03 * c) + c))
        plane[(x - width / 2) ** 2 + (y - height / 3) ** 2 < (5 + c) ** 2] = 30 + 60 * c
        planes.append(plane + random.normal(0, 12, plane.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


RGB = Image.fromarray(scene(W, H, 3))
RGBA = Image.fromarray(scene(W, H, 4))
GREY = Image.fromarray(scene(W, H, 1)[..., 0])
CMYK = Image.fromarray(scene(W, H, 4), "CMYK")
LA = Image.merge("LA", RGBA.split()[2:])
PALETTE = RGB.quantize(200)
files = {}
expected_instead = {}


def save(name, image, **options):
    out = io.BytesIO()
    image.save(out, {"jpg": "JPEG", "dib": "BMP"}.get(name[-3:], name.split(".")[-1]), **options)
    files[name] = out.getvalue()


# --- JPEG ------------------------------------------------------------------------------------
for sampling in 0, 1, 2:
    save(f"sampling-{sampling}.jpg", RGB, quality=88, subsampling=sampling)
save("progressive.jpg", RGB, quality=80, progressive=True)
save("grey.jpg", GREY, quality=85)
save("grey-progressive.jpg", GREY, quality=85, progressive=True)
save("cmyk.jpg", CMYK, quality=90)
save("cmyk-progressive.jpg", CMYK, quality=90, progressive=True)
save("profile.jpg", RGB, icc_profile=b"not a profile" * 40, quality=60)


def adobe(transform):
    return b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0" + bytes([transform])


def without_jfif(data):
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + data[4 + struct.unpack(">H", data[4:6])[0] :]


at = files["cmyk.jpg"].index(b"Adobe")
assert files["cmyk.jpg"][at + 11] == 0
files["ycck.jpg"] = files["cmyk.jpg"][: at + 11] + b"\x02" + files["cmyk.jpg"][at + 12 :]
files["cmyk-bare.jpg"] = files["cmyk.jpg"][: at - 4] + files["cmyk.jpg"][at + 12 :]
bare = without_jfif(files["sampling-0.jpg"])
files["bare.jpg"] = bare
files["adobe-rgb.jpg"] = bare[:2] + adobe(0) + bare[2:]
files["adobe-ycc.jpg"] = bare[:2] + adobe(1) + bare[2:]
frame = bare.index(b"\xff\xc0")
named = bytearray(bare)
for component, letter in enumerate(b"RGB"):
    named[frame + 10 + 3 * component] = letter
    named[bare.index(b"\xff\xda") + 5 + 2 * component] = letter
files["named-rgb.jpg"] = bytes(named)

# --- PNG -------------------------------------------------------------------------------------
save("one-bit.png", GREY.convert("1"))
save("grey.png", GREY)
save("grey-alpha.png", LA)
save("rgb.png", RGB)
save("rgba.png", RGBA)
save("palette.png", PALETTE)
save("palette-4.png", RGB.quantize(11), bits=4)
save("palette-2.png", RGB.quantize(4), bits=2)
save("palette-1.png", RGB.quantize(2), bits=1)
save("palette-alpha.png", PALETTE, transparency=bytes(range(0, 200)))
save("colour-key.png", RGB, transparency=RGB.getpixel((3, 3)))
save("grey-key.png", GREY, transparency=GREY.getpixel((3, 3)))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(samples, depth, colour, interlaced=False, before=b""):
    """samples [height, width, channels], below 2^depth; filter 0."""
    height, width, _ = samples.shape
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
        passes += [(1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for x, y, dx, dy in passes:
        part = samples[y::dy, x::dx]
        if part.size == 0:
            continue
        for row in part.reshape(part.shape[0], -1):
            if depth == 16:
                raw += b"\0" + row.astype(">u2").tobytes()
            else:
                bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
                raw += b"\0" + np.packbits(bits.reshape(-1).astype(np.uint8)).tobytes()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before
            + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


deep = scene(W, H, 4).astype(np.uint16) * 256 + random.randint(0, 256, (H, W, 4))
for colour, channels in (0, 1), (4, 2), (2, 3), (6, 4):
    files[f"deep-{channels}.png"] = png(deep[..., :channels], 16, colour)
    files[f"interlaced-{channels}.png"] = png(deep[..., :channels] >> 8, 8, colour, True)
expected_instead["deep-1.png"] = np.repeat(deep[..., :1] >> 8, 3, -1).astype(np.uint8)
for depth in 1, 2, 4:
    files[f"grey-{depth}-interlaced.png"] = png(deep[..., :1] >> 16 - depth, depth, 0, True)
plte = chunk(b"PLTE", bytes(random.randint(0, 256, 20 * 3, np.uint8)))
files["palette-short.png"] = png(deep[..., :1] >> 11, 8, 3, True, plte)  # indices to 31

# --- GIF -------------------------------------------------------------------------------------
save("palette.gif", PALETTE)
save("grey.gif", GREY, interlace=0)
save("transparent.gif", PALETTE, transparency=5)
save("animation.gif", PALETTE, save_all=True, append_images=[RGB.rotate(180).quantize(64)])
small = files["palette.gif"]
at = small.index(b"\x2c\0\0\0\0")
files["canvas.gif"] = (small[:6] + struct.pack("<HH", W + 7, H + 5) + small[10 : at + 1]
                       + struct.pack("<HH", 4, 3) + small[at + 5 :])
small = files["transparent.gif"]
at = small.index(b"\x2c\0\0\0\0")
files["canvas-transparent.gif"] = (small[:6] + struct.pack("<HH", W - 3, H + 5)
                                   + small[10 : at + 1] + struct.pack("<HH", 4, 3)
                                   + small[at + 5 :])
small = files["palette.gif"]
assert small[10] & 0x87 == 0x87
files["no-palette.gif"] = small[:10] + bytes([small[10] & 0x7F]) + small[11:13] + small[13 + 768 :]

# --- BMP -------------------------------------------------------------------------------------
save("one-bit.bmp", GREY.convert("1"))
save("grey.bmp", GREY)
save("palette.bmp", PALETTE)
save("rgb.bmp", RGB)
save("rgba.bmp", RGBA)


def bmp(rows, bits, compression=0, extra=b"", height=H, core=False, palette=b""):
    """rows: bytes as stored, padded."""
    if core:
        head = struct.pack("<IHHHH", 12, W, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIIIII", 40, W, height, 1, bits, compression, len(rows), 0, 0,
                           len(palette) // 4, 0)
    offset = 14 + len(head) + len(extra) + len(palette)
    return struct.pack("<2sIHHI", b"BM", offset + len(rows), 0, 0, offset) + head + extra \
        + palette + rows


def packed(values):
    rows = values.astype("<u2")
    return np.pad(rows, ((0, 0), (0, W % 2))).tobytes()


rgb = np.asarray(RGB).astype(int)
flipped = rgb[::-1] >> 3
x555 = flipped[..., 0] << 10 | flipped[..., 1] << 5 | flipped[..., 2]
x565 = flipped[..., 0] << 11 | rgb[::-1, :, 1] >> 2 << 5 | flipped[..., 2]
files["555.bmp"] = bmp(packed(x555), 16)
files["565.bmp"] = bmp(packed(x565), 16, 3, struct.pack("<III", 0xF800, 0x7E0, 0x1F))
files["top-down.bmp"] = bmp(packed(x555[::-1]), 16, height=-H)
colours = random.randint(0, 256, (16, 3), np.uint8)
quads = b"".join(bytes(c) + b"\0" for c in colours)
index = (np.asarray(GREY)[::-1] >> 4).astype(np.uint8)
nibbles = np.pad(index, ((0, 0), (0, -W % 8)))
files["four-bit.bmp"] = bmp((nibbles[:, ::2] << 4 | nibbles[:, 1::2]).tobytes(), 4, palette=quads)
files["core.bmp"] = bmp(np.pad(index, ((0, 0), (0, -W % 4))).tobytes(), 8, core=True,
                        palette=b"".join(bytes(c) for c in colours) + bytes(240 * 3))
runs = b""
for row in index:
    x = 0
    while x < W:
        n = 1
        while x + n < W and row[x + n] == row[x]:
            n += 1
        if n == 1 and x + 5 <= W:  # five pixels as they are, and their padding
            runs += b"\0\x05" + row[x : x + 5].tobytes() + b"\0"
            x += 5
        else:
            runs += bytes([n, row[x]])
            x += n
    runs += b"\0\0"
files["runs.bmp"] = bmp(runs + b"\0\1", 8, 1, palette=quads)

# --- WebP ------------------------------------------------------------------------------------
save("lossy.webp", RGB, quality=80)
save("lossless.webp", RGB, lossless=True)
save("lossy-alpha.webp", RGBA, quality=80)
save("lossless-alpha.webp", RGBA, lossless=True, exact=True)
save("lossless-palette.webp", RGB.quantize(9).convert("RGB"), lossless=True)
save("animation.webp", RGB, save_all=True, append_images=[RGB.rotate(180)], lossless=True)

# --- EXIF ------------------------------------------------------------------------------------
arrow = Image.fromarray(scene(11, 8, 3))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a description"
    save(f"orientation-{orientation}.jpg", arrow, exif=exif, quality=75)
big = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
save("orientation-big-endian.jpg", arrow, exif=b"Exif\0\0" + big, quality=75)
save("orientation.png", arrow, exif=exif)
save("orientation.webp", arrow, exif=exif, lossless=True)
save("orientation-beyond.png", arrow, exif=b"Exif\0\0" + big.replace(b"\0\x06\0\0", b"\0\x0b\0\0"))
save("orientation-cut.png", arrow, exif=b"Exif\0\0" + big[:20])

# --- What Pillow reads -----------------------------------------------------------------------
pixels = io.BytesIO()


def put(array):
    offset = pixels.tell()
    pixels.write(np.ascontiguousarray(array, np.uint8).tobytes())
    return offset


os.makedirs(OUT, exist_ok=True)
with open(os.path.join(OUT, "expected.csv"), "w") as table:
    table.write("file,width,height,uprightWidth,uprightHeight,offset,uprightOffset\n")
    for name in sorted(files):
        data = files[name]
        with open(os.path.join(OUT, name), "wb") as f:
            f.write(data)
        stored = Image.open(io.BytesIO(data))
        turned = ImageOps.exif_transpose(stored).convert("RGB")
        stored = stored.convert("RGB")
        image = expected_instead.get(name, np.asarray(stored))
        offset = put(image)
        upright = offset if name in expected_instead or turned == stored else put(turned)
        table.write(f"{name},{stored.width},{stored.height},{turned.width},{turned.height},"
                    f"{offset},{upright}\n")


# --- Resizing --------------------------------------------------------------------------------
def tensorflow(image, height, width):
    """resize_bilinear(align_corners=False) of TensorFlow 1, half_pixel_centers=False."""
    f = np.float32
    v = np.arange(height).astype(f) * (f(image.shape[0]) / f(height))
    u = np.arange(width).astype(f) * (f(image.shape[1]) / f(width))
    y, x = v.astype(int), u.astype(int)
    y1, x1 = np.minimum(y + 1, image.shape[0] - 1), np.minimum(x + 1, image.shape[1] - 1)
    dy, dx = (v - y.astype(f))[:, None, None], (u - x.astype(f))[None, :, None]
    i = image.astype(f)
    top = i[y][:, x] + (i[y][:, x1] - i[y][:, x]) * dx
    bottom = i[y1][:, x] + (i[y1][:, x1] - i[y1][:, x]) * dx
    return np.floor(top + (bottom - top) * dy + f(0.5))


source = np.concatenate([scene(51, 24, 3), random.randint(0, 256, (17, 51, 3), np.uint8)])
save("resize.png", Image.fromarray(source))
with open(os.path.join(OUT, "resize.png"), "wb") as f:
    f.write(files["resize.png"])
with open(os.path.join(OUT, "resized.csv"), "w") as table:
    table.write("method,height,width,offset\n")
    for height, width in (24, 32), (41, 20), (50, 51), (41, 51), (60, 77), (1, 1), (7, 3):
        for method, pillow in ("BILINEAR", Image.BILINEAR), ("BICUBIC", Image.BICUBIC):
            resized = Image.fromarray(source).resize((width, height), pillow)
            table.write(f"{method},{height},{width},{put(resized)}\n")
        resized = tensorflow(source, height, width)
        table.write(f"TENSORFLOW_BILINEAR,{height},{width},{put(resized)}\n")
with open(os.path.join(OUT, "fitted.csv"), "w") as table:
    table.write("crop,method,height,width,offset\n")
    for height, width in (16, 16), (32, 32), (16, 40), (45, 13):
        # The smallest size of the same proportions that covers both.
        rows, columns = round(height / 0.875), round(width / 0.875)
        h, w = source.shape[:2]
        if h * columns <= w * rows:
            columns = w * rows // h
        else:
            rows = h * columns // w
        for method, pillow in ("BILINEAR", Image.BILINEAR), ("BICUBIC", Image.BICUBIC):
            resized = Image.fromarray(source).resize((columns, rows), pillow)
            x, y = (columns - width) // 2, (rows - height) // 2
            cut = resized.crop((x, y, x + width, y + height))
            table.write(f"RESIZE_THEN_CROP,{method},{height},{width},{put(cut)}\n")
        y, x = int((h - h * 0.875) / 2), int((w - w * 0.875) / 2)
        middle = source[y : h - y, x : w - x]
        resized = Image.fromarray(middle).resize((width, height), Image.BICUBIC)
        table.write(f"CROP_THEN_RESIZE,BICUBIC,{height},{width},{put(resized)}\n")
        resized = tensorflow(middle, height, width)
        table.write(f"CROP_THEN_RESIZE,TENSORFLOW_BILINEAR,{height},{width},{put(resized)}\n")
with open(os.path.join(OUT, "expected.rgb"), "wb") as f:
    f.write(pixels.getvalue())
photos = os.path.join(HERE, *[".."] * 5, "shared", "data", "photos")
with open(os.path.join(OUT, "photos.csv"), "w") as table:
    table.write("file,crc32\n")
    for name in sorted(os.listdir(photos)):
        image = Image.open(os.path.join(photos, name)).convert("RGB")
        table.write(f"{name},{zlib.crc32(image.tobytes()):08x}\n")
print("Pillow", PIL.__version__, "numpy", np.__version__, len(files), "files")
