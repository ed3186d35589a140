"""test_get_encoder.py ROOT: tools/get-encoder without a network: against servers of this process, and pip without PyPI."""
import contextlib
import hashlib
import http.server
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock
import zipfile

ROOT = os.path.abspath(sys.argv.pop(1))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from encoders import centerface, ctranslate2, failure, layouts, onnx_file, packages, safetensors_file, whisper  # noqa: E402


def run(*arguments, **environment):
    command = [sys.executable, os.path.join(ROOT, "tools", "get-encoder"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    return done.returncode, done.stdout + done.stderr


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    header.pop("__metadata__")
    return {name: (t["dtype"], t["shape"], body[slice(*t["data_offsets"])]) for name, t in header.items()}


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves server.files; a file of server.cut ends early, once."""

    def do_GET(self):
        server, file = self.server, self.path.removeprefix("/some/model/resolve/main/")
        server.asked.append((file, self.headers.get("Range")))
        if file not in server.files:
            self.send_error(404)
            return
        data, start = server.files[file], 0
        if server.ranges and self.headers.get("Range"):
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", "text/html")  # without which pip reads no page of an index
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = server.cut.pop(file, len(data))
        self.wfile.write(data[start:end])

    def log_message(self, *_):
        pass


def serve(files):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.cut, server.ranges, server.files = [], {}, True, files
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class FromAddress(unittest.TestCase):
    def setUp(self):
        self.server = serve({"config.json": b"{}", "vocab.txt": b"a\n", "model.safetensors": os.urandom(3_000_000)})
        self.folder = tempfile.TemporaryDirectory()
        self.target = os.path.join(self.folder.name, "model")

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def get(self):
        url = f"http://127.0.0.1:{self.server.server_port}/some/model"
        return run("--from", url, "model", self.target)

    def check_whole(self, names):
        self.assertEqual(sorted(os.listdir(self.target)), sorted(names))
        for name in names:
            with open(os.path.join(self.target, name), "rb") as file:
                self.assertEqual(file.read(), self.server.files[name])
        self.assertFalse(os.path.exists(self.target + ".partial"))

    def test_one_line_and_what_is_there(self):
        code, said = self.get()
        self.assertEqual((code, said), (0, "fetching model\n"))
        self.check_whole(["config.json", "vocab.txt", "model.safetensors"])
        self.server.asked.clear()
        self.assertEqual(self.get(), (0, ""))
        self.assertEqual(self.server.asked, [])

    def test_goes_on_after_an_interruption(self):
        self.server.cut["model.safetensors"] = 1_000_000
        code, said = self.get()
        self.assertEqual(code, 1)
        self.assertIn("goes on from here", said)
        self.assertFalse(os.path.exists(self.target))
        self.server.asked.clear()
        self.assertEqual(self.get()[0], 0)
        self.assertIn(("model.safetensors", "bytes=1000000-"), self.server.asked)
        self.assertNotIn("config.json", [file for file, _ in self.server.asked])
        self.check_whole(["config.json", "vocab.txt", "model.safetensors"])

    def test_a_server_without_ranges_begins_again(self):
        self.server.ranges = False
        self.server.cut["model.safetensors"] = 1_000_000
        self.assertEqual(self.get()[0], 1)
        self.assertEqual(self.get()[0], 0)
        self.check_whole(["config.json", "vocab.txt", "model.safetensors"])

    def test_shards_of_the_older_kind(self):
        del self.server.files["model.safetensors"]
        index = {"weight_map": {"a": "pytorch_model-2.bin", "b": "pytorch_model-1.bin", "c": "pytorch_model-1.bin"}}
        self.server.files["pytorch_model.bin.index.json"] = json.dumps(index).encode()
        self.server.files["pytorch_model-1.bin"] = b"1"
        self.assertEqual(self.get()[0], 1)  # a shard is absent
        self.server.files["pytorch_model-2.bin"] = b"2"
        self.assertEqual(self.get()[0], 0)
        self.check_whole(["config.json", "vocab.txt", *(f for f in self.server.files if f.startswith("pytorch"))])

    def test_index_that_leads_elsewhere(self):
        del self.server.files["model.safetensors"]
        for name in ("../../escape", "/etc/passwd", "", ".hidden", 3):
            index = json.dumps({"weight_map": {"a": name}}).encode()
            self.server.files["model.safetensors.index.json"] = index
            code, said = self.get()
            self.assertEqual((code, "expected names of files" in said), (1, True), said)
            subprocess.run(["rm", "-r", self.target + ".partial"], check=True)

    def test_nothing_there(self):
        self.server.files.clear()
        code, said = self.get()
        self.assertEqual(code, 1)
        self.assertIn("no config.json", said)


def message(*parts):
    """A message of protobuf: numbers as varints below 128, bytes with their length."""
    written = b""
    for number, value in parts:
        written += bytes([number << 3, value]) if isinstance(value, int) else bytes([number << 3 | 2, len(value)]) + value
    return written


class OnnxFile(unittest.TestCase):
    TENSOR = message((1, 2), (1, 1), (2, 1), (8, b"a.weight"), (9, bytes(8)))

    def test_tensors(self):
        packed = message((1, bytes([1, 2])), (2, 1), (8, b"b"), (9, bytes(8)))
        integers = message((1, 1), (2, 7), (8, b"c"), (9, bytes(8)))
        graph = message((2, b"name"), (5, self.TENSOR), (5, packed), (5, integers))
        found = onnx_file.weights(message((1, 8), (7, graph)))
        self.assertEqual(found, {"a.weight": ([2, 1], bytes(8)), "b": ([1, 2], bytes(8))})

    def test_cut_short(self):
        whole = message((7, message((5, self.TENSOR))))
        for n in range(1, len(whole)):
            with self.assertRaises(failure.Failure, msg=n):
                onnx_file.weights(whole[:n])

    def test_silero_without_a_tensor(self):
        with tempfile.TemporaryDirectory() as folder:
            wheel = os.path.join(folder, "w.whl")
            with zipfile.ZipFile(wheel, "w") as archive:
                archive.writestr("silero_vad/data/silero_vad_16k_op15.onnx", message((7, message((5, self.TENSOR)))))
            with self.assertRaisesRegex(failure.Failure, "no tensor 'model.stft"):
                layouts.lay_out_silero([wheel], os.path.join(folder, "out"))
            self.assertFalse(os.path.exists(os.path.join(folder, "out")))


def node(kind, *inputs, epsilon=None):
    parts = [(1, name.encode()) for name in inputs] + [(4, kind.encode())]
    if epsilon:
        value = bytes([1 << 3 | 2, 7]) + b"epsilon" + bytes([2 << 3 | 5]) + struct.pack("<f", epsilon)
        parts.append((5, value))
    return message((1, message(*parts)))


def tensor(name, shape, values):
    data = struct.pack(f"<{len(values)}f", *values)
    return message((5, message(*[(1, n) for n in shape], (2, 1), (8, name.encode()), (9, data))))


class CenterFace(unittest.TestCase):
    """The layers of its ONNX file, in their order, with one channel each."""

    def graph(self, n_convolutions):
        parts = b""
        for i in range(n_convolutions):
            parts += node("Conv", "x", f"w{i}", f"b{i}") + tensor(f"w{i}", [1, 1, 1, 1], [i]) + tensor(f"b{i}", [1], [-i])
        norm = [f"norm{i}" for i in range(4)]
        for name, value in zip(norm, (3, 5, 7, 8)):  # scale, shift, mean, variance
            parts += tensor(name, [1], [value])
        for _ in range(3):
            parts += node("ConvTranspose", "x", "up") + node("BatchNormalization", "x", *norm, epsilon=1)
        graph = parts + tensor("up", [1, 1, 2, 2], [1, 2, 3, 4])
        size = len(graph)
        return bytes([7 << 3 | 2, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + graph

    def test_names(self):
        tensors = centerface.convert(self.graph(60))
        for name, i in (("stem", 0), ("blocks.0.depthwise", 1), ("blocks.16.project", 50), ("neck.side.2", 54), ("head.offset", 58)):
            self.assertEqual(struct.unpack("<f", tensors[f"{name}.weight"][2]), (i,), name)
            self.assertEqual(struct.unpack("<f", tensors[f"{name}.bias"][2]), (-i,), name)
        _, shape, data = tensors["neck.up.1.weight"]
        self.assertEqual((shape, struct.unpack("<4f", data)), ([4, 1, 1, 1], (1, 2, 3, 4)))  # 3 / sqrt(8 + 1) is 1
        self.assertEqual(struct.unpack("<4f", tensors["neck.up.1.bias"][2]), (-2,) * 4)

    def test_another_network(self):
        for n in (1, 59, 61):
            with self.assertRaisesRegex(failure.Failure, "not that of CenterFace"):
                centerface.convert(self.graph(n))


class FromPackages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.target = os.path.join(self.folder.name, "vad")

    def tearDown(self):
        self.folder.cleanup()

    def get(self):
        return run("silero-vad", self.target, PIP_NO_INDEX="1", PIP_FIND_LINKS=self.folder.name)

    def test_no_network(self):
        code, said = self.get()
        self.assertEqual((code, len(said.splitlines())), (1, 2), said)
        self.assertIn("cannot download silero-vad==6.2.3", said)

    def test_another_wheel_of_that_name(self):
        wheel = layouts.ENCODERS["silero-vad"].wheels[0].file
        with zipfile.ZipFile(os.path.join(self.folder.name, wheel), "w") as archive:
            info = "silero_vad-6.2.3.dist-info/"
            archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: silero-vad\nVersion: 6.2.3\n")
            archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(info + "RECORD", "")
        code, said = self.get()
        self.assertEqual(code, 1)
        self.assertIn("SHA-256", said)
        self.assertFalse(os.path.exists(self.target))

    def test_wheels_that_are_whole_are_kept(self):
        data = b"a wheel"
        path = os.path.join(self.folder.name, "w.whl")
        with open(path, "wb") as out:
            out.write(data)
        wheel = packages.Wheel("no-such==1", "w.whl", len(data), hashlib.sha256(data).hexdigest())
        self.assertEqual(packages.fetch([wheel], "w", self.folder.name), [path])

    def test_usage(self):
        self.assertEqual(run("no-such-encoder")[0], 2)
        self.assertEqual(run()[0], 2)

    def test_folder_of_somebody_else(self):
        os.mkdir(self.target)
        code, said = self.get()
        self.assertEqual((code, "has no config.json" in said), (1, True), said)


class FromIndex(unittest.TestCase):
    """A wheel of an index of this process, in which pip would find it, too."""

    FILE, PAGE, LINK = "a_wheel-1-py3-none-any.whl", "/simple/a-wheel/", "/files/a_wheel-1-py3-none-any.whl"

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.data = self.make_wheel()
        sha256 = hashlib.sha256(self.data).hexdigest()
        page = f'<a href="../../files/another.whl">no</a>\n<a href="../..{self.LINK}#sha256={sha256}">{self.FILE}</a>'
        self.server = serve({self.PAGE: page.encode(), self.LINK: self.data})
        self.wheel = packages.Wheel("a-wheel==1", self.FILE, len(self.data), sha256)

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    def make_wheel(self):
        path = os.path.join(self.folder.name, "made.whl")
        with zipfile.ZipFile(path, "w") as archive:
            info = "a_wheel-1.dist-info/"
            archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: a-wheel\nVersion: 1\n")
            archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(info + "RECORD", "")
            archive.writestr("data", os.urandom(2_000_000))
        with open(path, "rb") as file:
            return file.read()

    def fetch(self, login="", **more):
        address = f"http://{login}127.0.0.1:{self.server.server_port}/simple/"
        self.server.asked.clear()
        own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_") and not name.lower().endswith("_proxy")}
        own |= {"PIP_INDEX_URL": address, "PIP_CONFIG_FILE": os.devnull, **more}
        with unittest.mock.patch.dict(os.environ, own, clear=True):
            path = packages.fetch([self.wheel], "w", self.folder.name)[0]
        with open(path, "rb") as file:
            self.assertEqual(file.read(), self.data)

    def test_goes_on_after_an_interruption(self):
        self.server.cut[self.LINK] = 1_000_000
        with self.assertRaisesRegex(failure.Failure, "cut off after 1000000 bytes; the next run goes on from here"):
            self.fetch()
        self.fetch()
        self.assertEqual(self.server.asked, [(self.PAGE, None), (self.LINK, "bytes=1000000-")])

    def test_a_damaged_part_is_removed(self):
        with open(os.path.join(self.folder.name, self.FILE + ".part"), "wb") as part:
            part.write(bytes(1_000_000))
        with self.assertRaisesRegex(failure.Failure, "SHA-256"):
            self.fetch()
        self.assertNotIn(self.FILE, os.listdir(self.folder.name))
        self.fetch()
        self.assertIn((self.LINK, None), self.server.asked)

    def test_a_file_that_is_not_there_is_left_to_pip(self):
        del self.server.files[self.LINK]
        with self.assertRaisesRegex(failure.Failure, "cannot download a-wheel==1"):
            self.fetch()
        self.assertGreater(self.server.asked.count((self.PAGE, None)), 1)

    def test_an_address_that_is_none_is_left_to_pip(self):
        self.server.files[self.PAGE] = b'<a href="http://[x">no</a>' + self.server.files[self.PAGE]
        with contextlib.suppress(failure.Failure):  # pip of some releases stops at such a link, too
            self.fetch()
        self.assertGreater(self.server.asked.count((self.PAGE, None)), 1)

    def test_a_login_is_left_to_pip(self):
        self.fetch("name:word@")
        self.assertEqual(self.server.asked, [(self.PAGE, None), (self.LINK, None)])

    def test_a_page_that_is_cut_off_is_left_to_pip(self):
        self.server.cut[self.PAGE] = 10
        self.fetch()
        self.assertEqual(self.server.asked, [(self.PAGE, None), (self.PAGE, None), (self.LINK, None)])

    def test_no_index(self):
        with self.assertRaisesRegex(failure.Failure, "cannot download a-wheel==1"):
            self.fetch(PIP_NO_INDEX="1")
        self.assertEqual(self.server.asked, [])


def small_whisper():
    """CTranslate2's variables of a Whisper 64 wide with one layer on each side; each tensor's halves count from its own start."""
    width, ffn, mels, vocabulary = 64, 96, 4, 51864
    shapes = {"encoder/conv1": [width, mels, 3], "encoder/conv2": [width, width, 3]}
    norms = ["encoder/layer_norm", "decoder/layer_norm"]
    for side in ("encoder", "decoder"):
        layer = f"{side}/layer_0"
        shapes[f"{layer}/self_attention/linear_0"] = [3 * width, width]
        shapes[f"{layer}/self_attention/linear_1"] = [width, width]
        shapes[f"{layer}/ffn/linear_0"] = [ffn, width]
        shapes[f"{layer}/ffn/linear_1"] = [width, ffn]
        norms += [f"{layer}/self_attention/layer_norm", f"{layer}/ffn/layer_norm"]
    norms.append("decoder/layer_0/attention/layer_norm")
    for i, rows in enumerate((width, 2 * width, width)):
        shapes[f"decoder/layer_0/attention/linear_{i}"] = [rows, width]
    variables = {f"{name}/weight": shape for name, shape in shapes.items()}
    variables.update({f"{name}/bias": shape[:1] for name, shape in shapes.items()})
    variables.update({f"{norm}/{end}": [width] for norm in norms for end in ("gamma", "beta")})
    variables["decoder/embeddings/weight"] = [vocabulary, width]
    for side, positions in (("encoder", 15), ("decoder", 8)):
        variables[f"{side}/position_encodings/encodings"] = [positions, width]
    out = {}
    for seed, (name, shape) in enumerate(sorted(variables.items())):
        n = 1
        for dimension in shape:
            n *= dimension
        values = bytearray(struct.pack("<H", seed) * n)
        if name.endswith("self_attention/linear_0/bias"):
            values[2 * width : 4 * width] = bytes(2 * width)
        if name == "decoder/layer_0/attention/linear_1/bias":
            values[: 2 * width] = bytes(2 * width)
        out[name] = (shape, bytes(values))
    return out


def ctranslate2_file(variables, version=6):
    def text(value):
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    data = struct.pack("<I", version) + text("WhisperSpec") + struct.pack("<II", 3, len(variables))
    for name, (shape, values) in variables.items():
        data += text(name) + bytes([len(shape)]) + struct.pack(f"<{len(shape)}I", *shape)
        data += bytes([4]) + struct.pack("<I", len(values)) + values
    return data + struct.pack("<I", 0)


class Whisper(unittest.TestCase):
    settings = json.dumps({"alignment_heads": [], "suppress_ids": [1], "suppress_ids_begin": [2]})
    tokenizer = json.dumps({"added_tokens": [{"content": "<|endoftext|>"}]})

    def test_names_and_values(self):
        variables = small_whisper()
        tensors, files = whisper.convert(ctranslate2_file(variables), self.settings, self.tokenizer)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.safetensors")
            safetensors_file.write(path, tensors)
            read = read_safetensors(path)
        self.assertEqual(len(read), 7 + 15 + 4 + 24)  # encoder, its layer, decoder, its layer
        qkv = variables["encoder/layer_0/self_attention/linear_0/weight"][1]
        third = len(qkv) // 3
        attention = "model.encoder.layers.0.self_attn."
        for i, name in enumerate("qkv"):
            expected = ("F16", [64, 64], qkv[i * third : (i + 1) * third])
            self.assertEqual(read[f"{attention}{name}_proj.weight"], expected)
        self.assertNotIn(attention + "k_proj.bias", read)
        kv = variables["decoder/layer_0/attention/linear_1/weight"][1]
        self.assertEqual(read["model.decoder.layers.0.encoder_attn.v_proj.weight"][2], kv[len(kv) // 2 :])
        norm = variables["encoder/layer_0/ffn/layer_norm/gamma"]
        self.assertEqual(read["model.encoder.layers.0.final_layer_norm.weight"][2], norm[1])
        config = files["config.json"]
        expected = {"d_model": 64, "encoder_layers": 1, "encoder_ffn_dim": 96, "num_mel_bins": 4, "eos_token_id": 50256}
        self.assertEqual({key: config[key] for key in expected}, expected)

    def test_refused(self):
        variables = small_whisper()
        whole = ctranslate2_file(variables)
        for data in (whole[:1000], ctranslate2_file(variables, version=5), whole.replace(b"WhisperSpec", b"WhisperSpex")):
            with self.assertRaises(failure.Failure):
                ctranslate2.read(data, "WhisperSpec")
        shape, values = variables["encoder/layer_0/self_attention/linear_0/bias"]
        variables["encoder/layer_0/self_attention/linear_0/bias"] = (shape, b"\1" * len(values))
        with self.assertRaises(failure.Failure):
            whisper.convert(ctranslate2_file(variables), self.settings, self.tokenizer)


if __name__ == "__main__":
    unittest.main()
