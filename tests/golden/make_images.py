"""Golden images: what Pillow reads from small files and resizes, and what transformers' image processors make of them.

Makes in images/
  FILES               small pictures of each format, a gradient with noise (photo.*) or other modes of pixels
  decoded.safetensors FILE -> [H, W, 3] u8: the file as PIL.Image.open, ImageOps.exif_transpose and convert("RGB") give it
  resize.safetensors  source -> [31, 45, 3] u8, and FILTER.HxW -> [H, W, 3] u8: Image.resize; crop.HxW: transformers' center_crop
  processors.json     NAME -> a preprocessor_config.json
  processed.safetensors  NAME -> [3, H, W] f32: the processor's pixel values of the source of resize.safetensors

Versions: Pillow 13.0.0 (libjpeg-turbo 3.2.0, libwebp 1.6.0), transformers 5.24.0, numpy 2.4.6.
Command:  python make_images.py
"""

import json
import os

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
    write_png16(os.path.join(HERE, "wide.png"), np.minimum(wide, 65535).astype(np.uint16))


def write_png16(path, pixels):
    """16 bits for each channel, which Pillow does not write."""
    import struct
    import zlib

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def decode():
    out = {}
    for name in sorted(os.listdir(HERE)):
        if name.endswith((".json", ".safetensors")):
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
    write_files()
    decode()
    source = picture(31, 45, 3)
    resize(source)
    process(source)


if __name__ == "__main__":
    main()
