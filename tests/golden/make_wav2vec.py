"""Golden numbers of tiny random encoders of samples with a classifier on top, by PyTorch and transformers in f32.

Makes wav2vec/KIND/ for each KIND below as a classifier's directory (config.json, preprocessor_config.json, model.safetensors: a
..ForSequenceClassification) and its expected.safetensors:
  lengths [B] i32, labels [B] i32; samples [sum of lengths]: of each input, one after the other
  means               [B, L+1, H] mean over time of each layer's input and of the last one's output, each input alone
  head.{0,1}.*        Linear H -> 128 -> ReLU -> 7 on the weighted sum of the means;  logits [B, 7];  loss [1] mean cross entropy
  grad.<parameter>    d loss / d parameter, of the encoder (names without its prefix), the layers' weights and the head
  losses [6]          the loss after 0..5 steps of AdamW (lr 1e-3, decay .01 on all parameters) on this batch
  classifier.logits   [B, K] of the ..ForSequenceClassification itself, each input alone, standardized if the preprocessor says so

Kinds: wav2vec2 (group norm, post-norm), wav2vec2-large (layer norm, biases, pre-norm, weights named weight_g and weight_v), hubert, wavlm,
wavlm-large. Of the pre-norm kinds the last hidden state is taken after the norm that follows the layers, as the code with which such
classifiers were trained and transformers before release 5 have it; 5.24 sums the one before the norm.

wav2vec2-values/ is another classifier, that of published models of arousal, dominance and valence (Wav2Vec2ForSpeechClassification, which
transformers does not have: mean over time, Linear, tanh, Linear); of its expected.safetensors there are lengths, samples, classifier.logits.

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_wav2vec.py [--out wav2vec]
"""

import argparse
import json
import os

import numpy as np
import torch
from adamw_losses import adamw_losses
from safetensors.numpy import load_file, save_file
from transformers import AutoConfig, AutoModel, AutoModelForAudioClassification, Wav2Vec2FeatureExtractor

LENGTHS = [900, 30, 411, 57, 640]
LABELS = [0, 6, 3, 4, 0]
NAMES = "neutral surprise fear sadness joy disgust anger".split()
SHAPE = dict(
    hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, conv_dim=(8, 8, 8), conv_kernel=(10, 3, 2),
    conv_stride=(5, 2, 2), num_feat_extract_layers=3, num_conv_pos_embeddings=6, num_conv_pos_embedding_groups=2, classifier_proj_size=12,
    vocab_size=8, hidden_dropout=0.0, attention_dropout=0.0, activation_dropout=0.0, feat_proj_dropout=0.0, final_dropout=0.0, layerdrop=0.0,
    mask_time_prob=0.0, mask_feature_prob=0.0, use_weighted_layer_sum=True, id2label=dict(enumerate(NAMES)),
)  # fmt: skip
LARGE = dict(feat_extract_norm="layer", conv_bias=True, do_stable_layer_norm=True)
KINDS = {
    "wav2vec2": ("wav2vec2", {}),
    "wav2vec2-large": ("wav2vec2", LARGE | dict(num_conv_pos_embeddings=5)),
    "hubert": ("hubert", dict(feat_proj_layer_norm=False)),
    "wavlm": ("wavlm", dict(num_buckets=12, max_bucket_distance=20)),
    "wavlm-large": ("wavlm", LARGE | dict(num_buckets=12, max_bucket_distance=20)),
}


def array(x):
    return np.ascontiguousarray(x.detach().numpy()).copy()


def make(kind, out):
    torch.manual_seed(len(kind))
    model_type, settings = KINDS[kind]
    config = AutoConfig.for_model(model_type, **SHAPE | settings)
    model = AutoModelForAudioClassification.from_config(config, attn_implementation="eager").train()
    encoder = getattr(model, model_type)
    with torch.no_grad():
        for name, p in model.named_parameters():
            is_scale = "norm.weight" in name or "original0" in name
            p.copy_(torch.randn(p.shape) * (0.2 if p.dim() > 1 or is_scale else 0.1) + (1.0 if is_scale else 0.0))
        model.layer_weights.copy_(torch.tensor([0.5, -0.3, 0.1]))
    standardize = kind != "hubert"
    os.makedirs(out, exist_ok=True)
    model.save_pretrained(out)
    Wav2Vec2FeatureExtractor(do_normalize=standardize).save_pretrained(out)
    if kind.endswith("large"):
        path, newer = os.path.join(out, "model.safetensors"), "parametrizations.weight.original"
        tensors = {k.replace(newer + "0", "weight_g").replace(newer + "1", "weight_v"): v for k, v in load_file(path).items()}
        save_file(tensors, path, metadata={"format": "pt"})

    head = torch.nn.ModuleList([torch.nn.Linear(16, 128), torch.nn.Linear(128, 7)])
    labels = torch.tensor(LABELS)
    sounds = [torch.randn(n) * 0.3 + 0.1 for n in LENGTHS]
    normed = [(x - x.mean()) / (x.var(correction=0) + 1e-7).sqrt() if standardize else x for x in sounds]

    def means_of(x):
        states = encoder(x[None], output_hidden_states=True)
        return torch.stack([h[0].mean(0) for h in (*states.hidden_states[:-1], states.last_hidden_state)])

    def weigh(means):
        return (means * model.layer_weights.softmax(0)[None, :, None]).sum(1)

    def classify():
        means = torch.stack([means_of(x) for x in normed])
        return means, head[1](torch.relu(head[0](weigh(means))))

    result = {"lengths": np.array(LENGTHS, np.int32), "labels": np.array(LABELS, np.int32), "samples": array(torch.cat(sounds))}
    result |= {"head." + k: array(v) for k, v in head.named_parameters()}
    means, logits = classify()
    scores = model.classifier(model.projector(weigh(means)))
    theirs = torch.cat([model(x[None]).logits for x in normed])
    assert config.do_stable_layer_norm or torch.allclose(scores, theirs, atol=1e-6)
    result["classifier.logits"] = array(scores)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    result |= {"means": array(means), "logits": array(logits), "loss": array(loss).reshape(1)}
    parameters = dict(model.named_parameters()) | {"head." + k: v for k, v in head.named_parameters()}
    trained = {k: p for k, p in parameters.items() if p.grad is not None}
    result |= {"grad." + k.removeprefix(model_type + "."): array(p.grad) for k, p in trained.items()}
    losses = adamw_losses(list(trained.values()), lambda: torch.nn.functional.cross_entropy(classify()[1], labels))
    result["losses"] = np.array(losses, np.float32)
    save_file(result, os.path.join(out, "expected.safetensors"))
    print(kind, "losses", losses)


def make_values(out):
    torch.manual_seed(5)
    names = {0: "arousal", 1: "dominance", 2: "valence"}
    settings = SHAPE | LARGE | dict(id2label=names, label2id={v: k for k, v in names.items()}, problem_type="regression", pooling_mode="mean")
    config = AutoConfig.for_model("wav2vec2", **settings | dict(use_weighted_layer_sum=False))
    config.architectures = ["Wav2Vec2ForSpeechClassification"]
    net = torch.nn.ModuleDict({"wav2vec2": AutoModel.from_config(config, attn_implementation="eager")}).eval()
    net["classifier"] = torch.nn.ModuleDict({"dense": torch.nn.Linear(16, 16), "out_proj": torch.nn.Linear(16, 3)})
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "norm" not in name and "original0" not in name:
                p.copy_(torch.randn(p.shape) * 0.2)
    os.makedirs(out, exist_ok=True)
    config.save_pretrained(out)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(out)
    save_file({k: array(v) for k, v in net.state_dict().items()}, os.path.join(out, "model.safetensors"), metadata={"format": "pt"})
    sounds = [torch.randn(n) * 0.3 + 0.1 for n in LENGTHS]
    scores = []
    with torch.inference_mode():
        for x in sounds:
            mean = net["wav2vec2"](((x - x.mean()) / (x.var(correction=0) + 1e-7).sqrt())[None]).last_hidden_state.mean(1)
            scores.append(net["classifier"]["out_proj"](torch.tanh(net["classifier"]["dense"](mean))))
    result = {"lengths": np.array(LENGTHS, np.int32), "samples": array(torch.cat(sounds)), "classifier.logits": array(torch.cat(scores))}
    save_file(result, os.path.join(out, "expected.safetensors"))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "wav2vec"))
    args = ap.parse_args()
    for kind in KINDS:
        make(kind, os.path.join(args.out, kind))
    make_values(os.path.join(args.out, "wav2vec2-values"))


if __name__ == "__main__":
    main()
