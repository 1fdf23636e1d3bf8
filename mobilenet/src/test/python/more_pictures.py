#!/usr/bin/env python3
"""Makes pictures that pictures.py has not: JPEG of unusual sampling, TIFF.

    python3 more_pictures.py       # Pillow 12.3.0, libjpeg-turbo 3.1.4.1, libtiff 4.7.1, numpy

more.csv       file, stored width and height, upright width and height, offsets of both in more.rgb,
               where expected.rgb comes before it
more.rgb       the pixels, as Pillow reads them, [height, width, 3] each.

No usual program writes these JPEG files, but cameras and lossless rotation do: they are encoded here.
"""

import io
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "pictures")
W, H = 37, 29
random = np.random.RandomState(440)
files = {}


def scene(width, height, channels):
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        plane = 255 * (0.5 + 0.5 * np.sin(x * (0.11 + 0.05 * c) + y * (0.17 + 0.03 * c) + c))
        plane[(x - width / 2) ** 2 + (y - height / 3) ** 2 < (5 + c) ** 2] = 30 + 60 * c
        planes.append(plane + random.normal(0, 12, plane.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


# --- JPEG ------------------------------------------------------------------------------------
def huffman():
    """The tables of ITU-T T.81, annex K.3, as libjpeg writes them: (segment, {(class, id): codes})."""
    out = io.BytesIO()
    Image.fromarray(scene(16, 16, 3)).save(out, "JPEG", optimize=False)
    data, segments, codes, at = out.getvalue(), b"", {}, 2
    while data[at + 1] != 0xDA:
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        if data[at + 1] == 0xC4:
            segments += data[at : at + 2 + length]
            body, p = data[at + 4 : at + 2 + length], 0
            while p < len(body):
                table, counts = codes.setdefault((body[p] >> 4, body[p] & 15), {}), body[p + 1 : p + 17]
                p, code = p + 17, 0
                for bits, count in enumerate(counts, 1):
                    for symbol in body[p : p + count]:
                        table[symbol] = format(code, f"0{bits}b")
                        code += 1
                    p, code = p + count, code << 1
        at += 2 + length
    return segments, codes


SEGMENTS, CODES = huffman()
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))
DCT = np.array([[np.cos((2 * x + 1) * u * np.pi / 16) * (0.5 if u else 8**-0.5) for x in range(8)] for u in range(8)])
STEP = 6


def bits_of(value):
    size = int(abs(value)).bit_length()
    return size, format(value if value > 0 else value + (1 << size) - 1, f"0{size}b") if size else ""


def block_bits(samples, before):
    q = np.round(DCT @ (samples - 128.0) @ DCT.T / STEP).astype(int).ravel()[ZIGZAG]
    size, extra = bits_of(q[0] - before)
    text, zeros = CODES[0, 0][size] + extra, 0
    for value in q[1:]:
        if not value:
            zeros += 1
            continue
        text += CODES[1, 0][0xF0] * (zeros // 16)
        size, extra = bits_of(value)
        text, zeros = text + CODES[1, 0][zeros % 16 << 4 | size] + extra, 0
    return text + (CODES[1, 0][0] if zeros else ""), q[0]


def jpeg(width, height, samplings):
    """A baseline file whose components are sampled so, (columns, rows) each."""
    widest, highest = (max(s[i] for s in samplings) for i in (0, 1))
    across, down = -(-width // (8 * widest)), -(-height // (8 * highest))
    colours = scene(across * 8 * widest, down * 8 * highest, len(samplings)).astype(float)
    planes = []
    for c, (h, v) in enumerate(samplings):
        plane = colours[..., c]
        rows, columns = highest // v, widest // h
        planes.append(plane.reshape(plane.shape[0] // rows, rows, -1, columns).mean((1, 3)))
    text, dc = "", [0] * len(samplings)
    for j in range(down):
        for i in range(across):
            for c, (h, v) in enumerate(samplings):
                for y in range(v):
                    for x in range(h):
                        top, left = 8 * (j * v + y), 8 * (i * h + x)
                        more, dc[c] = block_bits(planes[c][top : top + 8, left : left + 8], dc[c])
                        text += more
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    n = len(samplings)
    frame = struct.pack(">BHHB", 8, height, width, n)
    frame += b"".join(bytes([c + 1, h << 4 | v, 0]) for c, (h, v) in enumerate(samplings))
    start = bytes([n]) + b"".join(bytes([c + 1, 0]) for c in range(n)) + b"\0\x3f\0"
    return (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + bytes([STEP] * 64))
        + segment(0xC0, frame)
        + SEGMENTS
        + segment(0xDA, start)
        + scan
        + b"\xff\xd9"
    )


def segment(marker, body):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


files["sampling-440.jpg"] = jpeg(W, H, [(1, 2), (1, 1), (1, 1)])
files["sampling-440-even.jpg"] = jpeg(W, 32, [(1, 2), (1, 1), (1, 1)])
files["sampling-440-low.jpg"] = jpeg(9, 1, [(1, 2), (1, 1), (1, 1)])
files["sampling-440-two.jpg"] = jpeg(9, 2, [(1, 2), (1, 1), (1, 1)])
files["sampling-mixed.jpg"] = jpeg(W, H, [(2, 2), (1, 2), (2, 1)])
files["sampling-luma-half.jpg"] = jpeg(W, H, [(1, 1), (1, 2), (1, 1)])
files["sampling-quarter.jpg"] = jpeg(W, H, [(1, 4), (1, 2), (1, 1)])
files["sampling-411.jpg"] = jpeg(W, H, [(4, 1), (1, 1), (1, 1)])
files["sampling-cmyk.jpg"] = jpeg(W, H, [(1, 2), (1, 1), (1, 2), (1, 1)])

# --- TIFF, by libtiff ------------------------------------------------------------------------
RGB = scene(W, H, 3)
IMAGES = {
    "bit": Image.fromarray(RGB[..., 0]).convert("1"),
    "grey": Image.fromarray(RGB[..., 0]),
    "grey-alpha": Image.merge("LA", Image.fromarray(RGB).split()[:2]),
    "rgb": Image.fromarray(RGB),
    "rgba": Image.fromarray(scene(W, H, 4)),
    "cmyk": Image.fromarray(scene(W, H, 4), "CMYK"),
    "palette": Image.fromarray(RGB).quantize(200),
}


def written(image, **options):
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


for kind, image in IMAGES.items():
    files[f"tiff-{kind}.tif"] = written(image)
    files[f"tiff-{kind}-lzw.tif"] = written(image, compression="tiff_lzw")
files["tiff-packbits.tif"] = written(IMAGES["rgb"], compression="packbits")
files["tiff-deflate.tif"] = written(IMAGES["rgb"], compression="tiff_adobe_deflate")
files["tiff-old-deflate.tif"] = written(IMAGES["rgb"], compression="tiff_deflate")
# Long enough for codes of all lengths, more than once.
files["tiff-long-lzw.tif"] = written(
    Image.fromarray(scene(110, 90, 3) // 8 * 8), compression="tiff_lzw", tiffinfo={317: 2}
)
for n in range(1, 9):
    files[f"tiff-orientation-{n}.tif"] = written(IMAGES["rgb"].crop((0, 0, 7, 5)), tiffinfo={274: n})


# --- TIFF, by hand ---------------------------------------------------------------------------
def tiff(order, width, height, tags, blocks, tiled=False):
    """tags {tag: [numbers]}, without those of the blocks."""
    tags = {256: [width], 257: [height], **tags}
    tags[324 if tiled else 273] = [0] * len(blocks)
    tags[325 if tiled else 279] = [len(b) for b in blocks]
    body, at = b"", 8 + 2 + 12 * len(tags) + 4
    values = {}
    for tag in sorted(tags):
        data = struct.pack(f"{order}{len(tags[tag])}I", *tags[tag])
        if len(data) > 4:
            values[tag] = at + len(body)
            body += data
    first = at + len(body)
    offsets = [first + sum(map(len, blocks[:i])) for i in range(len(blocks))]
    tags[324 if tiled else 273] = offsets
    directory, body = struct.pack(order + "H", len(tags)), b""
    for tag in sorted(tags):
        data = struct.pack(f"{order}{len(tags[tag])}I", *tags[tag])
        directory += struct.pack(order + "HHI", tag, 4, len(tags[tag]))
        directory += data if len(data) == 4 else struct.pack(order + "I", values[tag])
        body += data if len(data) > 4 else b""
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    return head + directory + b"\0" * 4 + body + b"".join(blocks)


def strips(array, rows, order="<"):
    data = array.astype(array.dtype.newbyteorder(order))
    return [data[y : y + rows].tobytes() for y in range(0, len(array), rows)]


COLOUR = {258: [8, 8, 8], 262: [2], 277: [3]}
deep = (scene(W, H, 3).astype(np.uint16) << 8) + random.randint(0, 256, (H, W, 3)).astype(np.uint16)
for order, name in ("<", "little"), (">", "big"):
    files[f"tiff-16-{name}.tif"] = tiff(
        order, W, H, {**COLOUR, 258: [16] * 3, 278: [9]}, strips(deep, 9, order)
    )
planar = [p for c in range(3) for p in strips(np.ascontiguousarray(RGB[..., c]), 10)]
files["tiff-planar.tif"] = tiff(">", W, H, {**COLOUR, 278: [10], 284: [2]}, planar)
padded = np.zeros((32, 48, 3), np.uint8)
padded[:H, :W] = RGB
tiles = [
    zlib.compress(padded[y : y + 16, x : x + 16].tobytes()) for y in (0, 16) for x in (0, 16, 32)
]
files["tiff-tiles.tif"] = tiff("<", W, H, {**COLOUR, 259: [8], 322: [16], 323: [16]}, tiles, True)
files["tiff-white-is-zero.tif"] = tiff("<", W, H, {258: [8], 262: [0]}, [RGB[..., 0].tobytes()])
for bits in 2, 4:
    per = 8 // bits
    indices = np.pad(RGB[..., 0] >> 8 - bits, ((0, 0), (0, -W % per)))
    rows = sum(indices[:, i::per] << bits * (per - 1 - i) for i in range(per)).astype(np.uint8)
    map_ = random.randint(0, 65536, 3 << bits).tolist()
    files[f"tiff-palette-{bits}.tif"] = tiff(
        "<", W, H, {258: [bits], 262: [3], 320: map_}, [rows.tobytes()]
    )
    files[f"tiff-grey-{bits}.tif"] = tiff("<", W, H, {258: [bits], 262: [1]}, [rows.tobytes()])
alpha = scene(W, H, 4)
alpha[..., :3] = np.minimum(alpha[..., :3], alpha[..., 3:])
alpha[:3, :3] = 0
files["tiff-premultiplied.tif"] = tiff(
    "<", W, H, {258: [8] * 4, 262: [2], 277: [4], 338: [1]}, [alpha.tobytes()]
)

# --- written ---------------------------------------------------------------------------------
BEFORE = os.path.getsize(os.path.join(OUT, "expected.rgb"))
pixels, rows = b"", ["file,width,height,uprightWidth,uprightHeight,offset,uprightOffset"]
for name, data in sorted(files.items()):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    if "orientation" in name:  # Pillow turns TIFF at once
        data = files["tiff-orientation-1.tif"]
    stored = Image.open(io.BytesIO(data)).convert("RGB")
    offset = BEFORE + len(pixels)
    pixels += stored.tobytes()
    turned = offset
    if stored.tobytes() != upright.tobytes() or stored.size != upright.size:
        turned = BEFORE + len(pixels)
        pixels += upright.tobytes()
    rows.append(",".join(map(str, [name, *stored.size, *upright.size, offset, turned])))
with open(os.path.join(OUT, "more.csv"), "w") as f:
    f.write("\n".join(rows) + "\n")
with open(os.path.join(OUT, "more.rgb"), "wb") as f:
    f.write(pixels)
