#!/usr/bin/env python3
"""Makes a classifier of texts, images or sound of random weights in Hugging Face's layout, unless it is there.

Usage:    classifier_model.py --kind vit|resnet-18|wav2vec2-base|wav2vec2-large|hubert-base|wavlm-base-plus|whisper-base --out DIR
          classifier_model.py --kind roberta-base|xlm-roberta-base --tokenizer DIR --out DIR
vit has the size of vit-base-patch16-224; images are of 224 x 224 pixels. The others have the sizes of the published ones of their names.
"""

import argparse
import os
import shutil

NAMES = ["neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"]
LARGE = {
    "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "feat_extract_norm": "layer",
    "conv_bias": True, "do_stable_layer_norm": True,
}  # fmt: skip
ROBERTA = {"max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
WHISPER = {"d_model": 512, "encoder_layers": 6, "encoder_attention_heads": 8, "encoder_ffn_dim": 2048, "decoder_layers": 1}
KINDS = {
    "vit": ("vit", {}),
    "resnet-18": ("resnet", {"hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2], "layer_type": "basic"}),
    "wav2vec2-base": ("wav2vec2", {}),
    "wav2vec2-large": ("wav2vec2", LARGE),
    "hubert-base": ("hubert", {}),
    "wavlm-base-plus": ("wavlm", {}),
    "whisper-base": ("whisper", WHISPER),
    "roberta-base": ("roberta", {**ROBERTA, "vocab_size": 50265}),
    "xlm-roberta-base": ("xlm-roberta", {**ROBERTA, "vocab_size": 250002}),
}


def make(kind):
    """The network, and what prepares its input; None for texts."""
    import torch
    import transformers as t

    name, shape = KINDS[kind]
    config = t.AutoConfig.for_model(name, id2label=dict(enumerate(NAMES)), label2id={v: k for k, v in enumerate(NAMES)}, **shape)
    torch.manual_seed(0)
    if name in ("vit", "resnet"):
        return t.AutoModelForImageClassification.from_config(config), t.ViTImageProcessor()
    if "roberta" in name:
        return t.AutoModelForSequenceClassification.from_config(config), None
    prepares = t.WhisperFeatureExtractor() if name == "whisper" else t.Wav2Vec2FeatureExtractor(do_normalize=True)
    return t.AutoModelForAudioClassification.from_config(config), prepares


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--kind", choices=KINDS, required=True)
    ap.add_argument("--tokenizer", help="of texts: its folder")
    ap.add_argument("--out", required=True)
    args = ap.parse_args()
    last = "tokenizer.json" if args.tokenizer else "preprocessor_config.json"
    if os.path.exists(os.path.join(args.out, last)):
        return
    net, prepares = make(args.kind)
    net.eval().save_pretrained(args.out)
    if args.tokenizer:
        shutil.copy(os.path.join(args.tokenizer, last), args.out)
    else:
        prepares.save_pretrained(args.out)


if __name__ == "__main__":
    main()
