"""The numbers of the format agree with the formulas that they come from."""

import numpy as np
import pytest

from bandstand.media.codecs.atrac3 import _symbols, _tables


def test_stretches_cover_all_lines_without_a_gap():
    assert _tables.BOUNDS[0] == 0
    assert _tables.BOUNDS[-1] == _tables.LINES
    assert (_tables.WIDTHS > 0).all()
    assert (_tables.WIDTHS % 2 == 0).all()  # selector 1 writes pairs


def test_scale_factors_and_gains_are_powers_of_two():
    np.testing.assert_allclose(_tables.SCALES, 2 ** ((np.arange(64) - 15) / 3), rtol=1e-12)
    np.testing.assert_array_equal(_tables.GAINS, 2.0 ** (_tables.UNITY - np.arange(16)))


def test_the_windows_undo_each_other():
    analysis, synthesis = _tables.ANALYSIS_WINDOW, _tables.SYNTHESIS_WINDOW
    product = analysis * synthesis
    np.testing.assert_allclose(product[:256] + product[256:], 1, atol=1e-9)
    np.testing.assert_allclose(analysis, np.sin(np.pi * (np.arange(512) + 0.5) / 512) ** 2, atol=1e-9)


def test_the_filter_is_symmetric_and_lets_a_constant_through():
    np.testing.assert_array_equal(_tables.QMF, _tables.QMF[::-1])
    assert _tables.QMF.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("selector", range(1, 8))
def test_any_bits_are_a_code_and_none_is_the_start_of_another(selector):
    codes, lengths = _tables.VLC_CODES[selector].ravel(), _tables.VLC_LENGTHS[selector].ravel().astype(int)
    words = [f"{code:0{length}b}" for code, length in zip(codes, lengths, strict=True)]
    assert all(len(word) == length for word, length in zip(words, lengths, strict=True))
    assert not [(a, b) for a in words for b in words if a != b and b.startswith(a)]
    assert sum(2.0**-lengths) == 1
    assert len(words) == (2 * _tables.MAXIMA[selector] + 1) ** (2 if selector == 1 else 1)


@pytest.mark.parametrize("selector", range(2, 8))
def test_looking_a_code_up_gives_its_mantissa(selector):
    most = int(_tables.MAXIMA[selector])
    for mantissa in range(-most, most + 1):
        code, length = (int(t[selector][mantissa + most]) for t in (_tables.VLC_CODES, _tables.VLC_LENGTHS))
        for rest in (0, (1 << 8 - length) - 1):
            look = selector << 8 | code << 8 - length | rest
            assert (_symbols.LOOK_FIRST[look], _symbols.LOOK_LENGTH[look]) == (mantissa, length)
