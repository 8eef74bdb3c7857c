"""Cases of features: bins and codes, lookups, spectrograms."""

from __future__ import annotations

from typing import Any

from .case import UNBUILDABLE, Case, no, ok

N = None
AXES = "Keras adds over another axis than it says"


def _encoded(dtype: str, **given: Any) -> list[Case]:
    """What is true of all that makes rows for values."""
    return [
        ok((5,), output_mode="one_hot", dtype=dtype, save=True, **given),
        ok((1,), output_mode="one_hot", dtype=dtype, **given),
        ok((4, 3), output_mode="one_hot", dtype=dtype, **given),
        ok((), output_mode="one_hot", dtype=dtype, **given),
        *_counted(dtype, **given),
    ]


def _counted(dtype: str, **given: Any) -> list[Case]:
    return [
        *(ok((5,), output_mode=mode, dtype=dtype, **given) for mode in ("multi_hot", "count")),
        ok((N,), output_mode="count", dtype=dtype, **given),
        no("NS404", (4, 3), output_mode="count", dtype=dtype, stricter=AXES, **given),
        no("NS205", (5,), output_mode="two_hot", dtype=dtype, **given),
    ]


DISCRETIZATION = [
    ok((5,), bin_boundaries=[-1, 0, 1]),
    ok((), bin_boundaries=[0]),
    ok((N, 3), bin_boundaries=[-1, 0.5]),
    ok((4, 3), bin_boundaries=[2, 5], dtype="uint8"),
    *_encoded("float32", bin_boundaries=[-1, 0, 1]),
    no("NS209", (5,), bin_boundaries=[1, 0], only="tensorflow"),
    no("NS209", (5,), bin_boundaries=[], stricter="Keras then puts all into one"),
    no("NS204", (5,), bin_boundaries=0.5),
    no("NS203", (5,)),
]
CATEGORY_ENCODING = [
    ok((5,), num_tokens=9, dtype="int32"),
    ok((5,), num_tokens=9, dtype="int64"),
    ok((5,), num_tokens=9, dtype="bool"),
    *_encoded("int32", num_tokens=9),
    no("NS410", (5,), num_tokens=9, only="tensorflow"),
    no("NS205", (5,), num_tokens=0, dtype="int32"),
    no("NS203", (5,), dtype="int32"),
]
HASHING = [
    ok((5,), num_bins=3, dtype="int32"),
    ok((4, 3), num_bins=3, mask_value=0, salt=3, dtype="int64"),
    ok((N,), num_bins=3, salt=[3, 4], dtype="int32"),
    ok((5,), num_bins=3, mask_value="a", dtype="string"),
    ok((1,), num_bins=3, output_mode="one_hot", dtype="string"),
    *_counted("int32", num_bins=3),
    no(
        "NS404",
        (5,),
        num_bins=3,
        output_mode="one_hot",
        dtype="int32",
        stricter="Keras makes another shape than it says",
    ),
    no("NS410", (5,), num_bins=3, mask_value="a", dtype="int32"),
    no("NS209", (5,), num_bins=3, salt=[1, 2, 3], dtype="int32"),
    no("NS205", (5,), num_bins=0, dtype="int32"),
]
HASHED_CROSSING = [
    ok([(1,), (1,)], num_bins=3, dtype="int32"),
    ok([(), ()], num_bins=3, dtype="int32"),
    ok([(1,), (1,)], num_bins=3, output_mode="one_hot", dtype="string"),
    no("NS404", [(5,), (5,)], num_bins=3, dtype="int32"),
    no("NS403", [(1,), ()], num_bins=3, dtype="int32"),
    no("NS410", [(1,), (1,)], num_bins=3),
    no("NS304", [(1,), (1,), (1,)], num_bins=3, dtype="int32"),
    no("NS205", [(1,), (1,)], num_bins=3, output_mode="count", dtype="int32"),
]
INTEGER_LOOKUP = [
    ok((5,), vocabulary=[1, 3, 4], dtype="int64"),
    ok((4, N), vocabulary=[1, 3, 4], dtype="int32"),
    ok((5,), vocabulary=[1, 3, 4], mask_token=0, num_oov_indices=2, dtype="int64"),
    ok((5,), vocabulary=[1, 3, 4], num_oov_indices=3, oov_method="farmhash", salt=4, dtype="int64"),
    ok((5,), vocabulary=[-1, 1, 3, 4], num_oov_indices=1, output_mode="count", dtype="int64"),
    ok((5,), vocabulary=[1, 3, 4], invert=True, oov_token=-7, dtype="int64"),
    ok((5,), vocabulary=[1, 3, 4], max_tokens=9, pad_to_max_tokens=True, output_mode="multi_hot", dtype="int64"),
    ok((5,), vocabulary=[1, 3, 4], output_mode="tf_idf", idf_weights=[0.1, 0.2, 0.3], dtype="int64"),
    *_encoded("int64", vocabulary=[1, 3, 4]),
    no("NS209", (5,), vocabulary=[1, 1], dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 0, 3], mask_token=0, dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 3, 4], max_tokens=3, dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 3, 4], output_mode="tf_idf", dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 3], output_mode="tf_idf", idf_weights=[0.1], dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 3, 4], idf_weights=[0.1, 0.2, 0.3], dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 3, 4], invert=True, output_mode="count", dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 3, 4], pad_to_max_tokens=True, dtype="int64"),
    no("NS209", (5,), vocabulary=[1, 3, 4], salt=3, dtype="int64"),
    no("NS203", (5,), dtype="int64"),
]
STRING_LOOKUP = [
    ok((5,), vocabulary=["a", "b"], dtype="string"),
    ok((4, 3), vocabulary=["a", "b"], mask_token="", num_oov_indices=2, salt=[3, 4], dtype="string"),
    ok((5,), vocabulary=["a", "b"], invert=True, oov_token="?", dtype="int64"),
    ok((5,), vocabulary=["a", "b"], max_tokens=9, pad_to_max_tokens=True, output_mode="multi_hot", dtype="string"),
    ok((5,), vocabulary=["a", "b"], output_mode="tf_idf", idf_weights=[0.1, 0.2], dtype="string"),
    *_encoded("string", vocabulary=["a", "b"]),
    no("NS410", (5,), vocabulary=["a", "b"]),
    no("NS209", (5,), vocabulary=["a", "a"], dtype="string"),
    no("NS204", (5,), vocabulary="a.txt", dtype="string", stricter=UNBUILDABLE),
]
TEXT_VECTORIZATION = [
    ok((1,), vocabulary=["a", "b"], output_sequence_length=4, dtype="string"),
    ok((), vocabulary=["a", "b"], output_sequence_length=4, standardize="lower", dtype="string"),
    ok((), vocabulary=["a", "b"], output_sequence_length=4, split="character", ngrams=2, dtype="string"),
    ok((), vocabulary=["a", "b"], output_sequence_length=4, standardize=None, ngrams=[1, 3], dtype="string"),
    ok((3,), vocabulary=["a", "b"], output_sequence_length=4, split=None, dtype="string"),
    ok((), vocabulary=["a", "b"], output_mode="count", dtype="string"),
    ok((3,), vocabulary=["a", "b"], output_mode="multi_hot", split=None, dtype="string"),
    ok((), vocabulary=["a", "b"], output_mode="tf_idf", idf_weights=[0.1, 0.2], dtype="string"),
    ok((), vocabulary=["a"], output_mode="multi_hot", max_tokens=9, pad_to_max_tokens=True, dtype="string"),
    no("NS410", (1,), vocabulary=["a", "b"]),
    no("NS404", (4,), vocabulary=["a", "b"], dtype="string"),
    no("NS404", (1,), vocabulary=["a", "b"], output_mode="count", dtype="string", stricter=AXES),
    no("NS209", (), vocabulary=["a", "b"], output_mode="count", output_sequence_length=4, dtype="string"),
    no("NS209", (1,), vocabulary=["a", ""], dtype="string"),
    no("NS205", (1,), vocabulary=["a"], output_mode="one_hot", dtype="string", stricter="Keras makes a ragged tensor"),
]
STFT_SPECTROGRAM = [
    ok((32, 2), frame_length=4, macs=15 * 4 * 3 * 2 * 2),
    *(ok((32, 2), frame_length=4, mode=mode) for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")),
    ok((33, 1), frame_length=8, frame_step=3, fft_length=16, padding="same"),
    ok((33, 2), frame_length=7, expand_dims=True, save=True),
    ok((33, 2), frame_length=8, window="hamming", periodic=True, scaling="spectrum"),
    ok((33, 2), frame_length=8, scaling=None),
    ok((N, 2), frame_length=8, at=(20,)),
    no("NS402", (5, 2), frame_length=8),
    no("NS407", (32, N), frame_length=8),
    no("NS404", (32,), frame_length=8),
    no("NS410", (32, 2), frame_length=8, dtype="int32"),
    no("NS209", (32, 2), frame_length=8, frame_step=9),
    no("NS209", (32, 2), frame_length=8, fft_length=4),
    no("NS205", (32, 2), padding="causal"),
]
MEL_SPECTROGRAM = [
    ok((64,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, min_freq=5),
    ok((61,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, max_freq=40),
    ok(
        (64,), fft_length=16, sequence_length=10, sequence_stride=8, num_mel_bins=4, sampling_rate=100, window="hamming"
    ),
    ok((64,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, window=None, power_to_db=False),
    ok(
        (64,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, top_db=20, mag_exp=1, min_power=1e-3
    ),
    ok((64,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, ref_power=2),
    ok((64,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, dtype="int32"),
    ok((N,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, at=(64,)),
    no("NS402", (63,), fft_length=16, sequence_stride=8, stricter="Keras makes one frame fewer than it says"),
    no("NS402", (8,), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100),
    no("NS404", (64, 2), fft_length=16, stricter=UNBUILDABLE),
    no("NS209", (64,), fft_length=16, sequence_length=20),
    no("NS209", (64,), fft_length=16, min_freq=9000, stricter="Keras then makes no bands"),
]

CASES = {
    "discretization": DISCRETIZATION,
    "category_encoding": CATEGORY_ENCODING,
    "hashing": HASHING,
    "hashed_crossing": HASHED_CROSSING,
    "integer_lookup": INTEGER_LOOKUP,
    "string_lookup": STRING_LOOKUP,
    "text_vectorization": TEXT_VECTORIZATION,
    "stft_spectrogram": STFT_SPECTROGRAM,
    "mel_spectrogram": MEL_SPECTROGRAM,
}
