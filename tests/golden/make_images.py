"""Golden images: what Pillow reads from small files and resizes, and what transformers' image processors make of them.

Makes in images/
  FILES               small pictures of each format, a gradient with noise (photo.*) or other modes of pixels
  faults/FILES        what is refused: cut short, too large, not a picture
  decoded.safetensors FILE -> [H, W, 3] u8: the file as PIL.Image.open, ImageOps.exif_transpose and convert("RGB") give it
  resize.safetensors  source -> [31, 45, 3] u8, and FILTER.HxW -> [H, W, 3] u8: Image.resize; crop.HxW: transformers' center_crop
  processors.json     NAME -> a preprocessor_config.json
  processed.safetensors  NAME -> [3, H, W] f32: the processor's pixel values of the source of resize.safetensors

Versions: Pillow 13.0.0 (libjpeg-turbo 3.2.0, libwebp 1.6.0), transformers 5.24.0, numpy 2.4.6.
Command:  python make_images.py
"""

import io
import json
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file
from transformers import ConvNextImageProcessor, ViTImageProcessor
from transformers.image_transforms import center_crop

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "images")


def picture(height, width, seed=1):
    """A gradient with a disc and noise, [height, width, 3] u8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([255 * x / width, 255 * y / height, 128 + 100 * np.sin(x / 3) * np.cos(y / 4)], -1)
    disc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(height, width) / 3) ** 2
    base[disc] = base[disc][:, ::-1]
    return np.clip(base + rng.normal(0, 12, base.shape), 0, 255).astype(np.uint8)


def oriented(image, value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif.tobytes()


def write_files():
    rgb = Image.fromarray(picture(29, 43))
    alpha = Image.fromarray(np.dstack([picture(13, 17, 2), np.arange(13 * 17, dtype=np.uint8).reshape(13, 17)]), "RGBA")
    flat = rgb.quantize(16)
    save = lambda image, name, **options: image.save(os.path.join(HERE, name), **options)
    for name, sampling in (("444", "4:4:4"), ("422", "4:2:2"), ("420", "4:2:0")):
        save(rgb, f"photo-{name}.jpg", quality=85, subsampling=sampling)
    save(rgb, "photo-progressive.jpg", quality=70, progressive=True)
    save(rgb.crop((0, 0, 3, 5)), "tiny.jpg", quality=90)
    save(rgb.convert("L"), "grey.jpg", quality=80)
    save(rgb.convert("CMYK"), "cmyk.jpg", quality=90)
    for value in range(2, 9):
        save(rgb.crop((0, 0, 16, 8)), f"orientation-{value}.jpg", quality=60, exif=oriented(rgb, value))
    save(rgb.crop((0, 0, 16, 8)), "orientation-6.png", exif=oriented(rgb, 6))
    save(rgb.crop((0, 0, 16, 8)), "orientation-8.webp", lossless=True, exif=oriented(rgb, 8))
    save(rgb, "photo.png")
    save(alpha, "alpha.png")
    save(alpha.convert("LA"), "grey-alpha.png")
    save(rgb.convert("L"), "grey.png")
    save(rgb.convert("1"), "bits.png")
    save(flat, "palette.png")
    save(rgb.quantize(4), "palette-2-bits.png", bits=2)
    save(flat, "palette-transparent.png", transparency=3)
    save(rgb, "photo.bmp")
    save(flat, "palette.bmp")
    save(flat, "palette.gif")
    save(rgb, "photo.webp", quality=80)
    save(rgb.crop((0, 0, 16, 12)), "even.webp", quality=60)
    save(rgb, "lossless.webp", lossless=True)
    save(alpha, "alpha.webp", quality=80)
    save(rgb, "photo.tiff")
    wide = picture(7, 9).astype(np.uint16) * 257 + 100
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in np.minimum(wide, 65535).astype(np.uint16))
    with open(os.path.join(HERE, "wide.png"), "wb") as file:
        file.write(png(9, 7, 16, 2, rows))
    grey = b"".join(b"\0" + struct.pack(">4H", *(256 * (4 * y + x) + 99 for x in range(4))) for y in range(3))
    with open(os.path.join(HERE, "grey16.png"), "wb") as file:
        file.write(png(4, 3, 16, 0, grey))
    write_animations(rgb, alpha)
    write_faults(rgb)
    return write_videos(rgb)


def riff_chunk(kind, data):
    """A chunk of RIFF, whose data fill an even number of bytes."""
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def animated_webp(size, corner, image, exif):
    """A canvas of `size` pixels whose first frame begins at `corner`, with an unknown chunk of odd size before it and one in it, and EXIF
    data after a second frame. Pillow would make each frame as large as the canvas."""
    def frame(corner, image):
        out, parts = io.BytesIO(), b""
        image.save(out, "WEBP", quality=80)
        data, at = out.getvalue(), 12
        while at < len(data):
            kind, n = struct.unpack_from("<4sI", data, at)
            parts += riff_chunk(kind, data[at + 8:at + 8 + n]) if kind != b"VP8X" else b""
            at += 8 + n + n % 2
        place = b"".join(struct.pack("<I", value)[:3] for value in (corner[0] // 2, corner[1] // 2, image.width - 1, image.height - 1, 40))
        return riff_chunk(b"ANMF", place + b"\2" + parts + riff_chunk(b"odds", b"end"))
    flags = 2 | 8 | 16  # an animation, EXIF, alpha
    canvas = b"".join(struct.pack("<I", value - 1)[:3] for value in size)
    chunks = riff_chunk(b"VP8X", struct.pack("<I", flags) + canvas) + riff_chunk(b"ANIM", bytes(6)) + riff_chunk(b"odds", b"and")
    chunks += frame(corner, image) + frame((0, 0), image.crop((0, 0, 2, 2))) + riff_chunk(b"EXIF", exif.removeprefix(b"Exif\0\0"))
    return riff_chunk(b"RIFF", b"WEBP" + chunks)


def write_animations(rgb, alpha):
    """Of which the first frame counts."""
    def save(name, first, second, **options):
        first.save(os.path.join(HERE, name), save_all=True, append_images=[second], duration=40, **options)
    save("animated-lossless.webp", rgb.crop((0, 0, 8, 8)), rgb.crop((8, 8, 16, 16)), lossless=True)
    save("animated-lossy.webp", rgb.crop((0, 0, 15, 11)), rgb.crop((16, 8, 31, 19)), quality=70, exif=oriented(rgb, 8))
    save("animated-alpha.webp", alpha, alpha.rotate(180), quality=80)
    with open(os.path.join(HERE, "animated-place.webp"), "wb") as file:
        file.write(animated_webp((29, 22), (8, 6), alpha, oriented(rgb, 6)))
    save("animated.gif", rgb.crop((0, 0, 15, 11)).quantize(8), rgb.crop((16, 8, 31, 19)).quantize(8))


def png(width, height, bits, colours, rows):
    """A PNG of what Pillow does not write."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def jpeg(image):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=60)
    return out.getvalue()


def avi(frames, width, height):
    """Motion JPEG."""
    def listed(kind, data):
        return riff_chunk(b"LIST", kind + data)
    head = riff_chunk(b"avih", struct.pack("<14I", 40000, 0, 0, 16, len(frames), 0, 1, 0, width, height, 0, 0, 0, 0))
    stream = riff_chunk(b"strh", b"vidsMJPG" + struct.pack("<IHHIIIIIIIIHHHH", 0, 0, 0, 0, 1, 25, 0, len(frames), 0, 0, 0, 0, 0, width, height))
    stream += riff_chunk(b"strf", struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", 0, 0, 0, 0, 0))
    movie = b"".join(riff_chunk(b"00dc", frame) for frame in frames)
    return riff_chunk(b"RIFF", b"AVI " + listed(b"hdrl", head + listed(b"strl", stream)) + listed(b"movi", movie))


def mov(frame, width, height, matrix):
    """One JPEG, shown by a matrix (a, b, c, d)."""
    def box(kind, data):
        return struct.pack(">I", 8 + len(data)) + kind + data

    def full(kind, data):
        return box(kind, b"\0\0\0\0" + data)
    shown = struct.pack(">9i", matrix[0] << 16, matrix[1] << 16, 0, matrix[2] << 16, matrix[3] << 16, 0, 0, 0, 1 << 30)
    plain = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    media = box(b"mdat", frame)
    start = 20 + 8
    entry = box(b"jpeg", bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HHIIIH", width, height, 72 << 16, 72 << 16, 0, 1)
                + bytes(32) + struct.pack(">Hh", 24, -1))
    table = (full(b"stsd", struct.pack(">I", 1) + entry) + full(b"stts", struct.pack(">III", 1, 1, 1))
             + full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)) + full(b"stsz", struct.pack(">III", 0, 1, len(frame)))
             + full(b"stco", struct.pack(">II", 1, start)))
    info = full(b"vmhd", bytes(8)) + box(b"dinf", full(b"dref", struct.pack(">I", 1) + struct.pack(">I4sI", 12, b"url ", 1))) + box(b"stbl", table)
    media_box = box(b"mdia", full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 25, 1, 0, 0))
                    + full(b"hdlr", struct.pack(">I4s", 0, b"vide") + bytes(13)) + box(b"minf", info))
    track = box(b"trak", struct.pack(">I4sI", 92, b"tkhd", 7) + struct.pack(">IIIII", 0, 0, 1, 0, 1) + bytes(16) + shown
                + struct.pack(">II", width << 16, height << 16) + media_box)
    movie = full(b"mvhd", struct.pack(">IIIIIH", 0, 0, 25, 1, 1 << 16, 256) + bytes(10) + plain + bytes(24) + struct.pack(">I", 2))
    return box(b"ftyp", b"qt  " + bytes(4) + b"qt  ") + media + box(b"moov", movie + track)


def write_videos(rgb):
    """Of these decoded.safetensors has what Pillow makes of the JPEG in them."""
    small, second = rgb.crop((0, 0, 16, 8)), rgb.crop((16, 8, 32, 16))
    for name, data in (("video.avi", avi([jpeg(small), jpeg(second)], 16, 8)),
                       ("video-6.mov", mov(jpeg(small), 16, 8, (0, 1, -1, 0)))):
        with open(os.path.join(HERE, name), "wb") as file:
            file.write(data)
    upright = np.array(Image.open(io.BytesIO(jpeg(small))))
    return {"video.avi": upright, "video-6.mov": np.ascontiguousarray(np.rot90(upright, -1))}


def write_faults(rgb):
    folder = os.path.join(HERE, "faults")
    os.makedirs(folder, exist_ok=True)
    whole = {name: open(os.path.join(HERE, name), "rb").read() for name in ("photo-420.jpg", "photo.png", "photo.webp", "palette.gif", "photo.bmp")}
    at = whole["photo-420.jpg"].index(b"\xff\xc0")
    large = bytearray(whole["photo-420.jpg"])
    large[at + 5:at + 9] = struct.pack(">HH", 8000, 10000)
    damaged = bytearray(whole["photo.png"])
    damaged[len(damaged) // 2] ^= 0x55
    files = {
        "cut.jpg": whole["photo-420.jpg"][:-300], "cut.png": whole["photo.png"][:-900], "cut.webp": whole["photo.webp"][:-200],
        "cut.gif": whole["palette.gif"][:300], "cut.bmp": whole["photo.bmp"][:-1000], "header.jpg": whole["photo-420.jpg"][:100],
        "large.jpg": bytes(large), "large.png": png(10000, 8000, 8, 2, b""), "damaged.png": bytes(damaged),
        "empty.png": b"", "text.jpg": b"This is a text and not a picture.\n" * 4,
        "drawing.svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>\n',
        "list.jpg": b"ffconcat version 1.0\nfile 'photo.png'\n",
    }
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def decode(videos):
    out = dict(videos)
    for name in sorted(os.listdir(HERE)):
        if name.endswith((".json", ".safetensors")) or name in videos or name in ("faults", "grey16.png"):
            continue
        with Image.open(os.path.join(HERE, name)) as image:
            out[name] = np.array(ImageOps.exif_transpose(image).convert("RGB"))
    save_file(out, os.path.join(HERE, "decoded.safetensors"))


def resize(source):
    out = {"source": source}
    for name, number in (("bilinear", 2), ("bicubic", 3)):
        for height, width in ((31, 45), (16, 16), (7, 45), (31, 10), (64, 80), (1, 1), (100, 3), (31, 46)):
            out[f"{name}.{height}x{width}"] = np.array(Image.fromarray(source).resize((width, height), number))
    for height, width in ((16, 16), (31, 45), (15, 20), (40, 20), (20, 60), (50, 50), (37, 52)):
        out[f"crop.{height}x{width}"] = np.ascontiguousarray(center_crop(source, (height, width)))
    save_file(out, os.path.join(HERE, "resize.safetensors"))


IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
PROCESSORS = {
    "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 24, "width": 20}, "resample": 2},
    "vit-old": {"feature_extractor_type": "ViTFeatureExtractor", "size": 24, "do_normalize": True, "do_resize": True,
                "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 3},
    "vit-crop": {"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 21}, "do_center_crop": True,
                 "crop_size": {"height": 16, "width": 24}, "resample": 3, "do_convert_rgb": None, **IMAGENET},
    "crop-alone": {"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_center_crop": True,
                   "crop_size": 40, "do_rescale": False},
    "plain": {"image_processor_type": "ViTImageProcessor", "size": {"height": 9, "width": 9}, "do_normalize": False,
              "rescale_factor": 0.01},
    "convnext": {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 28, "crop_pct": 0.875, "resample": 3,
                 "do_normalize": True, "do_resize": True, **IMAGENET},
    "convnext-pct": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 24}, "crop_pct": 0.95,
                     "resample": 2, **IMAGENET},
}


def process(source):
    out = {}
    for name, config in PROCESSORS.items():
        kind = config.get("image_processor_type") or config["feature_extractor_type"]
        kind = ConvNextImageProcessor if kind.startswith("ConvNext") else ViTImageProcessor
        out[name] = kind.from_dict(dict(config))(Image.fromarray(source), return_tensors="np")["pixel_values"][0].astype(np.float32)
    with open(os.path.join(HERE, "processors.json"), "w") as file:
        json.dump(PROCESSORS, file, indent=1)
        file.write("\n")
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, os.path.join(HERE, "processed.safetensors"))


def main():
    os.makedirs(HERE, exist_ok=True)
    decode(write_files())
    source = picture(31, 45, 3)
    resize(source)
    process(source)


if __name__ == "__main__":
    main()
