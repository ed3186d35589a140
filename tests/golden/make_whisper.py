"""Golden numbers of a tiny random Whisper encoder with a classifier on top, by PyTorch and transformers in f32.

Makes whisper/ as an encoder directory (config.json, preprocessor_config.json, model.safetensors: a WhisperForAudioClassification
with use_weighted_layer_sum) and whisper/expected.safetensors:
  lengths [B] i32, labels [B] i32; frames [sum of lengths, M]: the log-mel of each input, one after the other
  means               [B, L+1, H] mean over time of each layer's input and of the last one's normed output, each input by its natural length
  head.{0,1}.*        Linear H -> 128 -> ReLU -> 7 on the weighted sum of the means;  logits [B, 7];  loss [1] mean cross entropy
  grad.<parameter>    d loss / d parameter, of the encoder, the layers' weights and the head
  losses [6]          the loss after 0..5 steps of AdamW (lr 1e-3, decay .01 on all parameters) on this batch
  last.logits         the same head on the mean of the last layer's output
  std.*               the same layers pooled to mean and deviation (sqrt(variance + 1e-6)), standardized by means and deviations [L+1, 2H], and
                      summed: vectors [B, 2H]; grad.<parameter> of the loss sum(vectors * dvectors)
  classifier.logits   [1, 7] of the WhisperForAudioClassification itself for the first input, which has the full length

Versions: torch 2.15.0, transformers 5.24.0, safetensors 0.8.0.
Command:  python make_whisper.py [--out whisper]
"""

import argparse
import json
import os

import numpy as np
import torch
from adamw_losses import adamw_losses
from safetensors.numpy import save_file
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForAudioClassification

LENGTHS = [60, 1, 37, 24, 60]
LABELS = [0, 6, 3, 4, 0]


def array(x):
    return np.ascontiguousarray(x.detach().numpy()).copy()


def hidden_states(model, frames):
    """The hidden states of frames [F, M] of any length: what WhisperEncoder does, with the first of its positions."""
    encoder, gelu = model.encoder, torch.nn.functional.gelu
    x = gelu(encoder.conv2(gelu(encoder.conv1(frames.T[None])))).permute(0, 2, 1)
    x = x + encoder.embed_positions.weight[: x.shape[1]]
    states = [x]
    for layer in encoder.layers:
        states.append(layer(states[-1], None))
    states[-1] = encoder.layer_norm(states[-1])
    if len(frames) == 2 * encoder.config.max_source_positions:
        theirs = encoder(frames.T[None], output_hidden_states=True)
        assert all(torch.equal(a, b) for a, b in zip(states, theirs.hidden_states, strict=True))
        assert torch.equal(states[-1], theirs.last_hidden_state)
    return states


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--out", default=os.path.join(here, "whisper"))
    args = ap.parse_args()
    torch.manual_seed(1)
    config = WhisperConfig(
        vocab_size=8, num_mel_bins=8, d_model=16, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=32, decoder_layers=1,
        decoder_attention_heads=2, decoder_ffn_dim=16, max_source_positions=30, max_target_positions=4, use_weighted_layer_sum=True,
        classifier_proj_size=12, num_labels=7, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
        id2label={i: name for i, name in enumerate("neutral surprise fear sadness joy disgust anger".split())},
    )  # fmt: skip
    model = WhisperForAudioClassification(config).train()
    with torch.no_grad():
        for name, p in model.named_parameters():
            is_scale = "norm.weight" in name
            p.copy_(torch.randn(p.shape) * (0.2 if p.dim() > 1 or is_scale else 0.1) + (1.0 if is_scale else 0.0))
        model.layer_weights.copy_(torch.tensor([0.5, -0.3, 0.1]))
    model.save_pretrained(args.out)
    WhisperFeatureExtractor(8).save_pretrained(args.out)
    saved = os.path.join(args.out, "config.json")
    shown = json.load(open(saved))
    drop = ("suppress_tokens", "begin_suppress_tokens", "transformers_version")
    json.dump({k: v for k, v in shown.items() if k not in drop}, open(saved, "w"), indent=2)
    processor = os.path.join(args.out, "preprocessor_config.json")
    shown = json.load(open(processor))
    json.dump({k: v for k, v in shown.items() if k != "mel_filters"}, open(processor, "w"), indent=2)

    head = torch.nn.ModuleList([torch.nn.Linear(16, 128), torch.nn.Linear(128, 7)])
    labels = torch.tensor(LABELS)
    frames = [torch.randn(n, 8) for n in LENGTHS]

    def classify(last=False):
        means = torch.stack([torch.stack([h[0].mean(0) for h in hidden_states(model, f)]) for f in frames])
        weights = model.layer_weights.softmax(0)
        vectors = means[:, -1] if last else (means * weights[None, :, None]).sum(1)
        return means, head[1](torch.relu(head[0](vectors)))

    out = {"lengths": np.array(LENGTHS, np.int32), "labels": np.array(LABELS, np.int32), "frames": array(torch.cat(frames))}
    out |= {"head." + k: array(v) for k, v in head.named_parameters()}
    out["last.logits"] = array(classify(last=True)[1])
    means, logits = classify()
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    out |= {"means": array(means), "logits": array(logits), "loss": array(loss).reshape(1)}
    parameters = dict(model.named_parameters()) | {"head." + k: v for k, v in head.named_parameters()}
    out |= {"grad." + k: array(p.grad) for k, p in parameters.items() if p.grad is not None}
    out["classifier.logits"] = array(model(frames[0].T[None]).logits)

    trained = [p for k, p in parameters.items() if p.grad is not None]

    draw = torch.Generator().manual_seed(2)
    shape = (len(LENGTHS), 32)
    constants = dict(means=torch.randn(3, 32, generator=draw), deviations=torch.rand(3, 32, generator=draw) + 0.5)
    dvectors = torch.randn(shape, generator=draw)
    statistics = lambda h: torch.cat([h[0].mean(0), (h[0].var(0, correction=0) + 1e-6).sqrt()])
    pooled = torch.stack([torch.stack([statistics(h) for h in hidden_states(model, f)]) for f in frames])
    vectors = ((pooled - constants["means"]) / constants["deviations"] * model.layer_weights.softmax(0)[None, :, None]).sum(1)
    model.zero_grad()
    (vectors * dvectors).sum().backward()
    out |= {"std." + k: array(v) for k, v in (constants | dict(vectors=vectors, dvectors=dvectors)).items()}
    out |= {"std.grad." + k: array(p.grad) for k, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    head.zero_grad()

    losses = adamw_losses(trained, lambda: torch.nn.functional.cross_entropy(classify()[1], labels))
    out["losses"] = np.array(losses, np.float32)
    save_file(out, os.path.join(args.out, "expected.safetensors"))
    print("losses", losses)


if __name__ == "__main__":
    main()
