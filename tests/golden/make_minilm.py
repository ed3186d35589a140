"""Makes minilm/: [CLS] vectors of the default encoder (MiniLM, see tools/get-encoder) for texts of the sample data.

texts.txt: a text in each line, of which the last three are longer than 128 tokens. cls.safetensors: `cls` [n, 384] f32, the last hidden
state of [CLS], at most 128 tokens. PyTorch 2.15.0, transformers 5.23.0.

    python make_minilm.py --encoder .encoder/minilm
"""

import argparse
import pathlib

import torch
from safetensors.numpy import save_file
from transformers import BertModel, BertTokenizerFast

HERE = pathlib.Path(__file__).parent


def sample_texts(n=24, n_long=3):
    rows = (HERE.parent.parent / "sample" / "dialogues.tsv").read_text(encoding="utf-8").splitlines()[1:]
    texts = [row.split("\t")[-1].replace("\\n", " ") for row in rows]
    return texts[: 10 * n : 10] + [" ".join(texts[40 * i : 40 * i + 30]) for i in range(n_long)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--encoder", required=True)
    encoder = parser.parse_args().encoder
    texts = sample_texts()
    (HERE / "minilm" / "texts.txt").write_text("".join(t + "\n" for t in texts), encoding="utf-8")
    tokenizer = BertTokenizerFast.from_pretrained(encoder)
    model = BertModel.from_pretrained(encoder).eval()
    cls = []
    with torch.no_grad():
        for text in texts:
            batch = tokenizer(text, truncation=True, max_length=128, return_tensors="pt")
            cls.append(model(**batch).last_hidden_state[0, 0])
    save_file({"cls": torch.stack(cls).numpy()}, HERE / "minilm" / "cls.safetensors")


if __name__ == "__main__":
    main()
