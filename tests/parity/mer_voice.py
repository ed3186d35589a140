"""mer_voice.py: the library's detector of voice activity, called through libmer.so."""

import ctypes

import numpy as np

RATE, FRAME, CONTEXT = 16000, 512, 64


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("position", ctypes.c_int64), ("message", ctypes.c_char * 512)]


class Audio(ctypes.Structure):
    _fields_ = [("samples", ctypes.POINTER(ctypes.c_float)), ("n_samples", ctypes.c_int64), ("rest", ctypes.c_uint64 * 32)]


class Decoder:
    """Sound of any file as the library decodes it."""

    def __init__(self, library):
        self.library, self.error = ctypes.CDLL(library), Error()

    def _call(self, name, *values):
        if getattr(self.library, name)(*values, ctypes.byref(self.error)):
            raise RuntimeError(self.error.message.decode())

    def decode(self, path):
        """A file as mono samples."""
        audio = Audio()
        self._call("mer_audio_decode", ctypes.byref(audio), path.encode(), None)
        samples = np.ctypeslib.as_array(audio.samples, (audio.n_samples,)).copy()
        self.library.mer_audio_clear(ctypes.byref(audio))
        return samples


class Voice(Decoder):
    """A stream of sound at 16 kHz to probabilities of speech."""

    def __init__(self, library, folder):
        super().__init__(library)
        self.model, self.stream = ctypes.c_void_p(), ctypes.c_void_p()
        self._call("mer_voice_model_open", ctypes.byref(self.model), folder.encode())
        self._call("mer_voice_stream_create", ctypes.byref(self.stream), self.model, RATE)

    def _probs(self, name, *values):
        probs, n = ctypes.POINTER(ctypes.c_float)(), ctypes.c_int64()
        self._call(name, ctypes.byref(probs), ctypes.byref(n), self.stream, *values)
        return np.ctypeslib.as_array(probs, (n.value,)).copy() if n.value else np.empty(0, np.float32)

    def push(self, samples):
        """The probabilities that the next samples, f32 and contiguous, make whole."""
        return self._probs("mer_voice_stream_push", ctypes.c_void_p(samples.ctypes.data), ctypes.c_int64(len(samples)))

    def finish(self):
        return self._probs("mer_voice_stream_finish")

    def whole(self, samples):
        return np.concatenate([self.push(samples), self.finish()])


class Silero:
    """The original in ONNX Runtime, a frame at a time, as its own package runs it."""

    def __init__(self, onnx, threads=1):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self.rate = {"sr": np.array(RATE, "int64")} if any(i.name == "sr" for i in self.session.get_inputs()) else {}

    def whole(self, samples):
        """The probabilities of a sound, whose last frame is filled up with zeros."""
        n = -(-len(samples) // FRAME)
        x = np.zeros((1, CONTEXT + n * FRAME), np.float32)
        x[0, CONTEXT : CONTEXT + len(samples)] = samples
        state, probs = np.zeros((2, 1, 128), np.float32), []
        for i in range(n):
            inputs = {"input": x[:, i * FRAME : (i + 1) * FRAME + CONTEXT], "state": state, **self.rate}
            p, state = self.session.run(None, inputs)
            probs.append(p[0, 0])
        return np.array(probs, np.float32)
